import { sql } from 'kysely';
import type pg from 'pg';
import { bigintArray, textArray } from '../../base/binary-array.ts';
import { canonical } from '../../base/canonical.ts';
import type { Change, ChangeFeed } from '../../base/changes.ts';
import type { Clock } from '../../base/clock.ts';
import { isRetryable, row, type Database, type Tx } from '../../base/db.ts';
import { digest } from '../../base/digest.ts';
import { createGroup, type BatchLane } from '../../base/group.ts';
import { newId } from '../../base/ids.ts';
import { EMPTY_HEAD, link, type Forge, type Head, type Link } from './chain.ts';
import { HUB_CHAIN, type AuditEvent, type EventDraft } from './event.ts';

/** What a change hands back: its value, the entries that record it (at least one), and what caches must forget. */
export type Committed<T> = { value: T; entries: readonly [EventDraft, ...EventDraft[]]; changed?: readonly Change[] };

/**
 * The only ways to change state, and both take the audit entry with the change: nothing is told to anyone before its entry is durable.
 */
export type Audit = {
  /** One transaction: the change, its entries at the end of their chains, and the note to caches. Deadlocks are tried again (three times). */
  commit<T>(change: (tx: Tx) => Promise<Committed<T>>): Promise<T>;
  /**
   * Entries inside a transaction that somebody else commits, beside the change that they are about. Holds the heads of their chains until
   * then, so only for what must not wait for a second connection.
   */
  within(tx: Tx, entries: readonly EventDraft[]): Promise<void>;
  /** An entry of its own (a refusal, an issuance without a row). Shares a flush with others; resolves when durable. */
  record(draft: EventDraft): Promise<void>;
  /**
   * Batched change and entry: many requests, one statement, one commit. `entry` sees the outcome and says what to record; nothing, where nothing was
   * done and the caller goes another way.
   */
  through<I, R>(lane: BatchLane<I, R>, input: I, entry: (outcome: R) => EventDraft | undefined): Promise<R>;
  close(): Promise<void>;
};

export function createAudit(database: Database, feed: ChangeFeed, clock: Clock): Audit {
  // Heads as this node last saw them. Another node may have moved on: the conditional update in `append` finds out, and we read again.
  const heads = new Map<string, Head>();
  const forge = (): Forge => {
    const time = clock.now();
    return { id: () => newId('evt', time), time, canonical: canonicalOf, digest };
  };
  const append = (client: pg.ClientBase, drafts: readonly EventDraft[]): Promise<void> => appendOptimistic(client, drafts, heads, forge());
  const group = createGroup<EventDraft>(database.pool, Object.assign(append, { undone: () => heads.clear() }));

  return {
    async commit(change) {
      for (let attempt = 1; ; attempt += 1) {
        try {
          const { committed, ends } = await inTransaction(database, feed, change, forge);
          for (const [chain, head] of ends) remember(heads, chain, head);
          feed.tellLocal(committed.changed ?? []);
          return committed.value;
        } catch (error) {
          if (attempt >= 3 || !isRetryable(error)) throw error;
        }
      }
    },
    async within(tx, entries) {
      // Heads are not remembered: the transaction may be rolled back yet.
      if (entries.length > 0) await appendLocked(tx, entries, forge());
    },
    record: (draft) => group.add(draft),
    through: (lane, input, entry) => group.through(lane, input, entry),
    close: () => group.close(),
  };
}

const NUL = '\\u0000';

/**
 * The text of an entry. Half of a surrogate pair (a caller's text that was cut for its entry) has no canonical form, and an entry that cannot
 * be written would fail all that share its flush; a NUL can be written, but no function of Postgres on JSON reads it, so that one such entry
 * would end every figure over the record. Both are replaced. Only then: looking through every string each time costs every token.
 */
function canonicalOf(event: AuditEvent): string {
  try {
    const text = canonical(event);
    if (!text.includes(NUL)) return text;
  } catch {
    // Replaced below like the other.
  }
  return canonical(JSON.parse(JSON.stringify(event), (_, value: unknown) => (typeof value === 'string' ? readable(value) : value)));
}

function readable(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\ufffd');
}

function remember(heads: Map<string, Head>, chain: string, head: Head): void {
  if ((heads.get(chain)?.seq ?? -1) < head.seq) heads.set(chain, head);
}

async function inTransaction<T>(database: Database, feed: ChangeFeed, change: (tx: Tx) => Promise<Committed<T>>, forge: () => Forge) {
  return database.db.transaction().execute(async (tx) => {
    const committed = await change(tx);
    await feed.note(tx, committed.changed ?? []);
    // Last, so that the lock on a chain's head is held for two statements only.
    const ends = await appendLocked(tx, committed.entries, forge());
    return { committed, ends };
  });
}

/** Appends inside a transaction that holds the heads' locks, taken in one order so that two of them cannot wait for each other. */
async function appendLocked(tx: Tx, drafts: readonly EventDraft[], forge: Forge): Promise<Map<string, Head>> {
  const chains = [...new Set(drafts.map(chainOf))].sort();
  const held = new Map<string, Head>();
  for (const chain of chains) {
    const head = await row(
      tx,
      sql<Head>`INSERT INTO audit_heads (tenant, seq, hash) VALUES (${chain}, ${EMPTY_HEAD.seq}, ${EMPTY_HEAD.hash})
                ON CONFLICT (tenant) DO UPDATE SET seq = audit_heads.seq RETURNING seq, hash`,
    );
    if (head !== undefined) held.set(chain, head);
  }
  const { links, ends } = linked(drafts, held, forge);
  await sql`INSERT INTO audit_events (tenant, seq, id, time, type, outcome, user_id, agent_id, client_id, txn, body, hash)
            SELECT * FROM json_to_recordset(${JSON.stringify(links.map((one) => ({ ...columnsOf(one), body: one.body, hash: one.hash })))}::json)
              AS l(tenant text, seq bigint, id text, time timestamptz, type text, outcome text, user_id text, agent_id text, client_id text, txn text, body text, hash text)`.execute(
    tx,
  );
  for (const [chain, end] of ends)
    await sql`UPDATE audit_heads SET seq = ${end.to.seq}, hash = ${end.to.hash} WHERE tenant = ${chain}`.execute(tx);
  return new Map([...ends].map(([chain, end]) => [chain, end.to]));
}

