import { sql } from 'kysely';
import { rows, type Db } from '../../base/db.ts';
import { servedBy } from './serves.ts';

/** Of these clients, for which resources and tenants each stands; who is no client is left out. */
export async function clientsServing(
  db: Db,
  ids: readonly string[],
): Promise<ReadonlyMap<string, { resources: readonly string[]; tenants: readonly string[] }>> {
  if (ids.length === 0) return new Map();
  const found = await rows(
    db,
    sql<{ id: string; tags: string[]; tenants: string[] }>`SELECT id, tags, tenants FROM clients WHERE id = ANY(${[...new Set(ids)]})`,
  );
  return new Map(found.map(({ id, tags, tenants }) => [id, { resources: servedBy({ tags }), tenants }]));
}
