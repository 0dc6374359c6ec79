import { sql } from 'kysely';
import { row, touched, type Db } from '../../base/db.ts';
import { digest } from '../../base/digest.ts';
import { newId } from '../../base/ids.ts';

const DAY = 24 * 3_600_000;
/** From when the second factor was last shown there; using the browser does not prolong it. */
const REMEMBERED_MS = 30 * DAY;
/** From the last sign-in there. */
const KNOWN_MS = 180 * DAY;

type Browser = { secret: string; userId: string; userAgent: string | undefined; now: number };

/** This user signed in in the browser that holds `secret`. One browser may be several people's. `remember`: with a second factor, not to be asked again soon. */
export async function knowBrowser(db: Db, of: Browser & { remember: boolean }): Promise<void> {
  const at = new Date(of.now);
  const until = of.remember ? new Date(of.now + REMEMBERED_MS) : null;
  await sql`INSERT INTO known_browsers (secret_digest, user_id, id, user_agent, created_at, seen_at, second_until, expires_at)
    VALUES (${digest(of.secret)}, ${of.userId}, ${newId('sec', of.now)}, ${of.userAgent?.slice(0, 256) ?? null}, ${at}, ${at}, ${until}, ${new Date(of.now + KNOWN_MS)})
    ON CONFLICT (user_id, secret_digest) DO UPDATE SET
      seen_at = excluded.seen_at, expires_at = excluded.expires_at, second_until = coalesce(excluded.second_until, known_browsers.second_until)`.execute(
    db,
  );
}

/** Whether this user showed a second factor in this browser, and asked that it be remembered. */
export async function isRemembered(db: Db, of: { secret: string | undefined; userId: string; now: number }): Promise<boolean> {
  if (of.secret === undefined) return false;
  const found = await row(
    db,
    sql`SELECT 1 FROM known_browsers WHERE secret_digest = ${digest(of.secret)} AND user_id = ${of.userId} AND second_until > ${new Date(of.now)}`,
  );
  return found !== undefined;
}

/** The browser by which its account is known in it, for the counters of guesses; the same question whoever asks, and for whichever account. */
export async function knownBrowser(db: Db, of: { secret: string | undefined; emailKey: string; now: number }): Promise<string | undefined> {
  if (of.secret === undefined) return undefined;
  const found = await row(
    db,
    sql<{ id: string }>`SELECT b.id FROM known_browsers b JOIN users u ON u.id = b.user_id
      WHERE b.secret_digest = ${digest(of.secret)} AND u.email_key = ${of.emailKey} AND b.expires_at > ${new Date(of.now)}`,
  );
  return found?.id;
}

/** The second factor is asked for again in every browser; how many there were. */
export function forgetRemembered(db: Db, userId: string): Promise<number> {
  return touched(db, sql`UPDATE known_browsers SET second_until = NULL WHERE user_id = ${userId} AND second_until IS NOT NULL`);
}
