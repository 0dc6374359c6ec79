import type { Clock } from '../../base/clock.ts';
import type { Database } from '../../base/db.ts';
import type { Job } from '../../base/jobs.ts';
import { ok } from '../../base/result.ts';
import { commitDeed } from '../audit/deed.store.ts';
import type { Audit } from '../audit/store.ts';
import { pendingExpired } from './events.ts';
import { expirePending, sweepPending } from './pending.store.ts';
import type { Bell } from './ping.store.ts';

export type ApprovalJobsDeps = { database: Database; audit: Audit; clock: Clock; bell: Bell };

/** What was not answered in time ends with an entry; clients that nobody rang for are rung for; old rows go. */
export function approvalJobs({ database, audit, clock, bell }: ApprovalJobsDeps): Job[] {
  return [
    { name: 'approvals-expire', cron: '* * * * *', run: () => expireAll({ audit, clock }) },
    { name: 'approvals-ring', cron: '* * * * *', run: () => bell.ringDue() },
    { name: 'approvals-sweep', cron: '23 * * * *', run: () => sweepPending(database.db, clock.now()) },
  ];
}

export async function expireAll({ audit, clock }: { audit: Audit; clock: Clock }): Promise<void> {
  const done = await commitDeed<{ entries: ReturnType<typeof pendingExpired>[]; changed: { kind: string; key: string }[] }, never>(
    audit,
    async (tx) => {
      const ended = await expirePending(tx, clock.now());
      return ok({ entries: ended.map(pendingExpired), changed: ended.map(({ id }) => ({ kind: 'pending', key: id })) });
    },
  );
  if (!done.ok) throw new Error('nothing refuses here');
}
