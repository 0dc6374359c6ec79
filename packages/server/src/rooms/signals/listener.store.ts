import { sql, type RawBuilder } from 'kysely';
import { row, rows, type Db, type Tx } from '../../base/db.ts';
import type { Listener, Listening } from './listener.ts';
import type { Signal } from './signal.ts';
import { headOfSignals } from './store.ts';

type ListenerRow = {
  receiver: string;
  instance: string;
  began: number;
  seq: number;
  opened_at: number | null;
  closed_at: number | null;
  seen_at: number;
};

const COLUMNS: RawBuilder<unknown> = sql.raw('l.receiver, l.instance, l.began, l.seq, l.opened_at, l.closed_at, l.seen_at');

function toListener(found: ListenerRow): Listener {
  const { receiver, instance, began, seq } = found;
  return {
    receiver,
    instance,
    began,
    seq,
    ...(found.opened_at === null ? {} : { openedAt: found.opened_at }),
    ...(found.closed_at === null ? {} : { closedAt: found.closed_at }),
    seenAt: found.seen_at,
  };
}

/** Names of instances are the receiver's to choose: as many as this are kept of each, so that none fills the table. */
const MOST_INSTANCES = 1_000;

/** True where there is room for one more of this receiver, or it is there already. */
function hasRoom({ receiver, instance }: Listening): RawBuilder<unknown> {
  return sql`((SELECT count(*) FROM signal_listeners WHERE receiver = ${receiver}) < ${MOST_INSTANCES}
    OR EXISTS (SELECT 1 FROM signal_listeners WHERE receiver = ${receiver} AND instance = ${instance}))`;
}

/** A stream was opened. `after`: the number that it resumes after; undefined: it starts anew. */
export async function listenerOpened(
  db: Db,
  { receiver, instance }: Listening,
  of: { after: number | undefined; now: number },
): Promise<void> {
  const began = of.after ?? (await headOfSignals(db));
  const now = new Date(of.now);
  await sql`INSERT INTO signal_listeners AS l (receiver, instance, began, opened_at, seen_at)
    SELECT ${receiver}, ${instance}, ${began}::bigint, ${now}::timestamptz, ${now}::timestamptz WHERE ${hasRoom({ receiver, instance })}
    ON CONFLICT (receiver, instance) DO UPDATE SET opened_at = excluded.opened_at, seen_at = greatest(l.seen_at, excluded.seen_at), closed_at = NULL`.execute(
    db,
  );
}

/** Its stream stands still. */
export async function listenerSeen(db: Db, { receiver, instance }: Listening, now: number): Promise<void> {
  await sql`UPDATE signal_listeners SET seen_at = greatest(seen_at, ${new Date(now)}) WHERE receiver = ${receiver} AND instance = ${instance}`.execute(
    db,
  );
}

/** The stream that was opened then has ended; one that was opened since, here or on another node, is another. */
export async function listenerClosed(db: Db, { receiver, instance }: Listening, of: { openedAt: number; now: number }): Promise<void> {
  await sql`UPDATE signal_listeners SET closed_at = ${new Date(of.now)}
    WHERE receiver = ${receiver} AND instance = ${instance} AND opened_at = ${new Date(of.openedAt)} AND closed_at IS NULL`.execute(db);
}

/**
 * Notes how far a listener has come; never backwards, never beyond what was sent. Returns the milliseconds that each signal took which this covers for the
 * first time and which was sent since it listens (at most 100); undefined: it says nothing new.
 */
export async function acknowledge(
  tx: Tx,
  { receiver, instance, tenants }: Listening & { tenants: readonly string[] },
  of: { seq: number; now: number },
): Promise<number[] | undefined> {
  const now = new Date(of.now);
  await sql`INSERT INTO signal_listeners (receiver, instance, began, seen_at) SELECT ${receiver}, ${instance}, 0, ${now}::timestamptz
    WHERE ${hasRoom({ receiver, instance })} ON CONFLICT DO NOTHING`.execute(tx);
  const held = await row(
    tx,
    sql<{
      seq: number;
      began: number;
    }>`SELECT seq, began FROM signal_listeners WHERE receiver = ${receiver} AND instance = ${instance} FOR UPDATE`,
  );
  const known = Math.min(of.seq, await headOfSignals(tx));
  if (held === undefined || known <= held.seq) return undefined;
  await sql`INSERT INTO signal_acks (receiver, instance, seq, after, at) VALUES (${receiver}, ${instance}, ${known}, ${Math.max(held.seq, held.began)}, ${now})`.execute(
    tx,
  );
  await sql`UPDATE signal_listeners SET seq = ${known}, seen_at = ${now} WHERE receiver = ${receiver} AND instance = ${instance}`.execute(
    tx,
  );
  const covered = await rows(
    tx,
    sql<{ at: number }>`SELECT at FROM signals WHERE seq > ${Math.max(held.seq, held.began)} AND seq <= ${known}
      ${tenants.length === 0 ? sql`` : sql`AND (tenant_id IS NULL OR tenant_id = ANY(${[...tenants]}))`} ORDER BY seq DESC LIMIT 100`,
  );
  return covered.map(({ at }) => Math.max(0, of.now - at));
}

