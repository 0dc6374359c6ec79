import { Link } from '@tanstack/react-router';
import { readList } from '../../api/client.ts';
import { useRead, type Value } from '../../api/use-read.ts';
import { Badge } from '../../ui/badge.tsx';
import { buttonClass } from '../../ui/button.tsx';
import { Empty, Failure, Loading } from '../../ui/notice.tsx';
import { Time } from '../../ui/time.tsx';
import { AnyFacts } from '../../kit/any-facts.tsx';
import { FilterBar, usePages } from '../../kit/list-page.tsx';
import { More } from '../../kit/more.tsx';
import { ObjectLink } from '../../kit/object-link.tsx';
import { PageHead } from '../../kit/page.tsx';
import { RequestDeed } from '../../kit/request-deed.tsx';
import { useFilters } from '../../kit/use-filters.ts';
import { useNarrowing, Undo } from './narrowing.tsx';
import { KINDS, toneOf, wordOf } from './advice-kinds.ts';

type Advice = Value<'getAdvice'>['items'][number];

function Settle({ of, onTaken }: { of: Advice; onTaken: (grant: string, value: unknown) => void }) {
  const { deed, sentence, kind, agent, grant } = of;
  // Whom to name is not for the hub to say.
  if (kind === 'no_owner' && agent !== null)
    return (
      <Link to="/agents/$id" params={{ id: agent }} className={buttonClass()} aria-label={`${deed.label}: ${sentence}`}>
        {deed.label}
      </Link>
    );
  return (
    <RequestDeed
      of={deed}
      label={deed.label}
      about={sentence}
      why={sentence}
      onDone={(value) => (grant === null ? undefined : onTaken(grant, value))}
    />
  );
}

function Links({ of: { agent, client, resource, grant } }: { of: Advice }) {
  return (
    <span className="inline-flex flex-wrap gap-x-3 text-[0.9rem] text-soft [&_a]:inline-block [&_a]:min-h-[24px] [&_a]:min-w-[24px]">
      {agent === null ? null : <ObjectLink room="agents" id={agent} name="agent" />}
      {client === null ? null : <ObjectLink room="clients" id={client} name="client" />}
      {resource === null ? null : <ObjectLink room="resources" id={resource} name="resource" />}
      {grant === null ? null : <ObjectLink room="grants" id={grant} name="grant" />}
    </span>
  );
}

function Items({ of }: { of: readonly Advice[] }) {
  const { taken, failed, busy, remember, giveBack } = useNarrowing();
  return (
    <div className="grid gap-3">
      {failed === undefined ? null : <Failure error={failed} />}
      <Undo of={taken} busy={busy} onUndo={(one) => void giveBack(one)} />
      <ul className="grid gap-2">
        {of.map((one) => (
          <li key={one.id} className="flex min-w-0 flex-wrap items-start justify-between gap-3 rounded-lg border border-line bg-sheet p-4">
            <div className="grid min-w-0 flex-1 basis-72 gap-1">
              <p className="[overflow-wrap:anywhere]">
                <Badge tone={toneOf(one.kind)}>{wordOf(one.kind)}</Badge> {one.sentence}
              </p>
              <p className="flex flex-wrap gap-x-3 text-[0.9rem] text-soft">
                <span>
                  since <Time at={one.at} />
                </span>
                <Links of={one} />
              </p>
              <details>
                <summary className="min-h-[24px] cursor-pointer py-0.5 text-[0.9rem] text-soft">Evidence</summary>
                <div className="mt-2">
                  <AnyFacts of={one.evidence} />
                </div>
              </details>
            </div>
            <Settle of={one} onTaken={remember} />
          </li>
        ))}
      </ul>
    </div>
  );
}

/** What should be looked at about one agent. */
export function AgentAdvice({ agent }: { agent: string }) {
  const found = useRead('getAgentsByIdAdvice', { path: { id: agent } });
  if (found.error !== null) return <Failure error={found.error} />;
  if (found.data === undefined) return <Loading />;
  return found.data.items.length === 0 ? <Empty>Nothing stands out about it.</Empty> : <Items of={found.data.items} />;
}

/** The same for the whole hub, the worst first. */
export function AdvicePage() {
  const [chosen] = useFilters();
  const kind = chosen['kind'] ?? '';
  const query: Record<string, string> = kind === '' ? {} : { kind };
  const pages = usePages<Advice>(['advice', query], (cursor) =>
    readList('getAdvice', { ...query, ...(cursor === undefined ? {} : { cursor }) }),
  );
  const items = pages.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <>
      <PageHead
        title="Advice"
        lead="What somebody should look at, worst first: each with its evidence, and the request that would settle it. Nothing of it happens by itself."
      />
      <FilterBar label="Filter advice" filters={[{ name: 'kind', label: 'Kind', options: KINDS }]} />
      {pages.error === null ? null : <Failure error={pages.error} retry={() => void pages.refetch()} />}
      {pages.isPending ? <Loading lines={6} /> : null}
      {pages.isSuccess && items.length === 0 && !pages.hasNextPage ? <Empty>Nothing stands out.</Empty> : null}
      {items.length === 0 ? null : <Items of={items} />}
      <More of={pages} className="mt-3" />
    </>
  );
}
