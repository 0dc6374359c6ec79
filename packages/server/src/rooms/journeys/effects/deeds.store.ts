import { sql } from 'kysely';
import { row, touched, type Db, type Tx } from '../../../base/db.ts';

/** What a flow did once for this visit of a node: `ref` names what came of it, `outcome` what that came to, where both are to be found again. */
export type Deed = { ref?: string; outcome?: string };

/** Which visit: `key` is `<node>#<turn>`. */
export type Visited = { journeyId: string; key: string };

export async function findDeed(db: Db, { journeyId, key }: Visited): Promise<Deed | undefined> {
  const found = await row(
    db,
    sql<{
      ref: string | null;
      outcome: string | null;
    }>`SELECT ref, outcome FROM journey_deeds WHERE journey_id = ${journeyId} AND key = ${key}`,
  );
  if (found === undefined) return undefined;
  return { ...(found.ref === null ? {} : { ref: found.ref }), ...(found.outcome === null ? {} : { outcome: found.outcome }) };
}

/** True for the one that does it, in whose transaction it is then done: whoever comes at the same moment waits for that, and does nothing. */
export async function takeDeed(tx: Tx, { journeyId, key }: Visited, deed: string, now: number): Promise<boolean> {
  const made = await touched(
    tx,
    sql`INSERT INTO journey_deeds (journey_id, key, deed, at) VALUES (${journeyId}, ${key}, ${deed}, ${new Date(now)}) ON CONFLICT DO NOTHING`,
  );
  return made === 1;
}

/** What a deed has come to by now; made if it is the first time. */
export async function noteDeed(tx: Tx, { journeyId, key }: Visited, deed: string, came: Deed, now: number): Promise<void> {
  await sql`INSERT INTO journey_deeds AS d (journey_id, key, deed, ref, outcome, at)
    VALUES (${journeyId}, ${key}, ${deed}, ${came.ref ?? null}, ${came.outcome ?? null}, ${new Date(now)})
    ON CONFLICT (journey_id, key) DO UPDATE SET ref = coalesce(excluded.ref, d.ref), outcome = coalesce(excluded.outcome, d.outcome)`.execute(
    tx,
  );
}

/** A registration may wait for people for thirty days; after that nobody asks about a visit again. */
const KEPT_MS = 32 * 86_400_000;

export async function sweepDeeds(db: Db, now: number): Promise<number> {
  return touched(db, sql`DELETE FROM journey_deeds WHERE at < ${new Date(now - KEPT_MS)}`);
}
