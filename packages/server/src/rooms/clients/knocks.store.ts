import { sql } from 'kysely';
import { row, rows, touched, type Db, type Tx } from '../../base/db.ts';
import { newSecret } from '../../base/ids.ts';
import { holdName } from '../../base/lock.ts';
import { added, amongMany, knockOf, MOST, type Heard, type Knocked, type KnockKind } from './knock.ts';
import { addressGroup, createLimiter } from './limits.ts';

/** Who came and is not known here. Hearing of one costs nothing but memory, and a bounded piece of that. */
export type Knocks = { heard(of: Heard): void; flush(): Promise<void>; start(): void; stop(): Promise<void> };

/** Names between two writings, and rows of the table. */
const WAITING = 500;
const ROWS = 2_000;

/**
 * Adds refusals up by name and writes them together. Strangers choose the names: of each address 20 new ones count by themselves, then one a minute; what
 * comes beyond, and what there is no room for, counts in one row for all. The table makes room by giving up whoever was heard least.
 */
export function createKnocks(db: Db, { intervalMs = 15_000, mostRows = ROWS }: { intervalMs?: number; mostRows?: number } = {}): Knocks {
  const names = createLimiter({ size: 20, refillMs: 60_000 }, 5_000);
  let waiting = new Map<string, Knocked>();
  let writing: Promise<void> = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;

  const placeFor = (one: Knocked, of: Heard): Knocked => {
    if (waiting.has(keyOf(one))) return one;
    const isNew = waiting.size >= WAITING || !names.take(of.ip === undefined ? '' : addressGroup(of.ip), of.now).ok;
    return isNew ? amongMany(one) : one;
  };
  const flush = (): Promise<void> => {
    const batch = [...waiting.values()];
    waiting = new Map();
    if (batch.length > 0) writing = writing.then(() => write(db, batch, mostRows));
    return writing;
  };

  return {
    heard(of) {
      const one = placeFor(knockOf(of), of);
      const known = waiting.get(keyOf(one));
      waiting.set(keyOf(one), known === undefined ? one : added(known, one));
    },
    flush,
    start() {
      timer = setInterval(() => void flush().catch(forget), intervalMs);
      timer.unref();
    },
    async stop() {
      clearInterval(timer);
      await flush().catch(forget);
    },
  };

  /** What could not be written is lost, by choice: it says nothing that the entries of the refusals do not say. */
  function forget(): void {
    writing = Promise.resolve();
  }
}

function keyOf({ kind, name }: Knocked): string {
  return `${kind} ${name}`;
}

async function write(db: Db, batch: readonly Knocked[], mostRows: number): Promise<void> {
  await db.transaction().execute(async (tx) => {
    await holdName(tx, 'knocks');
    for (const one of batch) if (!(await addTo(tx, one))) await insert(tx, one);
    await sql`DELETE FROM knocks WHERE id IN (SELECT id FROM knocks WHERE kind <> 'many'
      ORDER BY count, last_seen_at LIMIT greatest(0, (SELECT count(*) FROM knocks) - ${mostRows}))`.execute(tx);
  });
}

async function addTo(tx: Tx, one: Knocked): Promise<boolean> {
  const moved = await touched(
    tx,
    sql`UPDATE knocks SET count = count + ${one.count}, last_seen_at = greatest(last_seen_at, ${new Date(one.lastSeenAt)}::timestamptz), reason = ${one.reason},
      client_id = coalesce(${one.clientId ?? null}, client_id), doors = ${joined('doors', one.doors, 4)}, asked = ${joined('asked', one.asked, MOST.asked)},
      redirect_uris = ${joined('redirect_uris', one.redirectUris, MOST.redirectUris)}, addresses = ${joined('addresses', one.addresses, MOST.addresses)}
      WHERE kind = ${one.kind} AND name = ${one.name}`,
  );
  return moved === 1;
}

/** What is there already stays first. */
function joined(column: 'doors' | 'asked' | 'redirect_uris' | 'addresses', more: readonly string[], most: number) {
  const name = sql.raw(column);
  return sql`(${name} || ARRAY(SELECT word FROM unnest(${[...more]}::text[]) AS word WHERE NOT word = ANY(${name})))[1:${sql.raw(String(most))}]`;
}

async function insert(tx: Tx, one: Knocked): Promise<void> {
  await sql`INSERT INTO knocks (id, kind, name, client_id, reason, doors, asked, redirect_uris, addresses, count, first_seen_at, last_seen_at)
    VALUES (${`knk_${newSecret(12)}`}, ${one.kind}, ${one.name}, ${one.clientId ?? null}, ${one.reason}, ${[...one.doors]}, ${[...one.asked]}, ${[...one.redirectUris]},
      ${[...one.addresses]}, ${one.count}, ${new Date(one.firstSeenAt)}, ${new Date(one.lastSeenAt)})`.execute(tx);
}

