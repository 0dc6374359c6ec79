import { sql } from 'kysely';
import type pg from 'pg';
import { touched, type Db } from '../../base/db.ts';
import { createGroup } from '../../base/group.ts';

/** An id that must not come back, by whom it was made out. `expiresAt`: milliseconds, when the assertion could not be used anyway. */
export type Burnt = { issuer: string; jti: string; expiresAt: number };

export type Replay = {
  /** True once; false when it was burnt before, on whichever node. Rejects when that cannot be known. */
  burn(one: Burnt): Promise<boolean>;
  close(): Promise<void>;
};

type Asked = Burnt & { fresh: boolean };

/**
 * Ids of assertions that are good once (RFC 7523 §3). One INSERT decides (reading first lost every race); those that arrive together share it.
 */
export function createReplay(pool: pg.Pool): Replay {
  const group = createGroup<Asked>(pool, Object.assign(burnAll, { undone: () => undefined }));
  return {
    async burn(one) {
      const asked: Asked = { ...one, fresh: false };
      await group.add(asked);
      return asked.fresh;
    },
    close: () => group.close(),
  };
}

/** The same gate inside the caller's transaction: burnt only if that is committed. */
export async function burnWithin(db: Db, { issuer, jti, expiresAt }: Burnt): Promise<boolean> {
  const burnt = sql`INSERT INTO assertion_ids (issuer, jti, expires_at) VALUES (${issuer}, ${jti}, ${new Date(expiresAt)}) ON CONFLICT DO NOTHING`;
  return (await touched(db, burnt)) === 1;
}

const keyOf = ({ issuer, jti }: Pick<Burnt, 'issuer' | 'jti'>): string => `${issuer}\n${jti}`;

async function burnAll(client: pg.ClientBase, asked: readonly Asked[]): Promise<void> {
  const { rows } = await client.query<{ issuer: string; jti: string }>({
    name: 'burn-assertions',
    text: `INSERT INTO assertion_ids (issuer, jti, expires_at)
      SELECT i, j, to_timestamp(e / 1000.0) FROM unnest($1::text[], $2::text[], $3::float8[]) AS new(i, j, e) ORDER BY i, j ON CONFLICT DO NOTHING RETURNING issuer, jti`,
    values: [asked.map(({ issuer }) => issuer), asked.map(({ jti }) => jti), asked.map(({ expiresAt }) => expiresAt)],
  });
  // Of several with one id, the first has it.
  const fresh = new Set(rows.map(keyOf));
  for (const one of asked) one.fresh = fresh.delete(keyOf(one));
}
