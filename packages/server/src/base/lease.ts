import { sql, type RawBuilder } from 'kysely';
import { touched, type Db } from './db.ts';

/**
 * Rows that one node works on at a time (columns `runner`, `runner_until`, `fence`), by a conditional update and no session lock, so that a transaction pooler
 * may stand between. Whatever is written about the work names the fence it was read with; once another node has the row, that writes nothing.
 */
export type Lease = { node: string; now: number; leaseMs: number };

/** For SET: this node has the row for as long as the lease lasts. The fence moves only when it changes hands. */
export function leaseTo({ node, now, leaseMs }: Lease): RawBuilder<unknown> {
  return sql`runner = ${node}, runner_until = ${new Date(now + leaseMs)}, fence = fence + CASE WHEN runner IS DISTINCT FROM ${node} THEN 1 ELSE 0 END`;
}

/** For WHERE: nobody has the row, nobody any more, or this node has it. */
export function isFreeFor({ node, now }: Pick<Lease, 'node' | 'now'>): RawBuilder<unknown> {
  return sql`(runner IS NULL OR runner = ${node} OR runner_until <= ${new Date(now)})`;
}

/** For SET: out of whoever's hands, and what they have under way writes nothing. */
export const OUT_OF_HANDS = sql`fence = fence + 1, runner = NULL, runner_until = NULL`;

/** A node that stops says so: the next one need not wait for the lease to end. */
export function releaseAll(db: Db, table: 'sinks' | 'streams', node: string): Promise<number> {
  return touched(db, sql`UPDATE ${sql.table(table)} SET ${OUT_OF_HANDS} WHERE runner = ${node}`);
}
