import type { Clock } from '../../base/clock.ts';
import type { Database } from '../../base/db.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { BY_USER } from '../agents/agent.ts';
import { findAgent, pauseAgent, resumeAgent } from '../agents/store.ts';
import type { Author } from '../audit/author.ts';
import { commitDeed } from '../audit/deed.store.ts';
import type { Audit } from '../audit/store.ts';
import { sendSignal, signalSent } from './store.ts';

/** A person stops an agent of theirs for a while, or lets it go on. `unknown`: it is not theirs; `moved` false: it stands so already, or somebody else holds it. */
export type Pausing = (of: {
  agentId: string;
  userId: string;
  to: 'paused' | 'active';
  by: Author;
}) => Promise<Result<{ moved: boolean }, 'unknown'>>;

/** In one commit, like every containment: the state, the signal to resource servers of every tenant, the entries. */
export function createPausing(deps: { database: Database; audit: Audit; clock: Clock }): Pausing {
  return async ({ agentId, userId, to, by }) => {
    const agent = await findAgent(deps.database.db, agentId);
    if (agent?.principal.kind !== 'user' || agent.principal.id !== userId) return fail('unknown');
    let moved = false;
    await commitDeed(deps.audit, async (tx) => {
      moved = await (to === 'paused' ? pauseAgent : resumeAgent)(tx, { id: agentId, userId });
      if (!moved) return ok({ entries: [], changed: [] });
      const told = to === 'paused' ? 'frozen' : 'restored';
      const signal = await sendSignal(tx, { kind: 'agent', subject: agentId, state: told, reason: BY_USER, now: deps.clock.now() });
      const entry = {
        tenant: agent.tenantId,
        type: to === 'paused' ? ('agent.frozen' as const) : ('agent.unfrozen' as const),
        initiator: by.initiator,
        actor: by.actor,
        target: { type: 'agent', id: agentId },
        outcome: 'success' as const,
        reason: BY_USER,
        origin: by.origin,
      };
      return ok({
        entries: [entry, signalSent(signal, by.origin, by.actor)],
        changed: [
          { kind: 'agent', key: agentId },
          { kind: 'signal', key: agentId },
        ],
      });
    });
    return ok({ moved });
  };
}
