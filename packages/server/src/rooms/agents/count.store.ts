import { sql } from 'kysely';
import { row, type Db } from '../../base/db.ts';

/** Entries of one chain, and of all together, in one statement: it holds its locks for about a second. */
const OF_ONE = 20_000;
const OF_ALL = 50_000;
/** Of the transaction's lock, by which two nodes never count the same entries. */
const LOCK = 7_203_523;

/**
 * Counts what agents did since it was counted last, in so many steps. True when nothing is left. Each entry is counted once, however many nodes do this and
 * whenever one dies: figures and how far they reach move in one statement, behind one lock (as in rooms/audit/counts.store.ts).
 */
export async function countAgentUse(db: Db, steps: number): Promise<boolean> {
  for (let step = 0; step < steps; step += 1) {
    const counted = await db.transaction().execute(async (tx) => {
      await sql`SELECT pg_advisory_xact_lock(${LOCK})`.execute(tx);
      return row(tx, sql<{ left: number }>`${COUNT}`);
    });
    if (counted === undefined || counted.left === 0) return true;
  }
  return false;
}

const CALLS = sql.raw(`'token.issued', 'token.refreshed', 'token.exchanged', 'credential.issued', 'credential.used'`);
const DENIALS = sql.raw(`'token.refused', 'token.replayed', 'credential.refused', 'policy.refused'`);

/**
 * Chains that are furthest behind come first, so that none starves. The text is read as json, never jsonb: what a caller wrote into an entry may hold \u0000,
 * which jsonb refuses, and one such entry would end all counting.
 */
const COUNT = sql`
  WITH behind AS (
    SELECT h.tenant, b.at, least(h.seq, b.at + ${sql.lit(OF_ONE)}) AS until, h.seq AS head FROM audit_heads h
      LEFT JOIN agent_use_counted c USING (tenant) LEFT JOIN audit_horizons z USING (tenant)
      CROSS JOIN LATERAL (SELECT coalesce(greatest(c.seq, z.seq), 0) AS at) AS b
    WHERE h.seq > b.at),
  chosen AS (
    SELECT tenant, at, until, head FROM (
      SELECT *, sum(until - at) OVER (ORDER BY head - at DESC, tenant) - (until - at) AS before FROM behind) AS queue
    WHERE before < ${sql.lit(OF_ALL)}),
  reached AS (
    INSERT INTO agent_use_counted (tenant, seq) SELECT tenant, until FROM chosen ON CONFLICT (tenant) DO UPDATE SET seq = EXCLUDED.seq),
  fresh AS MATERIALIZED (
    SELECT e.agent_id, e.time, e.type IN (${CALLS}) AS call, CASE WHEN e.type IN (${CALLS}) THEN e.body::json END AS body
    FROM chosen b JOIN audit_events e ON e.tenant = b.tenant AND e.seq > b.at AND e.seq <= b.until
    WHERE e.agent_id IS NOT NULL AND (e.type IN (${CALLS}) AND e.outcome = 'success' OR e.type IN (${DENIALS}) AND e.outcome <> 'success')),
  figures AS (
    INSERT INTO agent_use AS u (agent_id, calls, denials, first_used_at, last_used_at, idle_since)
    SELECT agent_id, count(*) FILTER (WHERE call), count(*) FILTER (WHERE NOT call), min(time) FILTER (WHERE call), max(time) FILTER (WHERE call),
      coalesce(max(time) FILTER (WHERE call), min(time))
    FROM fresh GROUP BY agent_id
    ON CONFLICT (agent_id) DO UPDATE SET calls = u.calls + EXCLUDED.calls, denials = u.denials + EXCLUDED.denials,
      first_used_at = least(u.first_used_at, EXCLUDED.first_used_at), last_used_at = greatest(u.last_used_at, EXCLUDED.last_used_at),
      idle_since = CASE WHEN EXCLUDED.last_used_at IS NULL THEN u.idle_since ELSE greatest(u.idle_since, EXCLUDED.last_used_at) END),
  scopes AS (
    INSERT INTO agent_scope_use AS s (agent_id, resource_id, scope, count, last_used_at)
    SELECT f.agent_id, CASE f.body #>> '{target,type}' WHEN 'connection' THEN 'urn:writ:connection:' ELSE '' END || (f.body #>> '{target,id}'), n.scope, count(*), max(f.time)
    FROM fresh f CROSS JOIN LATERAL (
      SELECT json_array_elements_text(f.body #> '{data,scopes}') AS scope WHERE json_typeof(f.body #> '{data,scopes}') = 'array'
      UNION ALL SELECT '' WHERE f.body #>> '{target,type}' = 'connection'
        AND (f.body #> '{data,scopes}' IS NULL OR json_typeof(f.body #> '{data,scopes}') <> 'array' OR json_array_length(f.body #> '{data,scopes}') = 0)) AS n
    WHERE f.call AND f.body #>> '{target,id}' IS NOT NULL GROUP BY 1, 2, 3
    ON CONFLICT (agent_id, resource_id, scope) DO UPDATE SET count = s.count + EXCLUDED.count, last_used_at = greatest(s.last_used_at, EXCLUDED.last_used_at))
  SELECT ((SELECT count(*) FROM behind) - count(*) FILTER (WHERE until = head))::int AS left FROM chosen`;
