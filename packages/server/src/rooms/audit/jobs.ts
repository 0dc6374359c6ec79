import type { Job } from '../../base/jobs.ts';
import { makeCheckpoints, type CheckpointDeps } from './checkpoint.store.ts';
import { verifyChains, type Verification } from './read.store.ts';

export type AuditJobsDeps = CheckpointDeps & {
  /** Hears what a verification came to, and whether it read every chain from its first entry. */
  onVerified(outcome: Verification, whole: boolean): Promise<void>;
};

/** A signed checkpoint for every chain that grew, hourly, after reading what it grew by; every chain from its first entry, nightly. */
export function auditJobs(deps: AuditJobsDeps): Job[] {
  const { database, notary, onVerified } = deps;
  return [
    { name: 'audit-checkpoint', cron: '11 * * * *', run: async () => onVerified(await makeCheckpoints(deps), false) },
    { name: 'audit-verify', cron: '29 2 * * *', run: async () => onVerified(await verifyChains(database.db, undefined, notary), true) },
  ];
}
