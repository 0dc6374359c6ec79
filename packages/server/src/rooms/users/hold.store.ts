import { sql } from 'kysely';
import { touched, type Tx } from '../../base/db.ts';

/** Whose membership of what, and who holds it: a word that nobody else uses. */
export type Hold = { userId: string; tenantId: string; by: string };

/** Puts a membership on hold: it is there, and nothing is given on the strength of it. False when there is none, or somebody holds it already. */
export async function holdMembership(tx: Tx, { userId, tenantId, by }: Hold): Promise<boolean> {
  const held = await touched(
    tx,
    sql`UPDATE user_tenants SET held_by = ${by} WHERE user_id = ${userId} AND tenant_id = ${tenantId} AND held_by IS NULL`,
  );
  return held > 0;
}

/** Lets go of what the same holds, and of nothing else. */
export async function letGoMembership(tx: Tx, { userId, tenantId, by }: Hold): Promise<boolean> {
  const freed = await touched(
    tx,
    sql`UPDATE user_tenants SET held_by = NULL WHERE user_id = ${userId} AND tenant_id = ${tenantId} AND held_by = ${by}`,
  );
  return freed > 0;
}
