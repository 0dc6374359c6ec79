import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { ask } from '../../api/client.ts';
import { useRead } from '../../api/use-read.ts';
import { Button } from '../../ui/button.tsx';
import { Failure, Notice } from '../../ui/notice.tsx';
import { Time } from '../../ui/time.tsx';
import { byWords } from '../../kit/by.tsx';
import { Confirm, type Done } from '../../kit/confirm.tsx';
import { ObjectLink } from '../../kit/object-link.tsx';
import { AskedToGoOn } from '../../kit/stop-note.tsx';
import { targetRoom } from '../../kit/targets.ts';
import { REASON } from '../generic/stop-deeds.tsx';

/** What a signal or a stop is about. */
export function Named({ kind, id }: { kind: string; id: string }) {
  if (kind === 'hub') return <>the whole hub</>;
  const room = targetRoom(kind);
  return (
    <>
      <span className="text-soft">{kind}</span> {room === undefined ? id : <ObjectLink room={room} id={id} />}
    </>
  );
}

/** Asks why, does it, and reads everything anew. */
function Doing({
  title,
  what,
  verb,
  name,
  danger = false,
  act,
}: {
  title: string;
  what: string;
  verb: string;
  name?: string;
  danger?: boolean;
  act: (reason: string, until: number | undefined) => Promise<Done>;
}) {
  const [open, setOpen] = useState(false);
  const queries = useQueryClient();
  return (
    <>
      <Button look={danger ? 'danger' : 'plain'} onClick={() => setOpen(true)}>
        {verb}
      </Button>
      <Confirm
        open={open}
        onClose={() => setOpen(false)}
        title={title}
        what={what}
        verb={verb}
        reason
        ends={danger}
        {...(name === undefined ? {} : { name })}
        act={async (reason, until) => {
          const done = await act(reason ?? REASON, until);
          await queries.invalidateQueries();
          return done;
        }}
      />
    </>
  );
}

/** Whether everything is stopped, and the button for it. */
export function HubStop() {
  const hub = useRead('getHub', undefined, { every: 5_000 });
  if (hub.error !== null) return <Failure error={hub.error} />;
  const stop = hub.data?.stop;
  if (stop === undefined || stop === null)
    return (
      <Doing
        danger
        verb="Freeze the whole hub"
        title="Freeze the whole hub"
        name="everything"
        what="No agent of any tenant gets anything from the next request on, and resource servers that listen refuse all tokens. Console and admin API stay open. It can be undone."
        act={(reason, until) => ask('postHubFreeze', { body: { reason, ...(until === undefined ? {} : { until }) } })}
      />
    );
  return (
    <Notice tone="bad" role="alert">
      <p className="mb-2">
        The whole hub is frozen <Time at={stop.since} />, by {byWords(stop.by)}: {stop.reason}.
        {stop.until === null ? (
          ''
        ) : (
          <>
            {' '}
            It ends by itself <Time at={stop.until} />.
          </>
        )}
      </p>
      <AskedToGoOn kind="hub" id="hub" />
      <Doing
        verb="Let it go on"
        title="Let the hub go on"
        what="Agents get tokens again, and those that are still alive are good again."
        act={(reason) => ask('postHubUnfreeze', { body: { reason } })}
      />
    </Notice>
  );
}