function chainOf(draft: EventDraft): string {
  return draft.tenant ?? HUB_CHAIN;
}

function linked(
  drafts: readonly EventDraft[],
  heads: ReadonlyMap<string, Head>,
  forge: Forge,
): { links: Link[]; ends: Map<string, { from: Head; to: Head }> } {
  const found = link(drafts, heads, forge);
  if (found === undefined) throw new Error('a chain whose head was not read');
  return found;
}

/** What of an entry stands in columns, for search. */
function columnsOf({ chain, event }: Link): Record<string, unknown> {
  const { id, seq, time, type, outcome, actor, txn } = event;
  return { tenant: chain, seq, id, time, type, outcome, user_id: actor.user, agent_id: actor.agent, client_id: actor.client, txn };
}

/**
 * Moves each head only if it still stands where we believe; entries go in for the chains that moved, and those are returned. Columns travel as arrays in
 * binary: as JSON each entry would be escaped here, and taken apart there by a hash table of its own.
 */
const APPEND = `
WITH ends AS (SELECT * FROM json_to_recordset($1::json) AS e(tenant text, from_seq bigint, from_hash text, seq bigint, hash text)),
locked AS (SELECT h.tenant FROM audit_heads h JOIN ends e ON e.tenant = h.tenant AND e.from_seq = h.seq AND e.from_hash = h.hash ORDER BY h.tenant FOR UPDATE OF h),
moved AS (UPDATE audit_heads h SET seq = e.seq, hash = e.hash FROM ends e, locked k WHERE k.tenant = h.tenant AND e.tenant = h.tenant AND h.seq = e.from_seq AND h.hash = e.from_hash RETURNING h.tenant),
written AS (
  INSERT INTO audit_events (tenant, seq, id, time, type, outcome, user_id, agent_id, client_id, txn, body, hash)
  SELECT l.tenant, l.seq, l.id, $2::timestamptz, l.type, l.outcome, l.user_id, l.agent_id, l.client_id, l.txn, l.body, l.hash
  FROM unnest($3::text[], $4::bigint[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[], $11::text[], $12::text[], $13::text[])
    AS l(tenant, seq, id, type, outcome, user_id, agent_id, client_id, txn, body, hash)
  JOIN moved m ON m.tenant = l.tenant)
SELECT tenant FROM moved`;

/** The parameters of {@link APPEND} from the second on. Entries of one flush have one time. */
function columnsOfAll(links: readonly Link[], time: number): unknown[] {
  const texts = (of: (link: Link) => string | undefined): Buffer => textArray(links.map(of));
  return [
    new Date(time),
    texts(({ chain }) => chain),
    bigintArray(links.map(({ event }) => event.seq)),
    texts(({ event }) => event.id),
    texts(({ event }) => event.type),
    texts(({ event }) => event.outcome),
    texts(({ event }) => event.actor.user),
    texts(({ event }) => event.actor.agent),
    texts(({ event }) => event.actor.client),
    texts(({ event }) => event.txn),
    texts(({ body }) => body),
    texts(({ hash }) => hash),
  ];
}

/**
 * Appends with the heads this node remembers; chains that another node moved meanwhile are read again and their entries linked anew. A head is
 * remembered before its commit, so that the next flush links behind it: if the commit fails, the hash of that head is not there either, and
 * whoever linked to it is told so.
 */
async function appendOptimistic(
  client: pg.ClientBase,
  drafts: readonly EventDraft[],
  heads: Map<string, Head>,
  forge: Forge,
): Promise<void> {
  let rest = drafts;
  while (rest.length > 0) {
    await readHeads(client, new Set(rest.map(chainOf)), heads);
    const { links, ends } = linked(rest, heads, forge);
    const moves = [...ends].map(([tenant, { from, to }]) => ({
      tenant,
      from_seq: from.seq,
      from_hash: from.hash,
      seq: to.seq,
      hash: to.hash,
    }));
    const answer = await client.query<{ tenant: string }>({
      name: 'audit-append',
      text: APPEND,
      values: [JSON.stringify(moves), ...columnsOfAll(links, forge.time)],
    });
    const moved = new Set(answer.rows.map((found) => found.tenant));
    for (const [chain, { to }] of ends) {
      if (moved.has(chain)) remember(heads, chain, to);
      else heads.delete(chain);
    }
    rest = moved.size === ends.size ? [] : rest.filter((draft) => !moved.has(chainOf(draft)));
  }
}

async function readHeads(client: pg.ClientBase, chains: ReadonlySet<string>, heads: Map<string, Head>): Promise<void> {
  const unknown = [...chains].filter((chain) => !heads.has(chain));
  if (unknown.length === 0) return;
  await client.query('INSERT INTO audit_heads (tenant, seq, hash) SELECT unnest($1::text[]), $2, $3 ON CONFLICT DO NOTHING', [
    unknown,
    EMPTY_HEAD.seq,
    EMPTY_HEAD.hash,
  ]);
  const found = await client.query<Head & { tenant: string }>('SELECT tenant, seq, hash FROM audit_heads WHERE tenant = ANY($1)', [
    unknown,
  ]);
  for (const { tenant, seq, hash } of found.rows) heads.set(tenant, { seq, hash });
}
