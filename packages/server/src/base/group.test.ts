import { afterAll, beforeAll, expect, test } from 'vitest';
import { freshDatabase } from '../../testing/database.ts';
import { openDatabase, type Database } from './db.ts';
import { createGroup } from './group.ts';

let database: Database;
let drop: () => Promise<void>;

beforeAll(async () => {
  const fresh = await freshDatabase();
  drop = fresh.drop;
  database = openDatabase(fresh.url);
});
afterAll(async () => {
  await database.close();
  await drop();
});

function group() {
  const flushes: number[][] = [];
  const append = async (_: unknown, drafts: readonly number[]): Promise<void> => void flushes.push([...drafts]);
  return { flushes, group: createGroup<number>(database.pool, Object.assign(append, { undone: () => undefined })) };
}

const from = (first: number, count: number): number[] => Array.from({ length: count }, (_, nth) => first + nth);

test('what comes in one turn of the event loop goes together', async () => {
  const { flushes, group: one } = group();
  await Promise.all(from(0, 5).map((draft) => one.add(draft)));
  expect(flushes).toEqual([from(0, 5)]);
});

test('sixteen wait for no turn; what comes behind them is the next flush, in order', async () => {
  const { flushes, group: one } = group();
  await Promise.all(from(0, 40).map((draft) => one.add(draft)));
  expect(flushes).toEqual([from(0, 16), from(16, 24)]);
});

test('closing waits for what waits for its turn, and for what is under way; then nothing is taken', async () => {
  const { flushes, group: one } = group();
  const under = from(0, 20).map((draft) => one.add(draft));
  await Promise.all([one.close(), one.close()]);
  expect(flushes.flat()).toEqual(from(0, 20));
  await Promise.all(under);
  const { flushes: few, group: other } = group();
  const waiting = other.add(1);
  await other.close();
  expect(few).toEqual([[1]]);
  await waiting;
  await expect(other.add(2)).rejects.toThrow('the hub is stopping');
  await other.close();
});
