// What the hub stands beside: the floor, and node-oidc-provider on the same Postgres.
import { fileURLToPath } from 'node:url';
import type { Database } from './database.ts';
import type { Subject } from './hub.ts';
import { freePort, startProgram } from './program.ts';
import { JWKS, SERVICE_PORT } from './world.ts';

const program = (name: string): string => fileURLToPath(new URL(`servers/${name}.ts`, import.meta.url));

export async function startFloor(core: number | undefined): Promise<Subject> {
  const port = await freePort();
  const running = await startProgram({ args: [program('floor'), String(port)], core, ready: /^ready$/ });
  return { url: `http://127.0.0.1:${port}`, pid: running.pid, tokens: [], stop: () => running.stop() };
}

export async function startOidcProvider(database: Database, families: number, core: number | undefined): Promise<Subject> {
  const port = await freePort();
  const url = await database.create('peer');
  const running = await startProgram({
    args: [program('oidc-provider'), String(port), url, String(families)],
    core,
    env: { NODE_ENV: 'production', BENCH_JWKS: JSON.stringify(JWKS) },
    ready: /^ready$/,
  });
  const tokens = running.lines.flatMap((line) => (line.startsWith('refresh ') ? [line.slice('refresh '.length)] : []));
  return { url: `http://127.0.0.1:${port}`, pid: running.pid, tokens, stop: () => running.stop() };
}

/** In memory, with a grant for token exchange of our own making. */
export async function startOidcExchange(core: number | undefined): Promise<Subject> {
  const port = await freePort();
  const args = [program('oidc-provider-exchange'), String(port)];
  const running = await startProgram({ args, core, env: { NODE_ENV: 'production' }, ready: /^ready$/ });
  return { url: `http://127.0.0.1:${port}`, pid: running.pid, tokens: [], stop: () => running.stop() };
}

/** The service that is called through the hub and through its peer. On the core of the load, so that the other one is the proxy's alone. */
export async function startService(core: number | undefined): Promise<Subject> {
  const running = await startProgram({ args: [program('service'), String(SERVICE_PORT)], core, ready: /^ready$/ });
  return { url: `http://127.0.0.1:${SERVICE_PORT}`, pid: running.pid, tokens: [], stop: () => running.stop() };
}

export async function startHttpProxy(core: number | undefined): Promise<Subject> {
  const port = await freePort();
  const args = [program('http-proxy'), String(port), `http://127.0.0.1:${SERVICE_PORT}`];
  const running = await startProgram({ args, core, ready: /^ready$/ });
  return { url: `http://127.0.0.1:${port}`, pid: running.pid, tokens: [], stop: () => running.stop() };
}
