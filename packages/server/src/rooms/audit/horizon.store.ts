import { sql } from 'kysely';
import { rows, type Db } from '../../base/db.ts';
import type { Head } from './chain.ts';

/** Where a chain begins since older entries were given up: the last of those, and the hub's signature under it. */
export type Horizon = Head & { jws: string };

export async function horizonsOf(db: Db, chain?: string): Promise<ReadonlyMap<string, Horizon>> {
  const found = await rows(
    db,
    sql<
      Horizon & { tenant: string }
    >`SELECT tenant, seq, hash, jws FROM audit_horizons ${chain === undefined ? sql`` : sql`WHERE tenant = ${chain}`}`,
  );
  return new Map(found.map(({ tenant, ...horizon }) => [tenant, horizon]));
}
