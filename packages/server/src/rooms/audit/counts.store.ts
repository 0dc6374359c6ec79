import { sql } from 'kysely';
import { row, rows, type Db } from '../../base/db.ts';
import type { HourCount } from './facets.ts';

/** In place of a tenant: all chains together. No tenant has such an id. */
const ALL = '*';
const CHAINS = 500;
const ENTRIES = 50_000;
/** Of the transaction's lock, by which two nodes never count the same entries. */
const LOCK = 7_203_519;

/**
 * Counts what chains have grown by since it was counted last, in steps of so many chains, and of so many entries that these share. True when nothing is left;
 * false too when somebody else is at it, for whom nobody waits: an answer would have to wait for all that he counts. An entry is counted once,
 * however many nodes do this and whenever one dies: counts and how far they reach move in one statement, behind one lock.
 */
export async function countUp(db: Db, steps: number): Promise<boolean> {
  for (let step = 0; step < steps; step += 1) {
    const counted = await db.transaction().execute(async (tx) => {
      const lock = await row(tx, sql<{ ours: boolean }>`SELECT pg_try_advisory_xact_lock(${LOCK}) AS ours`);
      return lock?.ours === true ? row(tx, sql<{ chains: number; whole: boolean }>`${COUNT}`) : undefined;
    });
    if (counted === undefined) return false;
    if (counted.chains < CHAINS && counted.whole) return true;
  }
  return false;
}

const COUNT = sql`
  WITH behind AS (
    SELECT tenant, at, least(head, at + greatest(1, ${sql.lit(ENTRIES)} / count(*) OVER ())) AS until, head FROM (SELECT h.tenant, b.at, h.seq AS head FROM audit_heads h
      LEFT JOIN audit_counted c USING (tenant) LEFT JOIN audit_horizons z USING (tenant)
      CROSS JOIN LATERAL (SELECT coalesce(greatest(c.seq, z.seq), 0) AS at) AS b
    WHERE h.seq > b.at ORDER BY h.tenant LIMIT ${sql.lit(CHAINS)}) AS grown),
  reached AS (
    INSERT INTO audit_counted (tenant, seq) SELECT tenant, until FROM behind ON CONFLICT (tenant) DO UPDATE SET seq = EXCLUDED.seq),
  fresh AS (
    SELECT e.tenant, date_trunc('hour', e.time, 'UTC') AS hour, e.type, e.outcome, count(*) AS n
    FROM behind b JOIN audit_events e ON e.tenant = b.tenant AND e.seq > b.at AND e.seq <= b.until GROUP BY 1, 2, 3, 4),
  kept AS (
    INSERT INTO audit_counts AS a (tenant, hour, type, outcome, n)
    SELECT tenant, hour, type, outcome, n FROM fresh UNION ALL SELECT ${sql.lit(ALL)}, hour, type, outcome, sum(n)::bigint FROM fresh GROUP BY 2, 3, 4
    ON CONFLICT (tenant, hour, type, outcome) DO UPDATE SET n = a.n + EXCLUDED.n)
  SELECT count(*)::int AS chains, coalesce(bool_and(until = head), true) AS whole FROM behind`;

export type CountQuery = {
  tenant?: string | undefined;
  type?: string | undefined;
  without?: readonly string[] | undefined;
  outcome?: string | undefined;
  /** Milliseconds; counted by whole hours. */
  since?: number | undefined;
  until?: number | undefined;
};

/** What was counted, by hour, type and outcome. */
export async function countsOf(db: Db, { tenant, type, without, outcome, since, until }: CountQuery): Promise<HourCount[]> {
  return rows(
    db,
    sql<HourCount>`SELECT (extract(epoch FROM hour) * 1000)::bigint AS hour, type, outcome, n FROM audit_counts WHERE tenant = ${tenant ?? ALL}
      ${type === undefined ? sql`` : sql`AND type = ${type}`} ${outcome === undefined ? sql`` : sql`AND outcome = ${outcome}`}
      ${without === undefined ? sql`` : sql`AND NOT (type = ANY (${[...without]}::text[]))`}
      ${since === undefined ? sql`` : sql`AND hour >= date_trunc('hour', ${new Date(since)}::timestamptz, 'UTC')`}
      ${until === undefined ? sql`` : sql`AND hour < ${new Date(until)}`} ORDER BY audit_counts.hour`,
  );
}
