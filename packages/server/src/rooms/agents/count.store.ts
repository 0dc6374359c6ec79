import { sql } from 'kysely';
import { row, type Db } from '../../base/db.ts';

/** Entries of one chain, and of all together, in one statement: it holds its locks for about a second. */
const OF_ONE = 20_000;
const OF_ALL = 40_000;
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
 * What in the text of an entry tells its scopes and its target, without reading it as json, which would cost more than writing it did. Canonical text has one spelling, and a
 * quote inside a string is escaped: all that follows the last `"scopes":[` of `data`, and the last `"target"`, which is the entry's own.
 */
const ALIKE = sql`CASE WHEN e.type IN (${CALLS}) THEN
  split_part(split_part(e.body, '"scopes":[', -1), ',"decision":', 1) || split_part(split_part(e.body, '"target":', -1), ',"tenant":', 1) END`;

/** Chains that are furthest behind come first, so that none starves. Entries that are alike are counted together, and one of them is read. */
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
    SELECT e.agent_id, e.type IN (${CALLS}) AS call, count(*) AS n, min(e.time) AS first, max(e.time) AS last, min(e.body COLLATE "C") AS body
    FROM chosen b JOIN audit_events e ON e.tenant = b.tenant AND e.seq > b.at AND e.seq <= b.until
    WHERE e.agent_id IS NOT NULL AND (e.type IN (${CALLS}) AND e.outcome = 'success' OR e.type IN (${DENIALS}) AND e.outcome <> 'success')
    GROUP BY 1, 2, ${ALIKE}),
  figures AS (
    INSERT INTO agent_use AS u (agent_id, calls, denials, first_used_at, last_used_at, idle_since)
    SELECT agent_id, coalesce(sum(n) FILTER (WHERE call), 0), coalesce(sum(n) FILTER (WHERE NOT call), 0), min(first) FILTER (WHERE call), max(last) FILTER (WHERE call),
      coalesce(max(last) FILTER (WHERE call), min(first))
    FROM fresh GROUP BY agent_id
    ON CONFLICT (agent_id) DO UPDATE SET calls = u.calls + EXCLUDED.calls, denials = u.denials + EXCLUDED.denials,
      first_used_at = least(u.first_used_at, EXCLUDED.first_used_at), last_used_at = greatest(u.last_used_at, EXCLUDED.last_used_at),
      idle_since = CASE WHEN EXCLUDED.last_used_at IS NULL THEN u.idle_since ELSE greatest(u.idle_since, EXCLUDED.last_used_at) END),
  scopes AS (
    INSERT INTO agent_scope_use AS s (agent_id, resource_id, scope, count, last_used_at)
    SELECT f.agent_id, CASE x.target ->> 'type' WHEN 'connection' THEN 'urn:writ:connection:' ELSE '' END || (x.target ->> 'id'), a.scope, sum(f.n), max(f.last)
    FROM fresh f CROSS JOIN LATERAL json_to_record(f.body::json) AS x(target json, data json)
      CROSS JOIN LATERAL (SELECT x.data -> 'scopes' AS scopes) AS d
      CROSS JOIN LATERAL (
        SELECT json_array_elements_text(d.scopes) AS scope WHERE json_typeof(d.scopes) = 'array'
        UNION ALL SELECT '' WHERE x.target ->> 'type' = 'connection' AND (d.scopes IS NULL OR json_typeof(d.scopes) <> 'array' OR json_array_length(d.scopes) = 0)) AS a
    WHERE f.call AND x.target ->> 'id' IS NOT NULL GROUP BY 1, 2, 3
    ON CONFLICT (agent_id, resource_id, scope) DO UPDATE SET count = s.count + EXCLUDED.count, last_used_at = greatest(s.last_used_at, EXCLUDED.last_used_at))
  SELECT ((SELECT count(*) FROM behind) - count(*) FILTER (WHERE until = head))::int AS left FROM chosen`;
