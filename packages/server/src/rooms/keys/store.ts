import { sql, type RawBuilder } from 'kysely';
import { rows, touched, type Db, type Tx } from '../../base/db.ts';
import type { KeyState, PublicJwk, SigningAlg, SigningKey } from './key.ts';
import type { MadeKey } from './make.store.ts';

type KeyRow = {
  id: string;
  alg: SigningAlg;
  state: KeyState;
  public_jwk: PublicJwk;
  sealed_private: Buffer;
  created_at: number;
  activated_at: number | null;
  retired_at: number | null;
};

const COLUMNS: RawBuilder<unknown> = sql.raw('id, alg, state, public_jwk, sealed_private, created_at, activated_at, retired_at');

export type StoredKey = SigningKey & { sealedPrivate: Buffer };

function toKey(found: KeyRow): StoredKey {
  return {
    id: found.id,
    alg: found.alg,
    state: found.state,
    publicJwk: found.public_jwk,
    sealedPrivate: found.sealed_private,
    createdAt: found.created_at,
    ...(found.activated_at === null ? {} : { activatedAt: found.activated_at }),
    ...(found.retired_at === null ? {} : { retiredAt: found.retired_at }),
  };
}

/** All keys, oldest first: there are never more than a few. */
export async function listKeys(db: Db): Promise<StoredKey[]> {
  return (await rows(db, sql<KeyRow>`SELECT ${COLUMNS} FROM signing_keys ORDER BY created_at, id`)).map(toKey);
}

/** Adds a key; false when another node was first (one active and one next per algorithm, by unique index). */
export async function insertKey(tx: Tx, key: MadeKey, state: 'next' | 'active', now: number): Promise<boolean> {
  const at = new Date(now);
  const added = await touched(
    tx,
    sql`INSERT INTO signing_keys (id, alg, state, public_jwk, sealed_private, created_at, activated_at)
      VALUES (${key.id}, ${key.alg}, ${state}, ${JSON.stringify(key.publicJwk)}, ${key.sealedPrivate}, ${at}, ${state === 'active' ? at : null})
      ON CONFLICT DO NOTHING`,
  );
  return added > 0;
}

/** A `next` key begins to sign; false when it is not `next` any more. */
export async function activateKey(tx: Tx, id: string, now: number): Promise<boolean> {
  return (
    (await touched(
      tx,
      sql`UPDATE signing_keys SET state = 'active', activated_at = ${new Date(now)} WHERE id = ${id} AND state = 'next'`,
    )) > 0
  );
}

/** A key signs no more, so its private half is destroyed with the same statement: what is not there cannot leak. */
export async function endKey(tx: Tx, id: string, to: 'retired' | 'revoked', now: number): Promise<boolean> {
  const from: KeyState[] = to === 'retired' ? ['active'] : ['next', 'active', 'retired'];
  return (
    (await touched(
      tx,
      sql`UPDATE signing_keys SET state = ${to}, sealed_private = ''::bytea, retired_at = coalesce(retired_at, ${new Date(now)}) WHERE id = ${id} AND state = ANY(${from}::text[])`,
    )) > 0
  );
}

export async function removeKey(tx: Tx, id: string): Promise<boolean> {
  return (await touched(tx, sql`DELETE FROM signing_keys WHERE id = ${id} AND state IN ('retired', 'revoked')`)) > 0;
}
