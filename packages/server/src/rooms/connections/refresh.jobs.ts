import type { Clock } from '../../base/clock.ts';
import type { Database } from '../../base/db.ts';
import type { Job } from '../../base/jobs.ts';
import type { Disconnecting } from './disconnect.store.ts';
import type { Refresher } from './refresh.store.ts';
import { sweepSessions } from './session.store.ts';

/** Renews ahead of time, tells providers of what was disconnected, forgets links that are over. */
export function connectJobs(deps: { database: Database; clock: Clock; refresher: Refresher; disconnecting: Disconnecting }): Job[] {
  const { database, clock, refresher, disconnecting } = deps;
  return [
    { name: 'credentials-refresh', cron: '* * * * *', run: () => refresher.runDue() },
    { name: 'credentials-revoke-upstream', cron: '* * * * *', run: () => disconnecting.runDue() },
    { name: 'connect-sessions-sweep', cron: '17 * * * *', run: () => sweepSessions(database.db, clock.now()) },
  ];
}
