import { sql, type RawBuilder } from 'kysely';
import { rows, type Db } from '../../base/db.ts';
import type { Journey } from './journey.ts';
import { JOURNEY_COLUMNS, toJourney, type JourneyRow } from './store.ts';

/** Which journeys to list. `digests`: of the versions of one flow. */
export type JourneyFilter = {
  client?: string | undefined;
  user?: string | undefined;
  tenant?: string | undefined;
  digests?: readonly string[] | undefined;
  state?: 'running' | 'ended' | 'expired' | undefined;
  now: number;
};

/** Newest first: ids grow with time. `cursor`: the id of the last one seen. */
export async function listJourneys(
  db: Db,
  by: JourneyFilter,
  { limit, cursor }: { limit: number; cursor?: string | undefined },
): Promise<Journey[]> {
  const { client, user, tenant, digests } = by;
  const wanted: RawBuilder<unknown>[] = [
    ...(cursor === undefined ? [] : [sql`id < ${cursor}`]),
    ...(client === undefined ? [] : [sql`client_id = ${client}`]),
    ...(user === undefined ? [] : [sql`state #>> '{proof,userId}' = ${user}`]),
    ...(tenant === undefined ? [] : [sql`state #>> '{facts,tenant,id}' = ${tenant}`]),
    ...(digests === undefined ? [] : [sql`flow = ANY(${digests}::text[])`]),
    ...inState(by),
  ];
  const where = wanted.length === 0 ? sql`` : sql`WHERE ${sql.join(wanted, sql` AND `)}`;
  const found = await rows(db, sql<JourneyRow>`SELECT ${JOURNEY_COLUMNS} FROM journeys ${where} ORDER BY id DESC LIMIT ${limit}`);
  return found.map(toJourney);
}

function inState({ state, now }: JourneyFilter): RawBuilder<unknown>[] {
  const at = new Date(now);
  switch (state) {
    case undefined:
      return [];
    case 'ended':
      return [sql`finished_at IS NOT NULL`];
    case 'running':
      return [sql`finished_at IS NULL AND expires_at > ${at}`];
    case 'expired':
      return [sql`finished_at IS NULL AND expires_at <= ${at}`];
  }
}
