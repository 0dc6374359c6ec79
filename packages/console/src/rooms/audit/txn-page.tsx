import { useParams } from '@tanstack/react-router';
import { useRead, type Value } from '../../api/use-read.ts';
import { Word } from '../../ui/badge.tsx';
import { CopyId } from '../../ui/code.tsx';
import { Empty, Loading, Notice } from '../../ui/notice.tsx';
import { Moment } from '../../ui/time.tsx';
import { DataTable } from '../../kit/list-page.tsx';
import { Missing } from '../../kit/missing.tsx';
import { ObjectLink, Words } from '../../kit/object-link.tsx';
import { PageHead, Section } from '../../kit/page.tsx';
import { layOut, type Placed } from './chain.ts';

type Delegation = Value<'getTxnsByTxn'>;

const TONES: Readonly<Record<string, string>> = {
  active: 'fill-low-wash stroke-low',
  frozen: 'fill-elevated-wash stroke-elevated',
  revoked: 'fill-high-wash stroke-high',
};

function cut(text: string): string {
  return text.length > 24 ? `${text.slice(0, 11)}…${text.slice(-11)}` : text;
}

function Node({ of: { x, y, node } }: { of: Placed }) {
  return (
    <g transform={`translate(${x} ${y})`}>
      <rect width="180" height="48" rx="7" className={TONES[node.state] ?? 'fill-sunk stroke-field'} />
      <text x="12" y="20" className="fill-ink text-[12px] font-semibold">
        {cut(node.client ?? node.id)}
      </text>
      <text x="12" y="37" className="fill-ink text-[11px]">
        {node.kind} · {node.state}
      </text>
    </g>
  );
}

/** Who acted, from left to right. Everything in it stands in the tables below as well, so the drawing is for eyes only. */
function Drawing({ of }: { of: Delegation }) {
  const { placed, width, height, lines } = layOut(of.nodes, of.edges);
  return (
    <div
      className="overflow-x-auto rounded-lg border border-line bg-sheet p-4"
      tabIndex={0}
      role="region"
      aria-label="Drawing of the chain"
    >
      <svg width={width} height={height} viewBox={`0 0 ${width} ${height}`} aria-hidden="true">
        {lines.map(({ id, path, state }) => (
          <path
            key={id}
            d={path}
            fill="none"
            strokeWidth="1.5"
            strokeDasharray={state === 'good' ? undefined : '4 3'}
            className={state === 'good' ? 'stroke-accent' : 'stroke-field'}
          />
        ))}
        {placed.map((one) => (
          <Node key={one.node.id} of={one} />
        ))}
      </svg>
    </div>
  );
}

function Tokens({ of }: { of: Delegation['edges'] }) {
  return (
    <DataTable
      label="tokens"
      items={of}
      keyOf={({ jti }) => jti}
      columns={[
        { title: 'UTC', cell: ({ at }) => <Moment at={at} /> },
        { title: 'Deed', cell: ({ deed, event }) => <ObjectLink room="audit" id={event} name={deed} /> },
        { title: 'To', cell: ({ to }) => <code className="text-[0.86rem] [overflow-wrap:anywhere]">{to}</code> },
        { title: 'At', from: 'sm', cell: ({ resource }) => resource ?? '–' },
        { title: 'Scopes', from: 'md', cell: ({ scopes }) => <Words of={scopes} /> },
        { title: 'Now', cell: ({ state }) => <Word of={state} /> },
      ]}
    />
  );
}

/** The delegation chain of one transaction: drawn, and as tables. */
export function TxnPage() {
  const { id = '' } = useParams({ strict: false });
  const found = useRead('getTxnsByTxn', { path: { txn: id } }, { every: 5_000 });
  if (found.error !== null) return <Missing what="transaction" error={found.error} />;
  if (found.data === undefined) return <Loading lines={10} />;
  const { edges, refused, truncated } = found.data;
  return (
    <>
      <PageHead
        eyebrow={<CopyId id={id} />}
        title="Transaction"
        lead="Who acted through whom, by which tokens, and what they are worth now."
      />
      {truncated ? <Notice tone="care">It is longer than what is shown here.</Notice> : null}
      <Section title="The chain">
        {found.data.nodes.length === 0 ? <Empty>Nobody acted in it.</Empty> : <Drawing of={found.data} />}
      </Section>
      <Section title="Tokens">{edges.length === 0 ? <Empty>No token was issued in it.</Empty> : <Tokens of={edges} />}</Section>
      {refused.length === 0 ? null : (
        <Section title="Refused">
          <DataTable
            label="refused"
            items={refused}
            keyOf={({ event }) => event}
            columns={[
              { title: 'UTC', cell: ({ at }) => <Moment at={at} /> },
              { title: 'Client', cell: ({ client }) => <ObjectLink room="clients" id={client} /> },
              { title: 'Wanted', cell: ({ targets, scopes }) => [...targets, ...scopes].join(' ') },
              {
                title: 'Reason',
                cell: ({ reason, decision }) =>
                  decision === null ? (reason ?? '–') : <ObjectLink room="decisions" id={decision} name={reason ?? 'decision'} />,
              },
            ]}
          />
        </Section>
      )}
    </>
  );
}
