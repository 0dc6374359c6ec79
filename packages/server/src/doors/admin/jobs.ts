import type { Clock } from '../../base/clock.ts';
import type { Db } from '../../base/db.ts';
import { purgeIdempotencyKeys } from '../../base/idempotency.ts';
import type { Job } from '../../base/jobs.ts';

/** Drops remembered answers of the admin API that nobody can ask for any more. */
export function adminJobs({ db, clock }: { db: Db; clock: Clock }): Job[] {
  return [{ name: 'idempotency-purge', cron: '17 * * * *', run: () => purgeIdempotencyKeys(db, clock.now()) }];
}
