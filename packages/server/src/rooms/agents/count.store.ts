import { sql } from 'kysely';
import type { Fold } from '../audit/counts.store.ts';

const CALLS = sql.raw(`'token.issued', 'token.refreshed', 'token.exchanged', 'credential.issued', 'credential.used'`);
const DENIALS = sql.raw(`'token.refused', 'token.replayed', 'credential.refused', 'policy.refused'`);

/**
 * What agents did, worked out where the record is counted (rooms/audit/counts.store.ts). Alike are entries whose text tells the same scopes and the same
 * target, without reading it as json, which would cost more than writing it did. Canonical text has one spelling, and a quote inside a string is escaped: what
 * is compared follows the last `"scopes":[`, that of `data`, and the last `"target"`, the entry's own. Of those of one agent that are alike, one is read.
 */
export const AGENT_USE: Fold = {
  who: sql`CASE WHEN e.type IN (${CALLS}) AND e.outcome = 'success' OR e.type IN (${DENIALS}) AND e.outcome <> 'success' THEN e.agent_id END`,
  alike: sql`CASE WHEN e.agent_id IS NOT NULL AND e.type IN (${CALLS}) AND e.outcome = 'success' THEN
    split_part(split_part(e.body, '"scopes":[', -1), ',"decision":', 1) || split_part(split_part(e.body, '"target":', -1), ',"tenant":', 1) END`,
  steps: sql`
  uses AS MATERIALIZED (SELECT who AS agent_id, alike, type IN (${CALLS}) AS call, tenant, seq, n, first, last FROM fresh WHERE who IS NOT NULL),
  figures AS (
    INSERT INTO agent_use AS u (agent_id, calls, denials, first_used_at, last_used_at, idle_since)
    SELECT agent_id, coalesce(sum(n) FILTER (WHERE call), 0), coalesce(sum(n) FILTER (WHERE NOT call), 0), min(first) FILTER (WHERE call), max(last) FILTER (WHERE call),
      coalesce(max(last) FILTER (WHERE call), min(first))
    FROM uses GROUP BY agent_id
    ON CONFLICT (agent_id) DO UPDATE SET calls = u.calls + EXCLUDED.calls, denials = u.denials + EXCLUDED.denials,
      first_used_at = least(u.first_used_at, EXCLUDED.first_used_at), last_used_at = greatest(u.last_used_at, EXCLUDED.last_used_at),
      idle_since = CASE WHEN EXCLUDED.last_used_at IS NULL THEN u.idle_since ELSE greatest(u.idle_since, EXCLUDED.last_used_at) END),
  kinds AS (SELECT agent_id, alike, (array_agg(tenant))[1] AS tenant, (array_agg(seq))[1] AS seq, sum(n) AS n, max(last) AS last FROM uses WHERE call GROUP BY 1, 2),
  scopes AS (
    INSERT INTO agent_scope_use AS s (agent_id, resource_id, scope, count, last_used_at)
    SELECT k.agent_id, CASE x.target ->> 'type' WHEN 'connection' THEN 'urn:writ:connection:' ELSE '' END || (x.target ->> 'id'), a.scope, sum(k.n), max(k.last)
    FROM kinds k JOIN audit_events e ON e.tenant = k.tenant AND e.seq = k.seq CROSS JOIN LATERAL json_to_record(e.body::json) AS x(target json, data json)
      CROSS JOIN LATERAL (SELECT x.data -> 'scopes' AS scopes) AS d
      CROSS JOIN LATERAL (
        SELECT json_array_elements_text(d.scopes) AS scope WHERE json_typeof(d.scopes) = 'array'
        UNION ALL SELECT '' WHERE x.target ->> 'type' = 'connection' AND (d.scopes IS NULL OR json_typeof(d.scopes) <> 'array' OR json_array_length(d.scopes) = 0)) AS a
    WHERE x.target ->> 'id' IS NOT NULL GROUP BY 1, 2, 3
    ON CONFLICT (agent_id, resource_id, scope) DO UPDATE SET count = s.count + EXCLUDED.count, last_used_at = greatest(s.last_used_at, EXCLUDED.last_used_at)),`,
};
