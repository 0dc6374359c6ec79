import { sql } from 'kysely';
import { row, touched, type Tx } from '../../base/db.ts';
import { OUT_OF_HANDS } from '../../base/lease.ts';
import { eventIdAt } from '../audit/decision.ts';

/** Where to begin again. */
export type ReplayFrom = 'beginning' | { since: number } | { chain: string; seq: number };

/** False when it was paused already. Whoever delivers loses it in the same moment. */
export async function pauseSink(tx: Tx, id: string): Promise<boolean> {
  return (
    (await touched(
      tx,
      sql`UPDATE sinks SET state = 'paused', ${OUT_OF_HANDS}, version = version + 1 WHERE id = ${id} AND state = 'active'`,
    )) > 0
  );
}

/** Also wakes a sink that waits for its next try. False when there was nothing to do. */
export async function resumeSink(tx: Tx, id: string): Promise<boolean> {
  return (
    (await touched(
      tx,
      sql`UPDATE sinks SET state = 'active', retry_at = NULL, version = version + CASE state WHEN 'paused' THEN 1 ELSE 0 END
        WHERE id = ${id} AND (state = 'paused' OR retry_at IS NOT NULL)`,
    )) > 0
  );
}

/** Cursors only go back: a replay leaves nothing out that was still to be delivered. The fence keeps a round under way from moving them on. */
export async function replaySink(tx: Tx, id: string, from: ReplayFrom): Promise<{ chains: number; entries: number }> {
  await sql`UPDATE sinks SET ${OUT_OF_HANDS}, retry_at = NULL, suspect = NULL, suspicions = 0 WHERE id = ${id}`.execute(tx);
  const starts =
    from === 'beginning'
      ? sql`SELECT tenant, 0::bigint AS seq FROM audit_heads`
      : 'since' in from
        ? sql`SELECT tenant, min(seq) - 1 AS seq FROM audit_events WHERE id >= ${eventIdAt(from.since)} AND time >= ${new Date(from.since)} GROUP BY tenant`
        : sql`SELECT ${from.chain}::text AS tenant, ${from.seq - 1}::bigint AS seq`;
  const moved = await row(
    tx,
    sql<{ chains: number; entries: number }>`WITH starts AS (${starts}),
      moved AS (SELECT c.tenant, c.seq AS was, s.seq FROM sink_cursors c JOIN starts s ON s.tenant = c.tenant WHERE c.sink_id = ${id} AND s.seq < c.seq),
      done AS (UPDATE sink_cursors c SET seq = m.seq FROM moved m WHERE c.sink_id = ${id} AND c.tenant = m.tenant)
      SELECT count(*) AS chains, coalesce(sum(was - seq), 0)::bigint AS entries FROM moved`,
  );
  return { chains: moved?.chains ?? 0, entries: moved?.entries ?? 0 };
}
