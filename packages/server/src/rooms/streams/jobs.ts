import type { Clock } from '../../base/clock.ts';
import type { Db } from '../../base/db.ts';
import type { Job } from '../../base/jobs.ts';
import { sweepSets } from './heard.store.ts';
import { OLDEST_S } from './received.ts';

/** A SET that is older than this is refused for its age, so its id need not be known any more. A day more, for clocks and for `iat` that lies ahead. */
const KEPT_MS = (OLDEST_S + 86_400) * 1_000;

export function streamJobs({ db, clock }: { db: Db; clock: Clock }): Job[] {
  return [{ name: 'sweep-received-sets', cron: '37 4 * * *', run: () => sweepSets(db, clock.now() - KEPT_MS) }];
}
