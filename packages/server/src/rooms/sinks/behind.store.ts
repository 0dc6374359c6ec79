import { sql, type RawBuilder } from 'kysely';
import { rows, type Db } from '../../base/db.ts';
import type { AuditEvent } from '../audit/event.ts';
import { typesOf } from './config.ts';
import type { Cursors } from './cursor.store.ts';

/** One entry on its way out. `chain`: the tenant, '' for the hub's own. */
export type Item = { chain: string; seq: number; id: string; type: string; time: number; event: AuditEvent; hash: string };

/**
 * A round of work: entries in the order of their chains, and how far each chain is done once they are gone. Chains commit in the order of `seq`
 * without gaps, so what lies behind a cursor is never joined by something late; an id would not promise that.
 */
export type Round = { items: readonly Item[]; reach: readonly Reach[] };

/** `from` the cursor as it was read; `to` where it may stand when all items of this chain are gone. */
export type Reach = { chain: string; from: number; to: number };

/**
 * Who reads the record behind cursors: a sink, or whatever else is told of everything in order. `most`: entries for one round; `cursors`: where its own
 * stand, per chain.
 */
export type Reader = {
  id: string;
  filter: { types: readonly string[]; tenants: readonly string[]; hub: boolean; outcomes: readonly string[] };
  most: number;
  cursors: Cursors;
};

type Behind = { tenant: string; at: number; head: number };

/** Chains in one round: many tenants take turns. */
const CHAINS = 32;
/** Entries looked through per chain and round, where a filter lets few of them pass. */
const WINDOW = 5_000;
/** Bytes of entries per round, roughly; one entry always fits. */
const BYTES = 4 * 1024 * 1024;

/** What this reader does not have yet, beginning with the chains after `after`. Nothing to do: undefined. */
export async function readRound(db: Db, reader: Reader, after: string): Promise<Round | undefined> {
  const behind = await rows(
    db,
    sql<Behind>`SELECT h.tenant, coalesce(c.seq, 0) AS at, h.seq AS head FROM audit_heads h
      LEFT JOIN ${sql.table(reader.cursors.table)} c ON c.${sql.ref(reader.cursors.column)} = ${reader.id} AND c.tenant = h.tenant
      WHERE h.seq > coalesce(c.seq, 0) ${chainsOf(reader)} ORDER BY (h.tenant > ${after}) DESC, h.tenant LIMIT ${CHAINS}`,
  );
  if (behind.length === 0) return undefined;
  const most = Math.ceil(reader.most / behind.length);
  const found = await rows(db, entriesOf(reader, behind, most));
  return { items: found.map(toItem), reach: behind.map((chain) => reachOf(chain, found, most)) };
}

function chainsOf({ filter }: Reader): RawBuilder<unknown> {
  if (filter.tenants.length === 0) return sql``;
  return sql`AND h.tenant = ANY(${[...filter.tenants, ...(filter.hub ? [''] : [])]}::text[])`;
}

/** `found`: how many there were before bytes were counted. */
type EntryRow = { tenant: string; seq: number; body: string; hash: string; found: number };

function entriesOf({ filter }: Reader, behind: readonly Behind[], most: number): RawBuilder<EntryRow> {
  const types = filter.types.length === 0 ? sql`` : sql`AND e.type = ANY(${[...typesOf(filter.types)]}::text[])`;
  const outcomes = filter.outcomes.length === 0 ? sql`` : sql`AND e.outcome = ANY(${[...filter.outcomes]}::text[])`;
  const ends = behind.map(({ at, head }) => Math.min(head, at + WINDOW));
  return sql`SELECT b.tenant, f.seq, f.body, f.hash, f.found FROM
      unnest(${behind.map(({ tenant }) => tenant)}::text[], ${behind.map(({ at }) => at)}::bigint[], ${ends}::bigint[]) AS b(tenant, at, until)
      CROSS JOIN LATERAL (SELECT g.*, count(*) OVER () AS found, sum(length(g.body)) OVER (ORDER BY g.seq) - length(g.body) AS before FROM (
        SELECT e.seq, e.body, e.hash FROM audit_events e WHERE e.tenant = b.tenant AND e.seq > b.at AND e.seq <= b.until ${types} ${outcomes}
        ORDER BY e.seq LIMIT ${most}) g) f
      WHERE f.before < ${Math.ceil(BYTES / behind.length)} ORDER BY b.tenant, f.seq`;
}

export function toItem({ tenant, seq, body, hash }: Omit<EntryRow, 'found'>): Item {
  const event: AuditEvent = JSON.parse(body);
  return { chain: tenant, seq, id: event.id, type: event.type, time: Date.parse(event.time), event, hash };
}

/** Fewer than asked for, and none left out for its bytes: the window was looked through to its end. */
function reachOf({ tenant, at, head }: Behind, entries: readonly EntryRow[], most: number): Reach {
  const own = entries.filter((entry) => entry.tenant === tenant);
  const last = own.at(-1);
  const whole = last === undefined || (own.length === last.found && last.found < most);
  return { chain: tenant, from: at, to: whole ? Math.min(head, at + WINDOW) : last.seq };
}

/** A sink that has not read up to one of these ends, if there is one. A paused one waits as well: its owner means to go on, or would remove it. */
export async function sinkBehind(db: Db, ends: readonly { chain: string; seq: number }[]): Promise<string | undefined> {
  const found = await rows(
    db,
    sql<{ id: string }>`SELECT s.id FROM sinks s CROSS JOIN json_to_recordset(${JSON.stringify(ends)}::json) AS e(chain text, seq bigint)
      LEFT JOIN sink_cursors c ON c.sink_id = s.id AND c.tenant = e.chain
      WHERE coalesce(c.seq, 0) < e.seq AND (s.config #> '{filter,tenants}' = '[]'
        OR s.config #> '{filter,tenants}' ? e.chain OR (e.chain = '' AND s.config #> '{filter,hub}' = 'true')) LIMIT 1`,
  );
  return found[0] === undefined ? undefined : `sink ${found[0].id}`;
}
