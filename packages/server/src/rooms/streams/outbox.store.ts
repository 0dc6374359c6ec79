import { sql } from 'kysely';
import { row, rows, touched, type Db, type Tx } from '../../base/db.ts';
import { MOST_DEAD_LETTERS } from '../sinks/judge.ts';
import type { SetClaims } from './set.ts';

/** SETs that wait for one receiver; what happens meanwhile waits in the record, which is longer. */
export const MOST_WAITING = 1_000;

export type Waiting = { n: number; jti: string; claims: SetClaims; tries: number };

/** In this order they go out. A `jti` that is there already was put by whoever was here before. */
export async function putSets(tx: Tx, streamId: string, sets: readonly SetClaims[], now: number): Promise<void> {
  if (sets.length === 0) return;
  await sql`INSERT INTO stream_sets (stream_id, jti, claims, made_at)
    SELECT ${streamId}, s->>'jti', s, ${new Date(now)} FROM json_array_elements(${JSON.stringify(sets)}::json) WITH ORDINALITY AS l(s, place) ORDER BY place
    ON CONFLICT DO NOTHING`.execute(tx);
}

/** `updates`: only word of what became of the stream itself, which goes out also when nothing else does. */
export async function waitingSets(db: Db, streamId: string, limit: number, updates = false): Promise<Waiting[]> {
  return rows(
    db,
    sql<Waiting>`SELECT n, jti, claims, tries FROM stream_sets WHERE stream_id = ${streamId} AND state = 'pending' ${updates ? sql`AND starts_with(jti, 'upd_')` : sql``}
      ORDER BY n LIMIT ${limit}`,
  );
}

export async function countWaiting(db: Db, streamId: string): Promise<number> {
  return (
    (await row(db, sql<{ n: number }>`SELECT count(*) AS n FROM stream_sets WHERE stream_id = ${streamId} AND state = 'pending'`))?.n ?? 0
  );
}

/** The receiver has them (RFC 8936 §2.2). Of other streams none can be named. Returns how many were still waiting. */
export async function acknowledgeSets(tx: Db, of: { streamId: string; jtis: readonly string[]; now: number }): Promise<number> {
  if (of.jtis.length === 0) return 0;
  const gone = await touched(
    tx,
    sql`DELETE FROM stream_sets WHERE stream_id = ${of.streamId} AND state = 'pending' AND jti = ANY(${[...of.jtis]}::text[])`,
  );
  if (gone > 0)
    await sql`UPDATE streams SET delivered = delivered + ${gone}, delivered_at = ${new Date(of.now)} WHERE id = ${of.streamId}`.execute(tx);
  return gone;
}

/** Sets one aside that the receiver refuses. `full`: there are too many of them, and it stays where it is. */
export async function parkSet(
  tx: Tx,
  of: { streamId: string; jti: string; sentence: string; now: number },
): Promise<'parked' | 'full' | 'gone'> {
  const counted = await row(
    tx,
    sql<{ n: number }>`SELECT count(*) AS n FROM stream_sets WHERE stream_id = ${of.streamId} AND state = 'dead'`,
  );
  if ((counted?.n ?? 0) >= MOST_DEAD_LETTERS) return 'full';
  const parked = await touched(
    tx,
    sql`UPDATE stream_sets SET state = 'dead', reason = ${of.sentence}, parked_at = ${new Date(of.now)}
      WHERE stream_id = ${of.streamId} AND jti = ${of.jti} AND state = 'pending'`,
  );
  return parked > 0 ? 'parked' : 'gone';
}

export async function countTry(db: Db, streamId: string, jti: string): Promise<void> {
  await sql`UPDATE stream_sets SET tries = tries + 1 WHERE stream_id = ${streamId} AND jti = ${jti}`.execute(db);
}

export type DeadSet = { jti: string; events: string[]; reason: string; tries: number; parkedAt: number };

export async function deadSets(db: Db, streamId: string, page: { limit: number; cursor?: string | undefined }): Promise<DeadSet[]> {
  const beyond = page.cursor === undefined ? sql`` : sql`AND jti > ${page.cursor}`;
  return rows(
    db,
    sql<DeadSet>`SELECT jti, ARRAY(SELECT jsonb_object_keys(claims->'events')) AS events, coalesce(reason, '') AS reason, tries, parked_at AS "parkedAt"
      FROM stream_sets WHERE stream_id = ${streamId} AND state = 'dead' ${beyond} ORDER BY jti LIMIT ${page.limit}`,
  );
}

/** Sends them once more, after what waits. */
export async function sendAgain(tx: Tx, streamId: string): Promise<number> {
  return touched(
    tx,
    sql`UPDATE stream_sets SET state = 'pending', tries = 0, reason = NULL, parked_at = NULL WHERE stream_id = ${streamId} AND state = 'dead'`,
  );
}

export async function discardDead(tx: Tx, streamId: string): Promise<number> {
  return touched(tx, sql`DELETE FROM stream_sets WHERE stream_id = ${streamId} AND state = 'dead'`);
}
