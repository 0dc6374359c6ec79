import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { ask, readList } from '../../api/client.ts';
import { useRead, useSession, type Value } from '../../api/use-read.ts';
import { Badge, Word } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { Empty, Failure, Loading, Notice } from '../../ui/notice.tsx';
import { since, Time } from '../../ui/time.tsx';
import { By, byWords } from '../../kit/by.tsx';
import { Confirm } from '../../kit/confirm.tsx';
import { DataTable, List } from '../../kit/list-page.tsx';
import { ObjectLink } from '../../kit/object-link.tsx';
import { PageHead, Section } from '../../kit/page.tsx';
import { targetRoom } from '../../kit/targets.ts';
import { reasonOf } from './directory.ts';

type Stop = Value<'getContainments'>['items'][number];
type Unfreeze = Value<'getUnfreezes'>['items'][number];

/** A grant is given by somebody, an agent acts for them. */
function whoseWord(kind: string): string {
  return kind === 'grant' ? 'by' : 'for';
}

/** What is stopped, by what people know it by; the id beneath, because a name proves nothing. */
function What({ kind, id, name, actsFor }: Pick<Stop, 'kind' | 'id' | 'name' | 'actsFor'>) {
  const room = targetRoom(kind);
  if (kind === 'hub' || room === undefined) return <strong>the whole hub</strong>;
  return (
    <div className="min-w-[14ch] [&_a]:min-h-[24px] [&_a]:min-w-[24px]">
      <span className="text-soft">{kind}</span> <ObjectLink room={room} id={id} name={name} />
      {actsFor === null ? null : (
        <>
          {' '}
          <span className="text-soft">{whoseWord(kind)}</span> <ObjectLink room={`${actsFor.kind}s`} id={actsFor.id} name={actsFor.name} />
        </>
      )}
      {name === null ? null : <code className="block text-[0.86rem] text-soft [overflow-wrap:anywhere]">{id}</code>}
    </div>
  );
}

/** In a sentence. */
function whatWords({ kind, subject, name, actsFor }: Unfreeze): string {
  if (kind === 'hub') return 'the whole hub';
  const whom = actsFor === null ? '' : ` ${whoseWord(kind)} ${actsFor.name ?? actsFor.id}`;
  return `${kind} ${name ?? subject}${whom}`;
}

/** Whoever may not be the second person reads why, and may take a request of their own back. */
function Decide({ of }: { of: Unfreeze }) {
  const [asking, setAsking] = useState<'confirm' | 'refuse'>();
  const me = useSession().data?.user.id;
  const queries = useQueryClient();
  const isMine = me !== undefined && of.askedBy.user === me;
  const what = whatWords(of);
  const refuse = isMine ? 'Take back' : 'Refuse';
  return (
    <div className="grid justify-items-end gap-1.5">
      <div className="flex flex-wrap justify-end gap-1.5">
        {of.barred === null ? (
          <Button aria-label={`Confirm: ${what}`} onClick={() => setAsking('confirm')}>
            Confirm
          </Button>
        ) : null}
        <Button look="quiet" aria-label={`${refuse}: ${what}`} onClick={() => setAsking('refuse')}>
          {refuse}
        </Button>
      </div>
      {of.barred === null ? null : (
        <p className="max-w-[26ch] text-right text-[0.86rem] text-soft">
          {isMine ? 'You asked: another person has to confirm it.' : `You cannot confirm it. ${of.barred.title}.`}
        </p>
      )}
      <Confirm
        open={asking !== undefined}
        onClose={() => setAsking(undefined)}
        title={asking === 'refuse' ? 'It stays stopped' : 'Let it go on'}
        what={
          <p>
            {byWords(of.askedBy)} asked to let {what} go on, because: {of.reason}.
          </p>
        }
        verb={asking === 'refuse' ? refuse : 'Let it go on'}
        reason="needed"
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
        { title: 'What', cell: ({ subject, ...one }) => <What {...one} id={subject} /> },
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
            { title: 'What', cell: (stop) => <What {...stop} /> },
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
