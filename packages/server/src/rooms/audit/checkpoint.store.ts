import { sql } from 'kysely';
import type { Clock } from '../../base/clock.ts';
import { rows, type Database, type Db } from '../../base/db.ts';
import { GENESIS } from './event.ts';
import type { Head } from './chain.ts';
import { checkpointDraft, type Notary } from './checkpoint.ts';
import type { Audit } from './store.ts';
import { verifyChain, type Verification } from './read.store.ts';

export type CheckpointDeps = { database: Database; audit: Audit; notary: Notary; clock: Clock };

/**
 * Checks what every chain has grown by since its last checkpoint, and signs where it stands now. A chain that is broken gets no checkpoint:
 * the hub vouches for nothing that it has not just read. Chains that did not grow are left alone. A run that is repeated does no harm.
 */
export async function makeCheckpoints(deps: CheckpointDeps): Promise<Verification & { made: number }> {
  const { database, notary, clock } = deps;
  let [made, checked] = [0, 0];
  let broken: Extract<Verification, { ok: false }>['firstBroken'] | undefined;
  for (const { tenant: chain, seq, hash, from_seq, from_hash } of await grownChains(database.db)) {
    const head = { seq, hash };
    const outcome = await verifyChain(database.db, { chain, head, from: { seq: from_seq, hash: from_hash }, notary });
    checked += outcome.checked;
    broken ??= outcome.fault;
    if (outcome.fault !== undefined) continue;
    const at = { chain, ...head };
    await record(deps, at, notary.sign(at, clock.now()));
    made += 1;
  }
  return broken === undefined ? { ok: true, checked, made } : { ok: false, checked, made, firstBroken: broken };
}

type Grown = Head & { tenant: string; from_seq: number; from_hash: string };

/** A checkpoint is an entry itself: alone it is no reason for another one, or an idle chain would grow for ever. */
function grownChains(db: Db): Promise<Grown[]> {
  return rows(
    db,
    sql<Grown>`SELECT h.tenant, h.seq, h.hash, coalesce(c.seq, 0) AS from_seq, coalesce(c.hash, ${GENESIS}) AS from_hash
      FROM audit_heads h LEFT JOIN audit_checkpoints c USING (tenant)
      WHERE h.seq > coalesce(c.seq, 0) AND EXISTS (
        SELECT 1 FROM audit_events e WHERE e.tenant = h.tenant AND e.seq > coalesce(c.seq, 0) AND e.type <> 'audit.checkpoint')
      ORDER BY h.tenant`,
  );
}

async function record({ audit, clock }: CheckpointDeps, at: Head & { chain: string }, jws: string): Promise<void> {
  await audit.commit(async (tx) => {
    await sql`INSERT INTO audit_checkpoints (tenant, seq, hash, jws, at) VALUES (${at.chain}, ${at.seq}, ${at.hash}, ${jws}, ${new Date(clock.now())})
      ON CONFLICT (tenant) DO UPDATE SET seq = EXCLUDED.seq, hash = EXCLUDED.hash, jws = EXCLUDED.jws, at = EXCLUDED.at`.execute(tx);
    return { value: undefined, entries: [checkpointDraft(at, jws)] };
  });
}
