import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { ask } from '../../api/client.ts';
import { Button } from '../../ui/button.tsx';
import { Confirm, type Done } from '../../kit/confirm.tsx';
import { REASON } from '../generic/stop-deeds.tsx';
import type { Agent } from './columns.tsx';

/** One after the other, so that a refusal stops at the agent that it is about; those before it are frozen. */
async function freezeAll(agents: readonly Agent[], reason: string | undefined): Promise<Done> {
  for (const { id } of agents) {
    const answer = await ask('postAgentsByIdFreeze', { path: { id }, body: { reason: reason ?? REASON } });
    if (!answer.ok) return answer;
  }
  return { ok: true };
}

/** Freezes those that were ticked. It can be undone, each on its own page. */
export function Bulk({ chosen, onDone }: { chosen: readonly Agent[]; onDone: () => void }) {
  const [asking, setAsking] = useState(false);
  const queries = useQueryClient();
  const active = chosen.filter(({ state }) => state === 'active');
  return (
    <div className="mb-3 flex min-h-9 flex-wrap items-center gap-3">
      <span role="status" className="text-[0.9rem] text-soft">
        {chosen.length === 0 ? 'Tick agents to stop several at once.' : `${chosen.length} ticked, ${active.length} of them active`}
      </span>
      {active.length === 0 ? null : (
        <Button look="danger" onClick={() => setAsking(true)}>
          Freeze {active.length}
        </Button>
      )}
      <Confirm
        open={asking}
        onClose={() => setAsking(false)}
        title={`Freeze ${active.length} ${active.length === 1 ? 'agent' : 'agents'}`}
        what={
          <>
            Every way to a token refuses them from the next request on, and resource servers that listen refuse their live tokens within two
            seconds: {active.map(({ client }) => client).join(', ')}.
          </>
        }
        verb="Freeze them"
        reason
        act={async (reason) => {
          const done = await freezeAll(active, reason);
          await queries.invalidateQueries();
          if (done.ok) onDone();
          return done;
        }}
      />
    </div>
  );
}
