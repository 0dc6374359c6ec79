import { Link } from '@tanstack/react-router';
import type { Value } from '../api/use-read.ts';
import { Word } from '../ui/badge.tsx';
import { Moment } from '../ui/time.tsx';
import { DataTable } from './list-page.tsx';
import { ObjectLink } from './object-link.tsx';
import { targetRoom } from './targets.ts';

export type AuditEvent = Value<'getEventsById'>;

function Who({ of: { actor, initiator } }: { of: AuditEvent }) {
  if (actor.user === undefined && actor.client === undefined)
    return <span className="text-soft">{initiator === 'hub' ? 'the hub' : initiator}</span>;
  return (
    <span className="inline-flex max-w-full min-w-[11ch] flex-wrap items-baseline gap-x-1.5 [&_a]:inline-block [&_a]:min-h-[24px] [&_a]:min-w-[24px]">
      {actor.user === undefined ? null : <ObjectLink room="users" id={actor.user} />}
      {actor.user === undefined || actor.client === undefined ? null : <span className="text-soft">by</span>}
      {actor.client === undefined ? null : actor.client.startsWith('writ:') ? (
        <code className="text-[0.9rem]">{actor.client}</code>
      ) : (
        <ObjectLink room="clients" id={actor.client} />
      )}
    </span>
  );
}

function What({ of: { target } }: { of: AuditEvent }) {
  if (target === null) return <span className="text-soft">–</span>;
  const room = targetRoom(target.type);
  return (
    <span className="inline-flex max-w-full flex-wrap items-baseline gap-x-1.5">
      <span className="text-soft">{target.type}</span>
      {target.id === '*' ? null : room === undefined ? (
        <code className="text-[0.9rem] [overflow-wrap:anywhere]">{target.id}</code>
      ) : (
        <ObjectLink room={room} id={target.id} />
      )}
    </span>
  );
}

/** Why, leading to the decision where there was one. */
function Reason({ of: reason, decision }: { of: string | undefined; decision: string | undefined }) {
  if (reason === undefined) return null;
  if (decision === undefined) return <span className="text-[0.9rem] text-soft">{reason}</span>;
  return (
    <Link
      to="/decisions/$id"
      params={{ id: decision }}
      className="inline-block min-h-[24px] text-[0.9rem] text-accent underline decoration-line underline-offset-2"
    >
      {reason}
    </Link>
  );
}

/** Entries as sentences: when, who, did what, to what, with what result. */
export function EventTable({ items, label = 'events' }: { items: readonly AuditEvent[]; label?: string }) {
  return (
    <DataTable
      label={label}
      items={items}
      keyOf={({ id }) => id}
      columns={[
        { title: 'UTC', cell: ({ time }) => <Moment at={time} /> },
        {
          title: 'Event',
          cell: ({ id, type }) => (
            <Link to="/audit/$id" params={{ id }} className="whitespace-nowrap text-accent underline decoration-line underline-offset-2">
              {type}
            </Link>
          ),
        },
        { title: 'Who', cell: (event) => <Who of={event} /> },
        { title: 'About', from: 'md', cell: (event) => <What of={event} /> },
        {
          title: 'Outcome',
          from: 'sm',
          cell: ({ outcome, reason, decision }) => (
            <>
              <Word of={outcome} /> <Reason of={reason} decision={decision} />
            </>
          ),
        },
      ]}
    />
  );
}
