import { sql, type RawBuilder } from 'kysely';
import { row, rows, touched, type Db, type Tx } from '../../base/db.ts';
import { OUT_OF_HANDS } from '../../base/lease.ts';
import { toBooks, type BooksRow } from '../sinks/books.ts';
import { beginHere, STREAM_CURSORS } from '../sinks/cursor.store.ts';
import type { StreamOwner, Stream, StreamSettings, StreamStatus } from './stream.ts';
import { covers, subjectKey, type SubjectId } from './subject.ts';

type StreamRow = BooksRow & {
  id: string;
  client_id: string;
  tenant: string | null;
  config: StreamSettings;
  has_authorization: boolean;
  status: StreamStatus;
  status_reason: string | null;
  held_by: 'client' | 'admin' | null;
  version: number;
  created_at: number;
  asked_at: number | null;
};

/** Each of them reads the record once more. */
export const MOST_STREAMS = 100;
export const MOST_OF_A_CLIENT = 5;
export const MOST_SUBJECTS = 10_000;

function toStream(found: StreamRow): Stream {
  return {
    ...found.config,
    id: found.id,
    clientId: found.client_id,
    tenant: found.tenant ?? undefined,
    status: found.status,
    statusReason: found.status_reason ?? undefined,
    heldBy: found.held_by ?? undefined,
    hasAuthorization: found.has_authorization,
    version: found.version,
    createdAt: found.created_at,
    askedAt: found.asked_at ?? undefined,
    books: toBooks(found),
  };
}

function selectStreams(where: RawBuilder<unknown>): RawBuilder<StreamRow> {
  return sql`SELECT s.id, s.client_id, s.tenant, s.config, s.sealed IS NOT NULL AS has_authorization, s.status, s.status_reason, s.held_by, s.version, s.created_at, s.asked_at,
      s.failures, s.failure, s.failing_since, s.retry_at, s.delivered, s.delivered_at, b.pending, b.oldest, b.dead_letters
    FROM streams s CROSS JOIN LATERAL (SELECT count(*) FILTER (WHERE state = 'pending') AS pending, min(made_at) FILTER (WHERE state = 'pending') AS oldest,
      count(*) FILTER (WHERE state = 'dead') AS dead_letters FROM stream_sets WHERE stream_id = s.id) b
    ${where}`;
}

export async function findStream(db: Db, id: string): Promise<Stream | undefined> {
  const found = await row(db, selectStreams(sql`WHERE s.id = ${id}`));
  return found === undefined ? undefined : toStream(found);
}

/** Of others it is not there. */
export async function findOwnStream(db: Db, id: string, of: StreamOwner): Promise<Stream | undefined> {
  const found = await row(db, selectStreams(sql`WHERE s.id = ${id} AND ${ownedBy(of)}`));
  return found === undefined ? undefined : toStream(found);
}

export async function ownStreams(db: Db, of: StreamOwner): Promise<Stream[]> {
  return (await rows(db, selectStreams(sql`WHERE ${ownedBy(of)} ORDER BY s.id`))).map(toStream);
}

function ownedBy({ clientId, tenant }: StreamOwner): RawBuilder<unknown> {
  return sql`s.client_id = ${clientId} AND s.tenant IS NOT DISTINCT FROM ${tenant ?? null}`;
}

export async function listStreams(db: Db, page: { limit: number; cursor?: string | undefined }): Promise<Stream[]> {
  const beyond = page.cursor === undefined ? sql`` : sql`WHERE s.id > ${page.cursor}`;
  return (await rows(db, selectStreams(sql`${beyond} ORDER BY s.id LIMIT ${page.limit}`))).map(toStream);
}

/** How many there are: of this owner, and of everybody. */
export async function countStreams(tx: Tx, of: StreamOwner): Promise<{ own: number; all: number }> {
  const found = await row(
    tx,
    sql<{ own: number; all: number }>`SELECT count(*) FILTER (WHERE ${ownedBy(of)}) AS own, count(*) AS all FROM streams s`,
  );
  return found ?? { own: 0, all: 0 };
}

/** A new stream begins with what happens from now on. */
export async function insertStream(
  tx: Tx,
  of: StreamOwner & { id: string; settings: StreamSettings; sealed: Buffer | null; now: number },
): Promise<void> {
  await sql`INSERT INTO streams (id, client_id, tenant, config, sealed, created_at)
    VALUES (${of.id}, ${of.clientId}, ${of.tenant ?? null}, ${JSON.stringify(of.settings)}, ${of.sealed}, ${new Date(of.now)})`.execute(tx);
  await beginHere(tx, STREAM_CURSORS, of.id);
}

