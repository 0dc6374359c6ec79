import { sql } from 'kysely';
import type { Clock } from '../../base/clock.ts';
import { rows, type Database } from '../../base/db.ts';
import type { Job } from '../../base/jobs.ts';
import { ok } from '../../base/result.ts';
import { hubAuthor } from '../audit/author.ts';
import { commitDeed } from '../audit/deed.store.ts';
import type { EventDraft } from '../audit/event.ts';
import type { Audit } from '../audit/store.ts';

export type ClientJobsDeps = { database: Database; audit: Audit; clock: Clock };

const UNCONSENTED_MS = 7 * 86_400_000;
const BATCH = 500;

/** What happens to clients by itself: registrations that nobody ever consented to go after seven days. */
export function clientJobs(deps: ClientJobsDeps): Job[] {
  return [{ name: 'sweep-registrations', cron: '17 * * * *', run: () => sweepRegistrations(deps) }];
}

/**
 * Removes dynamic and document registrations without any consent. One that is being consented to at this moment is safe: the row is taken
 * only while `consented_at` is still empty, and whoever marks it sees whether it is there (markConsented). Answers how many went.
 */
export async function sweepRegistrations({ audit, clock }: Omit<ClientJobsDeps, 'database'>): Promise<number> {
  const before = new Date(clock.now() - UNCONSENTED_MS);
  for (let total = 0; ;) {
    const swept = await commitDeed(audit, async (tx) => {
      const gone = await rows(
        tx,
        sql<{ id: string; name: string; registration_type: string }>`DELETE FROM clients WHERE consented_at IS NULL AND id IN (
            SELECT id FROM clients WHERE registration_type IN ('dcr', 'cimd') AND consented_at IS NULL AND state = 'active' AND created_at < ${before}
            ORDER BY created_at LIMIT ${BATCH} FOR UPDATE SKIP LOCKED)
          RETURNING id, name, registration_type`,
      );
      await sql`DELETE FROM cimd_documents WHERE url = ANY(${gone.map(({ id }) => id)})`.execute(tx);
      return ok({ count: gone.length, entries: gone.map(entryOf), changed: gone.map(({ id }) => ({ kind: 'client', key: id })) });
    });
    const count = swept.ok ? swept.value.count : 0;
    total += count;
    if (count < BATCH) return total;
  }
}

function entryOf({ id, name, registration_type }: { id: string; name: string; registration_type: string }): EventDraft {
  const target = { type: 'client', id };
  return {
    type: 'client.removed',
    ...hubAuthor('sweep-registrations'),
    target,
    outcome: 'success',
    reason: 'never_consented',
    data: { name, registrationType: registration_type },
  };
}