/**
 * Those who listen or have listened within a day, and when each acknowledged this signal. Where there are more than can be shown, each receiver has its part, and
 * whoever has not acted comes before whoever has: a receiver of many names hides nobody else's silence.
 */
export async function listenersFor(db: Db, signal: Pick<Signal, 'seq'>, now: number): Promise<(Listener & { at: number | undefined })[]> {
  const found = await rows(
    db,
    sql<ListenerRow & { at: number | null }>`SELECT ${COLUMNS}, l.at FROM (
        SELECT s.*, a.at, row_number() OVER (PARTITION BY s.receiver ORDER BY a.at IS NOT NULL, s.seen_at DESC, s.instance) AS place
        FROM signal_listeners s LEFT JOIN LATERAL (
          SELECT at FROM signal_acks a WHERE a.receiver = s.receiver AND a.instance = s.instance AND a.seq >= ${signal.seq} AND a.after < ${signal.seq}
          ORDER BY a.seq LIMIT 1
        ) a ON true
        WHERE a.at IS NOT NULL OR s.seen_at > ${new Date(now - DAY)} ORDER BY place, a.at IS NOT NULL LIMIT ${MOST_SHOWN}) l
      ORDER BY l.at, l.receiver, l.instance`,
  );
  return found.map((one) => ({ ...toListener(one), at: one.at ?? undefined }));
}

const DAY = 86_400_000;
const MOST_SHOWN = 1_000;

/** Who listens now or did within a day. */
export async function listListeners(db: Db, now: number): Promise<Listener[]> {
  const found = await rows(
    db,
    sql<ListenerRow>`SELECT ${COLUMNS} FROM (SELECT s.*, row_number() OVER (PARTITION BY s.receiver ORDER BY s.seen_at DESC, s.instance) AS place
        FROM signal_listeners s WHERE s.seen_at > ${new Date(now - DAY)} ORDER BY place LIMIT ${MOST_SHOWN}) l
      ORDER BY l.receiver, l.instance`,
  );
  return found.map(toListener);
}

/** How long each signal since `since` took to each listener that it was news to, in milliseconds (the newest 20,000). */
export async function propagationSince(db: Db, since: number): Promise<(Listening & { ms: number })[]> {
  const found = await rows(
    db,
    sql<Listening & { ms: number }>`SELECT a.receiver, a.instance, greatest(0, extract(epoch FROM a.at - s.at) * 1000)::float8 AS ms
      FROM (SELECT * FROM signal_acks WHERE at > ${new Date(since)} ORDER BY at DESC LIMIT 20000) a
      JOIN signals s ON s.seq > a.after AND s.seq <= a.seq AND s.seq > a.seq - 100
      LEFT JOIN clients c ON c.id = a.receiver
      WHERE s.tenant_id IS NULL OR c.id IS NULL OR cardinality(c.tenants) = 0 OR s.tenant_id = ANY(c.tenants)`,
  );
  return found;
}

/** How many listen, and have not said for five seconds that they acted on a signal. */
export async function countSilent(db: Db, now: number): Promise<number> {
  const found = await row(
    db,
    sql<{ n: number }>`SELECT count(*)::int AS n FROM signal_listeners l
      WHERE l.opened_at IS NOT NULL AND l.closed_at IS NULL AND l.seen_at > ${new Date(now - 90_000)}
        AND greatest(l.seq, l.began) < (SELECT coalesce(max(seq), 0) FROM signals WHERE at < ${new Date(now - 5_000)} AND tenant_id IS NULL)`,
  );
  return found?.n ?? 0;
}

const WEEK = 7 * DAY;

/** Who has not been here for a week, and acknowledgements of that age. */
export async function sweepListeners(db: Db, now: number): Promise<void> {
  const before = new Date(now - WEEK);
  await sql`DELETE FROM signal_listeners WHERE seen_at < ${before}`.execute(db);
  await sql`DELETE FROM signal_acks WHERE at < ${before}`.execute(db);
}
