import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { basic, header, jsonOf } from './ask.ts';
import type { Answer } from './ask.ts';
import { SECRETS } from './furniture.ts';
import { ALLOWED } from './outcome.ts';
import type { Outcome } from './outcome.ts';
import { redeemForm } from './requests.ts';
import { openWorld } from './world.ts';
import type { World } from './world.ts';

export type Entry = { type: string; reason?: string | RegExp };

export type Attack = {
  /** The line of the attack list. */
  number: string;
  title: string;
  /** The attack. What it needs beforehand is made by `arrange`, which answers the attack itself. */
  send?(world: World): Promise<Answer>;
  arrange?(world: World): Promise<() => Promise<Answer>>;
  outcome: Outcome;
  /** What is written down: exactly these entries. Nothing: an answer that says nothing about anybody, or is counted in the metrics. */
  entries: readonly Entry[];
  /** Tables that may change, because the attack has an effect that is right. */
  changes?: readonly Table[];
  /** An answer that may be kept by caches: public documents. */
  cacheable?: true;
};

const TABLES = [
  'codes',
  'grants',
  'families',
  'sessions',
  'clients',
  'agents',
  'users',
  'par_requests',
  'invites',
  'client_secrets',
  'revoked_tokens',
  'signals',
  'pending_authorizations',
  'approvals',
] as const;
type Table = (typeof TABLES)[number];

/** A world for the tests of one file: each row of the list becomes a test, and at the end nothing confidential is found anywhere. */
export function inWorld(options: Parameters<typeof openWorld>[0] = {}): () => World {
  let world: World | undefined;
  const open = (): World => {
    if (world === undefined) throw new Error('the world is not open yet');
    return world;
  };
  beforeAll(async () => {
    world = await openWorld(options);
    for (const secret of Object.values(SECRETS)) world.secrets.add(secret);
    await honestWork(world);
  });
  afterAll(async () => {
    await world?.close();
  });
  return open;
}

/** One test per attack, each followed by the six oracles. */
export function attacks(open: () => World, rows: readonly Attack[]): void {
  for (const row of rows) {
    it(`${row.number} ${row.title}: ${row.outcome.says}`, async () => {
      const world = open();
      world.moveOn();
      const send = row.arrange === undefined ? () => sendOf(row, world) : await row.arrange(world);
      const before = await photograph(world);
      const answer = await send();
      row.outcome.check(answer, world.origin);
      await checkOracles(world, row, before, answer);
    });
  }
}

function sendOf({ send, number }: Attack, world: World): Promise<Answer> {
  if (send === undefined) throw new Error(`attack ${number} sends nothing`);
  return send(world);
}

async function checkOracles(world: World, row: Attack, before: Photograph, answer: Answer): Promise<void> {
  const after = await photograph(world);
  // O1: nothing was issued, stored, started.
  const isUnchanged = (table: string): boolean => !(row.changes ?? []).some((one) => one === table);
  const counts = (of: Photograph) => Object.fromEntries(Object.entries(of.counts).filter(([table]) => isUnchanged(table)));
  expect(counts(after)).toEqual(counts(before));
  if (answer.status >= 300) expect(answer.text).not.toMatch(/\beyJ[\w-]{20,}\.|fam_[0-9a-v]{26}\./);
  // O2: what was written down, no more and no less.
  const entries = await entriesSince(world, before);
  expect(entries.map(({ type }) => type).toSorted()).toEqual(row.entries.map(({ type }) => type).toSorted());
  for (const { type, reason } of row.entries) {
    if (reason === undefined) continue;
    expect(entries.filter((entry) => entry.type === type).map((entry) => entry.reason ?? '')).toContainEqual(
      typeof reason === 'string' ? reason : expect.stringMatching(reason),
    );
  }
  // O3: not a failure of ours, and nothing that a cache may keep.
  expect(answer.status).toBeLessThan(500);
  if (row.cacheable === undefined) expect(header(answer, 'cache-control')).toContain('no-store');
  // O4: words that are safe to print; nothing of the input as markup.
  checkWords(answer);
  // O5: nothing confidential in entries and logs.
  const written = entries.map(({ body }) => body).join('\n') + world.hub.said();
  for (const secret of world.secrets) expect(written).not.toContain(secret);
  // O6: the honest go on.
  await honestWork(world);
}

