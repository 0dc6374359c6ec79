import { Link } from '@tanstack/react-router';
import { readList } from '../../api/client.ts';
import { buttonClass, Button } from '../../ui/button.tsx';
import { CheckField } from '../../ui/field.tsx';
import { Empty, Failure, Loading } from '../../ui/notice.tsx';
import { Chips } from '../../kit/chips.tsx';
import { LinesButton, CsvButton } from '../../kit/download.tsx';
import { EventTable, type AuditEvent } from '../../kit/event-table.tsx';
import { FilterBar, usePages, type Filter } from '../../kit/list-page.tsx';
import { More } from '../../kit/more.tsx';
import { PageHead } from '../../kit/page.tsx';
import { useFilters, type Filters } from '../../kit/use-filters.ts';
import { Views } from '../../kit/views.tsx';
import { AnchorCard } from './anchor.tsx';
import { useEventTypes } from './event-types.ts';
import { EventFacets, Timeline } from './histogram.tsx';
import { beginOf, FILTERS, queryOf, SPANS, VIEWS } from './query.ts';
import { Verify } from './verify.tsx';

/** The hub notes each look; faster than this nobody reads. */
const LIVE_MS = 2_000;

function fieldsWith(types: readonly string[]): readonly Filter[] {
  return [
    { name: 'type', label: 'Event', options: types },
    { name: 'outcome', label: 'Outcome', options: ['success', 'refused', 'failed'] },
    { name: 'client', label: 'Client' },
    { name: 'agent', label: 'Agent' },
    { name: 'user', label: 'User' },
    { name: 'target', label: 'About', placeholder: 'client:my-cli' },
    { name: 'tenant', label: 'Tenant' },
    { name: 'txn', label: 'Transaction' },
    { name: 'since', label: 'From (UTC)', placeholder: '2026-01-31T12:00:00Z' },
    { name: 'until', label: 'Until (UTC)' },
  ];
}

function Spans() {
  const [chosen, choose] = useFilters();
  return (
    <div role="group" aria-label="Time" className="flex flex-wrap items-center gap-1">
      {SPANS.map(([name, ms]) => (
        <Button key={name} look="quiet" onClick={() => choose({ since: beginOf(ms, Date.now()), until: undefined })}>
          {name}
        </Button>
      ))}
      {chosen['since'] === undefined && chosen['until'] === undefined ? null : (
        <Button look="quiet" onClick={() => choose({ since: undefined, until: undefined })}>
          All time
        </Button>
      )}
    </div>
  );
}

function Bar({ isLive }: { isLive: boolean }) {
  const [chosen, choose] = useFilters();
  const types = useEventTypes();
  return (
    <>
      <div className="mb-3 flex flex-wrap items-center justify-between gap-x-6 gap-y-1">
        <Spans />
        <div className="flex flex-wrap gap-x-6">
          <CheckField
            label="Show reads"
            checked={chosen['reads'] === 'shown'}
            onChange={(event) => choose({ reads: event.target.checked ? 'shown' : undefined })}
          />
          <CheckField
            label="Follow live"
            checked={isLive}
            onChange={(event) => choose({ live: event.target.checked ? 'yes' : undefined })}
          />
        </div>
      </div>
      <details className="mb-3 rounded-lg border border-line bg-sheet px-4 py-2">
        <summary className="cursor-pointer font-semibold">Search</summary>
        <div className="mt-3">
          <FilterBar filters={fieldsWith(types)} label="Filter events" />
        </div>
      </details>
      <Chips of={FILTERS} />
    </>
  );
}

function Entries({ query, isLive }: { query: Filters; isLive: boolean }) {
  const pages = usePages<AuditEvent>(
    ['events', isLive ? 'live' : 'list', query],
    (cursor) => readList('getEvents', { limit: isLive ? '50' : '100', ...query, ...(cursor === undefined ? {} : { cursor }) }),
    isLive ? LIVE_MS : undefined,
  );
  const items = pages.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <>
      {pages.error === null ? null : <Failure error={pages.error} retry={() => void pages.refetch()} />}
      {pages.isPending ? <Loading lines={10} /> : null}
      {pages.isSuccess && items.length === 0 ? (
        pages.hasNextPage ? (
          <Empty>None among the newest entries: look further back.</Empty>
        ) : (
          <Empty command="writ audit search --help">Nothing is like this.</Empty>
        )
      ) : null}
      {items.length === 0 ? null : <EventTable items={items} />}
      <div className="mt-2 flex flex-wrap items-center gap-3 text-[0.9rem] text-soft">
        {isLive ? <span role="status">The newest 50, read every two seconds; the record notes each look.</span> : null}
        {!isLive && items.length > 0 ? <span role="status">{items.length.toLocaleString('en')} shown</span> : null}
        {isLive ? null : <More of={pages} verb="Older" />}
        {items.length === 0 ? null : (
          <>
            <CsvButton name="events" items={items} />
            <LinesButton name="events" items={items} />
          </>
        )}
      </div>
    </>
  );
}

/** The record: in figures, narrowed by what stands in it, newest first, followed live on request. */
export function AuditPage() {
  const [chosen] = useFilters();
  const isLive = chosen['live'] === 'yes';
  const query = queryOf(chosen);
  const every = isLive ? 15_000 : undefined;
  return (
    <>
      <PageHead
        title="Audit"
        lead="Who did what to what, with what result. Each entry is chained to the one before by its hash; reading it is itself an entry."
        actions={
          <>
            <Verify />
            <Link to="/sinks" className={buttonClass()}>
              Stream it elsewhere
            </Link>
          </>
        }
      />
      <AnchorCard />
      <Views page="audit" views={VIEWS} names={FILTERS.map(({ name }) => name)} />
      <Bar isLive={isLive} />
      <div className="grid grid-cols-[minmax(0,1fr)] gap-x-6 lg:grid-cols-[13rem_minmax(0,1fr)]">
        <EventFacets query={query} every={every} />
        <div className="min-w-0 lg:col-start-2">
          <Timeline query={query} every={every} />
          <Entries query={query} isLive={isLive} />
        </div>
      </div>
    </>
  );
}
