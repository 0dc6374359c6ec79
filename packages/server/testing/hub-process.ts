import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { lockFolder } from '../src/base/postgres/folder-lock.ts';
import { PostgresRefused } from '../src/base/postgres/refusal.ts';

/**
 * A process to be killed: `lock <dir>` takes the folder, `hold <dir>` runs the embedded database, `write <dir>` also commits numbered
 * rows and prints each number once it is acknowledged. Prints one JSON value per line; SIGTERM stops it cleanly.
 */
const [mode = '', dir = ''] = process.argv.slice(2);

function say(value: object): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

async function main(): Promise<void> {
  if (mode === 'lock') {
    await lockFolder(dir);
    say({ held: process.pid });
    await sleep(60_000);
    return;
  }
  // Only now: the processes that race for the lock should be quick to start.
  const { startEmbedded } = await import('../src/base/postgres/embedded.ts');
  const database = await startEmbedded({ dir, log: () => undefined });
  process.once('SIGTERM', () => database.stop().then(() => process.exit(0)));
  say({ url: database.url, adopted: database.adopted });
  if (mode === 'write') await write(database.url);
  await sleep(60_000);
}

async function write(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  await client.query('CREATE TABLE IF NOT EXISTS acknowledged (n int PRIMARY KEY)');
  const { rows } = await client.query<{ next: number }>('SELECT coalesce(max(n), 0) + 1 AS next FROM acknowledged');
  for (let n = rows[0]?.next ?? 1; ; n += 1) {
    await client.query('INSERT INTO acknowledged VALUES ($1)', [n]);
    say({ n });
  }
}

try {
  await main();
} catch (error) {
  say(error instanceof PostgresRefused ? { refused: error.code, message: error.message } : { failed: String(error) });
  process.exitCode = 1;
}
process.exit();
