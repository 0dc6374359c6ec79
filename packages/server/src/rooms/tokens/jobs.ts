import { sql } from 'kysely';
import type { Db } from '../../base/db.ts';

const DAY = 86_400_000;

/** Removes what can no longer be asked for. Codes are kept a day past their end, so that a late replay still finds what it obtained. */
export async function purgeTokens(db: Db, now: number): Promise<void> {
  await sql`DELETE FROM codes WHERE expires_at < ${new Date(now - DAY)}`.execute(db);
  await sql`DELETE FROM par_requests WHERE expires_at < ${new Date(now - DAY)}`.execute(db);
  await sql`DELETE FROM revoked_tokens WHERE expires_at < ${new Date(now)}`.execute(db);
  await sql`DELETE FROM families WHERE expires_at < ${new Date(now - 7 * DAY)} OR revoked_at < ${new Date(now - 30 * DAY)}`.execute(db);
}
