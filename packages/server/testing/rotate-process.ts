import { createChangeFeed } from '../src/base/changes.ts';
import { systemClock } from '../src/base/clock.ts';
import { openDatabase } from '../src/base/db.ts';
import { localKek } from '../src/base/kek/local.ts';
import { createLog } from '../src/base/log.ts';
import { hubAuthor } from '../src/rooms/audit/author.ts';
import { createAudit } from '../src/rooms/audit/store.ts';
import { createKeyRotation } from '../src/rooms/connections/rotate.store.ts';
import { createDataKeys } from '../src/rooms/keys/data-keys.store.ts';

/**
 * A process to be killed: `<database url> <KEK> <the KEK before>` begins rotations of everything, one after the other, for as long as it lives.
 * Prints one JSON value per line.
 */
const [url = '', current = '', before = ''] = process.argv.slice(2);
const say = (value: object): void => void process.stdout.write(`${JSON.stringify(value)}\n`);

const database = openDatabase(url);
const keks = { current: localKek(Buffer.from(current, 'base64')), also: [localKek(Buffer.from(before, 'base64'))] };
const keys = createDataKeys({ db: database.db, keks, clock: systemClock });
const audit = createAudit(database, createChangeFeed(database, createLog('silent')), systemClock);
const rotation = createKeyRotation({ database, audit, keks, keys, clock: systemClock, onError: (error) => say({ failed: String(error) }) });

for (;;) {
  await rotation.begin({ dataKeys: true }, hubAuthor('tests'));
  say({ begun: true });
  await rotation.run();
  say({ ended: true });
}
