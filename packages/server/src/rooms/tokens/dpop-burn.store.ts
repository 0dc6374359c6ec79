import { sql } from 'kysely';
import { touched, type Database, type Db } from '../../base/db.ts';

/** True for the one that burns this id first, on whichever node. `expiresAt`: when it could not be used anyway. */
export type Burn = (id: string, expiresAt: number) => Promise<boolean>;

type Waiter = { promise: Promise<boolean>; resolve(first: boolean): void; reject(error: unknown): void; expiresAt: number };

/**
 * Ids that may be used once. One INSERT decides, in the primary: reading first lost every race. What arrives within one turn of the event
 * loop shares a statement, for each of them costs a flush.
 */
export function createBurner({ pool }: Pick<Database, 'pool'>): Burn {
  let waiting = new Map<string, Waiter>();
  const flush = async (): Promise<void> => {
    const batch = waiting;
    waiting = new Map();
    // In one order, so that two nodes with the same ids do not wait for each other.
    const ids = [...batch.keys()].sort();
    try {
      const burnt = await pool.query<{ digest: string }>({
        name: 'dpop-burn',
        text: `INSERT INTO dpop_proofs (digest, expires_at) SELECT * FROM unnest($1::text[], $2::timestamptz[]) ON CONFLICT DO NOTHING RETURNING digest`,
        values: [ids, ids.map((id) => new Date(batch.get(id)?.expiresAt ?? 0))],
      });
      const first = new Set(burnt.rows.map((row) => row.digest));
      for (const [id, waiter] of batch) waiter.resolve(first.has(id));
    } catch (error) {
      for (const waiter of batch.values()) waiter.reject(error);
    }
  };
  return (id, expiresAt) => {
    // The second of two with one id is late, whatever becomes of the first.
    if (waiting.has(id)) return Promise.resolve(false);
    if (waiting.size === 0) setImmediate(() => void flush());
    const waiter = { ...Promise.withResolvers<boolean>(), expiresAt };
    waiting.set(id, waiter);
    return waiter.promise;
  };
}

/** Rows of proofs that are too old to be taken again. */
export async function sweepProofs(db: Db, now: number): Promise<number> {
  return touched(db, sql`DELETE FROM dpop_proofs WHERE expires_at < ${new Date(now)}`);
}
