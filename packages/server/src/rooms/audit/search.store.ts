import { sql, type RawBuilder } from 'kysely';
import { rows, type Db } from '../../base/db.ts';
import { eventIdAt, momentOfId } from './decision.ts';
import type { AuditEvent } from './event.ts';
import type { Glance } from './facets.ts';
import { LOOK, sieveOf } from './sieve.store.ts';
import type { Sieve } from './sieve.ts';

/** What a search may ask. All given conditions must hold; `cursor` is the last id seen. Newest first unless `oldestFirst`. */
export type EventQuery = EventFilter & { cursor?: string | undefined; oldestFirst?: boolean | undefined; limit: number };

/** `since` and `until` in milliseconds; `tenant` '' is the hub's own chain. */
export type EventFilter = Sieve & {
  tenant?: string | undefined;
  type?: string | undefined;
  outcome?: string | undefined;
  user?: string | undefined;
  agent?: string | undefined;
  client?: string | undefined;
  txn?: string | undefined;
  since?: number | undefined;
  until?: number | undefined;
};

export type StoredEvent = AuditEvent & { hash: string };

/** The newest entries that match, without what figures do not need: thousands of whole entries would take longer to read than to find. */
export function glanceAt(db: Db, filter: EventFilter, limit: number): Promise<Glance[]> {
  const columns = sql`time, type, outcome, tenant, user_id, agent_id, client_id, body`;
  return rows(
    db,
    sql<Glance>`SELECT (extract(epoch FROM e.time) * 1000)::bigint AS time, e.type, e.outcome, e.tenant, e.user_id AS "user", e.agent_id AS agent,
        e.client_id AS client, b.initiator, b.reason, b.target
      FROM (${pageOf({ ...filter, limit }, conditions(filter), columns)}) e
      CROSS JOIN LATERAL json_to_record(e.body::json) AS b(initiator text, reason text, target json)`,
  );
}

/**
 * A page of entries, and the id that the next begins behind; null on the last. Where entries have to be sieved a page may hold fewer than were asked
 * for, even none, and still have a next: at most {@link LOOK} are looked at for one.
 */
export async function searchPage(db: Db, query: EventQuery): Promise<{ events: readonly StoredEvent[]; next: string | null }> {
  const { limit } = query;
  const found = await searchEvents(db, { ...query, limit: limit + 1 });
  const events = found.slice(0, limit);
  const last = events.at(-1);
  if (found.length > limit) return { events, next: last?.id ?? null };
  const edge = await edgeOf(db, query);
  if (edge === undefined) return { events, next: null };
  // Entries that came meanwhile moved the edge towards them: what was shown behind it would be shown again.
  const isBefore =
    last !== undefined && query.oldestFirst !== true && (query.tenant === undefined ? last.id < edge.id : last.seq < edge.seq);
  return { events, next: isBefore ? last.id : edge.id };
}

/** The last entry that a look reaches; undefined where it reaches all. */
export async function edgeOf(db: Db, query: EventQuery): Promise<{ id: string; seq: number } | undefined> {
  if (sieveOf(query) === undefined || query.txn !== undefined) return undefined;
  const { column, order, after } = orderOf(query);
  const looked = sql`FROM audit_events WHERE ${conditions(query)} ${after} ORDER BY ${column} ${order} OFFSET ${sql.lit(LOOK - 1)} LIMIT 2`;
  const [edge, beyond] = await rows(db, sql<{ id: string; seq: number }>`SELECT id, seq ${looked}`);
  return beyond === undefined ? undefined : edge;
}

type Row = { id: string; body: string; hash: string };

/**
 * Entries that match, in the order of their ids, which is that of their times; of one tenant in the order of its chain. Either way an index has that order,
 * so a page costs what is on it, however long the record is.
 */
export async function searchEvents(db: Db, query: EventQuery): Promise<StoredEvent[]> {
  const found = query.txn === undefined ? await rows(db, pageOf(query, conditions(query))) : await ofTransaction(db, query, query.txn);
  return found.map(({ body, hash }) => ({ ...JSON.parse(body), hash }));
}

function orderOf({ tenant, cursor, oldestFirst }: EventQuery) {
  const [order, beyond] = oldestFirst === true ? [sql.raw('ASC'), sql.raw('>')] : [sql.raw('DESC'), sql.raw('<')];
  const column = tenant === undefined ? sql.raw('id') : sql.raw('seq');
  const from = tenant === undefined ? sql`${cursor}` : sql`(SELECT seq FROM audit_events WHERE id = ${cursor})`;
  return { column, order, after: cursor === undefined ? sql`` : sql`AND ${column} ${beyond} ${from}` };
}

