import { Link } from '@tanstack/react-router';
import { readList } from '../api/client.ts';
import type { Value } from '../api/use-read.ts';
import { Empty, Failure, Loading } from '../ui/notice.tsx';
import { EventTable } from './event-table.tsx';
import { usePages } from './list-page.tsx';
import { More } from './more.tsx';
import { Section } from './page.tsx';
import type { Filters } from './use-filters.ts';

type Event = Value<'getEventsById'>;
export type EventQuery = { agent?: string; client?: string; user?: string; tenant?: string; txn?: string };

/** Entries like a search, the newest first; what administrators looked at is left out. */
export function Entries({ search, empty, label }: { search: Filters; empty: string; label: string }) {
  const pages = usePages<Event>(['events', 'activity', search], (cursor) =>
    readList('getEvents', { limit: '50', without: 'admin.read', ...search, ...(cursor === undefined ? {} : { cursor }) }),
  );
  if (pages.error !== null) return <Failure error={pages.error} retry={() => void pages.refetch()} />;
  if (pages.isPending) return <Loading lines={6} />;
  const items = pages.data.pages.flatMap((page) => page.items);
  return (
    <>
      {items.length === 0 ? (
        <Empty>{pages.hasNextPage ? 'Nothing among the entries that were looked at.' : empty}</Empty>
      ) : (
        <EventTable items={items} label={label} />
      )}
      <More of={pages} verb="Look further back" className="mt-3" />
    </>
  );
}

function Whole({ search }: { search: Filters }) {
  return (
    <Link to="/audit" search={search} className="text-[0.9rem] text-accent underline decoration-line underline-offset-2">
      In the record
    </Link>
  );
}

/** What the record says about an object: what it did, and what was done to it. */
export function Activity({ query, target }: { query?: EventQuery | undefined; target?: { type: string; id: string } | undefined }) {
  const about = target === undefined ? undefined : { target: `${target.type}:${target.id}` };
  return (
    <>
      {about === undefined ? null : (
        <Section title="What was done to it" aside={<Whole search={about} />}>
          <Entries label="what was done to it" search={about} empty="Nobody has changed or stopped it since the record began." />
        </Section>
      )}
      {query === undefined ? null : (
        <Section title="What it did" aside={<Whole search={query} />}>
          <Entries label="what it did" search={query} empty="The record says nothing about it yet." />
        </Section>
      )}
    </>
  );
}
