import { sql } from 'kysely';
import type { Clock } from '../../base/clock.ts';
import { row, rows, type Database, type Db, type Tx } from '../../base/db.ts';
import { EMPTY_HEAD, type ChainFault, type Head } from './chain.ts';
import type { Notary } from './checkpoint.ts';
import { HUB_CHAIN, type EventDraft } from './event.ts';
import { horizonsOf } from './horizon.store.ts';
import { verifyChain } from './read.store.ts';
import { givenUp, KEPT_FOR_EVER, monthOf, type Retention } from './retention.ts';
import { createSetting, type Setting, type SettingDeps } from './setting.store.ts';
import type { Audit } from './store.ts';

export function createRetention(deps: SettingDeps): Setting<Retention> {
  return createSetting(deps, { name: 'audit.retention', initial: KEPT_FOR_EVER, target: { kind: 'setting', id: 'retention' } });
}

export type RetentionDeps = {
  database: Database;
  audit: Audit;
  notary: Notary;
  clock: Clock;
  retention: Pick<Setting<Retention>, 'ready' | 'current'>;
  /** Who still has to read entries up to there, if anybody: a sink that is behind keeps its month. */
  wanted(db: Db, ends: readonly (Head & { chain: string })[]): Promise<string | undefined>;
};

/** `month` as `2026-03`. Kept although old enough: a chain in it is broken, which is evidence; somebody still reads it; the table was in use. */
export type GivenUp = { month: string; entries: number } & ({ done: true } | { done: false; because: string; fault?: ChainFault });

/**
 * This month and the two after it get a partition of their own. Not a month of which entries stand in the partition of the rest already, because the hub was not
 * running when it should have been made: those stay there, and are kept.
 */
export async function makeMonths(db: Db, now: number): Promise<void> {
  await sql`SELECT audit_make_month(m.moment) FROM (
      SELECT date_trunc('month', ${new Date(now)}::timestamptz, 'UTC') + n * interval '1 month' AS moment FROM generate_series(0, 2) AS n) m
    WHERE NOT EXISTS (SELECT 1 FROM audit_events_rest r WHERE r.id >= audit_id_at(m.moment) AND r.id < audit_id_at(m.moment + interval '32 days'))`.execute(
    db,
  );
}

/**
 * Gives up the months that the setting does not keep, each whole: what is left of each chain is held by its horizon, the last entry that went, which an entry in the chain itself names.
 * Reads every entry once more before it goes. Stops at the first month that has to stay, because chains have no holes.
 */
export async function giveUpOldMonths(deps: RetentionDeps): Promise<GivenUp[]> {
  const { db } = deps.database;
  const done: GivenUp[] = [];
  await deps.retention.ready();
  for (const month of givenUp(await monthsOf(db), deps.retention.current(), deps.clock.now())) {
    const outcome = await giveUp(deps, month);
    done.push(outcome);
    if (!outcome.done) break;
  }
  return done;
}

async function monthsOf(db: Db): Promise<string[]> {
  const found = await rows(
    db,
    sql<{
      name: string;
    }>`SELECT c.relname AS name FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = 'audit_events'::regclass`,
  );
  return found.flatMap(({ name }) => monthOf(name) ?? []);
}

type End = Head & { chain: string; entries: number };

async function giveUp(deps: RetentionDeps, month: string): Promise<GivenUp> {
  const { db } = deps.database;
  const part = `audit_events_${month.replace('-', '_')}`;
  const ends = await endsOf(db, part).catch((error: unknown) => unless(error, '42P01'));
  if (ends === undefined) return { month, entries: 0, done: false, because: 'another node is at it' };
  const entries = ends.reduce((sum, end) => sum + end.entries, 0);
  const stays = (because: string, fault?: ChainFault): GivenUp => ({ month, entries, done: false, because, ...(fault && { fault }) });
  const fault = await firstFault(deps, ends);
  if (fault !== undefined) return stays('a chain in it is not as it was written', fault);
  const reader = await deps.wanted(db, ends);
  if (reader !== undefined) return stays(`${reader} has not read it yet`);
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    if (await commitGivenUp(deps, { month, part, ends })) return { month, entries, done: true };
  }
  return stays('the table was in use');
}

