import type { Job } from '../../base/jobs.ts';
import { anchorCheckpoints, type AnchorDeps } from './anchor.store.ts';
import { makeCheckpoints, type CheckpointDeps } from './checkpoint.store.ts';
import type { CountUp } from './counts.store.ts';
import { verifyChains, type Verification } from './read.store.ts';
import { giveUpOldMonths, makeMonths, type GivenUp, type RetentionDeps } from './retention.store.ts';

export type AuditJobsDeps = CheckpointDeps &
  RetentionDeps & {
    anchoring: AnchorDeps;
    countUp: CountUp;
    /** Hears what became of each month that is old enough to go. */
    onGivenUp(outcome: readonly GivenUp[]): void;
    /** Hears what a verification came to, and whether it read every chain from its first entry. */
    onVerified(outcome: Verification, whole: boolean): Promise<void>;
  };

/** Entries that one run may count: a minute's worth, and more where there is something to catch up. */
const COUNTED_AT_ONCE = { steps: 50, entries: 200_000 };

/**
 * A signed checkpoint for every chain that grew, hourly, after reading what it grew by; every chain from its first entry, nightly. What was written is counted by
 * the minute; months that are no longer kept go at night.
 */
export function auditJobs(deps: AuditJobsDeps): Job[] {
  const { database, notary, clock, countUp, onVerified, onGivenUp } = deps;
  return [
    { name: 'audit-checkpoint', cron: '11 * * * *', run: async () => onVerified(await makeCheckpoints(deps), false) },
    { name: 'audit-anchor', cron: '* * * * *', run: () => anchorCheckpoints(deps.anchoring) },
    { name: 'audit-verify', cron: '29 2 * * *', run: async () => onVerified(await verifyChains(database.db, undefined, notary), true) },
    { name: 'audit-count', cron: '* * * * *', run: () => countUp(COUNTED_AT_ONCE) },
    { name: 'audit-months', cron: '7 1 * * *', run: () => makeMonths(database.db, clock.now()) },
    { name: 'audit-retention', cron: '41 3 * * *', run: async () => onGivenUp(await giveUpOldMonths(deps)) },
  ];
}
