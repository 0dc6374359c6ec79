import { sql } from 'kysely';
import type { Clock } from '../../base/clock.ts';
import { touched, type Database } from '../../base/db.ts';
import type { Job } from '../../base/jobs.ts';

export type IssuerJobsDeps = { database: Database; clock: Clock };

/** What happens by itself: used assertion ids are forgotten when they are stale. */
export function issuerJobs(deps: IssuerJobsDeps): Job[] {
  return [{ name: 'sweep-assertions', cron: '*/10 * * * *', run: () => sweepAssertions(deps) }];
}

/** Forgets assertion ids whose assertions have expired; the rows carry their own leeway. */
export async function sweepAssertions({ database, clock }: IssuerJobsDeps): Promise<number> {
  return touched(database.db, sql`DELETE FROM assertion_ids WHERE expires_at < ${new Date(clock.now())}`);
}
