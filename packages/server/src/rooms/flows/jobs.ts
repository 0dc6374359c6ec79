import type { Clock } from '../../base/clock.ts';
import type { Db } from '../../base/db.ts';
import type { Job } from '../../base/jobs.ts';
import { sweepPar } from '../tokens/par.store.ts';
import { sweepJourneys } from './store.ts';

/** Clears away journeys and pushed requests that nobody can go on with. */
export function flowJobs({ db, clock }: { db: Db; clock: Clock }): Job[] {
  return [
    {
      name: 'flows-sweep',
      cron: '*/10 * * * *',
      async run() {
        await sweepJourneys(db, clock.now());
        await sweepPar(db, clock.now());
      },
    },
  ];
}
