import { Word } from '../../ui/badge.tsx';
import { Empty } from '../../ui/notice.tsx';
import { since, Time } from '../../ui/time.tsx';
import { DataTable } from '../../kit/list-page.tsx';
import { ObjectLink, Words } from '../../kit/object-link.tsx';
import { Card } from '../../kit/page.tsx';
import { inWords } from '../../kit/units.ts';
import type { AgentDetail } from './columns.tsx';

/** Accounts in the vault that may be handed to the agent, if a rule says so. */
export function Held({ of }: { of: AgentDetail['connections'] }) {
  if (of.length === 0) return <Empty>No account in the vault is its own, its person’s or its tenant’s.</Empty>;
  return (
    <DataTable
      label="connections"
      items={of}
      keyOf={({ credential }) => credential}
      columns={[
        { title: 'Connection', cell: ({ connection, name }) => <ObjectLink room="connections" id={connection} name={name} /> },
        {
          title: 'Credential',
          cell: ({ credential, label }) => <ObjectLink room="credentials" id={credential} name={label === '' ? undefined : label} />,
        },
        {
          title: 'Whose',
          cell: ({ owner }) => (
            <>
              <span className="text-soft">{owner.kind}</span> <ObjectLink room={`${owner.kind}s`} id={owner.id} />
            </>
          ),
        },
        { title: 'Scopes', from: 'md', cell: ({ granted }) => <Words of={granted} /> },
        { title: 'State', cell: ({ state }) => <Word of={state} /> },
        {
          title: 'Used',
          from: 'sm',
          cell: ({ count, lastUsedAt }) =>
            lastUsedAt === null ? (
              <span className="text-soft">never</span>
            ) : (
              <>
                {count.toLocaleString('en')} times, last <Time at={lastUsedAt} />
              </>
            ),
        },
      ]}
    />
  );
}

/** What is used of each budget, in the window that ends now. */
export function Budget({ of }: { of: AgentDetail['budget'] }) {
  if (of.length === 0)
    return <Empty command="writ policy show">No rule in force bounds how much it may do, or it did nothing lately that counts.</Empty>;
  return (
    <ul className="grid gap-3">
      {of.map(({ policy, kind, used, limit, windowSeconds, resetsAt }) => {
        return (
          <li key={`${policy} ${kind}`}>
            <Card>
              <p className="mb-2 flex flex-wrap items-baseline justify-between gap-x-4">
                <span className="min-w-0">
                  <ObjectLink room="policies" id={policy} />: {kind} in {inWords(windowSeconds, 'seconds') ?? `${windowSeconds} seconds`}
                </span>
                <span className="tabular-nums">
                  {used.toLocaleString('en')} of {limit.toLocaleString('en')}
                </span>
              </p>
              <meter
                className="h-4 w-full"
                min={0}
                max={Math.max(1, limit)}
                low={limit * 0.75}
                high={limit * 0.95}
                optimum={0}
                value={used}
                aria-label={`${kind} used under ${policy}`}
              />
              <p className="text-[0.86rem] text-soft">
                {used >= limit ? 'Used up: the next is refused. ' : ''}
                {resetsAt === null ? 'Nothing counts at the moment.' : `All of it counts no more ${since(resetsAt, Date.now())}.`}
              </p>
            </Card>
          </li>
        );
      })}
    </ul>
  );
}