/** As it is kept. `registered`: it is a client by now. */
export type Knock = Knocked & { id: string; dismissedAt: number | undefined; registered: boolean };

type KnockRow = {
  id: string;
  kind: KnockKind;
  name: string;
  client_id: string | null;
  reason: string;
  doors: string[];
  asked: string[];
  redirect_uris: string[];
  addresses: string[];
  count: number;
  first_seen_at: number;
  last_seen_at: number;
  dismissed_at: number | null;
  registered: boolean;
};

const COLUMNS = sql.raw(
  'id, kind, name, client_id, reason, doors, asked, redirect_uris, addresses, count, first_seen_at, last_seen_at, dismissed_at, registered',
);

/**
 * With whether a client stands behind it by now. An id, or the address of a document, is one client's; a name is anybody's: of those who gave it, one registered
 * after the last of them was refused, and for where one of them wanted its codes, is the one who was refused.
 */
const KNOWN = sql`(SELECT k.*, CASE kind WHEN 'many' THEN false
    WHEN 'registration' THEN EXISTS (SELECT 1 FROM clients c WHERE c.name = k.name AND c.created_at >= k.last_seen_at
      AND (c.redirect_uris && k.redirect_uris OR (c.redirect_uris = '{}' AND k.redirect_uris = '{}')))
    ELSE EXISTS (SELECT 1 FROM clients c WHERE c.id = k.client_id) END AS registered FROM knocks k) known`;

function toKnock(found: KnockRow): Knock {
  const { id, kind, name, reason, doors, asked, addresses, count } = found;
  return {
    id,
    kind,
    name,
    clientId: found.client_id ?? undefined,
    reason,
    doors,
    asked,
    redirectUris: found.redirect_uris,
    addresses,
    count,
    firstSeenAt: found.first_seen_at,
    lastSeenAt: found.last_seen_at,
    dismissedAt: found.dismissed_at ?? undefined,
    registered: found.registered,
  };
}

export type KnockFilter = { kind?: KnockKind | undefined; q?: string | undefined; dismissed: boolean; registered?: boolean | undefined };

/** Heard last first. Nothing said of `registered`: who is a client by now is left out, but for what was dismissed. `after`: the last of the page before. */
export async function listKnocks(
  db: Db,
  { kind, q, dismissed, registered = dismissed ? undefined : false }: KnockFilter,
  page: { limit: number; after?: { at: number; id: string } | undefined },
): Promise<Knock[]> {
  const found = await rows(
    db,
    sql<KnockRow>`SELECT ${COLUMNS} FROM ${KNOWN} WHERE (dismissed_at IS NOT NULL) = ${dismissed}
      ${registered === undefined ? sql`` : sql`AND registered = ${registered}`}
      ${kind === undefined ? sql`` : sql`AND kind = ${kind}`}
      ${q === undefined ? sql`` : sql`AND position(lower(${q}) IN lower(name)) > 0`}
      ${page.after === undefined ? sql`` : sql`AND (last_seen_at, id) < (${new Date(page.after.at)}::timestamptz, ${page.after.id})`}
      ORDER BY last_seen_at DESC, id DESC LIMIT ${page.limit}`,
  );
  return found.map(toKnock);
}

/** Which of these ids are those of clients. */
export async function takenIds(db: Db, ids: readonly string[]): Promise<ReadonlySet<string>> {
  const found = await rows(db, sql<{ id: string }>`SELECT id FROM clients WHERE id = ANY(${[...ids]}::text[])`);
  return new Set(found.map(({ id }) => id));
}

/** Of all that dismiss it, one does; undefined: nobody is needed any more, or it is not there. */
export async function dismissKnock(
  tx: Tx,
  id: string,
  { by, now }: { by: object; now: number },
): Promise<Pick<Knock, 'kind' | 'name'> | undefined> {
  return row(
    tx,
    sql<Pick<Knock, 'kind' | 'name'>>`UPDATE knocks SET dismissed_at = ${new Date(now)}, dismissed_by = ${JSON.stringify(by)}
      WHERE id = ${id} AND dismissed_at IS NULL RETURNING kind, name`,
  );
}

export async function findKnock(db: Db, id: string): Promise<Knock | undefined> {
  const found = await row(db, sql<KnockRow>`SELECT ${COLUMNS} FROM ${KNOWN} WHERE id = ${id}`);
  return found === undefined ? undefined : toKnock(found);
}
