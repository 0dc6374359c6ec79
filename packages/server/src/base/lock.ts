import { sql } from 'kysely';
import type { Tx } from './db.ts';

/**
 * Holds the name for the rest of the transaction, on every node, whether a row of that name exists yet or not: what is read afterwards is
 * still true at the commit. (Transaction locks survive transaction pooling; session locks do not.)
 */
export async function holdName(tx: Tx, name: string): Promise<void> {
  await sql`SELECT pg_advisory_xact_lock(hashtextextended(${name}, 0))`.execute(tx);
}
