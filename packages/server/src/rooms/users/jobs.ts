import { sql } from 'kysely';
import type { Clock } from '../../base/clock.ts';
import type { Db } from '../../base/db.ts';
import type { Job } from '../../base/jobs.ts';

const DAY = 86_400_000;
/** A counter is forgotten when nothing was tried for as long as the longest rest lasts, and a while more. */
const COUNTER_DAYS = 31;

/** Deletes what can do nothing any more. Ended things stay a day, so that "used" and "never there" can be told apart while it matters. */
export async function purgeUsers(db: Db, now: number): Promise<void> {
  const dayAgo = new Date(now - DAY);
  await sql`DELETE FROM sessions WHERE expires_at < ${dayAgo} OR ended_at < ${dayAgo}`.execute(db);
  await sql`DELETE FROM email_codes WHERE expires_at < ${dayAgo}`.execute(db);
  await sql`DELETE FROM one_time_links WHERE expires_at < ${dayAgo}`.execute(db);
  await sql`DELETE FROM totp_offers WHERE expires_at < ${dayAgo}`.execute(db);
  await sql`DELETE FROM known_browsers WHERE expires_at < ${dayAgo}`.execute(db);
  await sql`DELETE FROM invites WHERE expires_at < ${dayAgo}`.execute(db);
  await sql`DELETE FROM attempts WHERE window_start < ${new Date(now - COUNTER_DAYS * DAY)} AND (locked_until IS NULL OR locked_until < ${new Date(now)})`.execute(
    db,
  );
}

export function userJobs({ db, clock }: { db: Db; clock: Clock }): Job[] {
  return [{ name: 'users-purge', cron: '17 * * * *', run: () => purgeUsers(db, clock.now()) }];
}
