import type { Db } from '../../base/db.ts';
import type { Job } from '../../base/jobs.ts';
import { verifyChains } from './read.store.ts';

/** Verifies every chain once a night; `onVerified` sets the metric that an alarm hangs on, with the first fault where there is one. */
export function auditJobs({ db, onVerified }: { db: Db; onVerified(outcome: Awaited<ReturnType<typeof verifyChains>>): void }): Job[] {
  return [{ name: 'audit-verify', cron: '29 2 * * *', run: async () => onVerified(await verifyChains(db)) }];
}
