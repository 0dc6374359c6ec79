import type { Clock } from '../../base/clock.ts';
import type { Db } from '../../base/db.ts';
import type { Job } from '../../base/jobs.ts';
import { sweepDeeds } from './effects/deeds.store.ts';
import type { Reviews } from './review/review.store.ts';
import { sweepJourneys } from './store.ts';

/** Clears away journeys that nobody can go on with; goes on with registrations whose approval ended while nobody heard of it. */
export function journeyJobs({ db, clock, reviews }: { db: Db; clock: Clock; reviews: Pick<Reviews, 'resumeDue'> }): Job[] {
  return [
    { name: 'journeys-sweep', cron: '*/10 * * * *', run: () => sweepJourneys(db, clock.now()) },
    { name: 'journey-deeds-sweep', cron: '37 * * * *', run: () => sweepDeeds(db, clock.now()) },
    { name: 'registrations-review', cron: '* * * * *', run: () => reviews.resumeDue() },
  ];
}
