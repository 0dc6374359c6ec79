import { sql } from 'kysely';
import { rows, type Db } from '../../base/db.ts';

/** How often an agent got a scope, and when last. `resource`: a resource, or `urn:writ:connection:<id>` with the scope '' where it has none. */
export type ScopeUse = { resource: string; scope: string; count: number; lastUsedAt: number };

/** More than any agent is granted; what was used longest ago is left out. */
const MOST = 2_000;

export async function scopeUsesOf(db: Db, agentId: string): Promise<ScopeUse[]> {
  return rows(
    db,
    sql<ScopeUse>`SELECT resource_id AS resource, scope, count, last_used_at AS "lastUsedAt" FROM agent_scope_use
      WHERE agent_id = ${agentId} ORDER BY last_used_at DESC LIMIT ${sql.lit(MOST)}`,
  );
}

/** Why an agent was refused lately, most often first. `decision`: of the newest, for the explanation. */
export type RefusedFor = { reason: string; count: number; lastAt: number; decision: string | null };

/** Newest entries of an agent that are looked at. */
const LOOK = 5_000;

/** Refusals since `since` (milliseconds), among the newest entries of the agent. */
export async function refusalsOf(db: Db, agentId: string, since: number): Promise<RefusedFor[]> {
  return rows(
    db,
    sql<RefusedFor>`SELECT coalesce(body::json ->> 'reason', 'unknown') AS reason, count(*)::int AS count, max(time) AS "lastAt",
        (array_agg(body::json ->> 'decision' ORDER BY id DESC))[1] AS decision
      FROM (SELECT id, time, type, outcome, body FROM audit_events WHERE agent_id = ${agentId} AND id >= audit_id_at(${new Date(since)}::timestamptz)
        ORDER BY id DESC LIMIT ${sql.lit(LOOK)}) AS looked
      WHERE outcome = 'refused' GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 50`,
  );
}
