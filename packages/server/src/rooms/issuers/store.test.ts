import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { engines, freshDatabase } from '../../../testing/database.ts';
import { createChangeFeed } from '../../base/changes.ts';
import { fixedClock } from '../../base/clock.ts';
import { openDatabase, type Database } from '../../base/db.ts';
import { createLog } from '../../base/log.ts';
import { ok } from '../../base/result.ts';
import { hubAuthor } from '../audit/author.ts';
import { commitDeed } from '../audit/deed.store.ts';
import { createAudit, type Audit } from '../audit/store.ts';
import { putTenant } from '../tenants/store.ts';
import { tenantConfig } from '../tenants/config.ts';
import { issuerConfig, toIssuer, toIssuerConfig } from './config.ts';
import { sweepAssertions } from './jobs.ts';
import { userBehind } from './person.store.ts';
import { createReplay, type Replay } from './replay.store.ts';
import { findIssuer, issuerObstacle, listIssuers, putIssuer, removeIssuer } from './store.ts';

const NOW = Date.UTC(2026, 10, 21, 12);
const by = hubAuthor('test');

for (const engine of engines()) {
  describe(`issuers on ${engine}`, () => {
    let drop: () => Promise<void>;
    const nodes: { database: Database; audit: Audit; replay: Replay }[] = [];
    const node = (at = 0) => {
      const found = nodes[at];
      if (found === undefined) throw new Error('no such node');
      return found;
    };

    beforeAll(async () => {
      const fresh = await freshDatabase(engine);
      drop = fresh.drop;
      for (const _ of [1, 2]) {
        const database = openDatabase(fresh.url);
        const audit = createAudit(database, createChangeFeed(database, createLog('silent')), fixedClock(NOW));
        nodes.push({ database, audit, replay: createReplay(database.pool) });
      }
      await commitDeed(node().audit, async (tx) =>
        ok(await putTenant(tx, tenantConfig.parse({ id: 'acme', name: 'Acme', domains: ['acme.test'] }), by)),
      );
    });
    afterAll(async () => {
      for (const { database, audit, replay } of nodes) {
        await replay.close();
        await audit.close();
        await database.close();
      }
      await drop();
    });

    const config = issuerConfig.parse({
      id: 'idp',
      issuer: 'https://idp.test',
      tenant: 'acme',
      purposes: ['id_jag'],
      users: { attributes: { department: 'dept' } },
    });
    const put = (input: typeof config) => commitDeed(node().audit, async (tx) => ok(await putIssuer(tx, input, by)));

    it('are put, found, listed, left alone when nothing differs, and removed', async () => {
      expect(await put(config)).toMatchObject({ ok: true, value: { outcome: 'created' } });
      expect(await put(config)).toMatchObject({ ok: true, value: { outcome: 'unchanged' } });
      expect(await put({ ...config, maxAge: 60 })).toMatchObject({ ok: true, value: { outcome: 'changed' } });
      const found = await findIssuer(node(1).database.db, 'idp');
      expect(found && toIssuerConfig(found)).toEqual({ ...config, maxAge: 60 });
      expect((await listIssuers(node().database.db, { limit: 10 })).map(({ id }) => id)).toEqual(['idp']);
      const removed = await commitDeed(node().audit, async (tx) => ok((await removeIssuer(tx, 'idp', by)) ?? { entries: [], changed: [] }));
      expect(removed).toMatchObject({ ok: true, value: { outcome: 'removed' } });
      expect(await findIssuer(node().database.db, 'idp')).toBeUndefined();
    });

    it('name what does not exist', async () => {
      const { db } = node().database;
      expect(await issuerObstacle(db, config, 'https://hub.test')).toBeUndefined();
      expect(await issuerObstacle(db, { ...config, tenant: 'nobody' }, 'https://hub.test')).toMatchObject({ field: 'tenant' });
      expect(await issuerObstacle(db, config, 'https://idp.test')).toMatchObject({ field: 'issuer' });
    });

    it('burn an id once, whoever asks and however many at once, and forget it when it is stale', async () => {
      const one = { issuer: 'i', jti: 'once', expiresAt: NOW + 1_000 };
      const tries = Array.from({ length: 60 }, (_, at) => node(at % 2).replay.burn(one));
      expect((await Promise.all(tries)).filter(Boolean)).toHaveLength(1);
      expect(await node().replay.burn({ ...one, issuer: 'other' })).toBe(true);
      expect(await node(1).replay.burn(one)).toBe(false);
      expect(await sweepAssertions({ database: node().database, clock: fixedClock(NOW) })).toBe(0);
      expect(await sweepAssertions({ database: node().database, clock: fixedClock(NOW + 2_000) })).toBe(2);
    });

    it('make one user of a new person, also when two nodes hear of them at once; a rehearsal makes none', async () => {
      await put(config);
      const asserted = {
        issuer: toIssuer(config),
        subject: 's-1',
        claims: { sub: 's-1', email: 'eve@acme.test', dept: 'ops' },
        now: NOW,
        by,
      };
      const of = (at: number) => ({ db: node(at).database.db, audit: node(at).audit });
      expect(await userBehind(of(0), asserted, true)).toMatchObject({ ok: true, value: { deed: 'created' } });
      const made = await Promise.all([0, 1, 0, 1].map((at) => userBehind(of(at), asserted)));
      expect(made.filter((one) => one.ok && one.value.deed === 'created')).toHaveLength(1);
      expect(new Set(made.map((one) => (one.ok ? one.value.user.id : 'none'))).size).toBe(1);
      const [first] = made;
      expect(first).toMatchObject({ ok: true, value: { user: { attributes: { department: 'ops' }, tenants: [{ id: 'acme' }] } } });
    });

    it('of another name speak of other people: the links go', async () => {
      await put({ ...config, issuer: 'https://other.test' });
      const asserted = { issuer: toIssuer(config), subject: 's-1', claims: { email: 'eve@acme.test' }, now: NOW, by };
      expect(await userBehind({ db: node().database.db, audit: node().audit }, asserted)).toMatchObject({
        ok: false,
        error: { reason: 'user_address_taken' },
      });
    });
  });
}
