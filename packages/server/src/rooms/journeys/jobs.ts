import type { Clock } from '../../base/clock.ts';
import type { Db } from '../../base/db.ts';
import type { Job } from '../../base/jobs.ts';
import { sweepJourneys } from './store.ts';

/** Clears away journeys that nobody can go on with. */
export function journeyJobs({ db, clock }: { db: Db; clock: Clock }): Job[] {
  return [{ name: 'journeys-sweep', cron: '*/10 * * * *', run: () => sweepJourneys(db, clock.now()) }];
}