function pageOf<R = Row>(query: EventQuery, where: RawBuilder<unknown>, columns = sql`id, body, hash`): RawBuilder<R> {
  const { column, order, after } = orderOf(query);
  const sieve = sieveOf(query);
  const from =
    sieve === undefined
      ? sql`audit_events WHERE ${where} ${after}`
      : // What no index knows is looked for in what an index gives, in its order: a limit within a limit, so that nobody reads ten million entries for one.
        sql`(SELECT * FROM audit_events WHERE ${where} ${after} ORDER BY ${column} ${order} LIMIT ${sql.lit(LOOK)}) AS looked WHERE ${sieve}`;
  return sql<R>`SELECT ${columns} FROM ${from} ORDER BY ${column} ${order} LIMIT ${query.limit}`;
}

/** How long after the first token of a transaction the next one may come that has no line in the index of transactions. */
const BEGINNING_MS = 60_000;
const BEFORE_MS = 1_000;

/** What followed is in an index; the first tokens of a transaction are where its id says. */
async function ofTransaction(db: Db, query: EventQuery, txn: string): Promise<Row[]> {
  const at = momentOfId(txn);
  const where = conditions(query);
  const followed = await rows(db, pageOf(query, sql`${where} AND type NOT IN ('token.issued', 'token.refreshed')`));
  if (at === undefined) return followed;
  const window = sql`id >= ${eventIdAt(at - BEFORE_MS)} AND id < ${eventIdAt(at + BEGINNING_MS)}`;
  const first = await rows(db, pageOf(query, sql`${where} AND ${window} AND type IN ('token.issued', 'token.refreshed')`));
  const sign = query.oldestFirst === true ? 1 : -1;
  return [...followed, ...first].toSorted((one, other) => (one.id < other.id ? -sign : sign)).slice(0, query.limit);
}

/** What finds the rare among the frequent: the types that have a line of their own in the index of rare ones are all but these (migrations). */
const FREQUENT = [
  'token.issued',
  'token.refreshed',
  'token.exchanged',
  'token.refused',
  'token.introspected',
  'credential.issued',
  'credential.used',
  'credential.released',
  'journey.started',
  'journey.finished',
  'login.succeeded',
  'policy.decided',
  'signal.acknowledged',
  'admin.read',
];

/** The conditions of a filter, for a `WHERE`. */
export function conditions({ tenant, type, outcome, user, agent, client, txn, since, until }: EventFilter): RawBuilder<unknown> {
  const rare =
    type !== undefined && !FREQUENT.includes(type) ? sql`AND type NOT IN (${sql.join(FREQUENT.map((one) => sql.lit(one)))})` : sql``;
  return sql`true
      ${tenant === undefined ? sql`` : sql`AND tenant = ${tenant}`}
      ${type === undefined ? sql`` : sql`AND type = ${type}`} ${rare}
      ${outcome === undefined ? sql`` : sql`AND outcome = ${outcome}`} ${outcome === undefined || outcome === 'success' ? sql`` : sql`AND outcome <> 'success'`}
      ${user === undefined ? sql`` : sql`AND user_id = ${user}`}
      ${agent === undefined ? sql`` : sql`AND agent_id = ${agent}`}
      ${client === undefined ? sql`` : sql`AND client_id = ${client}`}
      ${txn === undefined ? sql`` : sql`AND txn = ${txn}`}
      ${since === undefined ? sql`` : sql`AND id >= ${eventIdAt(since)} AND time >= ${new Date(since)}`}
      ${until === undefined ? sql`` : sql`AND id < ${eventIdAt(until + SKEW_MS)} AND time < ${new Date(until)}`}`;
}

/** Ids of one millisecond are made at most this much later than their entry's time says: a busy node lends numbers of the next. */
const SKEW_MS = 1_000;

export async function findEvent(db: Db, id: string): Promise<StoredEvent | undefined> {
  const [found] = await rows(db, sql<{ body: string; hash: string }>`SELECT body, hash FROM audit_events WHERE id = ${id}`);
  return found === undefined ? undefined : { ...JSON.parse(found.body), hash: found.hash };
}
