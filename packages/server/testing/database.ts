import { randomBytes } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import pg from 'pg';
import { inject } from 'vitest';
import { z } from 'zod';

export type Engine = 'embedded' | 'postgres';

/** The engines that store suites run on: the embedded database and, where the machine has one, an ordinary Postgres. */
export function engines(): Engine[] {
  return [...inject('databases').engines];
}

const runningEngine = z.object({ adminUrl: z.string(), template: z.string() });
type RunningEngine = z.infer<typeof runningEngine>;
const asked = new Map<Engine, Promise<RunningEngine>>();

/** The run starts an engine when the first test asks for it: most test files need none. */
function running(engine: Engine): Promise<RunningEngine> {
  const known = asked.get(engine) ?? askFor(engine);
  asked.set(engine, known);
  return known;
}

async function askFor(engine: Engine): Promise<RunningEngine> {
  const response = await fetch(`${inject('databases').broker}/${engine}`);
  if (!response.ok) throw new Error(`no ${engine} database: ${await response.text()}`);
  return runningEngine.parse(await response.json());
}

/** A login that may create databases, connected to a database that no test owns. */
export async function adminUrl(engine: Engine = 'embedded'): Promise<string> {
  return (await running(engine)).adminUrl;
}

/** A migrated database of the test's own. `drop` also cuts connections that are still open. */
export async function freshDatabase(engine: Engine = 'embedded'): Promise<{ url: string; drop(): Promise<void> }> {
  const { adminUrl: admin, template } = await running(engine);
  const name = `test_${randomBytes(8).toString('hex')}`;
  await execute(admin, `CREATE DATABASE ${name} TEMPLATE ${template}`);
  return { url: databaseUrl(admin, name), drop: () => drop(admin, name) };
}

const PATIENCE = 1_000;

/**
 * `FORCE` ends connections, but an autovacuum worker belongs to the superuser and may not be ended by who made the database: then the
 * server refuses (42501), and says yes as soon as the worker has left.
 */
async function drop(admin: string, name: string, patience = PATIENCE): Promise<void> {
  try {
    await execute(admin, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
  } catch (refused) {
    if (!(refused instanceof pg.DatabaseError) || refused.code !== '42501' || patience === 0) throw refused;
    await setTimeout(100);
    await drop(admin, name, patience - 1);
  }
}

/** The same server and login, another database. */
export function databaseUrl(url: string, name: string): string {
  const changed = new URL(url);
  changed.pathname = `/${name}`;
  return changed.href;
}

/** One statement on a connection of its own. */
export async function execute(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