function checkWords(answer: Answer): void {
  // The one script of ours is let in by its hash; the browser tests hold the pages to that.
  expect(answer.text.replace(/<script type="module">[^<]*<\/script>/, '')).not.toMatch(/<script|<img|onerror=/i);
  for (const value of Object.values(answer.headers)) expect(String(value)).not.toMatch(/<script|[\r\n]/i);
  if (!header(answer, 'content-type').startsWith('application/json') || answer.status < 400) return;
  const { error_description: words = '' } = jsonOf(answer);
  expect(words).toMatch(ALLOWED);
}

/** Ann's app and the worker, as every day. */
export async function honestWork(world: World): Promise<void> {
  world.moveOn();
  const { code } = await world.code();
  const redeemed = await world.post('/oauth/token', redeemForm(code));
  expect({ status: redeemed.status, ...jsonOf(redeemed) }).toMatchObject({ status: 200, token_type: 'Bearer' });
  const worked = await world.post(
    '/oauth/token',
    { grant_type: 'client_credentials', scope: 'incidents:read' },
    basic('worker', SECRETS.worker),
  );
  expect({ status: worked.status, ...jsonOf(worked) }).toMatchObject({ status: 200, scope: 'incidents:read' });
}

export type Photograph = { counts: Record<string, number>; heads: Map<string, number> };

/** Taken when nothing is left that follows from who left a tenant or came back: a deed before it may have moved somebody. */
export async function photograph({ database }: World): Promise<Photograph> {
  while ((await database.query('SELECT FROM owner_moves LIMIT 1')).length > 0) await sleep(20);
  const columns = TABLES.map((table) => `(SELECT count(*)::int FROM ${table}) AS ${table}`);
  const alive = `(SELECT count(*)::int FROM families WHERE revoked_at IS NULL) AS families_alive, (SELECT coalesce(sum(generation), 0)::int FROM families) AS rotations`;
  const [row = {}] = await database.query(`SELECT ${columns.join(', ')}, ${alive}`);
  const counts = Object.fromEntries(Object.entries(row).map(([name, count]) => [name, Number(count)]));
  const heads = await database.query('SELECT tenant, seq FROM audit_heads');
  return { counts, heads: new Map(heads.map(({ tenant, seq }) => [String(tenant), Number(seq)])) };
}

export type Written = { type: string; reason: string | undefined; body: string };

/** Entries that were written after the photograph was taken, but for what the hub does by the clock: whatever expires on the minute is not of an attack. */
export async function entriesSince({ database }: World, { heads }: Photograph): Promise<Written[]> {
  const statement = `SELECT type, body FROM audit_events WHERE seq > coalesce(($1::jsonb ->> tenant)::bigint, 0)
    AND body::jsonb ->> 'request' NOT LIKE 'job:%' ORDER BY id`;
  const found = await database.query(statement, [JSON.stringify(Object.fromEntries(heads))]);
  return found.map(({ type, body }) => ({ type: String(type), body: String(body), reason: reasonIn(String(body)) }));
}

function reasonIn(body: string): string | undefined {
  const { reason } = JSON.parse(body);
  return typeof reason === 'string' ? reason : undefined;
}

/**
 * O5 for the whole database: no row of any table holds a secret that was ever used here. CVE-2024-8365, CVE-2025-62705, CVE-2025-62513,
 * CVE-2026-46358: new kinds of entries forgot to redact. CVE-2025-4166, CVE-2025-52893: so did errors about malformed input.
 */
export function checkNothingLeaked(open: () => World): void {
  it('leaves no secret in any row, in any log line', async () => {
    const world = open();
    const tables = await world.database.query(
      `SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'`,
    );
    const log = world.hub.said();
    const found: string[] = [];
    for (const { name } of tables) {
      const rows = await world.database.query(`SELECT string_agg(t::text, E'\\n') AS text FROM "${String(name)}" t`);
      const text = JSON.stringify(rows);
      for (const secret of world.secrets) if (text.includes(secret)) found.push(`${String(name)}: ${secret.slice(0, 6)}…`);
    }
    for (const secret of world.secrets) if (log.includes(secret)) found.push(`log: ${secret.slice(0, 6)}…`);
    expect(found).toEqual([]);
  });
}
