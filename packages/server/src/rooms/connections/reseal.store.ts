import { sql } from 'kysely';
import { row, rows, type Db, type Tx } from '../../base/db.ts';
import { openWith, SealBroken, sealWith } from '../../base/secretbox.ts';
import { removeDataKeys } from '../keys/data-key.store.ts';
import type { DataKeys, OpenKey } from '../keys/data-keys.store.ts';
import { COLUMNS, toStored, type CredentialRow, type Sealed } from './credential.store.ts';
import { keyTenantOf } from './credential.ts';
import { connectionContext, credentialContext } from './envelope.ts';

type ResealDeps = { db: Db; keys: DataKeys };

/** How far one batch came. `next`: where the following one begins; undefined: this was the last. `broken`: rows that do not open, left as they are. */
export type Resealed = { done: number; broken: number; next: string | undefined };

const BATCH = 250;

type PendingRow = CredentialRow & { refresh_pending: Buffer | null; refresh_pending_key: string | null };

/**
 * Seals a batch of credentials anew that a retired key sealed. One transaction: whoever dies in it leaves them as they were, readable by the retired
 * key, which is there until nothing needs it. Rows that somebody is writing to are left for the next pass.
 */
export async function resealBatch({ db, keys }: ResealDeps, after: string): Promise<Resealed> {
  return db.transaction().execute(async (tx) => {
    const found = await rows(
      tx,
      sql<PendingRow>`SELECT ${COLUMNS}, c.refresh_pending, c.refresh_pending_key FROM credentials c
        WHERE c.id > ${after} AND (c.key_id IN (SELECT id FROM data_keys WHERE state = 'retired')
          OR c.refresh_pending_key IN (SELECT id FROM data_keys WHERE state = 'retired'))
        ORDER BY c.id LIMIT ${BATCH} FOR UPDATE SKIP LOCKED`,
    );
    const changed: object[] = [];
    const active = sealingOnce(tx, keys);
    for (const one of found) {
      const anew = await resealed({ tx, keys, active }, one);
      if (anew !== undefined) changed.push(anew);
    }
    await sql`UPDATE credentials AS c SET key_id = w.key_id, sealed = decode(w.sealed, 'base64'), refresh_pending = decode(w.pending, 'base64'),
        refresh_pending_key = w.pending_key
      FROM json_to_recordset(${JSON.stringify(changed)}::json) AS w(id text, key_id text, sealed text, pending text, pending_key text) WHERE c.id = w.id`.execute(
      tx,
    );
    return { done: changed.length, broken: found.length - changed.length, next: found.length < BATCH ? undefined : found.at(-1)?.id };
  });
}

type Sealing = (tenant: string) => Promise<OpenKey>;

/** A tenant's key is asked for once in a transaction: it stays until its end. */
function sealingOnce(tx: Tx, keys: DataKeys): Sealing {
  const held = new Map<string, OpenKey>();
  return async (tenant) => {
    const key = held.get(tenant) ?? (await keys.sealing(tx, tenant));
    held.set(tenant, key);
    return key;
  };
}

/** Undefined: it does not open. What cannot be read is not thrown away either. */
async function resealed(by: { tx: Tx; keys: DataKeys; active: Sealing }, found: PendingRow): Promise<object | undefined> {
  const { tx, keys } = by;
  const { credential, secret } = toStored(found);
  const active = await by.active(keyTenantOf(credential.owner));
  const anew = async ({ keyId, sealed }: Sealed, column: 'secret' | 'pending'): Promise<string> => {
    const context = credentialContext(column, credential);
    return sealWith(active.key, openWith(await keys.opening(keyId, tx), sealed, context), context).toString('base64');
  };
  try {
    const { refresh_pending: pending, refresh_pending_key: pendingKey } = found;
    const answered = pending === null || pendingKey === null ? null : await anew({ keyId: pendingKey, sealed: pending }, 'pending');
    return {
      id: credential.id,
      key_id: active.id,
      sealed: await anew(secret, 'secret'),
      pending: answered,
      pending_key: answered === null ? null : active.id,
    };
  } catch (error) {
    if (error instanceof SealBroken) return undefined;
    throw error;
  }
}

/** Our own secrets at the services: tens of them, one transaction each. */
export async function resealConnections({ db, keys }: ResealDeps): Promise<{ done: number; broken: number }> {
  const found = await rows(
    db,
    sql<{ id: string }>`SELECT id FROM connections WHERE key_id IN (SELECT id FROM data_keys WHERE state = 'retired') ORDER BY id`,
  );
  let done = 0;
  for (const { id } of found) if (await db.transaction().execute((tx) => resealConnection(tx, keys, id))) done += 1;
  return { done, broken: found.length - done };
}

async function resealConnection(tx: Tx, keys: DataKeys, id: string): Promise<boolean> {
  const held = await row(
    tx,
    sql<{ key_id: string; sealed: Buffer }>`SELECT key_id, sealed FROM connections WHERE id = ${id} AND sealed IS NOT NULL FOR UPDATE`,
  );
  if (held === undefined) return true;
  try {
    const plain = openWith(await keys.opening(held.key_id, tx), held.sealed, connectionContext(id));
    const active = await keys.sealing(tx, '');
    await sql`UPDATE connections SET key_id = ${active.id}, sealed = ${sealWith(active.key, plain, connectionContext(id))} WHERE id = ${id}`.execute(
      tx,
    );
    return true;
  } catch (error) {
    if (error instanceof SealBroken) return false;
    throw error;
  }
}

/** Removes retired keys under which nothing is sealed any more; what was sealed with one meanwhile keeps it (its transaction holds the key's row). */
export function removeRetiredKeys(db: Db): Promise<number> {
  return removeDataKeys(
    db,
    sql`k.state = 'retired' AND NOT EXISTS (SELECT 1 FROM credentials c WHERE c.key_id = k.id)
      AND NOT EXISTS (SELECT 1 FROM credentials c WHERE c.refresh_pending_key = k.id) AND NOT EXISTS (SELECT 1 FROM connections c WHERE c.key_id = k.id)`,
  );
}

/** Secrets in the vault, and those among them that a retired key sealed. */
export async function countSealed(db: Db): Promise<{ total: number; retiredKey: number }> {
  const found = await row(
    db,
    sql<{ total: number; retired: number }>`SELECT count(*) AS total, count(*) FILTER (WHERE k.state = 'retired') AS retired
      FROM (SELECT key_id FROM credentials UNION ALL SELECT key_id FROM connections WHERE key_id IS NOT NULL) s JOIN data_keys k ON k.id = s.key_id`,
  );
  return { total: found?.total ?? 0, retiredKey: found?.retired ?? 0 };
}
