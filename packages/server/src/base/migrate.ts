import { readFileSync, readdirSync } from 'node:fs';
import pg from 'pg';

const folder = new URL('../../src/migrations/', import.meta.url);

/** The numbered SQL files, in order. They stay in src: the build does not copy them. */
function migrations(): { name: string; text: string }[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.sql'))
    .sort()
    .map((name) => ({ name, text: readFileSync(new URL(name, folder), 'utf8') }));
}

/**
 * Brings the database to this version: each file once, in its own transaction, under an advisory lock so that nodes starting together
 * do not race. Forward only. A database that is ahead of us (a newer node ran first) is fine: migrations expand before they contract.
 */
export async function migrate(url: string): Promise<string[]> {
  const client = new pg.Client({ connectionString: url, application_name: 'writ-migrate' });
  // Between two statements nobody awaits it; the next one fails and tells.
  client.on('error', () => {});
  await client.connect();
  try {
    await client.query(`SELECT pg_advisory_lock(hashtext('writ-migrate'))`);
    await client.query('CREATE TABLE IF NOT EXISTS migrations (name text PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())');
    const done = new Set((await client.query<{ name: string }>('SELECT name FROM migrations')).rows.map((found) => found.name));
    const pending = migrations().filter((migration) => !done.has(migration.name));
    for (const { name, text } of pending) await apply(client, name, text);
    return pending.map((migration) => migration.name);
  } finally {
    await client.end();
  }
}

async function apply(client: pg.Client, name: string, text: string): Promise<void> {
  await client.query('BEGIN');
  try {
    await client.query(`SET LOCAL lock_timeout = '2s'`);
    await client.query(text);
    await client.query('INSERT INTO migrations (name) VALUES ($1)', [name]);
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK');
    throw new Error(`migration ${name} failed`, { cause: error });
  }
}
