import { sql } from 'kysely';
import { row, type Db } from '../../base/db.ts';
import { holdOwner, OWNER_LEFT } from '../agents/owner.store.ts';

/**
 * Whether whoever answered for this agent is not there, for whatever reason it stopped: frozen before they left, or by somebody afterwards, it would go on without
 * anybody. It goes on once somebody answers for it. One that nobody ever answered for may. In a transaction the owner is locked, before the
 * agent as by whatever stops the owner: nobody leaves while what is theirs goes on.
 */
export async function lacksOwner(db: Db, id: string): Promise<boolean> {
  const stopped = await row(
    db,
    sql<{ owner_id: string | null; tenant_id: string | null }>`SELECT owner_id, tenant_id FROM agents
      WHERE id = ${id} AND state = 'frozen' AND (state_reason = ${OWNER_LEFT} OR owner_id IS NOT NULL)`,
  );
  if (stopped === undefined) return false;
  return (
    stopped.owner_id === null || (await holdOwner(db, { userId: stopped.owner_id, tenantId: stopped.tenant_id ?? undefined })) !== 'there'
  );
}
