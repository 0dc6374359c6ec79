import type { Clock } from '../../base/clock.ts';
import type { Db } from '../../base/db.ts';
import type { Job } from '../../base/jobs.ts';
import { sweepAttempts } from './attempt.store.ts';

/** What happens by itself: attempts that led nowhere, or somewhere, are forgotten. */
export function ssoJobs({ db, clock }: { db: Db; clock: Clock }): Job[] {
  return [{ name: 'sweep-sso-attempts', cron: '*/10 * * * *', run: () => sweepAttempts(db, clock.now()) }];
}
