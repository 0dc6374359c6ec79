import { sql, type RawBuilder } from 'kysely';
import { row, rows, sqlState, touched, type Db, type Tx } from '../../base/db.ts';
import { newId, randomFill } from '../../base/ids.ts';
import type { Kek } from '../../base/kek/kek.ts';
import { wrapContext, type DataKey, type DataKeyPurpose } from './data-key.ts';

/** With the key itself, as the KEK wrapped it. */
export type WrappedKey = DataKey & { wrapped: Buffer };

const COLUMNS: RawBuilder<unknown> = sql.raw('id, tenant, purpose, version, state, kek, wrapped');

/** The key that seals, and (inside a transaction) stays until its end: a key is removed only when nothing is sealed under it. */
export async function activeKey(db: Db, tenant: string, purpose: DataKeyPurpose): Promise<WrappedKey | undefined> {
  return row(
    db,
    sql<WrappedKey>`SELECT ${COLUMNS} FROM data_keys WHERE tenant = ${tenant} AND purpose = ${purpose} AND state = 'active' FOR KEY SHARE`,
  );
}

export async function findDataKey(db: Db, id: string): Promise<WrappedKey | undefined> {
  return row(db, sql<WrappedKey>`SELECT ${COLUMNS} FROM data_keys WHERE id = ${id}`);
}

/** Makes a key that seals from now on. False when another node was first. `now` is for its id. */
export async function addDataKey(
  db: Db,
  of: { tenant: string; purpose: DataKeyPurpose; version: number; kek: Kek; now: number },
): Promise<boolean> {
  const { tenant, purpose, version, kek, now } = of;
  const key = { id: newId('dke', now), tenant, purpose, version };
  const wrapped = await kek.wrap(randomFill(32), wrapContext(key));
  // By the database's clock: what a rotation has still to do is told by these times, and nodes' clocks differ.
  const added = await touched(
    db,
    sql`INSERT INTO data_keys (id, tenant, purpose, version, kek, wrapped, wrapped_at, created_at)
      VALUES (${key.id}, ${tenant}, ${purpose}, ${version}, ${kek.id}, ${wrapped}, clock_timestamp(), clock_timestamp()) ON CONFLICT DO NOTHING`,
  );
  return added > 0;
}

/** The next key of a tenant in the place of this one, which opens what it sealed until that is sealed anew. False when somebody was first. */
export async function succeedDataKey(tx: Tx, of: { key: WrappedKey; kek: Kek; now: number }): Promise<boolean> {
  const { id, tenant, purpose, version } = of.key;
  const retired = await touched(tx, sql`UPDATE data_keys SET state = 'retired' WHERE id = ${id} AND state = 'active'`);
  return retired > 0 && addDataKey(tx, { tenant, purpose, version: version + 1, kek: of.kek, now: of.now });
}

/** Vault keys that are older than a rotation which wants new ones. */
export async function keysToSucceed(db: Db, of: { since: number; limit: number }): Promise<WrappedKey[]> {
  return rows(
    db,
    sql<WrappedKey>`SELECT ${COLUMNS} FROM data_keys WHERE purpose = 'credentials' AND state = 'active' AND created_at < ${new Date(of.since)}
      ORDER BY id LIMIT ${of.limit}`,
  );
}

/** What a rotation that began at `since` still has to wrap: of another KEK, or of an earlier version of the same. */
export async function keysToRewrap(db: Db, of: { kek: string; since: number; after: string; limit: number }): Promise<WrappedKey[]> {
  return rows(
    db,
    sql<WrappedKey>`SELECT ${COLUMNS} FROM data_keys WHERE (kek <> ${of.kek} OR wrapped_at < ${new Date(of.since)}) AND id > ${of.after}
      ORDER BY id LIMIT ${of.limit}`,
  );
}

/** Only over what was read: of two nodes at one key, the second changes nothing. */
export async function saveWrapped(db: Db, key: WrappedKey, by: { kek: string; wrapped: Buffer }): Promise<boolean> {
  return (
    (await touched(
      db,
      sql`UPDATE data_keys SET kek = ${by.kek}, wrapped = ${by.wrapped}, wrapped_at = clock_timestamp() WHERE id = ${key.id} AND wrapped = ${key.wrapped}`,
    )) > 0
  );
}

/** How many keys there are, and how many of them another KEK wrapped. */
export async function countDataKeys(db: Db, kek: string): Promise<{ total: number; otherKek: number }> {
  const found = await row(
    db,
    sql<{ total: number; other: number }>`SELECT count(*) AS total, count(*) FILTER (WHERE kek <> ${kek}) AS other FROM data_keys`,
  );
  return { total: found?.total ?? 0, otherKek: found?.other ?? 0 };
}

/** Removes keys `k` of which the caller knows that nothing is sealed with them. */
export async function removeDataKeys(db: Db, unused: RawBuilder<unknown>): Promise<number> {
  try {
    return await touched(db, sql`DELETE FROM data_keys k WHERE ${unused}`);
  } catch (error) {
    // A row came to be under one between the look and the removal: the table refuses, and whoever looks next finds it.
    if (sqlState(error) === '23503') return 0;
    throw error;
  }
}
