import { createBatch } from '../../base/batch.ts';
import type { Database } from '../../base/db.ts';
import { OWNER_STANDS_SQL, NAMES, toStored, type CredentialRow, type Stored } from './credential.store.ts';
import type { Owner } from './credential.ts';

/** Whose credential is looked for: the first of these owners who has one. */
export type Finding = { connection: string; owners: readonly Owner[]; label?: string | undefined };

/**
 * By single look-ups for each owner: left to choose, the planner reads whole tables while they are small, and a plan is made anew for each text.
 * Of several accounts the one with this label, or the newest that works; a failed one is found too (credential.store.ts, `findFor`).
 */
const TEXT = `SELECT DISTINCT ON (i.place) i.place, ${NAMES.map((name) => `found.${name}`).join(', ')}
  FROM json_to_recordset($1::json) AS i(place int, rank int, connection text, "user" text, tenant text, agent text, label text)
  CROSS JOIN LATERAL (
    SELECT c.* FROM credentials c
    WHERE c.connection_id = i.connection AND coalesce(c.owner_user, '') = i."user" AND coalesce(c.owner_tenant, '') = i.tenant
      AND coalesce(c.owner_agent, '') = i.agent AND (i.label IS NULL OR c.label = i.label) AND c.state <> 'revoked' AND ${OWNER_STANDS_SQL}
    ORDER BY c.state <> 'active', c.connected_at DESC, c.id LIMIT 1
  ) found
  ORDER BY i.place, i.rank`;

/** Requests that look within one turn of the event loop share a statement. */
export function createFinder({ pool }: Pick<Database, 'pool'>): (of: Finding) => Promise<Stored | undefined> {
  return createBatch<Finding, Stored | undefined>(async (all) => {
    const values = [JSON.stringify(all.flatMap(inputOf))];
    const found = await pool.query<CredentialRow & { place: number }>({ name: 'credentials-find', text: TEXT, values });
    const byPlace = new Map(found.rows.map((one) => [one.place, toStored(one)]));
    return all.map((_, place) => byPlace.get(place));
  });
}

function inputOf({ connection, owners, label }: Finding, place: number): object[] {
  return owners.map(({ user = '', tenant = '', agent = '' }, rank) => ({
    place,
    rank,
    connection,
    user,
    tenant,
    agent,
    label: label ?? null,
  }));
}
