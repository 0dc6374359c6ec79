// The hub as production runs it: `writ serve` on Postgres.
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import type { Database } from './database.ts';
import { query } from './database.ts';
import { freePort, startProgram, type Program } from './program.ts';
import { configOf, fill, SECRET, type World } from './world.ts';

export type Subject = {
  url: string;
  pid: number;
  /** Refresh tokens to rotate. */
  tokens: readonly string[];
  stop(): Promise<void>;
};

export type HubSubject = Subject & { databaseUrl: string };

/** Where a hub is, and how it is spoken to: it may be started there several times. */
export type Place = { url: string; port: number; databaseUrl: string; token: string };

export async function placeFor(database: Database, name: string): Promise<Place> {
  const port = await freePort();
  const token = randomBytes(32).toString('base64url');
  return { url: `http://127.0.0.1:${port}`, port, databaseUrl: await database.create(name), token };
}

/** `flags` go to Node: `--cpu-prof` and the like. */
export function serveAt(
  { url, port, databaseUrl, token }: Place,
  of: { core: number | undefined; flags?: readonly string[]; env: Readonly<Record<string, string>> },
): Promise<Program> {
  const env = {
    WRIT_ISSUER: url,
    WRIT_DATABASE_URL: databaseUrl,
    WRIT_ADMIN_TOKEN: token,
    WRIT_LOG_LEVEL: 'warn',
    // The service that is called through the hub is on this machine.
    WRIT_ALLOW_LOOPBACK: 'true',
    BENCH_CLIENT_SECRET: SECRET,
    ...of.env,
  };
  const program = fileURLToPath(new URL('../packages/cli/bin/writ.mjs', import.meta.url));
  const args = [...(of.flags ?? []), program, 'serve', '--allow-http-loopback', '--port', String(port)];
  return startProgram({ args, core: of.core, env, ready: /Writ serves/ });
}

/** The answer of the admin API, JSON. Throws unless it is a good one. */
export async function administer({ url, token }: Place, method: 'GET' | 'POST', path: string, body?: object): Promise<string> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const answer = await fetch(`${url}/admin/v1/${path}`, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${text}`);
  return text;
}

export async function startHub(
  database: Database,
  name: string,
  world: World,
  core: number | undefined,
  flags: readonly string[] = [],
): Promise<HubSubject> {
  const place = await placeFor(database, name);
  const of = { core, flags, env: { WRIT_KEK: randomBytes(32).toString('base64') } };
  const first = await serveAt(place, of);
  await administer(place, 'POST', 'apply', configOf());
  const tokens = await fill(place.databaseUrl, world);
  // As it is found in service: not the process that has just read a thousand rules as JSON.
  await first.stop();
  const running = await serveAt(place, of);
  return { url: place.url, pid: running.pid, tokens, stop: () => running.stop(), databaseUrl: place.databaseUrl };
}

/** Entries of that type in the hub's audit log: what was answered must be there. */
export async function entriesOf(databaseUrl: string, type: string): Promise<number> {
  const [found] = await query(databaseUrl, 'SELECT count(*)::int AS count FROM audit_events WHERE type = $1', [type]);
  return Number(found?.['count']);
}
