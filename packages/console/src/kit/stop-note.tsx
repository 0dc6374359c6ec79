import type { ReactNode } from 'react';
import { useRead } from '../api/use-read.ts';
import { Notice } from '../ui/notice.tsx';
import { Time } from '../ui/time.tsx';

/** What can be stopped, by the room of its page. */
const KINDS = { agents: 'agent', clients: 'client', users: 'user', tenants: 'tenant', grants: 'grant', connections: 'connection' } as const;

type Kind = (typeof KINDS)[keyof typeof KINDS] | 'hub';

function kindOf(room: string): (typeof KINDS)[keyof typeof KINDS] | undefined {
  return room in KINDS ? Object.entries(KINDS).find(([one]) => one === room)?.[1] : undefined;
}

function Why({ kind, id }: { kind: Kind; id: string }): ReactNode {
  const stops = useRead('getContainments', { query: { kind, id } });
  const asked = useRead('getUnfreezes', { query: { kind, subject: id, state: 'waiting' } });
  const stop = stops.data?.items[0];
  const waiting = asked.data?.items[0];
  if (stop === undefined && waiting === undefined) return null;
  return (
    <div className="mb-4">
      <Notice tone={stop?.state === 'revoked' ? 'bad' : 'care'}>
        {stop === undefined ? null : (
          <p>
            {stop.state === 'revoked' ? 'Revoked' : 'Frozen'} <Time at={stop.since} /> by {stop.by.user ?? stop.by.client ?? 'the hub'}:{' '}
            {stop.reason}.
            {stop.until === null ? (
              ''
            ) : (
              <>
                {' '}
                It ends by itself <Time at={stop.until} />.
              </>
            )}
          </p>
        )}
        {waiting === undefined ? null : (
          <p>
            {waiting.askedBy.user ?? waiting.askedBy.client} asked to let it go on ({waiting.reason}); another person confirms it under
            Stopped, or by <code>writ unfreezes confirm {waiting.id}</code>.
          </p>
        )}
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
