import { sql } from 'kysely';
import { row, type Db } from '../../base/db.ts';
import { waitAfter, type LoginLimits } from './attempt.ts';

/**
 * Counts guesses. An attempt is counted before it is judged and taken back when it was right: counted afterwards, a hundred guesses at
 * once would all be judged before the first of them counts.
 */
export type Taken = { taken: true } | { taken: false; retryAfterMs: number };

/** Takes one attempt on `key`, or says how long to wait. One upsert decides, whatever the number of nodes. */
export async function takeAttempt(db: Db, key: string, limits: LoginLimits, now: number): Promise<Taken> {
  const at = new Date(now);
  const waits = Array.from({ length: limits.mostFailures }, (_, index) => waitAfter(index + 1, limits));
  const taken = await row(
    db,
    sql`INSERT INTO attempts (key, failures, window_start, locked_until)
      VALUES (${key}, 1, ${at}, ${new Date(now + waitAfter(1, limits))})
      ON CONFLICT (key) DO UPDATE SET failures = attempts.failures + 1, window_start = excluded.window_start,
        locked_until = excluded.window_start + (${waits}::bigint[])[least(attempts.failures + 1, ${waits.length})] * interval '1 millisecond'
      WHERE attempts.locked_until IS NULL OR attempts.locked_until <= excluded.window_start
      RETURNING 1`,
  );
  if (taken !== undefined) return { taken: true };
  const found = await row(db, sql<{ locked_until: number | null }>`SELECT locked_until FROM attempts WHERE key = ${key}`);
  return { taken: false, retryAfterMs: Math.max(1_000, (found?.locked_until ?? now) - now) };
}

/** Takes back an attempt that nobody judged (the hub was busy): it was no guess. */
export async function returnAttempt(db: Db, key: string): Promise<void> {
  await sql`UPDATE attempts SET failures = greatest(failures - 1, 0), locked_until = NULL WHERE key = ${key}`.execute(db);
}

/** The person proved who they are: the row of failures is broken. */
export async function clearAttempts(db: Db, keys: readonly string[]): Promise<void> {
  await sql`DELETE FROM attempts WHERE key = ANY(${[...keys]}::text[])`.execute(db);
}

/** Uses one of `most` in the current window; false when all are used. The window begins with its first use. */
export async function useAllowance(db: Db, key: string, of: { most: number; windowMs: number; now: number }): Promise<boolean> {
  const began = new Date(of.now - of.windowMs);
  const used = await row(
    db,
    sql`INSERT INTO attempts (key, failures, window_start, locked_until) VALUES (${key}, 1, ${new Date(of.now)}, NULL)
      ON CONFLICT (key) DO UPDATE SET
        failures = CASE WHEN attempts.window_start <= ${began} THEN 1 ELSE attempts.failures + 1 END,
        window_start = CASE WHEN attempts.window_start <= ${began} THEN excluded.window_start ELSE attempts.window_start END
      WHERE attempts.window_start <= ${began} OR attempts.failures < ${of.most} RETURNING 1`,
  );
  return used !== undefined;
}

/** How long until there is an allowance again; 0 when there is one. Looks without using it. */
export async function allowanceWait(db: Db, key: string, of: { most: number; windowMs: number; now: number }): Promise<number> {
  const found = await row(
    db,
    sql<{ failures: number; window_start: number }>`SELECT failures, window_start FROM attempts WHERE key = ${key}`,
  );
  if (found === undefined || found.failures < of.most) return 0;
  return Math.max(0, found.window_start + of.windowMs - of.now);
}
