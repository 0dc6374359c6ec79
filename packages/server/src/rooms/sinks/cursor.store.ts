import { sql, type RawBuilder } from 'kysely';
import type { Tx } from '../../base/db.ts';

/** Where readers of the record stand, per chain. */
export type Cursors = { table: 'sink_cursors'; column: 'sink_id' } | { table: 'stream_cursors'; column: 'stream_id' };

export const SINK_CURSORS = { table: 'sink_cursors', column: 'sink_id' } as const;
export const STREAM_CURSORS = { table: 'stream_cursors', column: 'stream_id' } as const;

/** How far a chain is done. */
export type Step = { chain: string; to: number };

/** For a statement that says in `mine` who reads: its cursors go there, and never back. */
export function moveCursors({ table, column }: Cursors, steps: readonly Step[]): RawBuilder<unknown> {
  return sql`INSERT INTO ${sql.table(table)} AS c (${sql.ref(column)}, tenant, seq)
    SELECT m.id, s.tenant, s.reach FROM mine m, unnest(${steps.map(({ chain }) => chain)}::text[], ${steps.map(({ to }) => to)}::bigint[]) AS s(tenant, reach)
    ON CONFLICT (${sql.ref(column)}, tenant) DO UPDATE SET seq = greatest(c.seq, excluded.seq)`;
}

/** From the end of every chain. A chain that is still to come begins at its beginning. */
export async function beginHere(tx: Tx, { table, column }: Cursors, id: string): Promise<void> {
  await sql`INSERT INTO ${sql.table(table)} (${sql.ref(column)}, tenant, seq) SELECT ${id}, tenant, seq FROM audit_heads
    ON CONFLICT (${sql.ref(column)}, tenant) DO UPDATE SET seq = excluded.seq`.execute(tx);
}
