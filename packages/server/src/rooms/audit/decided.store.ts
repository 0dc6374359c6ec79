import { sql } from 'kysely';
import { rows, type Db } from '../../base/db.ts';
import { eventIdAt, momentOfId } from './decision.ts';
import type { AuditEvent } from './event.ts';

export type DecidedQuery = {
  limit: number;
  cursor?: string | undefined;
  client?: string | undefined;
  user?: string | undefined;
  agent?: string | undefined;
  outcome?: string | undefined;
};

/** A decision and its entry are milliseconds apart; clocks of two nodes, and a person reading a consent page, may lie between. */
const BEFORE_MS = 60_000;
const AFTER_MS = 15 * 60_000;

/** Entries that rest on a policy decision, newest first. `cursor` is the id of the last entry seen. */
export async function listDecided(db: Db, query: DecidedQuery): Promise<AuditEvent[]> {
  const found = await rows(
    db,
    sql<{ body: string }>`SELECT body FROM audit_events WHERE position('"decision":"dec_' IN body) > 0
      ${query.client === undefined ? sql`` : sql`AND client_id = ${query.client}`}
      ${query.user === undefined ? sql`` : sql`AND user_id = ${query.user}`}
      ${query.agent === undefined ? sql`` : sql`AND agent_id = ${query.agent}`}
      ${query.outcome === undefined ? sql`` : sql`AND outcome = ${query.outcome}`}
      ${query.cursor === undefined ? sql`` : sql`AND id < ${query.cursor}`}
      ORDER BY id DESC LIMIT ${query.limit}`,
  );
  return found.map(({ body }) => JSON.parse(body));
}

/** A stretch of the record: `from` and `until` in milliseconds since the epoch, `before` the id that a page ended with. */
export type Stretch = { from?: number; until?: number; agent?: string; user?: string; client?: string; tenant?: string };

/** What one step through the record came to: entries that rest on a decision, how many were looked at, where to go on (undefined: at the end). */
export type Stepped = { decided: { id: string; body: string }[]; scanned: number; next: string | undefined };

/**
 * Steps through the record from the newest entry to the oldest, so many entries of whatever kind at a time: a stretch with few decisions takes
 * as long to read as one with many, and no statement takes long.
 */
export async function stepDecided(db: Db, of: Stretch & { before?: string | undefined; step: number }): Promise<Stepped> {
  const end = of.before ?? (of.until === undefined ? undefined : eventIdAt(of.until));
  const looked = await rows(
    db,
    sql<{ id: string; body: string | null }>`SELECT id,
        CASE WHEN position('"decision":"dec_' IN body) > 0 AND (${of.client ?? null}::text IS NULL OR client_id = ${of.client ?? null}) THEN body END AS body
      FROM (
        SELECT id, body, client_id FROM audit_events WHERE true
        ${of.from === undefined ? sql`` : sql`AND id >= ${eventIdAt(of.from)}`}
        ${end === undefined ? sql`` : sql`AND id < ${end}`}
        ${of.agent === undefined ? sql`` : sql`AND agent_id = ${of.agent}`}
        ${of.user === undefined ? sql`` : sql`AND user_id = ${of.user}`}
        ${of.tenant === undefined ? sql`` : sql`AND tenant = ${of.tenant}`}
        ORDER BY id DESC LIMIT ${of.step}) AS e ORDER BY id DESC`,
  );
  const decided = looked.flatMap(({ id, body }) => (body === null ? [] : [{ id, body }]));
  return { decided, scanned: looked.length, next: looked.length < of.step ? undefined : looked.at(-1)?.id };
}

/**
 * The entry of one decision. Decisions have no column of their own (every token would pay for its index): the id says when it was made, and
 * the entries of that stretch are read in order until the one is found.
 */
export async function findDecided(db: Db, decision: string): Promise<AuditEvent | undefined> {
  const at = momentOfId(decision);
  if (at === undefined || !decision.startsWith('dec_')) return undefined;
  const [found] = await rows(
    db,
    sql<{ body: string }>`SELECT body FROM audit_events WHERE id >= ${eventIdAt(at - BEFORE_MS)} AND id < ${eventIdAt(at + AFTER_MS)}
      AND position(${`"decision":"${decision}"`} IN body) > 0 LIMIT 1`,
  );
  return found === undefined ? undefined : JSON.parse(found.body);
}
