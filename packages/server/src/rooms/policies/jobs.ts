import type { Clock } from '../../base/clock.ts';
import type { Db } from '../../base/db.ts';
import type { Job } from '../../base/jobs.ts';
import { sweepBudgets } from './budget.store.ts';

/** Clears away what counts no more. */
export function policyJobs({ db, clock }: { db: Db; clock: Clock }): Job[] {
  return [{ name: 'budgets-sweep', cron: '*/10 * * * *', run: () => sweepBudgets(db, clock.now()) }];
}
