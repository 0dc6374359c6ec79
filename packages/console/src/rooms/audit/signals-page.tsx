import { readList } from '../../api/client.ts';
import { useRead, type Value } from '../../api/use-read.ts';
import { Word } from '../../ui/badge.tsx';
import { Failure, Loading } from '../../ui/notice.tsx';
import { Moment } from '../../ui/time.tsx';
import { Button } from '../../ui/button.tsx';
import { ClientLink } from '../../kit/client-name.tsx';
import { DataTable, List } from '../../kit/list-page.tsx';
import { Words } from '../../kit/object-link.tsx';
import { Card, PageHead, Section } from '../../kit/page.tsx';
import { useFilters } from '../../kit/use-filters.ts';
import { HeardTable, heardWords, span } from './heard.tsx';
import { HubStop, Named } from './hub-stop.tsx';

type Signal = Value<'getSignals'>['items'][number];
type Propagation = Value<'getSignalsPropagation'>;

function Steps({ of }: { of: Propagation['histogram'] }) {
  const most = Math.max(1, ...of.map(({ count }) => count));
  return (
    <ol className="grid gap-0.5" aria-label="How long signals took">
      {of.map(({ to, count }) => (
        <li key={String(to)} className="grid grid-cols-[6rem_1fr_3.5rem] items-center gap-2 text-[0.86rem]">
          <span className="text-soft">{to === null ? 'longer' : `up to ${span(to)}`}</span>
          <span aria-hidden="true" className="h-3 rounded-sm bg-accent/55" style={{ width: `${(count / most) * 100}%` }} />
          <span className="text-right tabular-nums">{count}</span>
        </li>
      ))}
    </ol>
  );
}

function Lately() {
  const found = useRead('getSignalsPropagation', undefined, { every: 10_000 });
  if (found.error !== null) return <Failure error={found.error} />;
  if (found.data === undefined) return <Loading />;
  const { signals, p50, p95, slowest, histogram, servers } = found.data;
  return (
    <Section title="How soon resource servers acted, in a day">
      <p className="mb-3">
        {signals === 0
          ? 'No resource server that listens was told anything in a day.'
          : `Half of ${signals} within ${span(p50)}, 95 % within ${span(p95)}, the slowest after ${span(slowest)}.`}
      </p>
      <div className={`grid items-start gap-4 ${signals === 0 ? '' : 'lg:grid-cols-[20rem_minmax(0,1fr)]'}`}>
        {signals === 0 ? null : (
          <Card>
            <Steps of={histogram} />
          </Card>
        )}
        {servers.length === 0 ? null : (
          <DataTable
            label="who listens"
            items={servers}
            keyOf={({ client, instance }) => `${client} ${instance}`}
            columns={[
              { title: 'Resource server', cell: ({ client }) => <ClientLink id={client} /> },
              { title: 'Process', from: 'sm', cell: ({ instance }) => (instance === '' ? '–' : instance) },
              { title: 'Resources', from: 'md', cell: ({ resources }) => <Words of={resources} /> },
              { title: 'Listens', cell: ({ listening }) => <Word of={listening ? 'listening' : 'away'} /> },
              { title: 'Has come to', from: 'lg', end: true, cell: ({ seq }) => seq },
              { title: 'p95', end: true, cell: ({ p95: one }) => span(one) },
            ]}
          />
        )}
      </div>
    </Section>
  );
}

/** One signal, and who has acted on it. */
function One({ seq, onClose }: { seq: string; onClose: () => void }) {
  const found = useRead('getSignalsBySeq', { path: { seq } }, { every: 2_000 });
  if (found.error !== null) return <Failure error={found.error} />;
  if (found.data === undefined) return <Loading />;
  const { signal } = found.data;
  return (
    <Section title={`Signal ${signal.seq}`} aside={<Button onClick={onClose}>Close</Button>}>
      <p role="status" className="mb-3 flex flex-wrap items-center gap-2">
        <Word of={signal.state} /> <Named kind={signal.kind} id={signal.subject} /> <span>{heardWords(found.data)}</span>
      </p>
      <HeardTable of={found.data} />
    </Section>
  );
}

/** What is stopped and why, the button that stops everything, and how soon resource servers act. */
export function SignalsPage() {
  const [{ seq }, choose] = useFilters();
  return (
    <>
      <PageHead
        title="Signals"
        lead="What is stopped, and who has acted on it: resource servers with the SDK listen, refuse what a signal names, and say so."
      />
      <div className="mb-7">
        <HubStop />
      </div>
      {seq === undefined ? null : <One key={seq} seq={seq} onClose={() => choose({ seq: undefined })} />}
      <Section title="Signals, newest first">
        <List<Signal>
          name="signals"
          read={({ cursor }) => readList('getSignals', { order: 'newest', ...(cursor === undefined ? {} : { cursor }) })}
          keyOf={({ id }) => id}
          empty="Nothing was ever stopped."
          command="writ freeze agent <id>"
          every={3_000}
          columns={[
            { title: 'UTC', cell: ({ at }) => <Moment at={new Date(at).toISOString()} /> },
            {
              title: 'No.',
              end: true,
              cell: ({ seq: number }) => (
                <button
                  type="button"
                  className="text-accent underline decoration-line underline-offset-2"
                  aria-label={`Who acted on signal ${number}`}
                  onClick={() => choose({ seq: String(number) })}
                >
                  {number}
                </button>
              ),
            },
            { title: 'State', cell: ({ state }) => <Word of={state} /> },
            { title: 'What', cell: ({ kind, subject }) => <Named kind={kind} id={subject} /> },
            { title: 'Reason', from: 'sm', cell: ({ reason }) => reason },
          ]}
        />
      </Section>
      <Lately />
    </>
  );
}
