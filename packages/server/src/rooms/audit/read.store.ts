import { sql } from 'kysely';
import { rows, type Db } from '../../base/db.ts';
import { digest } from '../../base/digest.ts';
import { checkLink, EMPTY_HEAD, type ChainFault, type Head, type StoredLink } from './chain.ts';
import { signedPart, type Notary } from './checkpoint.ts';
import { horizonsOf, isOnRecord } from './horizon.store.ts';

export type Verification = { ok: true; checked: number } | { ok: false; checked: number; firstBroken: ChainFault };

const PAGE = 2_000;

/**
 * Walks every chain (or one) from its first entry, or from where older ones were given up, and stops at the first fault. The head row tells whether the
 * end was cut off.
 */
export async function verifyChains(db: Db, only?: string, notary?: Notary): Promise<Verification> {
  const heads = await rows(
    db,
    sql<
      Head & { tenant: string }
    >`SELECT tenant, seq, hash FROM audit_heads ${only === undefined ? sql`` : sql`WHERE tenant = ${only}`} ORDER BY tenant`,
  );
  const horizons = await horizonsOf(db, only);
  let checked = 0;
  for (const head of heads) {
    const horizon = horizons.get(head.tenant);
    const outcome = await verifyChain(db, { chain: head.tenant, head, notary, ...(horizon && { from: horizon, horizon }) });
    checked += outcome.checked;
    if (outcome.fault !== undefined) return { ok: false, checked, firstBroken: outcome.fault };
    if (horizon !== undefined && !(await isOnRecord(db, head.tenant, horizon)))
      return { ok: false, checked, firstBroken: { chain: head.tenant, seq: horizon.seq, fault: 'contradicted' } };
  }
  return { ok: true, checked };
}

/** `horizon`: what lies before it was given up. */
type Walk = { chain: string; head: Head; from?: Head; horizon?: Head; notary?: Notary | undefined };

/** Walks one chain from after `from` (its beginning, unless said). */
export async function verifyChain(
  db: Db,
  { chain, head, from = EMPTY_HEAD, horizon, notary }: Walk,
): Promise<{ checked: number; fault?: ChainFault }> {
  let previous: Head = from;
  let checked = 0;
  for (;;) {
    const page = await readLinks(db, chain, previous.seq);
    for (const stored of page) {
      const fault = checkLink(previous, stored, digest) ?? (notary && (await checkCheckpoint(db, stored, { notary, horizon })));
      if (fault !== undefined) return { checked, fault };
      previous = { seq: stored.seq, hash: stored.hash };
      checked += 1;
    }
    if (page.length < PAGE || previous.seq >= head.seq) break;
  }
  // Entries written since the head was read are beyond it; fewer, or another hash at its place, means the end was cut.
  const cut = previous.seq < head.seq || (previous.seq === head.seq && previous.hash !== head.hash);
  return cut ? { checked, fault: { chain, seq: previous.seq + 1, fault: 'truncated' } } : { checked };
}

/** A checkpoint must say what is there. A chain that was rewritten as a whole fits together; what the hub signed earlier does not fit it. */
async function checkCheckpoint(
  db: Db,
  { chain, seq, body, columns }: StoredLink,
  { notary, horizon }: { notary: Notary; horizon: Head | undefined },
): Promise<ChainFault | undefined> {
  if (columns.type !== 'audit.checkpoint') return undefined;
  const event: { data: unknown } = JSON.parse(body);
  const said = notary.read(signedPart(event.data));
  if (said === 'unknown') return undefined;
  const fault: ChainFault = { chain, seq, fault: 'contradicted' };
  if (said === 'forged' || said.chain !== chain || said.seq >= seq) return fault;
  if (horizon !== undefined && said.seq <= horizon.seq) return said.seq < horizon.seq || said.hash === horizon.hash ? undefined : fault;
  const [there] = await rows(db, sql<{ hash: string }>`SELECT hash FROM audit_events WHERE tenant = ${chain} AND seq = ${said.seq}`);
  return there?.hash === said.hash ? undefined : fault;
}

async function readLinks(db: Db, chain: string, after: number): Promise<StoredLink[]> {
  const found = await rows(
    db,
    sql<{
      seq: number;
      body: string;
      hash: string;
      id: string;
      type: string;
      outcome: string;
      user_id: string | null;
      agent_id: string | null;
      client_id: string | null;
      txn: string | null;
    }>`
      SELECT seq, body, hash, id, type, outcome, user_id, agent_id, client_id, txn FROM audit_events WHERE tenant = ${chain} AND seq > ${after} ORDER BY seq LIMIT ${PAGE}`,
  );
  return found.map(({ seq, body, hash, id, type, outcome, user_id, agent_id, client_id, txn }) => ({
    chain,
    seq,
    body,
    hash,
    columns: { id, type, outcome, user: user_id, agent: agent_id, client: client_id, txn },
  }));
}
