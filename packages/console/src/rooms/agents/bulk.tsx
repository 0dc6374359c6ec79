import { useQueryClient } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { ask } from '../../api/client.ts';
import { Refused } from '../../api/refused.ts';
import { Button } from '../../ui/button.tsx';
import { Failure } from '../../ui/notice.tsx';
import { Confirm } from '../../kit/confirm.tsx';
import { REASON } from '../generic/stop-deeds.tsx';
import type { Agent } from './columns.tsx';
import { freezeAll, type Progress } from './freeze-all.ts';

function Going({ of: { done, all, failed }, onStop }: { of: Progress; onStop: () => void }) {
  return (
    <div className="flex flex-wrap items-center gap-3">
      <progress className="h-2 w-40 accent-accent" max={all} value={done} aria-label="Frozen" />
      <span role="status" className="text-[0.9rem] text-soft">
        {done} of {all} frozen{failed === undefined ? '' : ', then one was refused'}
      </span>
      {done === all || failed !== undefined ? null : (
        <Button look="quiet" onClick={onStop}>
          Stop here
        </Button>
      )}
      {failed === undefined ? null : <Failure error={failed} />}
    </div>
  );
}

/** Freezes those that were ticked, one after the other, and shows how far it is. It can be undone, each on its own page. */
export function Bulk({
  chosen,
  shown,
  onTick,
}: {
  chosen: readonly Agent[];
  shown: readonly Agent[];
  onTick: (agents: readonly Agent[]) => void;
}) {
  const [asking, setAsking] = useState(false);
  const [progress, setProgress] = useState<Progress>();
  const isStopped = useRef(false);
  const queries = useQueryClient();
  const active = chosen.filter(({ state }) => state === 'active');
  const others = shown.filter(({ state }) => state === 'active').length;
  const run = async (reason: string | undefined, until: number | undefined): Promise<void> => {
    isStopped.current = false;
    const last = await freezeAll(active, {
      freeze: async ({ id }) => {
        const answer = await ask('postAgentsByIdFreeze', {
          path: { id },
          body: { reason: reason ?? REASON, ...(until === undefined ? {} : { until }) },
        });
        return answer.ok ? undefined : new Refused(answer.problem, answer.requestId);
      },
      tell: setProgress,
      isStopped: () => isStopped.current,
    });
    await queries.invalidateQueries();
    if (last.failed === undefined) onTick([]);
  };
  return (
    <div className="mb-3 flex min-h-9 flex-wrap items-center gap-3">
      <span role="status" className="text-[0.9rem] text-soft">
        {chosen.length === 0 ? 'Tick agents to stop several at once.' : `${chosen.length} ticked, ${active.length} of them active`}
      </span>
      {chosen.length === 0 && others > 1 ? (
        <Button look="quiet" onClick={() => onTick(shown.filter(({ state }) => state === 'active'))}>
          Tick all {others} shown
        </Button>
      ) : null}
      {chosen.length === 0 ? null : (
        <Button look="quiet" onClick={() => onTick([])}>
          Untick
        </Button>
      )}
      {active.length === 0 ? null : (
        <Button look="danger" onClick={() => setAsking(true)}>
          Freeze {active.length}
        </Button>
      )}
      {progress === undefined ? null : <Going of={progress} onStop={() => (isStopped.current = true)} />}
      <Confirm
        open={asking}
        onClose={() => setAsking(false)}
        title={`Freeze ${active.length} ${active.length === 1 ? 'agent' : 'agents'}`}
        what={
          <>
            Every way to a token refuses them from the next request on, and resource servers that listen refuse their live tokens within two
            seconds:{' '}
            {active
              .slice(0, 20)
              .map(({ client, clientName }) => clientName ?? client)
              .join(', ')}
            {active.length > 20 ? ` and ${active.length - 20} more` : ''}.
          </>
        }
        verb="Freeze them"
        reason
        ends
        act={async (reason, until) => {
          void run(reason, until);
          return { ok: true };
        }}
      />
    </div>
  );
}
