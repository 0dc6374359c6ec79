import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useRead, useSession, type Value } from '../api/use-read.ts';
import { Notice } from '../ui/notice.tsx';
import { Time } from '../ui/time.tsx';
import { byWords } from './by.tsx';

/** What can be stopped, by the room of its page. */
const KINDS = { agents: 'agent', clients: 'client', users: 'user', tenants: 'tenant', grants: 'grant', connections: 'connection' } as const;

type Kind = (typeof KINDS)[keyof typeof KINDS] | 'hub';

function kindOf(room: string): (typeof KINDS)[keyof typeof KINDS] | undefined {
  return room in KINDS ? Object.entries(KINDS).find(([one]) => one === room)?.[1] : undefined;
}

type Waiting = Value<'getUnfreezes'>['items'][number];

function useWaiting(kind: Kind, id: string): Waiting | undefined {
  return useRead('getUnfreezes', { query: { kind, subject: id, state: 'waiting' } }).data?.items[0];
}

/** That somebody wants it to go on, and who may say so. */
function Asked({ of }: { of: Waiting }) {
  const me = useSession().data?.user.id;
  const isMine = me !== undefined && of.askedBy.user === me;
  return (
    <p>
      {isMine ? 'You' : byWords(of.askedBy)} asked to let it go on ({of.reason}).{' '}
      {of.barred === null ? 'You may confirm it' : 'Another person confirms it'} under{' '}
      <Link to="/stopped" className="underline">
        Stopped
      </Link>
      , or by <code>writ unfreezes confirm {of.id}</code>.
    </p>
  );
}

/** The same where only that is to be said. */
export function AskedToGoOn({ kind, id }: { kind: Kind; id: string }): ReactNode {
  const waiting = useWaiting(kind, id);
  return waiting === undefined ? null : <Asked of={waiting} />;
}

function Why({ kind, id }: { kind: Kind; id: string }): ReactNode {
  const stops = useRead('getContainments', { query: { kind, id } });
  const waiting = useWaiting(kind, id);
  const stop = stops.data?.items[0];
  if (stop === undefined && waiting === undefined) return null;
  return (
    <div className="mb-4">
      <Notice tone={stop?.state === 'revoked' ? 'bad' : 'care'}>
        {stop === undefined ? null : (
          <p>
            {stop.state === 'revoked' ? 'Revoked' : 'Frozen'} <Time at={stop.since} /> by {byWords(stop.by)}: {stop.reason}.
            {stop.until === null ? (
              ''
            ) : (
              <>
                {' '}
                It ends by itself <Time at={stop.until} />.
              </>
            )}
            {stop.secondPerson && stop.state === 'frozen' && waiting === undefined
              ? ' It takes two people to let it go on: one who asks, and another who confirms.'
              : ''}
          </p>
        )}
        {waiting === undefined ? null : <Asked of={waiting} />}
      </Notice>
    </div>
  );
}

/** Above something that is stopped: since when, by whom and why, and whether somebody wants it to go on. */
export function StopNote({ room, item, id }: { room: string; item: object; id: string }) {
  const kind = kindOf(room);
  const isStopped = 'state' in item && (item.state === 'frozen' || item.state === 'revoked');
  return kind === undefined || !isStopped ? null : <Why kind={kind} id={id} />;
}

/** Beside a refusal of somebody or something that is stopped (`tenant_frozen`, `hub_frozen`): by whom and why, while it still is. */
export function RefusalNote({ reason, of }: { reason: string | undefined; of: { [kind in Kind]?: string | null | undefined } }) {
  const [, word] = /^(agent|client|user|tenant|grant|connection|hub)_(?:frozen|revoked)$/.exec(reason ?? '') ?? [];
  const kind = word === 'hub' ? word : Object.values(KINDS).find((one) => one === word);
  const id = kind === undefined ? undefined : of[kind];
  return kind === undefined || id === undefined || id === null ? null : <Why kind={kind} id={id} />;
}
