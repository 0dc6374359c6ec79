import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { engines } from '../../../testing/database.ts';
import { testHouse, type TestHouse } from '../../../testing/house.ts';
import type { Db } from '../../base/db.ts';
import { acknowledge, listenerOpened, listenersFor, listListeners } from './listener.store.ts';
import { sendSignal } from './store.ts';

for (const engine of engines()) {
  describe(`a receiver that calls itself by a thousand names on ${engine}`, () => {
    let hub: TestHouse;
    let db: Db;
    let seq = 0;
    beforeAll(async () => {
      hub = await testHouse({ engine });
      ({ db } = hub.house.rooms.database);
      const now = hub.clock.now();
      const signal = { kind: 'client', subject: 'x', state: 'frozen', reason: 'test', now } as const;
      seq = (await db.transaction().execute((tx) => sendSignal(tx, signal))).seq;
      await listenerOpened(db, { receiver: 'quiet', instance: '' }, { after: seq - 1, now });
      await sql`INSERT INTO signal_listeners (receiver, instance, began, seq, opened_at, seen_at)
        SELECT 'loud', 'name-' || n, 0, ${seq}, ${new Date(now)}::timestamptz, ${new Date(now)}::timestamptz FROM generate_series(1, 1000) AS n`.execute(
        db,
      );
      await sql`INSERT INTO signal_acks (receiver, instance, seq, after, at)
        SELECT 'loud', 'name-' || n, ${seq}, 0, ${new Date(now)}::timestamptz FROM generate_series(1, 1000) AS n`.execute(db);
    });
    afterAll(() => hub.close());

    it('hides nobody who has not acted', async () => {
      const heard = await listenersFor(db, { seq }, hub.clock.now());
      expect(heard.find(({ receiver }) => receiver === 'quiet')).toMatchObject({ instance: '', at: undefined });
      expect((await listListeners(db, hub.clock.now())).map(({ receiver }) => receiver)).toContain('quiet');
    });

    it('has no more than those; who is there goes on, and so do others', async () => {
      const now = hub.clock.now() + 5;
      const ack = (receiver: string, instance: string) =>
        db.transaction().execute((tx) => acknowledge(tx, { receiver, instance, tenants: [] }, { seq, now }));
      await listenerOpened(db, { receiver: 'loud', instance: 'one-more' }, { after: undefined, now });
      expect(await ack('loud', 'yet-another')).toBeUndefined();
      await listenerOpened(db, { receiver: 'loud', instance: 'name-7' }, { after: undefined, now });
      expect(await ack('quiet', '')).toHaveLength(1);
      const found = await sql<{ instance: string }>`SELECT instance FROM signal_listeners WHERE opened_at = ${new Date(now)}`.execute(db);
      expect(found.rows.map(({ instance }) => instance)).toEqual(['name-7']);
      const names = await sql<{ n: string }>`SELECT count(*) AS n FROM signal_listeners WHERE receiver = 'loud'`.execute(db);
      expect(Number(names.rows[0]?.n)).toBe(1_000);
    });
  });
}
