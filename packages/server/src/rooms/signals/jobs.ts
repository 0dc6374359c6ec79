import type { Clock } from '../../base/clock.ts';
import type { Db } from '../../base/db.ts';
import type { Job } from '../../base/jobs.ts';
import { sweepListeners } from './listener.store.ts';
import type { Releases } from './release.store.ts';

/** Freezes end when their time is over, by the minute; who has not listened for a week is forgotten. */
export function signalJobs({ db, clock, releases }: { db: Db; clock: Clock; releases: Pick<Releases, 'endDue'> }): Job[] {
  return [
    { name: 'freezes-end', cron: '* * * * *', run: () => releases.endDue() },
    { name: 'signal-listeners-sweep', cron: '41 * * * *', run: () => sweepListeners(db, clock.now()) },
  ];
}
