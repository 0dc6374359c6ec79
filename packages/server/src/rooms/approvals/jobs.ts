import type { Clock } from '../../base/clock.ts';
import type { Database, Db } from '../../base/db.ts';
import type { Job } from '../../base/jobs.ts';
import { ok } from '../../base/result.ts';
import { commitDeed } from '../audit/deed.store.ts';
import type { Audit } from '../audit/store.ts';
import type { EventDraft } from '../audit/event.ts';
import type { Announcer } from './announce.store.ts';
import { approvalExpired } from './approval-events.ts';
import { expireApprovals, sweepApprovals } from './approval.store.ts';
import { pendingExpired } from './events.ts';
import { expirePending, sweepPending } from './pending.store.ts';
import type { Bell } from './ping.store.ts';

export type ApprovalJobsDeps = { database: Database; audit: Audit; clock: Clock; bell: Bell; announcer: Announcer };

/** What was not answered in time ends with an entry; clients that nobody rang for are rung for; old rows go. */
export function approvalJobs({ database, audit, clock, bell, announcer }: ApprovalJobsDeps): Job[] {
  return [
    { name: 'approvals-expire', cron: '* * * * *', run: () => expireAll({ audit, clock }) },
    { name: 'approvals-ring', cron: '* * * * *', run: () => bell.ringDue() },
    { name: 'approvals-announce', cron: '* * * * *', run: () => announcer.announceDue() },
    { name: 'approvals-sweep', cron: '23 * * * *', run: () => sweep(database.db, clock.now()) },
  ];
}

async function sweep(db: Db, now: number): Promise<void> {
  await sweepPending(db, now);
  await sweepApprovals(db, now);
}

/** Of both kinds: what waits for its user, and what waits for approvers. */
export async function expireAll({ audit, clock }: { audit: Audit; clock: Clock }): Promise<void> {
  const done = await commitDeed<{ entries: EventDraft[]; changed: { kind: string; key: string }[] }, never>(audit, async (tx) => {
    const ended = await expirePending(tx, clock.now());
    const approvals = await expireApprovals(tx, clock.now());
    const entries = [...ended.map(pendingExpired), ...approvals.map((one) => approvalExpired(one))];
    return ok({ entries, changed: ended.map(({ id }) => ({ kind: 'pending', key: id })) });
  });
  if (!done.ok) throw new Error('nothing refuses here');
}
