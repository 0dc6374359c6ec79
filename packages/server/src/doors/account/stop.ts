import type { Db } from '../../base/db.ts';
import type { Author } from '../../rooms/audit/author.ts';
import { listGrants } from '../../rooms/consent/store.ts';
import type { Containment } from '../../rooms/signals/contain.store.ts';

/**
 * Takes back everything that this user allowed the agent: refresh tokens die, resource servers hear of it. The agent itself stays, without
 * a grant: to revoke it is final and an administrator's, while a user may well allow the same app again next week.
 */
export async function stopAgent(deps: { db: Db; contain: Containment }, userId: string, agentId: string, by: Author): Promise<void> {
  const grants = await listGrants(deps.db, { user: userId, agent: agentId }, { limit: 1_000 });
  for (const grant of grants) {
    if (grant.state !== 'revoked')
      await deps.contain({ kind: 'grant', id: grant.id, to: 'revoked', reason: 'stopped by the user', own: true, by });
  }
}
