import { sql } from 'kysely';
import { row, touched, type Db, type Tx } from '../../base/db.ts';
import { fail, ok } from '../../base/result.ts';
import { commitDeed, type Done } from '../audit/deed.store.ts';
import { noteTry, unwell, WELL } from '../audit/health.store.ts';
import type { Audit } from '../audit/store.ts';
import { moveCursors, SINK_CURSORS, type Step } from './cursor.store.ts';
import { recovered, failed, parked } from './events.ts';
import { MOST_DEAD_LETTERS } from './judge.ts';
import type { Held } from './lease.store.ts';
import type { Outgoing } from './send.ts';

export type BookDeps = { db: Db; audit: Audit };

/**
 * Moves the cursors behind what the sink has, under the fence it was read with. False: somebody else has the sink, or its author changed it; what was
 * delivered will be delivered again.
 */
export async function advance(
  deps: BookDeps,
  held: Held,
  of: { steps: readonly Step[]; delivered: number; now: number },
): Promise<boolean> {
  return noteTry(deps, (db) => moveOn(db, held, of), held.failing && of.delivered > 0 ? recovered(held.sink) : undefined);
}

async function moveOn(
  db: Db,
  held: Held,
  { steps, delivered, now }: { steps: readonly Step[]; delivered: number; now: number },
): Promise<boolean> {
  // A round that only passed over entries that the filter leaves out says nothing about the sink's health.
  const well = delivered === 0 ? sql`` : sql`, ${WELL}, retry_at = NULL, suspect = NULL, suspicions = 0, delivered_at = ${new Date(now)}`;
  const moved = await row(
    db,
    sql<{ id: string }>`WITH mine AS (UPDATE sinks SET delivered = delivered + ${delivered} ${well}
        WHERE id = ${held.sink.id} AND fence = ${held.fence} AND state = 'active' RETURNING id),
      moved AS (${moveCursors(SINK_CURSORS, steps)})
      SELECT id FROM mine`,
  );
  return moved !== undefined;
}

/** The sink is not well. The first failure of a row is an event; the others are counted. */
export async function failing(deps: BookDeps, held: Held, of: { sentence: string; retryAt: number; now: number }): Promise<void> {
  const mark = async (db: Db): Promise<boolean> =>
    (await touched(
      db,
      sql`UPDATE sinks SET ${unwell(of)}, retry_at = ${new Date(of.retryAt)} WHERE id = ${held.sink.id} AND fence = ${held.fence}`,
    )) > 0;
  await noteTry(deps, mark, held.failing ? undefined : failed(held.sink, of.sentence));
}

/** One event was refused; it is tried again before anything is made of it. */
export async function suspect(db: Db, held: Held, of: { event: string; times: number; retryAt: number }): Promise<void> {
  await sql`UPDATE sinks SET suspect = ${of.event}, suspicions = ${of.times}, retry_at = ${new Date(of.retryAt)}
    WHERE id = ${held.sink.id} AND fence = ${held.fence}`.execute(db);
}

/** Sets an event aside that the sink does not want, and goes on behind it. `full`: there are too many of them, and nothing moved. */
export async function park(
  deps: BookDeps,
  held: Held,
  of: { item: Outgoing; step: Step; sentence: string; tries: number; now: number },
): Promise<'parked' | 'full' | 'lost'> {
  // Said of an entry about sinks, it would be another one that this sink does not want, and so on.
  if (of.item.event.type.startsWith('sink.')) return deps.db.transaction().execute((tx) => parkIn(tx, held, of));
  const outcome = await commitDeed<Done, 'full' | 'lost'>(deps.audit, async (tx) => {
    const result = await parkIn(tx, held, of);
    return result === 'parked' ? ok({ entries: [parked(held.sink, of.item, of.sentence)], changed: [] }) : fail(result);
  });
  return outcome.ok ? 'parked' : outcome.error;
}

async function parkIn(
  tx: Tx,
  held: Held,
  { item, step, sentence, tries, now }: { item: Outgoing; step: Step; sentence: string; tries: number; now: number },
): Promise<'parked' | 'full' | 'lost'> {
  const counted = await row(tx, sql<{ n: number }>`SELECT count(*) AS n FROM sink_dead_letters WHERE sink_id = ${held.sink.id}`);
  if ((counted?.n ?? 0) >= MOST_DEAD_LETTERS) return 'full';
  if (!(await moveOn(tx, held, { steps: [step], delivered: 0, now }))) return 'lost';
  await sql`UPDATE sinks SET suspect = NULL, suspicions = 0, retry_at = NULL WHERE id = ${held.sink.id}`.execute(tx);
  await sql`INSERT INTO sink_dead_letters (sink_id, event_id, tenant, seq, type, reason, tries, parked_at)
    VALUES (${held.sink.id}, ${item.id}, ${item.chain}, ${item.seq}, ${item.event.type}, ${sentence}, ${tries}, ${new Date(now)})
    ON CONFLICT (sink_id, event_id) DO UPDATE SET reason = excluded.reason, tries = sink_dead_letters.tries + excluded.tries, parked_at = excluded.parked_at`.execute(
    tx,
  );
  return 'parked';
}
