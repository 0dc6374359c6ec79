import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createChangeFeed } from '../../base/changes.ts';
import { systemClock } from '../../base/clock.ts';
import { openDatabase, row, rows, type Database } from '../../base/db.ts';
import type { BatchLane } from '../../base/group.ts';
import { createLog } from '../../base/log.ts';
import { engines, freshDatabase } from '../../../testing/database.ts';
import type { EventDraft } from './event.ts';
import { createCountUp } from './counts.store.ts';
import { overviewOf } from './facets.store.ts';
import { verifyChains } from './read.store.ts';
import { createAudit, type Audit } from './store.ts';

const draft = (tenant: string | undefined, n: number): EventDraft => ({
  tenant,
  type: 'token.issued',
  initiator: 'agent',
  actor: { client: 'worker', agent: 'agt_1' },
  outcome: 'success',
  origin: { request: `req_${n}`, ip: '127.0.0.1', userAgent: 'test\u2028\u001b[31m' },
  data: { n },
});

for (const engine of engines()) {
  describe(`the audit chain on ${engine}`, () => {
    let database: Database;
    const asked = () => ({ db: database.db, countUp: createCountUp(database.db) });
    let drop: () => Promise<void>;
    let nodes: Audit[];

    beforeAll(async () => {
      const fresh = await freshDatabase(engine);
      drop = fresh.drop;
      database = openDatabase(fresh.url);
      const feed = createChangeFeed(database, createLog('silent'));
      nodes = [createAudit(database, feed, systemClock), createAudit(database, feed, systemClock)];
    });
    afterAll(async () => {
      await database.close();
      await drop();
    });

    it('links entries of two nodes writing to the same tenants at once, without a gap', async () => {
      await Promise.all(Array.from({ length: 400 }, (_, n) => nodes[n % 2]?.record(draft(n % 3 === 0 ? undefined : `t${n % 5}`, n))));
      const stored = await rows(
        database.db,
        sql<{
          tenant: string;
          count: number;
          top: number;
        }>`SELECT tenant, count(*) AS count, max(seq) AS top FROM audit_events GROUP BY tenant`,
      );
      expect(stored.reduce((sum, chain) => sum + chain.count, 0)).toBe(400);
      for (const chain of stored) expect(chain.count).toBe(chain.top);
      expect(await verifyChains(database.db)).toMatchObject({ ok: true, checked: 400 });
    });

    it('commits a change and its entry together, or neither', async () => {
      const id = randomUUID();
      await nodes[0]?.commit(async (tx) => {
        await sql`INSERT INTO settings (name, value) VALUES (${id}, '1')`.execute(tx);
        return { value: undefined, entries: [draft('t1', 1)] };
      });
      expect(await row(database.db, sql`SELECT 1 FROM settings WHERE name = ${id}`)).toBeDefined();
      const before = await row(database.db, sql<{ count: number }>`SELECT count(*) AS count FROM audit_events`);
      const failing = nodes[0]?.commit(async (tx) => {
        await sql`INSERT INTO settings (name, value) VALUES (${id}, '2')`.execute(tx);
        return { value: undefined, entries: [draft('t1', 2)] };
      });
      await expect(failing).rejects.toThrow(/duplicate key/);
      expect(await row(database.db, sql<{ count: number }>`SELECT count(*) AS count FROM audit_events`)).toEqual(before);
    });

    it('writes an entry whose text was cut inside a character, and every entry beside it', async () => {
      const cut = { ...draft('cut', 1), reason: '\ud83d', data: { grant: 'a\ud83d', deep: [{ targets: ['\ude00'] }] } };
      await Promise.all([draft('cut', 0), cut, draft('cut', 2)].map((one) => nodes[0]?.record(one)));
      await nodes[0]?.commit(async () => ({ value: undefined, entries: [cut] }));
      const stored = await rows(database.db, sql<{ body: string }>`SELECT body FROM audit_events WHERE tenant = 'cut' ORDER BY seq`);
      expect(stored.map(({ body }) => JSON.parse(body).data.grant)).toEqual([undefined, 'a\ufffd', undefined, 'a\ufffd']);
      expect(await verifyChains(database.db)).toMatchObject({ ok: true });
    });

    it('writes an entry with a NUL so that Postgres can read it, and figures over the record go on', async () => {
      const odd = { ...draft('odd', 1), reason: 'no\0thing', data: { asked: ['a\0b', 'and \\u0000 in words'] } };
      await Promise.all([draft('odd', 0), odd].map((one) => nodes[0]?.record(one)));
      const stored = await rows(database.db, sql<{ body: string }>`SELECT body FROM audit_events WHERE tenant = 'odd' ORDER BY seq`);
      expect(JSON.parse(stored[1]?.body ?? '{}')).toMatchObject({
        reason: 'no\ufffdthing',
        data: { asked: ['a\ufffdb', 'and \\u0000 in words'] },
      });
      expect(await overviewOf(asked(), { tenant: 'odd', agent: 'agt_1' })).toMatchObject({ total: 2 });
      expect(await verifyChains(database.db)).toMatchObject({ ok: true });
    });

    it('fails one input that the database does not take, and none of those that share its flush', async () => {
      const lane: BatchLane<string, string> = {
        name: 'numbers',
        run: async (client, inputs) =>
          (await client.query<{ n: string }>('SELECT n::int::text AS n FROM unnest($1::text[]) AS n', [[...inputs]])).rows.map(
            ({ n }) => n,
          ),
      };
      const all = ['1', 'poison', '3'].map((n) => nodes[0]?.through(lane, n, () => draft('lane', 1)));
      const outcomes = await Promise.allSettled([...all, nodes[0]?.record(draft('lane', 2))]);
      expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled']);
      expect(await rows(database.db, sql`SELECT 1 FROM audit_events WHERE tenant = 'lane'`)).toHaveLength(3);
    });

    it('refuses UPDATE, DELETE and TRUNCATE of entries, and verification names a row that a superuser altered', async () => {
      await expect(sql`UPDATE audit_events SET type = 'x'`.execute(database.db)).rejects.toThrow(/append-only/);
      await expect(sql`DELETE FROM audit_events`.execute(database.db)).rejects.toThrow(/append-only/);
      await expect(sql`TRUNCATE audit_events`.execute(database.db)).rejects.toThrow(/append-only/);
      await sql`ALTER TABLE audit_events DISABLE TRIGGER USER`.execute(database.db);
      await sql`UPDATE audit_events SET body = replace(body, 'worker', 'wxrker') WHERE tenant = 't2' AND seq = 7`.execute(database.db);
      expect(await verifyChains(database.db)).toMatchObject({ ok: false, firstBroken: { chain: 't2', seq: 7, fault: 'altered' } });
      await sql`UPDATE audit_events SET body = replace(body, 'wxrker', 'worker') WHERE tenant = 't2' AND seq = 7`.execute(database.db);
      await sql`DELETE FROM audit_events WHERE tenant = 't1' AND seq = 3`.execute(database.db);
      expect(await verifyChains(database.db)).toMatchObject({ ok: false, firstBroken: { chain: 't1', seq: 3, fault: 'missing' } });
    });
  });
}
