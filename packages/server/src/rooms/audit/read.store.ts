import { sql } from 'kysely';
import { rows, type Db } from '../../base/db.ts';
import { digest } from '../../base/digest.ts';
import { checkLink, EMPTY_HEAD, type ChainFault, type Head, type StoredLink } from './chain.ts';
import { signedPart, type Notary } from './checkpoint.ts';
import type { AuditEvent } from './event.ts';

/** What a search may ask. All given conditions must hold; `cursor` is the last id seen. Newest first unless `oldestFirst`. */
export type EventQuery = {
  tenant?: string | undefined;
  type?: string | undefined;
  outcome?: string | undefined;
  user?: string | undefined;
  agent?: string | undefined;
  client?: string | undefined;
  txn?: string | undefined;
  since?: number | undefined;
  until?: number | undefined;
  cursor?: string | undefined;
  oldestFirst?: boolean | undefined;
  limit: number;
};

export type StoredEvent = AuditEvent & { hash: string };

/** Entries that match. Ids sort by time, so the cursor is the id alone. */
export async function searchEvents(db: Db, query: EventQuery): Promise<StoredEvent[]> {
  const order = query.oldestFirst === true ? sql.raw('ASC') : sql.raw('DESC');
  const beyond = query.oldestFirst === true ? sql.raw('>') : sql.raw('<');
  const found = await rows(
    db,
    sql<{ body: string; hash: string }>`SELECT body, hash FROM audit_events WHERE true
      ${query.tenant === undefined ? sql`` : sql`AND tenant = ${query.tenant}`}
      ${query.type === undefined ? sql`` : sql`AND type = ${query.type}`}
      ${query.outcome === undefined ? sql`` : sql`AND outcome = ${query.outcome}`}
      ${query.user === undefined ? sql`` : sql`AND user_id = ${query.user}`}
      ${query.agent === undefined ? sql`` : sql`AND agent_id = ${query.agent}`}
      ${query.client === undefined ? sql`` : sql`AND client_id = ${query.client}`}
      ${query.txn === undefined ? sql`` : sql`AND txn = ${query.txn}`}
      ${query.since === undefined ? sql`` : sql`AND time >= ${new Date(query.since)}`}
      ${query.until === undefined ? sql`` : sql`AND time < ${new Date(query.until)}`}
      ${query.cursor === undefined ? sql`` : sql`AND id ${beyond} ${query.cursor}`}
      ORDER BY id ${order} LIMIT ${query.limit}`,
  );
  return found.map(({ body, hash }) => ({ ...JSON.parse(body), hash }));
}

export async function findEvent(db: Db, id: string): Promise<StoredEvent | undefined> {
  const [found] = await rows(db, sql<{ body: string; hash: string }>`SELECT body, hash FROM audit_events WHERE id = ${id}`);
  return found === undefined ? undefined : { ...JSON.parse(found.body), hash: found.hash };
}

export type Verification = { ok: true; checked: number } | { ok: false; checked: number; firstBroken: ChainFault };

const PAGE = 2_000;

/** Walks every chain (or one) from its first entry and stops at the first fault. The head row tells whether the end was cut off. */
export async function verifyChains(db: Db, only?: string, notary?: Notary): Promise<Verification> {
  const heads = await rows(
    db,
    sql<
      Head & { tenant: string }
    >`SELECT tenant, seq, hash FROM audit_heads ${only === undefined ? sql`` : sql`WHERE tenant = ${only}`} ORDER BY tenant`,
  );
  let checked = 0;
  for (const head of heads) {
    const outcome = await verifyChain(db, { chain: head.tenant, head, notary });
    checked += outcome.checked;
    if (outcome.fault !== undefined) return { ok: false, checked, firstBroken: outcome.fault };
  }
  return { ok: true, checked };
}

type Walk = { chain: string; head: Head; from?: Head; notary?: Notary | undefined };

/** Walks one chain from after `from` (its beginning, unless said). */
export async function verifyChain(
  db: Db,
  { chain, head, from = EMPTY_HEAD, notary }: Walk,
): Promise<{ checked: number; fault?: ChainFault }> {
  let previous = from;
  let checked = 0;
  for (;;) {
    const page = await readLinks(db, chain, previous.seq);
    for (const stored of page) {
      const fault = checkLink(previous, stored, digest) ?? (notary && (await checkCheckpoint(db, stored, notary)));
      if (fault !== undefined) return { checked, fault };
      previous = { seq: stored.seq, hash: stored.hash };
      checked += 1;
    }
    if (page.length < PAGE) break;
  }
  // Entries written since the head was read are beyond it; fewer, or another hash at its place, means the end was cut.
  const cut = previous.seq < head.seq || (previous.seq === head.seq && previous.hash !== head.hash);
  return cut ? { checked, fault: { chain, seq: previous.seq + 1, fault: 'truncated' } } : { checked };
}

/** A checkpoint must say what is there. A chain that was rewritten as a whole fits together; what the hub signed earlier does not fit it. */
async function checkCheckpoint(db: Db, { chain, seq, body, columns }: StoredLink, notary: Notary): Promise<ChainFault | undefined> {
  if (columns.type !== 'audit.checkpoint') return undefined;
  const event: { data: unknown } = JSON.parse(body);
  const said = notary.read(signedPart(event.data));
  if (said === 'unknown') return undefined;
  const fault: ChainFault = { chain, seq, fault: 'contradicted' };
  if (said === 'forged' || said.chain !== chain || said.seq >= seq) return fault;
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
