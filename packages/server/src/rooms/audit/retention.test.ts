import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createChangeFeed } from '../../base/changes.ts';
import type { Clock } from '../../base/clock.ts';
import { openDatabase, row, rows, type Database } from '../../base/db.ts';
import { createLog } from '../../base/log.ts';
import { engines, freshDatabase } from '../../../testing/database.ts';
import { makeCheckpoints } from './checkpoint.store.ts';
import type { Attested, Notary } from './checkpoint.ts';
import { countsOf, createCountUp } from './counts.store.ts';
import type { EventDraft } from './event.ts';
import { verifyChains } from './read.store.ts';
import { givenUp } from './retention.ts';
import { giveUpOldMonths, makeMonths, type RetentionDeps } from './retention.store.ts';
import { searchEvents } from './search.store.ts';
import { createAudit, type Audit } from './store.ts';

/** The hub's own, a and b. */
const CHAINS = 3;

const draft = (tenant: string | undefined, n: number): EventDraft => ({
  tenant,
  type: 'token.issued',
  initiator: 'agent',
  actor: { client: 'worker' },
  outcome: 'success',
  origin: { request: `req_${n}` },
  data: { n },
});

/** Signs by writing down: enough to tell its own hand from another's. */
const notary: Notary = {
  sign: (of) => JSON.stringify(of),
  signManifest: (of) => JSON.stringify(of),
  read(jws) {
    const said: Attested = JSON.parse(jws);
    return said;
  },
};

describe('which months go', () => {
  it.each([
    [1, ['2031-02', '2031-03']],
    [2, ['2031-02']],
    [3, []],
    [undefined, []],
  ])('keeping %s whole months after the one of the entry', (months, gone) => {
    const retention = months === undefined ? {} : { months };
    expect(givenUp(['2031-05', '2031-03', '2031-04', '2031-02'], retention, Date.parse('2031-05-31T23:59:59Z'))).toEqual(gone);
  });
});

