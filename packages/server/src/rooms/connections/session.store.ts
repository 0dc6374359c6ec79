import { sql } from 'kysely';
import { row, touched, type Db, type Tx } from '../../base/db.ts';

/** Whether the link of this id led to a credential already. */
export async function isUsed(db: Db, id: string): Promise<boolean> {
  return (await row(db, sql`SELECT 1 FROM connect_sessions WHERE id = ${id} AND used_at IS NOT NULL`)) !== undefined;
}

/** One attempt at a provider. `person`, `browserDigest`: who went there, in which browser; only they come back with it. */
export type Attempt = {
  id: string;
  connection: string;
  person: string;
  stateDigest: string;
  browserDigest: string;
  /** What the hub needs when they come back; sealed. */
  sealed: Buffer;
  until: number;
  /** When the link itself is over: so long the row is kept. */
  expiresAt: number;
};

/** The newest attempt is the one that counts. False: the link was used. */
export async function beginAttempt(db: Db, of: Attempt): Promise<boolean> {
  const expires = new Date(Math.max(of.expiresAt, of.until));
  return (
    (await touched(
      db,
      sql`INSERT INTO connect_sessions AS s (id, connection_id, begun_by, state_digest, browser_digest, attempt, attempt_until, expires_at)
        VALUES (${of.id}, ${of.connection}, ${of.person}, ${of.stateDigest}, ${of.browserDigest}, ${of.sealed}, ${new Date(of.until)}, ${expires})
        ON CONFLICT (id) DO UPDATE SET begun_by = excluded.begun_by, state_digest = excluded.state_digest, browser_digest = excluded.browser_digest,
          attempt = excluded.attempt, attempt_until = excluded.attempt_until, expires_at = excluded.expires_at
        WHERE s.used_at IS NULL`,
    )) > 0
  );
}

export type Presented = { stateDigest: string; connection: string; browserDigest: string; person: string; now: number };

/**
 * The attempt that this callback belongs to; of many callbacks at once, one gets it. State, provider, browser and person must all be those that
 * set out (attacks 176 and 177): a callback of anybody else touches nothing, so that nobody's attempt is spent by a stranger.
 */
export async function takeAttempt(db: Db, of: Presented): Promise<{ id: string; sealed: Buffer } | undefined> {
  const found = await row(
    db,
    sql<{
      id: string;
      attempt: Buffer;
    }>`WITH mine AS (SELECT id, attempt FROM connect_sessions WHERE state_digest = ${of.stateDigest} FOR UPDATE)
      UPDATE connect_sessions AS s SET state_digest = NULL, attempt = NULL FROM mine
      WHERE s.id = mine.id AND s.state_digest = ${of.stateDigest} AND s.connection_id = ${of.connection} AND s.browser_digest = ${of.browserDigest}
        AND s.begun_by = ${of.person} AND s.attempt_until > ${new Date(of.now)} AND s.used_at IS NULL
      RETURNING s.id, mine.attempt`,
  );
  return found === undefined ? undefined : { id: found.id, sealed: found.attempt };
}

/** Why a callback was not taken, for the entry: known state or not, and what did not fit. */
export async function whyNot(db: Db, of: Presented): Promise<string> {
  const found = await row(
    db,
    sql<{
      connection_id: string;
      browser_digest: string;
      begun_by: string;
    }>`SELECT connection_id, browser_digest, begun_by FROM connect_sessions
      WHERE state_digest = ${of.stateDigest}`,
  );
  if (found === undefined) return 'unknown_state';
  if (found.connection_id !== of.connection) return 'other_connection';
  if (found.begun_by !== of.person) return 'other_person';
  return found.browser_digest === of.browserDigest ? 'too_late' : 'other_browser';
}

/** The link is spent, in the transaction that stores what it led to. False: somebody was first. */
export async function useLink(
  tx: Tx,
  of: { id: string; connection: string; person: string; expiresAt: number; now: number },
): Promise<boolean> {
  return (
    (await touched(
      tx,
      sql`INSERT INTO connect_sessions AS s (id, connection_id, begun_by, expires_at, used_at)
        VALUES (${of.id}, ${of.connection}, ${of.person}, ${new Date(of.expiresAt)}, ${new Date(of.now)})
        ON CONFLICT (id) DO UPDATE SET used_at = excluded.used_at, state_digest = NULL, attempt = NULL WHERE s.used_at IS NULL`,
    )) > 0
  );
}

export async function sweepSessions(db: Db, now: number): Promise<void> {
  await sql`DELETE FROM connect_sessions WHERE expires_at < ${new Date(now)}`.execute(db);
}
