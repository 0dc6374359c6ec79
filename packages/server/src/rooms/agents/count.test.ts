import { setTimeout } from 'node:timers/promises';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { engines, freshDatabase } from '../../../testing/database.ts';
import { createChangeFeed } from '../../base/changes.ts';
import { fixedClock } from '../../base/clock.ts';
import { openDatabase, row, rows, type Database } from '../../base/db.ts';
import { createLog } from '../../base/log.ts';
import type { EventDraft } from '../audit/event.ts';
import { createCountUp } from '../audit/counts.store.ts';
import { createAudit, type Audit } from '../audit/store.ts';
import { AGENT_USE } from './count.store.ts';
import { ensureAgent } from './store.ts';

const START = Date.UTC(2026, 10, 21, 12);
const AGENTS = ['agt_a', 'agt_b', 'agt_c'];

function draft(n: number, of: Partial<EventDraft> = {}): EventDraft {
  return {
    tenant: `t${n % 4}`,
    type: 'token.issued',
    initiator: 'agent',
    actor: { client: 'worker', agent: AGENTS[n % 3] },
    target: { type: 'resource', id: 'ops' },
    outcome: 'success',
    origin: { request: `req_${n}` },
    data: { scopes: n % 2 === 0 ? ['read'] : ['read', 'write'] },
    ...of,
  };
}

