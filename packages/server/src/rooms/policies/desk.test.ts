import type { PolicyRequest } from '@writ/policy';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { engines, freshDatabase } from '../../../testing/database.ts';
import { createChangeFeed, type ChangeFeed } from '../../base/changes.ts';
import { systemClock } from '../../base/clock.ts';
import { openDatabase, type Database } from '../../base/db.ts';
import { createLog } from '../../base/log.ts';
import { hubAuthor } from '../audit/author.ts';
import { searchEvents } from '../audit/search.store.ts';
import { createAudit, type Audit } from '../audit/store.ts';
import { resourceConfig } from '../resources/config.ts';
import { putResource } from '../resources/store.ts';
import { createPolicyDesk, type PolicyDesk } from './desk.store.ts';
import { findPolicies, findPolicy, putPolicy, readPolicy, removePolicy } from './store.ts';

const NOW = Date.parse('2026-07-01T12:00:00Z');
const by = hubAuthor('test');

const request: PolicyRequest = {
  grant: 'client_credentials',
  target: { kind: 'resource', id: 'ops', type: 'mcp', tags: [] },
  scopes: ['incidents:read', 'incidents:write'],
  client: { id: 'worker', name: 'Worker', registrationType: 'manual', status: 'verified', tags: ['production'] },
  user: { id: 'ann', roles: ['SRE'], tenantIds: ['acme'], permissions: [], attributes: { department: 'ops', salary: 90_000 } },
  request: { time: NOW },
  delegation: { depth: 0, actors: [] },
};

const allowReading = {
  id: 'ops-read',
  effect: 'allow',
  subject: { conditions: [{ key: 'user.attributes.department', operator: 'equals', value: 'ops' }] },
  target: { resources: ['ops'] },
  scopes: ['incidents:read'],
};

for (const engine of engines()) {
  describe(`policies on ${engine}`, () => {
    let database: Database;
    let drop: () => Promise<void>;
    let feed: ChangeFeed;
    let audit: Audit;
    let desk: PolicyDesk;

    const put = async (input: unknown): Promise<string> => {
      const read = await readPolicy(database.db, input);
      if (!read.ok) return read.errors.map((fault) => `${fault.path}: ${fault.message}`).join('; ');
      const outcome = await audit.commit(async (tx) => {
        const done = await putPolicy(tx, read.rule, by);
        const [first, ...rest] = done.entries;
        if (first === undefined) throw new Error('nothing changed');
        return { value: done.outcome, entries: [first, ...rest], changed: done.changed };
      });
      await desk.ready();
      return outcome;
    };

    beforeAll(async () => {
      const fresh = await freshDatabase(engine);
      drop = fresh.drop;
      database = openDatabase(fresh.url);
      feed = createChangeFeed(database, createLog('silent'));
      audit = createAudit(database, feed, systemClock);
      const ops = resourceConfig.parse({
        id: 'ops',
        type: 'mcp',
        uri: 'http://localhost:9000/mcp',
        scopes: [{ name: 'incidents:read' }, { name: 'incidents:write' }],
      });
      await database.db.transaction().execute((tx) => putResource(tx, ops, by));
      desk = createPolicyDesk({
        db: database.db,
        feed,
        onError: (error) => {
          throw error;
        },
      });
    });
    afterAll(async () => {
      await audit.close();
      await database.close();
      await drop();
    });

    it('refuses to decide before the policies were read, instead of deciding with none', () => {
      expect(() => desk.decide(request)).toThrow(/before it was read/);
    });

    it('grants nothing without a policy, and what a policy allows as soon as it is put', async () => {
      await desk.ready();
      expect(desk.decide(request).decision).toMatchObject({ outcome: 'deny', reach: false });
      const empty = desk.version();
      expect(await put(allowReading)).toBe('created');
      const judged = desk.decide(request);
      expect(judged.id).toMatch(/^dec_[0-9a-v]{26}$/);
      expect(judged.decision).toMatchObject({ outcome: 'narrow', granted: ['incidents:read'] });
      expect(desk.version()).not.toBe(empty);
    });

    it('keeps of the attributes only those that a rule names', () => {
      const { decision } = desk.decide(request);
      const evidence = desk.evidence(request, decision);
      expect(evidence).toMatchObject({ outcome: 'narrow', granted: ['incidents:read'], rules: ['ops-read'], policies: desk.version() });
      expect(evidence).toMatchObject({ request: { user: { attributes: { department: 'ops' } } } });
      expect(JSON.stringify(evidence)).not.toContain('90000');
    });

    it('refuses a rule for a resource, a scope or a connection that does not exist, naming the field', async () => {
      expect(await put({ ...allowReading, scopes: ['incidents:delete'] })).toMatch(/^scopes\[0\]: ops has no scope "incidents:delete"/);
      expect(await put({ ...allowReading, target: { resources: ['opz'] } })).toMatch(/^target\.resources\[0\]: there is no resource "opz"/);
      expect(await put({ ...allowReading, target: { connections: ['calendar'] } })).toMatch(
        /^target\.connections\[0\]: there is no connection "calendar"/,
      );
    });

    it('hears of a change that another node made', async () => {
      await feed.poll();
      const read = await readPolicy(database.db, { ...allowReading, id: 'ops-write', scopes: ['incidents:write'] });
      if (!read.ok) throw new Error('a good rule was refused');
      const elsewhere = createAudit(database, createChangeFeed(database, createLog('silent')), systemClock);
      await elsewhere.commit(async (tx) => {
        const { value, entries, changed } = await putPolicy(tx, read.rule, by);
        const [first] = entries;
        if (first === undefined) throw new Error('nothing changed');
        return { value, entries: [first], changed };
      });
      expect(desk.decide(request).decision.granted).toEqual(['incidents:read']);
      await feed.poll();
      await desk.ready();
      expect(desk.decide(request).decision.granted).toEqual(['incidents:read', 'incidents:write']);
    });

    it('writes policy.changed with old and new, and nothing when nothing changes', async () => {
      await put({ ...allowReading, state: 'shadow' });
      const [newest] = await searchEvents(database.db, { type: 'policy.changed', limit: 1 });
      expect(newest).toMatchObject({
        target: { type: 'policy', id: 'ops-read' },
        data: { deed: 'changed', changes: [{ field: 'state', from: '"enforce"', to: '"shadow"' }] },
      });
      const again = await readPolicy(database.db, { ...allowReading, state: 'shadow' });
      if (!again.ok) throw new Error('a good rule was refused');
      const outcome = await database.db.transaction().execute((tx) => putPolicy(tx, again.rule, by));
      expect(outcome).toMatchObject({ outcome: 'unchanged', entries: [], changed: [], value: { version: 2 } });
    });

    it('removes a policy once', async () => {
      const removed = await database.db.transaction().execute((tx) => removePolicy(tx, 'ops-write', by));
      expect(removed).toMatchObject({ outcome: 'removed' });
      expect(await database.db.transaction().execute((tx) => removePolicy(tx, 'ops-write', by))).toBeUndefined();
      expect(await findPolicy(database.db, 'ops-write')).toBeUndefined();
      expect((await findPolicies(database.db)).map((policy) => policy.id)).toEqual(['ops-read']);
    });
  });
}
