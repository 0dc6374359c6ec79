import { sql } from 'kysely';
import { row, type Db } from '../../base/db.ts';
import { digest } from '../../base/digest.ts';
import { newId } from '../../base/ids.ts';

/** Thirty days from when the second factor was last shown there; using the browser does not prolong it. */
export const REMEMBERED_MS = 30 * 24 * 3_600_000;

/** Remembers that this user showed a second factor in the browser that holds `secret`. One browser may be several people's. */
export async function rememberBrowser(
  db: Db,
  of: { secret: string; userId: string; userAgent: string | undefined; now: number },
): Promise<void> {
  const at = new Date(of.now);
  await sql`INSERT INTO remembered_browsers (secret_digest, user_id, id, user_agent, created_at, seen_at, expires_at)
    VALUES (${digest(of.secret)}, ${of.userId}, ${newId('sec', of.now)}, ${of.userAgent?.slice(0, 256) ?? null}, ${at}, ${at}, ${new Date(of.now + REMEMBERED_MS)})
    ON CONFLICT (user_id, secret_digest) DO UPDATE SET seen_at = excluded.seen_at, expires_at = excluded.expires_at`.execute(db);
}

/** Whether this user showed a second factor in this browser, and asked that it be remembered. */
export async function isRemembered(db: Db, of: { secret: string | undefined; userId: string; now: number }): Promise<boolean> {
  if (of.secret === undefined) return false;
  const found = await row(
    db,
    sql`UPDATE remembered_browsers SET seen_at = ${new Date(of.now)}
      WHERE secret_digest = ${digest(of.secret)} AND user_id = ${of.userId} AND expires_at > ${new Date(of.now)} RETURNING 1`,
  );
  return found !== undefined;
}