for (const engine of engines()) {
  describe(`counting what agents did on ${engine}`, () => {
    const clock = fixedClock(START);
    let nodes: readonly [Database, Database];
    let audit: Audit;
    const count = (node: 0 | 1 = 0, entries = 100) => createCountUp(nodes[node].db, AGENT_USE)({ steps: 100, entries });
    let drop: () => Promise<void>;
    const use = (agent: string) =>
      row(
        nodes[0].db,
        sql<{
          calls: number;
          denials: number;
          first: number | null;
          last: number | null;
        }>`SELECT calls, denials, first_used_at AS first, last_used_at AS last
          FROM agent_use WHERE agent_id = ${agent}`,
      );
    const scopes = (agent: string) =>
      rows(
        nodes[0].db,
        sql<{ resource: string; scope: string; count: number }>`SELECT resource_id AS resource, scope, count FROM agent_scope_use
          WHERE agent_id = ${agent} ORDER BY 1, 2`,
      );

    beforeAll(async () => {
      const fresh = await freshDatabase(engine);
      drop = fresh.drop;
      nodes = [openDatabase(fresh.url), openDatabase(fresh.url)];
      audit = createAudit(nodes[0], createChangeFeed(nodes[0], createLog('silent')), clock);
    });
    afterAll(async () => {
      await audit.close();
      for (const node of nodes) await node.close();
      await drop();
    });

    it('counts every entry once, whichever of two nodes gets to it, and again when more has come', async () => {
      await Promise.all(Array.from({ length: 240 }, (_, n) => audit.record(draft(n))));
      await Promise.all([0, 1, 0, 1].map((n) => count(n === 0 ? 0 : 1)));
      expect(await use('agt_a')).toEqual({ calls: 80, denials: 0, first: START, last: START });
      expect(await scopes('agt_a')).toEqual([
        { resource: 'ops', scope: 'read', count: 80 },
        { resource: 'ops', scope: 'write', count: 40 },
      ]);
      clock.advance(60_000);
      await Promise.all(Array.from({ length: 30 }, (_, n) => audit.record(draft(n))));
      expect(await count(1)).toBe(true);
      expect(await use('agt_a')).toEqual({ calls: 90, denials: 0, first: START, last: START + 60_000 });
    });

    it('counts what a node that died had counted by half, once', async () => {
      await Promise.all(Array.from({ length: 60 }, (_, n) => audit.record(draft(n))));
      const before = await use('agt_b');
      // The lock of whoever counts is held, so that the other stands in the middle of its transaction when it is killed.
      await nodes[0].db.transaction().execute(async (tx) => {
        await sql`LOCK TABLE agent_scope_use IN EXCLUSIVE MODE`.execute(tx);
        const dying = count(1).then(
          () => 'done',
          () => 'died',
        );
        for (;;) {
          const killed = await rows(
            nodes[0].db,
            sql<{ killed: boolean }>`SELECT pg_terminate_backend(pid) AS killed FROM pg_stat_activity
              WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%audit_counted%' AND pid <> pg_backend_pid()`,
          );
          if (killed.length > 0) break;
          await setTimeout(5);
        }
        expect(await dying).toBe('died');
      });
      expect(await use('agt_b')).toEqual(before);
      expect(await count()).toBe(true);
      expect((await use('agt_b'))?.calls).toBe((before?.calls ?? 0) + 20);
    });

    it('tells refusals from uses, and neither from what an agent is merely named in', async () => {
      const actor = { client: 'worker', agent: 'agt_d' };
      await audit.record(draft(0, { actor, type: 'token.refused', outcome: 'refused', data: { scope: '\u0000 of somebody' } }));
      await audit.record(draft(0, { actor, type: 'credential.refused', outcome: 'refused' }));
      await audit.record(draft(0, { actor, type: 'agent.frozen' }));
      await audit.record(draft(0, { actor, type: 'credential.used', outcome: 'failed' }));
      await count();
      expect(await use('agt_d')).toEqual({ calls: 0, denials: 2, first: null, last: null });
      expect(await scopes('agt_d')).toEqual([]);
    });

    it('goes on behind an entry that was to hold what no database reads, and counts it', async () => {
      const actor = { client: 'worker', agent: 'agt_f' };
      await audit.record(draft(0, { actor, data: { scopes: ['read'], vouched: { subject: 'a\u0000b' } } }));
      await audit.record(draft(0, { actor }));
      expect(await count()).toBe(true);
      expect((await use('agt_f'))?.calls).toBe(2);
      expect(await scopes('agt_f')).toEqual([{ resource: 'ops', scope: 'read', count: 2 }]);
    });

    it('knows a connection by its name, and one without scopes as a whole', async () => {
      const actor = { client: 'worker', agent: 'agt_e' };
      const target = { type: 'connection', id: 'search' };
      await audit.record(draft(0, { actor, target, type: 'credential.issued', data: { way: 'exchange' } }));
      await audit.record(draft(0, { actor, target, type: 'credential.used', data: { scopes: [] } }));
      await audit.record(
        draft(0, { actor, target: { type: 'connection', id: 'mail' }, type: 'credential.issued', data: { scopes: ['send'] } }),
      );
      await count();
      expect(await scopes('agt_e')).toEqual([
        { resource: 'urn:writ:connection:mail', scope: 'send', count: 1 },
        { resource: 'urn:writ:connection:search', scope: '', count: 2 },
      ]);
    });

    it('counts scopes that were given, not those that were asked for or that stand in what a caller wrote', async () => {
      const actor = { client: 'worker', agent: 'agt_h' };
      const forged = '"scopes":["admin"],"decision":"x","target":{"id":"vault","type":"resource"},"tenant":';
      const entry = (given: readonly string[]) =>
        draft(0, {
          actor,
          decision: 'dec_1',
          origin: { request: 'req_1', userAgent: forged },
          data: {
            label: forged,
            policy: { request: { scopes: ['read', 'write'], target: { id: 'other' } } },
            scopes: given,
            vouched: { subject: forged },
          },
        });
      for (const given of [['read'], ['write'], ['read'], [], ['a]b', ']c']]) await audit.record(entry(given));
      await count();
      expect((await use('agt_h'))?.calls).toBe(5);
      expect(await scopes('agt_h')).toEqual([
        { resource: 'ops', scope: ']c', count: 1 },
        { resource: 'ops', scope: 'a]b', count: 1 },
        { resource: 'ops', scope: 'read', count: 2 },
        { resource: 'ops', scope: 'write', count: 1 },
      ]);
    });

    it('weighs an agent that no person stands behind by what it obtained', async () => {
      const scope = (name: string, risk: string) => ({
        name,
        title: name,
        description: '',
        risk,
        required: false,
        kind: 'permission',
        stepUp: false,
      });
      await sql`INSERT INTO resources (id, type, uri, name, scopes) VALUES ('books', 'api', 'https://books.test', 'Books',
        ${JSON.stringify([scope('read', 'low'), scope('write', 'high')])})`.execute(nodes[0].db);
      const { agent } = await nodes[0].db
        .transaction()
        .execute((tx) => ensureAgent(tx, { clientId: 'worker', principal: { kind: 'client', id: 'worker' }, now: clock.now() }));
      const risk = async () => (await row(nodes[0].db, sql<{ risk: number | null }>`SELECT risk FROM agents WHERE id = ${agent.id}`))?.risk;
      expect(await risk()).toBe(null);
      const actor = { client: 'worker', agent: agent.id };
      const target = { type: 'resource', id: 'books' };
      await sql`UPDATE agent_scope_use SET last_used_at = now()`.execute(nodes[0].db);
      clock.set(Date.now()); // reason: what was obtained counts for 90 days of the database's clock
      await audit.record(draft(0, { actor, target, data: { scopes: ['read'] } }));
      await count();
      expect(await risk()).toBe(1);
      await audit.record(draft(0, { actor, target, data: { scopes: ['write'] } }));
      await count();
      expect(await risk()).toBe(3);
    });
  });
}
