// One Postgres for all that need one: the hub's own embedded one (an ordinary Postgres from npm), or yours by BENCH_DATABASE_URL.
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { startEmbedded } from '@writ/server';
import pg from 'pg';
import { moveTree, treeMicros } from './machine.ts';
import { stopping } from './stops.ts';

export type Database = {
  /** Version and the settings that decide how durable it is. */
  words: string;
  /** A new database of that name, or the one that a folder kept. */
  create(name: string): Promise<string>;
  /** CPU time of all its processes so far, microseconds; 0 when it runs elsewhere. */
  micros(): number;
  /** Where its files are; undefined when it runs elsewhere. */
  folder?: string;
  stop(): Promise<void>;
};

/**
 * `core`: where its processes run, if anywhere in particular; an embedded one is moved there with all its processes. `folder`: where an embedded one is kept;
 * otherwise it goes with the run.
 */
export async function startDatabase(core: number | undefined, folder?: string): Promise<Database> {
  const given = process.env['BENCH_DATABASE_URL'];
  const server = given === undefined ? await embedded(core, folder) : { url: given, micros: () => 0, stop: () => Promise.resolve() };
  const [settings] = await query(
    server.url,
    `SELECT current_setting('server_version') AS version, current_setting('fsync') AS fsync,
    current_setting('synchronous_commit') AS commit, current_setting('full_page_writes') AS pages, current_setting('wal_sync_method') AS method`,
  );
  const say = (name: string): string => String(settings?.[name]);
  return {
    words: `Postgres ${say('version')}, fsync ${say('fsync')}, synchronous_commit ${say('commit')}, full_page_writes ${say('pages')}, ${say('method')}`,
    async create(name) {
      const [known] = await query(server.url, 'SELECT 1 FROM pg_database WHERE datname = $1', [name]);
      if (known === undefined) await query(server.url, `CREATE DATABASE ${name}`);
      const url = new URL(server.url);
      url.pathname = `/${name}`;
      return url.href;
    },
    micros: server.micros,
    ...('folder' in server && { folder: server.folder }),
    stop: server.stop,
  };
}

/** Rows of one statement, on a connection of its own. */
export async function query(url: string, text: string, values: unknown[] = []): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text, values)).rows;
  } finally {
    await client.end();
  }
}

type Embedded = { url: string; folder: string; micros(): number; stop(): Promise<void> };

async function embedded(core: number | undefined, kept: string | undefined): Promise<Embedded> {
  if (kept !== undefined) mkdirSync(kept, { recursive: true });
  const dir = kept === undefined ? mkdtempSync(join(realpathSync(tmpdir()), 'writ-bench-')) : realpathSync(kept);
  // Postgres runs as another user when we are root, and must be able to pass through.
  chmodSync(dir, 0o711);
  const running = await startEmbedded({ dir, log: () => {} });
  const postmaster = Number(readFileSync(join(dir, 'pg', 'postmaster.pid'), 'utf8').split('\n')[0]);
  if (core !== undefined) moveTree(postmaster, core);
  return {
    url: running.url,
    folder: dir,
    micros: () => treeMicros(postmaster),
    stop: stopping(async () => {
      await running.stop();
      if (kept === undefined) rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
    }),
  };
}
