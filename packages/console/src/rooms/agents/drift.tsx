import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { ask } from '../../api/client.ts';
import { useRead, type Value } from '../../api/use-read.ts';
import { Button } from '../../ui/button.tsx';
import { Notice } from '../../ui/notice.tsx';
import { Confirm } from '../../kit/confirm.tsx';

export type Drift = Value<'getDrifts'>['items'][number];

/** What went and what came, a line each, said by a sign as well as by a colour. */
function Change({ of: { before, after } }: { of: Drift }) {
  const gone = before.filter((one) => !after.includes(one));
  const come = after.filter((one) => !before.includes(one));
  return (
    <ul className="font-mono text-[0.86rem] leading-relaxed [overflow-wrap:anywhere]">
      {gone.map((one) => (
        <li key={`- ${one}`} className="text-high">
          − {one}
        </li>
      ))}
      {come.map((one) => (
        <li key={`+ ${one}`} className="text-low">
          + {one}
        </li>
      ))}
    </ul>
  );
}

/** What changed, in a sentence; before and after at a click. */
export function What({ of }: { of: Drift }) {
  return (
    <div className="grid gap-1">
      <p>{of.sentence}</p>
      <details>
        <summary className="min-h-[24px] cursor-pointer py-0.5 text-[0.9rem] text-soft">Before and after</summary>
        <Change of={of} />
      </details>
    </div>
  );
}

/** Says that it is fine as it is shown: what has changed once more since then is not accepted with it. */
function Accept({ of }: { of: Drift }) {
  const [open, setOpen] = useState(false);
  const queries = useQueryClient();
  return (
    <>
      <Button aria-label={`Accept: ${of.sentence}`} onClick={() => setOpen(true)}>
        Accept
      </Button>
      <Confirm
        open={open}
        onClose={() => setOpen(false)}
        title="Is it fine as it is now?"
        what={
          <div className="grid gap-2">
            <p>{of.sentence}</p>
            <Change of={of} />
            {of.froze ? <p>The client was stopped for it, and goes on when you accept it.</p> : null}
          </div>
        }
        verb="It is fine"
        reason
        act={async (reason) => {
          const answer = await ask('postDriftsByIdAccept', {
            path: { id: of.id },
            body: { times: of.times, ...(reason === undefined ? {} : { note: reason }) },
          });
          if (answer.ok) await queries.invalidateQueries();
          return answer;
        }}
      />
    </>
  );
}

/** Says that it is not: the client stops, and goes on by no acceptance, but when somebody unfreezes it. */
function Decline({ of: { client, sentence } }: { of: Drift }) {
  const [open, setOpen] = useState(false);
  const queries = useQueryClient();
  if (client === null) return null;
  return (
    <>
      <Button look="danger" aria-label={`Stop the client: ${sentence}`} onClick={() => setOpen(true)}>
        Stop the client
      </Button>
      <Confirm
        open={open}
        onClose={() => setOpen(false)}
        title="It is not fine: stop the client"
        what={
          <div className="grid gap-2">
            <p>{sentence}</p>
            <p>Every agent that acts through it stops, whoever it acts for, until somebody unfreezes the client. It can be undone.</p>
          </div>
        }
        verb="Stop the client"
        reason
        act={async (reason) => {
          const answer = await ask('postClientsByIdFreeze', {
            path: { id: client },
            body: { reason: reason ?? `changed: ${sentence}`.slice(0, 500) },
          });
          if (answer.ok) await queries.invalidateQueries();
          return answer;
        }}
      />
    </>
  );
}

/** The two answers to a change; none to one that is settled. */
export function Answers({ of }: { of: Drift }) {
  if (of.state !== 'open') return null;
  return (
    <div className="flex flex-wrap gap-1.5 sm:justify-end">
      <Accept of={of} />
      <Decline of={of} />
    </div>
  );
}

/** What changed about the client of an agent and nobody has looked at: each with the two answers. `sentences`: what is said where the rest may not be read. */
export function DriftsOf({ client, sentences }: { client: string; sentences: readonly string[] }) {
  const found = useRead('getDrifts', { query: { client, limit: 50 } });
  return (
    <Notice tone="care">
      <p className="mb-1 font-semibold">It changed since somebody last looked. Is it fine as it is now?</p>
      <ul className="grid gap-2">
        {found.data === undefined
          ? sentences.map((sentence) => <li key={sentence}>{sentence}</li>)
          : found.data.items.map((drift) => (
              <li key={drift.id} className="flex min-w-0 flex-wrap items-start justify-between gap-x-4 gap-y-1">
                <div className="min-w-0 flex-1 basis-64">
                  <What of={drift} />
                </div>
                <Answers of={drift} />
              </li>
            ))}
      </ul>
    </Notice>
  );
}
