import { read } from '../api/client.ts';
import type { Value } from '../api/use-read.ts';
import { Button } from '../ui/button.tsx';
import { Empty, Failure, Loading } from '../ui/notice.tsx';
import { EventTable } from './event-table.tsx';
import { usePages } from './list-page.tsx';

type Event = Value<'getEventsById'>;
export type EventType = Event['type'];
export type EventQuery = { agent?: string; client?: string; user?: string; tenant?: string; txn?: string };

/** How many pages are read at most to find some entries about an object that the API cannot filter by. */
const READ = 3;

async function aboutTarget(target: { type: string; id: string }, types: readonly Event['type'][], before: string | undefined) {
  const found: Event[] = [];
  let cursor = before;
  for (let page = 0; page < READ; page += 1) {
    const [type] = types;
    const query = { limit: 200, ...(type === undefined ? {} : { type }), ...(cursor === undefined ? {} : { cursor }) };
    const answer = await read('getEvents', { query });
    found.push(...answer.items.filter((event) => event.target?.type === target.type && event.target.id === target.id));
    cursor = answer.next ?? undefined;
    if (cursor === undefined || found.length >= 50) break;
  }
  return { items: found, next: cursor ?? null };
}

type About = { target: { type: string; id: string }; types: readonly Event['type'][] };

async function actedBy(query: EventQuery, about: About | undefined, cursor: string | undefined) {
  const by = read('getEvents', { query: { limit: 50, ...query, ...(cursor === undefined ? {} : { cursor }) } });
  // What was done to it stands under whoever did it, so it is looked for by its type, on the first page only: the newest are what one wants.
  const done = cursor === undefined && about !== undefined ? about.types.map((type) => aboutTarget(about.target, [type], undefined)) : [];
  const [page, ...others] = await Promise.all([by, ...done]);
  const all = new Map([...page.items, ...others.flatMap(({ items }) => items)].map((event) => [event.id, event]));
  return { items: [...all.values()].toSorted((a, b) => (a.time < b.time ? 1 : -1)), next: page.next };
}

/** What the record says about an object: by who acted, by what was acted on, or both. */
export function Activity({
  query,
  target,
  types = [],
}: {
  query?: EventQuery;
  target?: { type: string; id: string };
  types?: readonly Event['type'][];
}) {
  const pages = usePages<Event>(['events', 'activity', query, target], (cursor) => {
    const about = target === undefined ? undefined : { target, types };
    if (query !== undefined) return actedBy(query, about, cursor);
    return aboutTarget(target ?? { type: '', id: '' }, types, cursor);
  });
  if (pages.error !== null) return <Failure error={pages.error} retry={() => void pages.refetch()} />;
  if (pages.isPending) return <Loading lines={6} />;
  const items = pages.data.pages.flatMap((page) => page.items);
  return (
    <>
      {items.length === 0 ? (
        <Empty>The record says nothing about it{pages.hasNextPage ? ' among the entries that were looked at' : ' yet'}.</Empty>
      ) : (
        <EventTable items={items} />
      )}
      {pages.hasNextPage ? (
        <Button className="mt-3" disabled={pages.isFetchingNextPage} onClick={() => void pages.fetchNextPage()}>
          Look further back
        </Button>
      ) : null}
    </>
  );
}
