import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { readList } from '../../api/client.ts';
import { buttonClass, Button } from '../../ui/button.tsx';
import { CheckField } from '../../ui/field.tsx';
import { Empty, Failure, Loading } from '../../ui/notice.tsx';
import { FilterBar, usePages, type Filter } from '../../kit/list-page.tsx';
import { PageHead } from '../../kit/page.tsx';
import { useFilters } from '../../kit/use-filters.ts';
import { EventTable, type AuditEvent } from '../../kit/event-table.tsx';
import { useEventTypes } from './event-types.ts';
import { Figures } from './histogram.tsx';
import { Verify } from './verify.tsx';

const OUTCOMES = ['success', 'refused', 'failed'];

function filtersWith(types: readonly string[]): readonly Filter[] {
  return [
    { name: 'type', label: 'Event', options: types },
    { name: 'outcome', label: 'Outcome', options: OUTCOMES },
    { name: 'user', label: 'User' },
    { name: 'client', label: 'Client' },
    { name: 'agent', label: 'Agent' },
    { name: 'tenant', label: 'Tenant' },
    { name: 'txn', label: 'Transaction' },
    { name: 'since', label: 'From (UTC)', placeholder: '2026-01-31T12:00:00Z' },
    { name: 'until', label: 'Until (UTC)' },
  ];
}

/** The record: searched by what the API knows, newest first, followed live on request. */
export function AuditPage() {
  const [chosen] = useFilters();
  const [live, setLive] = useState(false);
  const filters = filtersWith(useEventTypes());
  const query = Object.fromEntries(
    filters.flatMap(({ name }) => (chosen[name] === undefined || chosen[name] === '' ? [] : [[name, chosen[name]]])),
  );
  const pages = usePages<AuditEvent>(
    ['events', 'list', query],
    (cursor) => readList('getEvents', { limit: '100', ...query, ...(cursor === undefined ? {} : { cursor }) }),
    live ? 2_000 : undefined,
  );
  const [reads, setReads] = useState(false);
  const found = pages.data?.pages.flatMap((page) => page.items) ?? [];
  // Looking at the record is on the record as well; unless somebody asks for it, it would hide everything else.
  const items = reads || query['type'] !== undefined ? found : found.filter(({ type }) => type !== 'admin.read');
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
      <FilterBar filters={filters} label="Filter events" />
      <Figures query={query} />
      <div className="mb-3 flex flex-wrap gap-x-8">
        <CheckField
          label="Show reads"
          hint="What administrators looked at."
          checked={reads}
          onChange={(event) => setReads(event.target.checked)}
        />
        <CheckField
          label="Follow live"
          hint="Reads again every two seconds, which the record notes."
          checked={live}
          onChange={(event) => setLive(event.target.checked)}
        />
      </div>
      {pages.error === null ? null : <Failure error={pages.error} retry={() => void pages.refetch()} />}
      {pages.isPending ? <Loading lines={10} /> : null}
      {pages.isSuccess && items.length === 0 ? (
        found.length > 0 ? (
          <Empty>Only reads among the newest: look further back, or show them.</Empty>
        ) : (
          <Empty command="writ audit search --help">Nothing is like this.</Empty>
        )
      ) : null}
      {items.length === 0 ? null : <EventTable items={items} />}
      {pages.hasNextPage ? (
        <Button className="mt-3" disabled={pages.isFetchingNextPage} onClick={() => void pages.fetchNextPage()}>
          {pages.isFetchingNextPage ? 'Reading …' : 'Older'}
        </Button>
      ) : null}
    </>
  );
}
