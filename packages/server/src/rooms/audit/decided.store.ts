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
