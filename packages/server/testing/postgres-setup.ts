import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, readdirSync, realpathSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { startCluster, startEmbedded } from '../src/base/postgres/embedded.ts';
import { readPidFile, runsIn, stopPostmaster } from '../src/base/postgres/postmaster.ts';
import { databaseUrl, execute } from './database.ts';
import type { Engine } from './database.ts';
import { findSystemPostgres } from './system-postgres.ts';

declare module 'vitest' {
  interface ProvidedContext {
    databases: { broker: string; engines: Engine[] };
  }
}

type Running = { adminUrl: string; template: string; stop(): Promise<void> };
type Start = () => Promise<{ url: string; stop(): Promise<void> }>;

/**
 * One server per engine for the whole run, started when the first test asks for it over loopback, stopped at the end.
 * `WRIT_TEST_DATABASE_URL` (a login that may create databases) takes the place of a Postgres found on the machine.
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const base = realpathSync(tmpdir());
  await sweep(base);
  const folder = mkdtempSync(join(base, `writ-test-${process.pid}-`));
  // As root the servers run as another user, who must be able to pass.
  chmodSync(folder, 0o711);
  const starts = new Map<string, Start>([['embedded', () => startEmbedded({ dir: join(folder, 'embedded'), log: tellRun })]]);
  const external = externalStart(join(folder, 'postgres'));
  if (external !== undefined) starts.set('postgres', external);
  else tellRun('no Postgres 15+ on this machine and no WRIT_TEST_DATABASE_URL: store suites run on the embedded database ONLY');
  const started = new Map<string, Promise<Running>>();
  const broker = await listen(async (name) => {
    const start = starts.get(name);
    if (start === undefined) throw new Error('no such engine in this run');
    const running = started.get(name) ?? bringUp(start);
    started.set(name, running);
    const { adminUrl, template } = await running;
    return { adminUrl, template };
  });
  project.provide('databases', { broker: broker.url, engines: external === undefined ? ['embedded'] : ['embedded', 'postgres'] });
  return async () => {
    broker.server.close();
    broker.server.closeAllConnections();
    await Promise.allSettled([...started.values()].map(async (running) => (await running).stop()));
    rmSync(folder, { recursive: true, force: true });
  };
}

function tellRun(message: string): void {
  process.stderr.write(`[databases] ${message}\n`);
}

function externalStart(dir: string): Start | undefined {
  const url = process.env.WRIT_TEST_DATABASE_URL;
  if (url !== undefined && url !== '') return async () => ({ url, stop: async () => undefined });
  const bin = findSystemPostgres();
  return bin === undefined ? undefined : () => startCluster({ dir, log: tellRun }, () => ({ bin, env: {} }));
}

/** Migrates a template once; each test database is a copy of it. Nobody may connect to it afterwards, or copying would fail at times. */
async function bringUp(start: Start): Promise<Running> {
  const { url, stop } = await start();
  const template = `writ_template_${randomBytes(4).toString('hex')}`;
  await execute(url, `CREATE DATABASE ${template}`);
  const { migrate } = await import('../src/base/migrate.ts');
  await migrate(databaseUrl(url, template));
  await execute(url, `ALTER DATABASE ${template} ALLOW_CONNECTIONS false`);
  const end = async (): Promise<void> => {
    await execute(url, `DROP DATABASE ${template}`);
    await stop();
  };
  return { adminUrl: url, template, stop: end };
}

function listen(answer: (name: string) => Promise<object>): Promise<{ url: string; server: Server }> {
  const server = createServer((request, response) => {
    answer((request.url ?? '').slice(1)).then(
      (value) => response.end(JSON.stringify(value)),
      (error: unknown) => response.writeHead(500).end(error instanceof Error ? error.message : String(error)),
    );
  });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = address !== null && typeof address === 'object' ? address.port : 0;
      resolve({ url: `http://127.0.0.1:${port}`, server });
    });
  });
}

/** A run that was killed leaves its servers behind; the name of its folder says which process it was. */
async function sweep(base: string): Promise<void> {
  for (const name of readdirSync(base)) {
    const owner = /^writ-test-(\d+)-/.exec(name)?.[1];
    if (owner === undefined || isAlive(Number(owner))) continue;
    for (const engine of ['embedded', 'postgres']) {
      const dataDir = join(base, name, engine, 'pg');
      const found = readPidFile(dataDir);
      if (found !== undefined && runsIn(found.pid, dataDir)) await stopPostmaster(found.pid, dataDir);
    }
    rmSync(join(base, name), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
