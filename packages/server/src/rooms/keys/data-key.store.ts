import { sql, type RawBuilder } from 'kysely';
import { row, rows, touched, type Db, type Tx } from '../../base/db.ts';
import { newId, randomFill } from '../../base/ids.ts';
import type { Kek } from '../../base/kek/kek.ts';
import { wrapContext, type DataKey, type DataKeyPurpose } from './data-key.ts';

const COLUMNS: RawBuilder<unknown> = sql.raw('id, tenant, purpose, version, state, kek, wrapped');

/** The key that seals, and (inside a transaction) stays until its end: a key is removed only when nothing is sealed under it. */
export async function activeKey(db: Db, tenant: string, purpose: DataKeyPurpose): Promise<DataKey | undefined> {
  return row(
    db,
    sql<DataKey>`SELECT ${COLUMNS} FROM data_keys WHERE tenant = ${tenant} AND purpose = ${purpose} AND state = 'active' FOR KEY SHARE`,
  );
}

export async function findDataKey(db: Db, id: string): Promise<DataKey | undefined> {
  return row(db, sql<DataKey>`SELECT ${COLUMNS} FROM data_keys WHERE id = ${id}`);
}

/** Makes the next key of a tenant; the one before retires in the same statement. False when another node was first. */
export async function addDataKey(
  db: Db,
  of: { tenant: string; purpose: DataKeyPurpose; version: number; kek: Kek; now: number },
): Promise<boolean> {
  const { tenant, purpose, version, kek, now } = of;
  const key = { id: newId('dke', now), tenant, purpose, version };
  const wrapped = await kek.wrap(randomFill(32), wrapContext(key));
  const at = new Date(now);
  const added = await touched(
    db,
    sql`INSERT INTO data_keys (id, tenant, purpose, version, kek, wrapped, wrapped_at, created_at)
      VALUES (${key.id}, ${tenant}, ${purpose}, ${version}, ${kek.id}, ${wrapped}, ${at}, ${at}) ON CONFLICT DO NOTHING`,
  );
  return added > 0;
}

export async function retireDataKey(tx: Tx, id: string): Promise<boolean> {
  return (await touched(tx, sql`UPDATE data_keys SET state = 'retired' WHERE id = ${id} AND state = 'active'`)) > 0;
}

/** What a rotation that began at `since` still has to wrap: of another KEK, or of an earlier version of the same. */
export async function keysToRewrap(db: Db, of: { kek: string; since: number; limit: number }): Promise<DataKey[]> {
  return rows(
    db,
    sql<DataKey>`SELECT ${COLUMNS} FROM data_keys WHERE kek <> ${of.kek} OR wrapped_at < ${new Date(of.since)} ORDER BY id LIMIT ${of.limit}`,
  );
}

/** Only over what was read: of two nodes at one key, the second changes nothing. */
export async function saveWrapped(db: Db, key: DataKey, by: { kek: string; wrapped: Buffer; now: number }): Promise<boolean> {
  return (
    (await touched(
      db,
      sql`UPDATE data_keys SET kek = ${by.kek}, wrapped = ${by.wrapped}, wrapped_at = ${new Date(by.now)} WHERE id = ${key.id} AND wrapped = ${key.wrapped}`,
    )) > 0
  );
}