/** `sealed` undefined: what is there stays. What failed is tried again at once: it may have been mended. */
export async function updateStream(tx: Tx, id: string, settings: StreamSettings, sealed: Buffer | null | undefined): Promise<void> {
  const secret = sealed === undefined ? sql`` : sql`, sealed = ${sealed}`;
  await sql`UPDATE streams SET config = ${JSON.stringify(settings)} ${secret}, version = version + 1, ${OUT_OF_HANDS}, retry_at = NULL
    WHERE id = ${id}`.execute(tx);
}

/**
 * Moves the status; false when it was so already. Nothing is kept for a disabled stream (SSF 1.0 §8.1.2): what waits is given up, and when it is enabled again
 * it begins with what happens then.
 */
export async function setStatus(
  tx: Tx,
  of: { id: string; to: StreamStatus; reason: string | undefined; by: 'client' | 'admin' },
): Promise<boolean> {
  const moved = await row(
    tx,
    sql<{
      was: StreamStatus;
    }>`UPDATE streams n SET status = ${of.to}, status_reason = ${of.reason ?? null}, held_by = ${of.to === 'enabled' ? null : of.by},
        version = n.version + 1, fence = n.fence + 1, runner = NULL, runner_until = NULL, retry_at = NULL
      FROM (SELECT id, status FROM streams WHERE id = ${of.id} FOR UPDATE) o WHERE n.id = o.id AND (o.status <> ${of.to} OR n.status_reason IS DISTINCT FROM ${of.reason ?? null})
      RETURNING o.status AS was`,
  );
  if (moved === undefined) return false;
  if (of.to === 'disabled') await sql`DELETE FROM stream_sets WHERE stream_id = ${of.id} AND state = 'pending'`.execute(tx);
  if (moved.was === 'disabled' && of.to !== 'disabled') await beginHere(tx, STREAM_CURSORS, of.id);
  return true;
}

export async function removeStreamRow(tx: Tx, id: string): Promise<boolean> {
  return (await touched(tx, sql`DELETE FROM streams WHERE id = ${id}`)) > 0;
}

/** Subjects that a receiver does not want to hear of. */
export async function leftOut(db: Db, id: string): Promise<SubjectId[]> {
  const found = await rows(db, sql<{ subject: SubjectId }>`SELECT subject FROM stream_subjects WHERE stream_id = ${id} ORDER BY key`);
  return found.map(({ subject }) => subject);
}

/** `full`: more subjects cannot be left out. */
export async function leaveOut(tx: Tx, id: string, subject: SubjectId): Promise<'left_out' | 'already' | 'full'> {
  const counted = await row(tx, sql<{ n: number }>`SELECT count(*) AS n FROM stream_subjects WHERE stream_id = ${id}`);
  if ((counted?.n ?? 0) >= MOST_SUBJECTS) return 'full';
  const added = await touched(
    tx,
    sql`INSERT INTO stream_subjects (stream_id, key, subject) VALUES (${id}, ${subjectKey(subject)}, ${JSON.stringify(subject)}) ON CONFLICT DO NOTHING`,
  );
  return added > 0 ? 'left_out' : 'already';
}

/** Takes a subject in again, and whatever of it was left out. How many that were. */
export async function takeIn(tx: Tx, id: string, subject: SubjectId): Promise<number> {
  const keys = (await leftOut(tx, id)).filter((one) => covers(subject, one)).map(subjectKey);
  return keys.length === 0 ? 0 : touched(tx, sql`DELETE FROM stream_subjects WHERE stream_id = ${id} AND key = ANY(${keys}::text[])`);
}

/** True once in the interval: whoever asks more often is told so. */
export async function mayVerify(tx: Tx, id: string, of: { now: number; intervalMs: number }): Promise<boolean> {
  return (
    (await touched(
      tx,
      sql`UPDATE streams SET verified_at = ${new Date(of.now)} WHERE id = ${id} AND (verified_at IS NULL OR verified_at <= ${new Date(of.now - of.intervalMs)})`,
    )) > 0
  );
}

/** Somebody asked for what waits. Written at most once in ten seconds: a receiver may ask as often as it likes. */
export async function markAsked(db: Db, id: string, now: number): Promise<void> {
  await sql`UPDATE streams SET asked_at = ${new Date(now)} WHERE id = ${id} AND (asked_at IS NULL OR asked_at <= ${new Date(now - 10_000)})`.execute(
    db,
  );
}

/** Of all streams together: an id of a stream is no label. */
export async function streamFigures(db: Db): Promise<{ pending: number; failing: number; oldest: number | undefined }> {
  const found = await row(
    db,
    sql<{ pending: number; failing: number; oldest: number | null }>`SELECT count(*) FILTER (WHERE w.state = 'pending') AS pending,
        min(w.made_at) FILTER (WHERE w.state = 'pending') AS oldest, (SELECT count(*) FROM streams WHERE failing_since IS NOT NULL) AS failing FROM stream_sets w`,
  );
  return { pending: found?.pending ?? 0, failing: found?.failing ?? 0, oldest: found?.oldest ?? undefined };
}
