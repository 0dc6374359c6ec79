import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { engines, freshDatabase } from '../../testing/database.ts';
import { bigintArray, textArray } from './binary-array.ts';
import { openDatabase, row, type Database } from './db.ts';

const TEXTS = ['', 'plain', undefined, 'with "quotes", commas {and} \\ backslashes\nand lines', 'übergroß 漢字 🔐', 'x'.repeat(70_000)];
const NUMBERS = [0, 1, 127, 128, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1, -1, -(2 ** 40)];

for (const engine of engines()) {
  describe(`arrays in binary on ${engine}`, () => {
    let database: Database;
    let drop: () => Promise<void>;
    beforeAll(async () => {
      const fresh = await freshDatabase(engine);
      drop = fresh.drop;
      database = openDatabase(fresh.url);
    });
    afterAll(async () => {
      await database.close();
      await drop();
    });

    it('arrive as they were sent, whatever stands in a text', async () => {
      const found = await row(database.db, sql<{ texts: unknown }>`SELECT ${textArray(TEXTS)}::text[] AS texts`);
      expect(found?.texts).toEqual(TEXTS.map((text) => text ?? null));
    });

    it('arrive as they were sent, whatever the number', async () => {
      const found = await row(database.db, sql<{ texts: unknown }>`SELECT ${bigintArray(NUMBERS)}::bigint[]::text[] AS texts`);
      expect(found?.texts).toEqual(NUMBERS.map(String));
    });

    it('may be empty', async () => {
      const found = await row(
        database.db,
        sql<{ n: number; m: number }>`SELECT cardinality(${textArray([])}::text[]) AS n, cardinality(${bigintArray([])}::bigint[]) AS m`,
      );
      expect(found).toEqual({ n: 0, m: 0 });
    });

    it('replace half of a surrogate pair, which has no UTF-8', async () => {
      const found = await row(database.db, sql<{ texts: unknown }>`SELECT ${textArray(['a\ud83d', 'ok'])}::text[] AS texts`);
      expect(found?.texts).toEqual(['a\ufffd', 'ok']);
    });
  });
}
