import { sql } from 'kysely';
import { row, type Db } from '../../base/db.ts';

/** Somebody on the way to a provider and back. `browserDigest`: of the journey's secret in the browser that set out; only it comes back. */
export type Attempt = {
  stateDigest: string;
  provider: string;
  journeyId: string;
  browserDigest: string;
  /** What the hub needs when they come back; sealed. */
  sealed: Buffer;
  until: number;
};

export async function beginAttempt(db: Db, of: Attempt): Promise<void> {
  await sql`INSERT INTO sso_attempts (state_digest, provider_id, journey_id, browser_digest, sealed, expires_at)
    VALUES (${of.stateDigest}, ${of.provider}, ${of.journeyId}, ${of.browserDigest}, ${of.sealed}, ${new Date(of.until)})`.execute(db);
}

export type Presented = { stateDigest: string; provider: string; browserDigest: string; now: number };

/** The journey whose attempt this is, whoever asks: its cookie is what has to be shown. */
export async function journeyOfAttempt(db: Db, stateDigest: string): Promise<string | undefined> {
  const found = await row(db, sql<{ journey_id: string }>`SELECT journey_id FROM sso_attempts WHERE state_digest = ${stateDigest}`);
  return found?.journey_id;
}

/**
 * The attempt that this callback belongs to; of many callbacks at once, one gets it. State, provider and browser must all be those that set out
 * (attack 163): a callback of anybody else touches nothing, so that nobody's attempt is spent by a stranger.
 */
export async function takeAttempt(db: Db, of: Presented): Promise<{ journeyId: string; sealed: Buffer } | undefined> {
  const found = await row(
    db,
    sql<{ journey_id: string; sealed: Buffer }>`UPDATE sso_attempts SET used_at = ${new Date(of.now)}
      WHERE state_digest = ${of.stateDigest} AND provider_id = ${of.provider} AND browser_digest = ${of.browserDigest}
        AND expires_at > ${new Date(of.now)} AND used_at IS NULL
      RETURNING journey_id, sealed`,
  );
  return found === undefined ? undefined : { journeyId: found.journey_id, sealed: found.sealed };
}

/** Why a callback was not taken: for the entry. `unknown_state` is nobody's, and may be anybody's noise. */
export async function whyNot(
  db: Db,
  of: Presented,
): Promise<'unknown_state' | 'other_provider' | 'other_browser' | 'replayed' | 'too_late'> {
  const found = await row(
    db,
    sql<{
      provider_id: string;
      browser_digest: string;
      used: boolean;
    }>`SELECT provider_id, browser_digest, used_at IS NOT NULL AS used FROM sso_attempts WHERE state_digest = ${of.stateDigest}`,
  );
  if (found === undefined) return 'unknown_state';
  if (found.provider_id !== of.provider) return 'other_provider';
  if (found.browser_digest !== of.browserDigest) return 'other_browser';
  return found.used ? 'replayed' : 'too_late';
}

export async function sweepAttempts(db: Db, now: number): Promise<void> {
  await sql`DELETE FROM sso_attempts WHERE expires_at < ${new Date(now - 3_600_000)}`.execute(db);
}
