// The hub as production runs it: `writ serve` on Postgres.
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import type { Database } from './database.ts';
import { query } from './database.ts';
import { freePort, startProgram } from './program.ts';
import { configOf, fill, SECRET, type World } from './world.ts';

export type Subject = {
  url: string;
  pid: number;
  /** Refresh tokens to rotate. */
  tokens: readonly string[];
  stop(): Promise<void>;
};

export type HubSubject = Subject & { databaseUrl: string };

/** `flags` go to Node: `--cpu-prof` and the like. */
export async function startHub(
  database: Database,
  name: string,
  world: World,
  core: number | undefined,
  flags: readonly string[] = [],
): Promise<HubSubject> {
  const databaseUrl = await database.create(name);
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const token = randomBytes(32).toString('base64url');
  const env = {
    WRIT_ISSUER: url,
    WRIT_DATABASE_URL: databaseUrl,
    WRIT_KEK: randomBytes(32).toString('base64'),
    WRIT_ADMIN_TOKEN: token,
    WRIT_LOG_LEVEL: 'warn',
    // The service that is called through the hub is on this machine.
    WRIT_ALLOW_LOOPBACK: 'true',
    BENCH_CLIENT_SECRET: SECRET,
  };
  const program = fileURLToPath(new URL('../packages/cli/bin/writ.mjs', import.meta.url));
  const args = [...flags, program, 'serve', '--allow-http-loopback', '--port', String(port)];
  const start = () => startProgram({ args, core, env, ready: /Writ serves/ });
  const first = await start();
  const applied = await fetch(`${url}/admin/v1/apply`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(configOf()),
  });
  if (!applied.ok) throw new Error(`apply answered ${applied.status}: ${await applied.text()}`);
  const tokens = await fill(databaseUrl, world);
  // As it is found in service: not the process that has just read a thousand rules as JSON.
  await first.stop();
  const running = await start();
  return { url, pid: running.pid, tokens, stop: () => running.stop(), databaseUrl };
}

/** Entries of that type in the hub's audit log: what was answered must be there. */
export async function entriesOf(databaseUrl: string, type: string): Promise<number> {
  const [found] = await query(databaseUrl, 'SELECT count(*)::int AS count FROM audit_events WHERE type = $1', [type]);
  return Number(found?.['count']);
}