// Ids of one process only ever grow, so the second database lives in a later year.
for (const [index, engine] of engines().entries()) {
  const year = 2031 + index;
  describe(`the record given up by months on ${engine}`, () => {
    let database: Database;
    let drop: () => Promise<void>;
    let audit: Audit;
    let now = Date.parse(`${year}-02-10T00:00:00Z`);
    const clock: Clock = { now: () => now };
    const deps = (over: Partial<RetentionDeps> = {}): RetentionDeps => ({
      database,
      audit,
      notary,
      clock,
      retention: { ready: async () => {}, current: () => ({ months: 1 }) },
      wanted: async () => undefined,
      ...over,
    });
    const write = async (count: number): Promise<void> => {
      for (let n = 0; n < count; n += 1) await audit.record(draft(['a', 'b', undefined][n % 3], n));
    };
    const partitions = () =>
      rows(
        database.db,
        sql<{ name: string }>`SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = 'audit_events'::regclass`,
      );
    const stored = async (): Promise<number> =>
      (await row(database.db, sql<{ n: number }>`SELECT count(*)::int AS n FROM audit_events`))?.n ?? 0;

    beforeAll(async () => {
      const fresh = await freshDatabase(engine);
      drop = fresh.drop;
      database = openDatabase(fresh.url);
      audit = createAudit(database, createChangeFeed(database, createLog('silent')), clock);
      // The months around the day on which the test runs, which the migration made.
      for (const { name } of await partitions())
        if (name !== 'audit_events_rest') await sql`DROP TABLE ${sql.table(name)}`.execute(database.db);
      await makeMonths(database.db, now);
      await makeMonths(database.db, now);
      await write(30);
      await makeCheckpoints({ database, audit, notary, clock });
      now = Date.parse(`${year}-03-10T00:00:00Z`);
      await makeMonths(database.db, now);
      await write(30);
      now = Date.parse(`${year}-04-10T00:00:00Z`);
      await makeMonths(database.db, now);
      await write(30);
    });
    afterAll(async () => {
      await audit.close();
      await database.close();
      await drop();
    });

    it('has a partition for every month, and nothing in the one for the rest', async () => {
      expect(await rows(database.db, sql`SELECT 1 FROM audit_events_rest`)).toEqual([]);
      const parts = await rows(
        database.db,
        sql<{ name: string }>`SELECT DISTINCT tableoid::regclass::text AS name FROM audit_events ORDER BY 1`,
      );
      expect(parts.map(({ name }) => name)).toEqual([`audit_events_${year}_02`, `audit_events_${year}_03`, `audit_events_${year}_04`]);
    });

    it('refuses to cut a partition as it refuses to cut the whole', async () => {
      await expect(sql`TRUNCATE ${sql.table(`audit_events_${year}_02`)}`.execute(database.db)).rejects.toThrow(/append-only/);
      await expect(sql`DELETE FROM ${sql.table(`audit_events_${year}_02`)}`.execute(database.db)).rejects.toThrow(/append-only/);
    });

    it('keeps a month that somebody still has to read, and every later one', async () => {
      const before = await stored();
      expect(await giveUpOldMonths(deps({ wanted: async () => 'sink siem' }))).toEqual([
        { month: `${year}-02`, entries: 33, done: false, because: 'sink siem has not read it yet' },
      ]);
      expect(await stored()).toBe(before);
    });

    it('keeps a month with an entry that was altered, as evidence', async () => {
      const bend = (from: string, to: string) =>
        sql`UPDATE audit_events SET body = replace(body, ${from}, ${to}) WHERE tenant = 'b' AND seq = 4`.execute(database.db);
      await sql`ALTER TABLE ${sql.table(`audit_events_${year}_02`)} DISABLE TRIGGER USER`.execute(database.db);
      await bend('worker', 'wxrker');
      expect(await giveUpOldMonths(deps())).toMatchObject([{ done: false, fault: { chain: 'b', seq: 4, fault: 'altered' } }]);
      await bend('wxrker', 'worker');
    });

    it('gives up an old month once, though two nodes try, and what is left still verifies', async () => {
      const entries = await stored();
      const outcomes = (await Promise.all([giveUpOldMonths(deps()), giveUpOldMonths(deps())])).flat();
      expect(outcomes.filter(({ done }) => done)).toEqual([{ month: `${year}-02`, entries: 33, done: true }]);
      expect(await stored()).toBe(entries - 33 + CHAINS);
      expect(await verifyChains(database.db, undefined, notary)).toMatchObject({ ok: true, checked: entries - 33 + CHAINS });
      const said = await searchEvents(database.db, { type: 'audit.pruned', limit: 10 });
      expect(said.map(({ tenant, data }) => [tenant, data['month'], data['entries'], data['seq']]).toSorted()).toEqual([
        [null, `${year}-02`, 11, 11],
        ['a', `${year}-02`, 11, 11],
        ['b', `${year}-02`, 11, 11],
      ]);
    });

    it('finds what was cut beyond the beginning that the hub signed, and a beginning that it did not sign', async () => {
      const [first] = await rows(database.db, sql<{ seq: number }>`SELECT min(seq) AS seq FROM audit_events WHERE tenant = 'a'`);
      await sql`ALTER TABLE ${sql.table(`audit_events_${year}_03`)} DISABLE TRIGGER USER`.execute(database.db);
      await sql`CREATE TABLE aside AS SELECT * FROM audit_events WHERE tenant = 'a' AND seq = ${first?.seq}`.execute(database.db);
      await sql`DELETE FROM audit_events WHERE tenant = 'a' AND seq = ${first?.seq}`.execute(database.db);
      expect(await verifyChains(database.db, undefined, notary)).toMatchObject({
        ok: false,
        firstBroken: { chain: 'a', seq: first?.seq, fault: 'missing' },
      });
      await sql`UPDATE audit_horizons z SET seq = a.seq, hash = a.hash FROM aside a WHERE z.tenant = 'a'`.execute(database.db);
      expect(await verifyChains(database.db, undefined, notary)).toMatchObject({
        ok: false,
        firstBroken: { chain: 'a', fault: 'contradicted' },
      });
    });

    it('gives up a month in which nothing happened, and the beginnings stay where they are', async () => {
      await sql`UPDATE audit_horizons z SET seq = p.seq, hash = p.hash FROM (
        SELECT (body::json -> 'data' ->> 'seq')::bigint AS seq, body::json -> 'data' ->> 'hash' AS hash FROM audit_events
        WHERE tenant = 'a' AND type = 'audit.pruned') p WHERE z.tenant = 'a'`.execute(database.db);
      await sql`INSERT INTO audit_events SELECT * FROM aside`.execute(database.db);
      await sql`SELECT audit_make_month(${new Date(`${year}-01-15T00:00:00Z`)})`.execute(database.db);
      expect(await giveUpOldMonths(deps())).toEqual([{ month: `${year}-01`, entries: 0, done: true }]);
      expect(await verifyChains(database.db, undefined, notary)).toMatchObject({ ok: true });
    });

    const countUp = (steps: number) => createCountUp(database.db)({ steps, entries: 50_000 });

    it('counts every entry once, though two nodes count at the same moment', async () => {
      await write(50);
      const whole = await Promise.all([countUp(100), countUp(100), countUp(100)]);
      expect(whole).toContain(true);
      const sum = async (tenant?: string): Promise<number> => (await countsOf(database.db, { tenant })).reduce((all, { n }) => all + n, 0);
      expect(await sum()).toBe(await stored());
      const ofB = await row(database.db, sql<{ n: number }>`SELECT count(*)::int AS n FROM audit_events WHERE tenant = 'b'`);
      expect(await sum('b')).toBe(ofB?.n);
    });

    it('waits for nobody who counts, and says that not all is counted', async () => {
      await write(3);
      await database.db.transaction().execute(async (tx) => {
        await sql`SELECT pg_advisory_xact_lock(7203519)`.execute(tx);
        expect(await countUp(100)).toBe(false);
      });
      expect(await countUp(100)).toBe(true);
    });

    it('gives way to a deed that holds what it wants to write, and counts those entries later', async () => {
      await write(3);
      await sql`CREATE FUNCTION gives_way() RETURNS integer LANGUAGE plpgsql AS $$ BEGIN RAISE 'deadlock detected' USING ERRCODE = '40P01'; END $$`.execute(
        database.db,
      );
      const none = sql`NULL::text`;
      const fold = { who: none, alike: none, steps: sql`way AS (INSERT INTO audit_counted (tenant, seq) SELECT 'nobody', gives_way()),` };
      expect(await createCountUp(database.db, fold)({ steps: 100, entries: 50_000 })).toBe(false);
      expect(await countUp(100)).toBe(true);
    });

    it('counts in one step no more entries of all chains together than one step may, and leaves out no chain', async () => {
      // Chains that are said to be long: what is counted of them is how far the step went.
      await sql`INSERT INTO audit_heads (tenant, seq, hash) SELECT 'long-' || n, 1000000, '' FROM generate_series(1, 40) AS n`.execute(
        database.db,
      );
      const went = async () =>
        row(
          database.db,
          sql<{
            chains: number;
            all: number;
          }>`SELECT count(*)::int AS chains, sum(seq)::int AS all FROM audit_counted WHERE tenant LIKE 'long-%' AND seq > 0`,
        );
      expect(await countUp(1)).toBe(false);
      expect((await went())?.all).toBeGreaterThan(0);
      expect((await went())?.all).toBeLessThanOrEqual(50_000);
      expect(await countUp(19)).toBe(false);
      expect((await went())?.chains).toBe(40);
      await sql`DELETE FROM audit_heads WHERE tenant LIKE 'long-%'`.execute(database.db);
      await sql`DELETE FROM audit_counted WHERE tenant LIKE 'long-%'`.execute(database.db);
    });
  });
}
