import { sql } from 'kysely';
import { row, type Db } from '../../base/db.ts';

/** Agents in one transaction: whoever consents meanwhile waits for it. */
const PORTION = 500;

/**
 * Looks anew at the risk of the agents that hold scopes of a resource whose scopes changed, in so many portions. True when nothing is left. How far it came
 * stands beside the risks and moves with them, so that any node goes on with it.
 */
export async function weighAgents(db: Db, portions: number): Promise<boolean> {
  for (let portion = 0; portion < portions; portion += 1) {
    const left = await db.transaction().execute(async (tx) => {
      const due = await row(
        tx,
        sql<{ resource: string; after: string }>`SELECT resource_id AS resource, after FROM agent_risk_due LIMIT 1 FOR UPDATE SKIP LOCKED`,
      );
      if (due === undefined) return false;
      const found = await row(
        tx,
        sql<{ ids: string[] | null }>`SELECT array_agg(id) AS ids FROM (
          SELECT id FROM (SELECT agent_id AS id FROM grants WHERE resource_id = ${due.resource} AND agent_id > ${due.after} AND state <> 'revoked'
            UNION SELECT agent_id FROM agent_scope_use WHERE resource_id = ${due.resource} AND agent_id > ${due.after}) AS holders
          ORDER BY id LIMIT ${sql.lit(PORTION)}) AS portion`,
      );
      const ids = found?.ids ?? [];
      if (ids.length > 0) await sql`SELECT agents_weigh(${ids}::text[])`.execute(tx);
      await (
        ids.length < PORTION
          ? sql`DELETE FROM agent_risk_due WHERE resource_id = ${due.resource}`
          : sql`UPDATE agent_risk_due SET after = ${ids.at(-1)} WHERE resource_id = ${due.resource}`
      ).execute(tx);
      return true;
    });
    if (!left) return true;
  }
  return false;
}

/** What passes by itself: grants that have ended, and what was obtained so long ago that it says nothing of today. */
export async function weighEnded(db: Db, since: number): Promise<void> {
  await sql`SELECT agents_weigh(array_agg(id)) FROM (
      SELECT agent_id AS id FROM grants WHERE expires_at <= now() AND expires_at > ${new Date(since)}
      UNION SELECT agent_id FROM agent_scope_use WHERE last_used_at <= now() - interval '90 days' AND last_used_at > ${new Date(since)}::timestamptz - interval '90 days'
    ) AS ended HAVING count(*) > 0`.execute(db);
}
