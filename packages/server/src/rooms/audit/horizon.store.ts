import { sql } from 'kysely';
import { rows, type Db } from '../../base/db.ts';
import type { Head } from './chain.ts';
import { MOST_MONTHS, prunedTo } from './retention.ts';

/** Where chains begin since older entries were given up: the last entry of each that went. */
export async function horizonsOf(db: Db, chain?: string): Promise<ReadonlyMap<string, Head>> {
  const found = await rows(
    db,
    sql<
      Head & { tenant: string }
    >`SELECT tenant, seq, hash FROM audit_horizons ${chain === undefined ? sql`` : sql`WHERE tenant = ${chain}`}`,
  );
  return new Map(found.map(({ tenant, ...horizon }) => [tenant, horizon]));
}

/**
 * Whether the chain itself says that it begins there. The row alone could be anybody's; the entry is linked and stands under the checkpoints that followed it, so a
 * beginning that was made up contradicts them like every other rewriting.
 */
export async function isOnRecord(db: Db, chain: string, horizon: Head): Promise<boolean> {
  const found = await rows(
    db,
    sql<{
      body: string;
    }>`SELECT body FROM audit_events WHERE tenant = ${chain} AND type = 'audit.pruned' ORDER BY seq DESC LIMIT ${MOST_MONTHS}`,
  );
  // A month in which nothing happened moved no beginning.
  const said = found.map(({ body }) => prunedTo(body)).find((one) => one !== undefined);
  return said?.seq === horizon.seq && said.hash === horizon.hash;
}
