import type { Clock } from '../../base/clock.ts';
import type { Db } from '../../base/db.ts';
import type { Job } from '../../base/jobs.ts';
import { weighAgents, weighEnded } from './weigh.store.ts';

/** What one run may weigh: a minute's worth, and more where there is something to catch up. */
const WEIGH_PORTIONS = 200;
/** A job that ran late, or twice, must leave no gap. */
const TWO_DAYS = 2 * 86_400_000;

/** Risks follow scopes that were changed; at night those whose grants have ended are looked at anew. */
export function agentJobs({ db, clock }: { db: Db; clock: Clock }): Job[] {
  return [
    { name: 'agent-risk', cron: '* * * * *', run: () => weighAgents(db, WEIGH_PORTIONS) },
    { name: 'agent-risk-ended', cron: '17 3 * * *', run: () => weighEnded(db, clock.now() - TWO_DAYS) },
  ];
}
