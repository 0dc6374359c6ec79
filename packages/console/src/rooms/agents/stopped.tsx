import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { ask, readList } from '../../api/client.ts';
import { useRead, type Value } from '../../api/use-read.ts';
import { Badge, Word } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { Empty, Failure, Loading, Notice } from '../../ui/notice.tsx';
import { since, Time } from '../../ui/time.tsx';
import { Confirm } from '../../kit/confirm.tsx';
import { DataTable, List } from '../../kit/list-page.tsx';
import { ObjectLink } from '../../kit/object-link.tsx';
import { PageHead, Section } from '../../kit/page.tsx';
import { targetRoom } from '../../kit/targets.ts';
import { reasonOf } from './directory.ts';

type Stop = Value<'getContainments'>['items'][number];
type Unfreeze = Value<'getUnfreezes'>['items'][number];

function What({ kind, id }: { kind: string; id: string }) {
  const room = targetRoom(kind);
  if (kind === 'hub') return <strong>the whole hub</strong>;
  return (
    <span className="inline-flex max-w-full min-w-0 flex-wrap items-baseline gap-x-1.5">
      <span className="text-soft">{kind}</span>
      {room === undefined ? <code className="text-[0.9rem]">{id}</code> : <ObjectLink room={room} id={id} />}
    </span>
  );
}

function By({ of: { user, client } }: { of: { user?: string; client?: string } }) {
  if (user !== undefined) return <ObjectLink room="users" id={user} />;
  return client === undefined ? (
    <span className="text-soft">the hub</span>
  ) : (
    <code className="text-[0.9rem] [overflow-wrap:anywhere]">{client}</code>
  );
}

function Decide({ of }: { of: Unfreeze }) {
  const [asking, setAsking] = useState<'confirm' | 'refuse'>();
  const queries = useQueryClient();
  return (
    <div className="flex flex-wrap justify-end gap-1.5">
      <Button aria-label={`Confirm: ${of.kind} ${of.subject}`} onClick={() => setAsking('confirm')}>
        Confirm
      </Button>
      <Button look="quiet" aria-label={`Refuse: ${of.kind} ${of.subject}`} onClick={() => setAsking('refuse')}>
        Refuse
      </Button>
      <Confirm
        open={asking !== undefined}
        onClose={() => setAsking(undefined)}
        title={asking === 'refuse' ? 'It stays stopped' : 'Let it go on'}
        what={
          <p>
            {of.kind} {of.subject}, because: {of.reason}. {asking === 'refuse' ? '' : 'It takes another person than who asked.'}
          </p>
        }
        verb={asking === 'refuse' ? 'Refuse' : 'Let it go on'}
        reason
        act={async (reason) => {
          const args = { path: { id: of.id }, body: { reason: reason ?? '' } };
          const answer = asking === 'refuse' ? await ask('postUnfreezesByIdRefuse', args) : await ask('postUnfreezesByIdConfirm', args);
          if (answer.ok) await queries.invalidateQueries();
          return answer;
        }}
      />
    </div>
  );
}

/** Requests to let something go on that wait for a second person. */
function Waiting() {
  const found = useRead('getUnfreezes', { query: { state: 'waiting', limit: 200 } }, { every: 15_000 });
  if (found.error !== null) return <Failure error={found.error} />;
  if (found.data === undefined) return <Loading lines={2} />;
  if (found.data.items.length === 0) return <Empty>Nothing waits for a second person.</Empty>;
  return (
    <DataTable<Unfreeze>
      label="waiting for a second person"
      items={found.data.items}
      keyOf={({ id }) => id}
      columns={[
        { title: 'What', cell: ({ kind, subject }) => <What kind={kind} id={subject} /> },
        { title: 'Because', cell: ({ reason }) => reason },
        { title: 'Asked by', from: 'sm', cell: ({ askedBy }) => <By of={askedBy} /> },
        { title: 'Ends', from: 'md', cell: ({ expiresAt }) => <Time at={expiresAt} /> },
        { title: '', end: true, cell: (one) => <Decide of={one} /> },
      ]}
    />
  );
}

/** When everything is stopped nobody should have to look for it. */
function Hub() {
  const hub = useRead('getHub', {}, { every: 15_000 });
  const stop = hub.data?.stop;
  if (stop === undefined || stop === null) return null;
  return (
    <div className="mb-5">
      <Notice tone="bad" role="alert">
        <strong>Every agent of every tenant is stopped</strong>: {stop.reason}.
        {stop.until === null ? '' : ` It ends by itself ${since(stop.until, Date.now())}.`}
      </Notice>
    </div>
  );
}

const KINDS = ['agent', 'client', 'user', 'tenant', 'grant', 'connection', 'hub'];

/** What is stopped, why, by whom, until when, and what waits to go on. */
export function StoppedPage() {
  return (
    <>
      <PageHead
        title="Stopped"
        lead="Everything that is frozen or revoked, with the reason that was given, and what waits for a second person to go on."
      />
      <Hub />
      <Section title="Waiting for a second person">
        <Waiting />
      </Section>
      <Section title="Stopped now">
        <List<Stop>
          name="containments"
          read={(query) => readList('getContainments', query)}
          keyOf={({ kind, id }) => `${kind} ${id}`}
          filters={[
            { name: 'kind', label: 'Kind', options: KINDS },
            { name: 'state', label: 'State', options: ['frozen', 'revoked'] },
          ]}
          empty="Nothing is stopped."
          command="writ agent freeze <id>"
          columns={[
            { title: 'What', cell: ({ kind, id }) => <What kind={kind} id={id} /> },
            {
              title: 'State',
              cell: ({ state, secondPerson }) => (
                <>
                  <Word of={state} /> {secondPerson ? <Badge tone="violet">two people</Badge> : null}
                </>
              ),
            },
            { title: 'Because', cell: ({ reason }) => reasonOf(reason) },
            { title: 'By', from: 'md', cell: ({ by }) => <By of={by} /> },
            { title: 'Since', from: 'sm', cell: ({ since: at }) => <Time at={at} /> },
            {
              title: 'Ends',
              from: 'lg',
              cell: ({ until }) => (until === null ? <span className="text-soft">–</span> : <Time at={until} />),
            },
          ]}
        />
      </Section>
    </>
  );
}
