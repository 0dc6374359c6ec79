import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { prepareBinaries } from '../src/base/postgres/binaries.ts';
import { startCluster } from '../src/base/postgres/embedded.ts';

/** `<dir> <package>`: runs the database from another copy of the package, prints where it found libraries and which version answered. */
const [dir = '', root = ''] = process.argv.slice(2);
let libraries = '';
const database = await startCluster({ dir, log: () => undefined }, (user, home) => {
  const binaries = prepareBinaries(root, user, `${home}/pg.lib`, '/no/shelf');
  libraries = binaries.env.LD_LIBRARY_PATH ?? '';
  return binaries;
});
process.once('SIGTERM', () => database.stop().then(() => process.exit(0)));
const client = new pg.Client({ connectionString: database.url });
await client.connect();
const { rows } = await client.query<{ server_version: string }>('SHOW server_version');
await client.end();
process.stdout.write(`${JSON.stringify({ libraries, version: rows[0]?.server_version })}\n`);
await sleep(60_000);
