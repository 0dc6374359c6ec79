import { Link, useParams } from '@tanstack/react-router';
import { useRead } from '../../api/use-read.ts';
import { Word } from '../../ui/badge.tsx';
import { CodeBlock, CopyId } from '../../ui/code.tsx';
import { Loading } from '../../ui/notice.tsx';
import { Moment } from '../../ui/time.tsx';
import { Missing } from '../../kit/missing.tsx';
import { RefusalNote } from '../../kit/stop-note.tsx';
import { ObjectLink } from '../../kit/object-link.tsx';
import { Entries } from '../../kit/activity.tsx';
import { Facts, PageHead, Section } from '../../kit/page.tsx';
import type { AuditEvent } from '../../kit/event-table.tsx';
import { targetRoom } from '../../kit/targets.ts';

function chainOf(event: AuditEvent) {
  return event.actor.chain.length === 0 ? '–' : event.actor.chain.join(' → ');
}

function EventFacts({ event }: { event: AuditEvent }) {
  const { actor, target, tenant, decision, txn } = event;
  const room = target === null ? undefined : targetRoom(target.type);
  return (
    <Facts
      of={[
        ['When (UTC)', <Moment key="when" at={event.time} />],
        ['Initiated by', event.initiator],
        ['User', <ObjectLink key="user" room="users" id={actor.user} copy />],
        ['Client', <ObjectLink key="client" room="clients" id={actor.client} copy />],
        ['Agent', <ObjectLink key="agent" room="agents" id={actor.agent} copy />],
        ['Through', chainOf(event)],
        [
          'About',
          target === null ? (
            '–'
          ) : room === undefined ? (
            `${target.type} ${target.id}`
          ) : (
            <ObjectLink key="target" room={room} id={target.id} copy />
          ),
        ],
        ['Tenant', <ObjectLink key="tenant" room="tenants" id={tenant} />],
        ['Reason', event.reason ?? '–'],
        ['Decision', <ObjectLink key="decision" room="decisions" id={decision} />],
        [
          'Transaction',
          txn === undefined ? (
            '–'
          ) : (
            <Link key="txn" to="/audit/txn/$id" params={{ id: txn }} className="text-accent underline">
              <code className="text-[0.9rem]">{txn}</code>
            </Link>
          ),
        ],
        ['From', event.ip ?? 'unknown address'],
        ['With', event.userAgent ?? '–'],
        ['Request', <CopyId key="request" id={event.request} />],
      ]}
    />
  );
}

/** One entry: everything that was written, and what it is chained to. */
export function EventPage() {
  const { id = '' } = useParams({ strict: false });
  const found = useRead('getEventsById', { path: { id } });
  if (found.error !== null) return <Missing what="entry" error={found.error} />;
  if (found.data === undefined) return <Loading lines={10} />;
  const event = found.data;
  return (
    <>
      <PageHead eyebrow={<CopyId id={event.id} />} title={event.type} lead={<Word of={event.outcome} />} />
      <RefusalNote
        reason={event.reason}
        of={{
          ...event.actor,
          tenant: event.tenant,
          hub: 'hub',
          ...(event.target?.type === 'connection' ? { connection: event.target.id } : {}),
        }}
      />
      <Section title="What happened">
        <EventFacts event={event} />
      </Section>
      {event.txn === undefined ? null : (
        <Section
          title="In the same transaction"
          aside={
            <Link
              to="/audit/txn/$id"
              params={{ id: event.txn }}
              className="text-[0.9rem] text-accent underline decoration-line underline-offset-2"
            >
              The chain, drawn
            </Link>
          }
        >
          <Entries label="in the same transaction" search={{ txn: event.txn }} empty="Nothing else." />
        </Section>
      )}
      <Section title="What else was written">
        <CodeBlock label="Data" text={JSON.stringify(event.data, undefined, 2)} />
      </Section>
      <Section title="Its place in the chain">
        <Facts
          of={[
            ['Entry', `${event.seq} of ${event.tenant === null ? 'the hub' : event.tenant}`],
            ['Hash', <CopyId key="hash" id={event.hash} />],
            ['Before', <CopyId key="prev" id={event.prev} />],
          ]}
        />
      </Section>
    </>
  );
}
