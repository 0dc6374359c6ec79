import { sql } from 'kysely';
import { row, rows, type Db, type Tx } from '../../base/db.ts';
import { newSecret } from '../../base/ids.ts';
import type { Author } from '../audit/author.ts';
import type { EventDraft } from '../audit/event.ts';
import { driftSentence, isSame, type Drift, type Drifted, type DriftKind, type DriftState } from './drift.ts';

type DriftRow = {
  id: string;
  client_id: string | null;
  resource_id: string | null;
  what: DriftKind;
  before: string[];
  after: string[];
  sentence: string;
  froze: boolean;
  times: number;
  state: DriftState;
  first_at: number;
  at: number;
  settled_at: number | null;
  settled_by: Record<string, unknown> | null;
  note: string | null;
};

const COLUMNS = sql.raw(
  'id, client_id, resource_id, what, before, after, sentence, froze, times, state, first_at, at, settled_at, settled_by, note',
);

function toDrift(found: DriftRow): Drift {
  const { id, what, before, after, sentence, froze, times, state, at } = found;
  return {
    id,
    ...(found.client_id === null ? {} : { client: found.client_id }),
    ...(found.resource_id === null ? {} : { resource: found.resource_id }),
    what,
    before,
    after,
    sentence,
    froze,
    times,
    state,
    firstAt: found.first_at,
    at,
    ...(found.settled_at === null ? {} : { settledAt: found.settled_at }),
    ...(found.settled_by === null ? {} : { settledBy: found.settled_by }),
    ...(found.note === null ? {} : { note: found.note }),
  };
}

/** Whose it is: a client or a resource. */
export type Drifter = { client: string } | { resource: string };

/** `froze`: it stops the client. `now` absent: the database's time, for changes that come without a clock. */
export type Noting = { drifted: readonly (Drifted & { froze?: boolean })[]; by: Author; now?: number };

/**
 * Notes what changed, inside the change. What is open already takes the newest state and keeps what it was compared with, so that a document that changes
 * every minute is one row; what went back to what it was is over, unless the client was stopped for it. The caller holds the client or the resource.
 */
export async function noteDrifts(tx: Tx, of: Drifter, { drifted, by, now }: Noting): Promise<EventDraft[]> {
  const entries: EventDraft[] = [];
  for (const one of drifted) entries.push(await noteDrift(tx, of, one, { by, now }));
  return entries;
}

async function noteDrift(
  tx: Tx,
  of: Drifter,
  { froze = false, ...found }: Drifted & { froze?: boolean },
  { by, now }: { by: Author; now: number | undefined },
): Promise<EventDraft> {
  const at = now === undefined ? sql`now()` : sql`${new Date(now)}::timestamptz`;
  const open = await row(
    tx,
    sql<DriftRow>`SELECT ${COLUMNS} FROM drifts WHERE ${ownerIs(of)} AND what = ${found.what} AND state = 'open' FOR UPDATE`,
  );
  const all: Drifted = { ...found, before: open?.before ?? found.before };
  const sentence = driftSentence(all);
  const isBack = open !== undefined && !open.froze && isSame(all.before, all.after);
  if (open === undefined) {
    await sql`INSERT INTO drifts (id, client_id, resource_id, what, before, after, sentence, froze, first_at, at)
      VALUES (${`drf_${newSecret(12)}`}, ${'client' in of ? of.client : null}, ${'resource' in of ? of.resource : null}, ${all.what},
        ${JSON.stringify(all.before)}, ${JSON.stringify(all.after)}, ${sentence}, ${froze}, ${at}, ${at})`.execute(tx);
  } else {
    await sql`UPDATE drifts SET after = ${JSON.stringify(all.after)}, sentence = ${sentence}, froze = froze OR ${froze}, times = times + 1, at = ${at}
      ${isBack ? sql`, state = 'returned', settled_at = ${at}` : sql``} WHERE id = ${open.id}`.execute(tx);
  }
  return {
    type: isBack ? 'drift.returned' : 'drift.found',
    initiator: by.initiator,
    actor: by.actor,
    target: 'client' in of ? { type: 'client', id: of.client } : { type: 'resource', id: of.resource },
    outcome: 'success',
    reason: sentence,
    origin: by.origin,
    data: { what: all.what, before: cut(all.before), after: cut(all.after), froze },
  };
}

function ownerIs(of: Drifter) {
  return 'client' in of ? sql`client_id = ${of.client}` : sql`resource_id = ${of.resource}`;
}

/** An entry is no place for a thousand tools; the row has them. */
function cut(words: readonly string[]): readonly string[] {
  return words.slice(0, 50).map((word) => word.slice(0, 200));
}

export type DriftFilter = {
  client?: string | undefined;
  resource?: string | undefined;
  what?: DriftKind | undefined;
  state?: DriftState | undefined;
};

/** Newest first. `after`: the last of the page before. */
export async function listDrifts(
  db: Db,
  filter: DriftFilter,
  page: { limit: number; after?: { at: number; id: string } | undefined },
): Promise<Drift[]> {
  const { client, resource, what, state } = filter;
  const found = await rows(
    db,
    sql<DriftRow>`SELECT ${COLUMNS} FROM drifts WHERE true
      ${client === undefined ? sql`` : sql`AND client_id = ${client}`}
      ${resource === undefined ? sql`` : sql`AND resource_id = ${resource}`}
      ${what === undefined ? sql`` : sql`AND what = ${what}`}
      ${state === undefined ? sql`` : sql`AND state = ${state}`}
      ${page.after === undefined ? sql`` : sql`AND (date_trunc('milliseconds', first_at), id) < (${new Date(page.after.at)}::timestamptz, ${page.after.id})`}
      ORDER BY date_trunc('milliseconds', first_at) DESC, id DESC LIMIT ${page.limit}`,
  );
  return found.map(toDrift);
}

export async function findDrift(db: Db, id: string): Promise<Drift | undefined> {
  const found = await row(db, sql<DriftRow>`SELECT ${COLUMNS} FROM drifts WHERE id = ${id}`);
  return found === undefined ? undefined : toDrift(found);
}

/**
 * The gate: of all that accept it, one does. `stillStopped`: another open drift stopped the client as well. `times`: how often it had changed when it was looked
 * at; what changed since nobody has seen, and nobody has said that it is fine.
 */
export async function acceptDrift(
  tx: Tx,
  id: string,
  { by, note, times, now }: { by: Author; note: string | undefined; times: number | undefined; now: number },
): Promise<{ drift: Drift; stillStopped: boolean } | undefined> {
  const found = await row(
    tx,
    sql<DriftRow>`UPDATE drifts SET state = 'accepted', settled_at = ${new Date(now)}, settled_by = ${JSON.stringify(by.actor)}, note = ${note ?? null}
      WHERE id = ${id} AND state = 'open' ${times === undefined ? sql`` : sql`AND times = ${times}`} RETURNING ${COLUMNS}`,
  );
  if (found === undefined) return undefined;
  const other = await row(tx, sql`SELECT 1 FROM drifts WHERE client_id = ${found.client_id} AND state = 'open' AND froze LIMIT 1`);
  return { drift: toDrift(found), stillStopped: other !== undefined };
}
