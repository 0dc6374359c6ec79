import { sql } from 'kysely';
import type { Clock } from '../../base/clock.ts';
import type { Db } from '../../base/db.ts';
import type { Job } from '../../base/jobs.ts';
import { sweepPar } from './par.store.ts';

const DAY = 86_400_000;

/** What nobody can use any more goes. Pushed requests go soonest: anybody who knows a public client's id can make them. */
export function tokenJobs({ db, clock }: { db: Db; clock: Clock }): Job[] {
  return [
    { name: 'par-sweep', cron: '*/10 * * * *', run: () => sweepPar(db, clock.now()) },
    { name: 'tokens-purge', cron: '43 3 * * *', run: () => purgeTokens(db, clock.now()) },
  ];
}

/** Removes what can no longer be asked for. Codes are kept a day past their end, so that a late replay still finds what it obtained. */
export async function purgeTokens(db: Db, now: number): Promise<void> {
  await sql`DELETE FROM codes WHERE expires_at < ${new Date(now - DAY)}`.execute(db);
  await sql`DELETE FROM revoked_tokens WHERE expires_at < ${new Date(now)}`.execute(db);
  await sql`DELETE FROM families WHERE expires_at < ${new Date(now - 7 * DAY)} OR revoked_at < ${new Date(now - 30 * DAY)}`.execute(db);
}