const ATTEMPTS = 10;

/** The last entry of each chain that goes. */
function endsOf(db: Db, part: string): Promise<End[]> {
  return rows(
    db,
    sql<End>`SELECT e.tenant AS chain, e.seq, e.hash, p.entries FROM (
        SELECT tenant, max(seq) AS seq, count(*)::int AS entries FROM ${sql.table(part)} GROUP BY tenant) p
      JOIN ${sql.table(part)} e ON e.tenant = p.tenant AND e.seq = p.seq ORDER BY 1`,
  );
}

async function firstFault({ database: { db }, notary }: RetentionDeps, ends: readonly End[]): Promise<ChainFault | undefined> {
  const horizons = await horizonsOf(db);
  for (const { chain, seq, hash } of ends) {
    const horizon = horizons.get(chain);
    const from = horizon ?? EMPTY_HEAD;
    if (from.seq >= seq) continue;
    const { fault } = await verifyChain(db, { chain, head: { seq, hash }, from, notary, ...(horizon && { horizon }) });
    if (fault !== undefined) return fault;
  }
  return undefined;
}

/** Appending waits while the partition is taken off, so that is tried for a moment only; the next run tries again. */
async function commitGivenUp(
  deps: RetentionDeps,
  { month, part, ends }: { month: string; part: string; ends: readonly End[] },
): Promise<boolean> {
  try {
    await deps.audit.commit(async (tx) => {
      await sql`SET LOCAL lock_timeout = '300ms'`.execute(tx);
      const there = await row(tx, sql`SELECT 1 FROM pg_class WHERE relname = ${part}`);
      if (there === undefined) throw new Gone();
      await sql`ALTER TABLE audit_events DETACH PARTITION ${sql.table(part)}`.execute(tx);
      await sql`DROP TABLE ${sql.table(part)}`.execute(tx);
      await moveHorizons(tx, ends);
      await sql`DELETE FROM audit_counts WHERE hour < (${`${month}-01`}::date + interval '1 month') AT TIME ZONE 'UTC'`.execute(tx);
      return { value: undefined, entries: draftsOf(month, ends) };
    });
    return true;
  } catch (error) {
    if (error instanceof Gone) return false;
    return unless(error, '55P03') ?? false;
  }
}

/** Another node was faster. */
class Gone extends Error {}

/** Nothing where the database failed with this SQLSTATE; any other failure goes on. */
function unless(error: unknown, state: string): undefined {
  if (typeof error === 'object' && error !== null && 'code' in error && error.code === state) return undefined;
  throw error;
}

async function moveHorizons(tx: Tx, ends: readonly End[]): Promise<void> {
  await sql`INSERT INTO audit_horizons AS z (tenant, seq, hash)
    SELECT chain, seq, hash FROM json_to_recordset(${JSON.stringify(ends)}::json) AS h(chain text, seq bigint, hash text)
    ON CONFLICT (tenant) DO UPDATE SET seq = EXCLUDED.seq, hash = EXCLUDED.hash WHERE z.seq < EXCLUDED.seq`.execute(tx);
}

/** One entry in each chain that lost some, with the last of those; of a month in which nothing happened, one in the hub's own. */
function draftsOf(month: string, ends: readonly End[]): [EventDraft, ...EventDraft[]] {
  const [first, ...others] = ends;
  if (first === undefined) return [prunedDraft(HUB_CHAIN, { month, entries: 0 })];
  const draft = ({ chain, entries, seq, hash }: End): EventDraft => prunedDraft(chain, { month, entries, seq, hash });
  return [draft(first), ...others.map(draft)];
}

function prunedDraft(chain: string, data: { month: string; entries: number; seq?: number; hash?: string }): EventDraft {
  return {
    ...(chain === HUB_CHAIN ? {} : { tenant: chain }),
    type: 'audit.pruned',
    initiator: 'hub',
    actor: {},
    target: { type: 'month', id: data.month },
    outcome: 'success',
    origin: { request: 'job:audit-retention' },
    data,
  };
}
