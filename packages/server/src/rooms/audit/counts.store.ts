import { sql, type RawBuilder } from 'kysely';
import { isRetryable, row, rows, type Db, type Tx } from '../../base/db.ts';
import type { HourCount } from './facets.ts';

/** In place of a tenant: all chains together. No tenant has such an id. */
const ALL = '*';
/** Of the transaction's lock, by which two nodes never count the same entries. */
const LOCK = 7_203_519;

/**
 * What a room above works out in the same walk, so that entries are read once. Of each entry `e`: `who`, or NULL where it is none of its business, and
 * `alike`, a text that is the same for entries of one `who` that say the same to it. `steps` are CTEs over `fresh`, which has for each group tenant, hour, type,
 * outcome, who, alike, how many (`n`), the `first` and the `last` moment and the `seq` of one of them.
 */
export type Fold = { who: RawBuilder<unknown>; alike: RawBuilder<unknown>; steps: RawBuilder<unknown> };

const NO_FOLD: Fold = { who: sql`NULL::text`, alike: sql`NULL::text`, steps: sql`` };

/** `steps`: how many at most. `entries`: in one step, of all chains together. */
export type CountUp = (of: { steps: number; entries: number }) => Promise<boolean>;

/**
 * Counts what chains have grown by since it was counted last, those first that are furthest behind, and of no chain more than a quarter of a step. True when
 * nothing is left; false too when another node is at it, for which nobody waits: an answer would have to wait for all that it counts. An entry is counted once,
 * however many nodes do this and whenever one dies: figures and how far they reach move in one statement, behind one lock.
 */
export function createCountUp(db: Db, fold = NO_FOLD): CountUp {
  return async ({ steps, entries }) => {
    const count = counting(fold, entries);
    for (let step = 0; step < steps; step += 1) {
      const counted = await db
        .transaction()
        .execute((tx) => countStep(tx, count))
        .catch(notNow);
      if (counted === undefined) return false;
      if (counted.left === 0) return true;
    }
    return false;
  };
}

async function countStep(tx: Tx, count: RawBuilder<{ left: number }>): Promise<{ left: number } | undefined> {
  const lock = await row(tx, sql<{ ours: boolean }>`SELECT pg_try_advisory_xact_lock(${LOCK}) AS ours`);
  if (lock?.ours !== true) return undefined;
  // Groups are kept in memory: on disk they would be in the way of the tokens' entries.
  await sql`SET LOCAL work_mem = '64MB'`.execute(tx);
  return row(tx, count);
}

/** Agents are also written by deeds: who asks for figures while one of the two has to give way gets them as they are. */
function notNow(error: unknown): undefined {
  if (!isRetryable(error)) throw error;
}

const counting = ({ who, alike, steps }: Fold, entries: number) => sql<{ left: number }>`
  WITH behind AS (
    SELECT h.tenant, b.at, least(h.seq, b.at + ${sql.lit(Math.ceil(entries / 4))}) AS until, h.seq AS head FROM audit_heads h
      LEFT JOIN audit_counted c USING (tenant) LEFT JOIN audit_horizons z USING (tenant)
      CROSS JOIN LATERAL (SELECT coalesce(greatest(c.seq, z.seq), 0) AS at) AS b
    WHERE h.seq > b.at),
  chosen AS (
    SELECT tenant, at, until, head FROM (
      SELECT *, sum(until - at) OVER (ORDER BY head - at DESC, tenant) - (until - at) AS before FROM behind) AS queue
    WHERE before < ${sql.lit(Math.ceil((entries * 3) / 4))}),
  reached AS (
    INSERT INTO audit_counted (tenant, seq) SELECT tenant, until FROM chosen ON CONFLICT (tenant) DO UPDATE SET seq = EXCLUDED.seq),
  fresh AS MATERIALIZED (
    SELECT tenant, hour, type, outcome, who, CASE WHEN who IS NOT NULL THEN alike END AS alike, count(*) AS n, min(time) AS first, max(time) AS last, min(seq) AS seq
    FROM (
      SELECT e.tenant, date_trunc('hour', e.time, 'UTC') AS hour, e.type, e.outcome, ${who} AS who, ${alike} AS alike, e.time, e.seq
      FROM chosen b JOIN audit_events e ON e.tenant = b.tenant AND e.seq > b.at AND e.seq <= b.until) AS grown
    GROUP BY 1, 2, 3, 4, 5, 6),
  ${steps}
  hours AS MATERIALIZED (SELECT tenant, hour, type, outcome, sum(n)::bigint AS n FROM fresh GROUP BY 1, 2, 3, 4),
  kept AS (
    INSERT INTO audit_counts AS a (tenant, hour, type, outcome, n)
    SELECT tenant, hour, type, outcome, n FROM hours UNION ALL SELECT ${sql.lit(ALL)}, hour, type, outcome, sum(n)::bigint FROM hours GROUP BY 2, 3, 4
    ON CONFLICT (tenant, hour, type, outcome) DO UPDATE SET n = a.n + EXCLUDED.n)
  SELECT ((SELECT count(*) FROM behind) - count(*) FILTER (WHERE until = head))::int AS left FROM chosen`;

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
