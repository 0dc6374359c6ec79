import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { engines } from '../../../testing/database.ts';
import { testHouse, type TestHouse } from '../../../testing/house.ts';
import { saveGrant } from '../consent/store.ts';
import { ensureAgent } from '../agents/store.ts';
import { hubAuthor } from '../audit/author.ts';
import { isFor } from './signal.ts';
import { listSignals, sendSignal } from './store.ts';

const SECRET = 'a-long-secret-of-the-worker';
const KINDS = ['agents', 'clients', 'tenants'] as const;

for (const engine of engines()) {
  describe(`containment on ${engine}`, () => {
    let hub: TestHouse;
    const token = (): Promise<Response> =>
      hub.post(
        '/oauth/token',
        { grant_type: 'client_credentials' },
        { authorization: `Basic ${Buffer.from(`worker:${SECRET}`).toString('base64')}` },
      );
    const status = async (): Promise<number> => (await token()).status;
    const agentId = async (): Promise<string> => {
      const found = z
        .object({ items: z.array(z.object({ id: z.string() })) })
        .parse(await (await hub.admin('GET', '/admin/v1/agents?client=worker')).json());
      return found.items[0]?.id ?? '';
    };
    const signalsSent = () => listSignals(hub.house.rooms.database.db, { after: 0, limit: 200 });

    beforeAll(async () => {
      hub = await testHouse({ engine });
      await hub.apply({
        tenants: [{ id: 'acme', name: 'Acme' }],
        users: [{ id: 'ann', email: 'ann@acme.test', tenants: [{ id: 'acme' }] }],
        resources: [{ id: 'ops', type: 'mcp', uri: 'http://localhost:9000/mcp', scopes: [{ name: 'read' }] }],
        clients: [{ id: 'worker', name: 'Worker', kind: 'service', tenants: ['acme'], auth: { secrets: [{ value: SECRET }] } }],
        policies: [{ id: 'all', effect: 'allow', subject: { any: true }, target: { resources: ['ops'] }, scopes: 'all' }],
      });
      if ((await status()) !== 200) throw new Error('the worker gets no token to begin with');
    });
    afterAll(() => hub.close());

    it.each(KINDS)('freezing %s refuses the next token at once, and unfreezing lets it through again', async (kind) => {
      const id = { agents: await agentId(), clients: 'worker', tenants: 'acme' }[kind];
      expect((await hub.admin('POST', `/admin/v1/${kind}/${id}/freeze`, { reason: 'test' })).status).toBe(200);
      const refused = await token();
      expect([refused.status, z.object({ error: z.string() }).parse(await refused.json()).error]).toEqual([401, 'invalid_client']);
      expect((await hub.admin('POST', `/admin/v1/${kind}/${id}/unfreeze`, { reason: 'test' })).status).toBe(200);
      expect(await status()).toBe(200);
    });

    it('a freeze that is repeated moves nothing and sends no second signal', async () => {
      const id = await agentId();
      await hub.admin('POST', `/admin/v1/agents/${id}/freeze`, {});
      const before = (await signalsSent()).length;
      const again = await hub.admin('POST', `/admin/v1/agents/${id}/freeze`, {});
      expect(await again.json()).toMatchObject({ state: 'frozen', moved: false });
      expect((await signalsSent()).length).toBe(before);
      await hub.admin('POST', `/admin/v1/agents/${id}/unfreeze`, {});
    });

    it('of twenty freezes at once one moves it, and one signal goes out', async () => {
      const id = await agentId();
      const before = (await signalsSent()).length;
      const answers = await Promise.all(
        Array.from({ length: 20 }, () => hub.admin('POST', `/admin/v1/agents/${id}/freeze`, { reason: 'race' })),
      );
      const moved = await Promise.all(answers.map(async (answer) => z.object({ moved: z.boolean() }).parse(await answer.json()).moved));
      expect(moved.filter(Boolean)).toHaveLength(1);
      expect((await signalsSent()).length).toBe(before + 1);
      await hub.admin('POST', `/admin/v1/agents/${id}/unfreeze`, {});
    });

    it('numbers signals without a gap, whatever order transactions began in', async () => {
      const { db } = hub.house.rooms.database;
      const from = (await signalsSent()).at(-1)?.seq ?? 0;
      await Promise.all(
        Array.from({ length: 30 }, (_, index) =>
          db
            .transaction()
            .execute((tx) =>
              sendSignal(tx, { kind: 'token', subject: `tok_${index}`, state: 'revoked', reason: 'test', now: hub.clock.now() }),
            ),
        ),
      );
      const numbers = (await listSignals(db, { after: from, limit: 200 })).map(({ seq }) => seq);
      expect(numbers).toEqual(Array.from({ length: 30 }, (_, index) => from + 1 + index));
    });

    it('removing a resource ends the grants for it, so that another of the same id inherits nothing', async () => {
      const { db } = hub.house.rooms.database;
      const now = hub.clock.now();
      const grant = await db.transaction().execute(async (tx) => {
        const { agent } = await ensureAgent(tx, { clientId: 'worker', principal: { kind: 'user', id: 'ann' }, tenantId: 'acme', now });
        return saveGrant(tx, {
          clientId: 'worker',
          userId: 'ann',
          tenantId: 'acme',
          resourceId: 'ops',
          redirectUri: 'https://app.example/cb',
          agentId: agent.id,
          scopes: ['read'],
          persistent: true,
          now,
        });
      });
      expect((await hub.admin('DELETE', '/admin/v1/resources/ops')).status).toBe(204);
      expect(await (await hub.admin('GET', `/admin/v1/grants/${grant.id}`)).json()).toMatchObject({ state: 'revoked' });
      expect((await signalsSent()).at(-1)).toMatchObject({ kind: 'grant', subject: grant.id, state: 'revoked' });
    });

    it("tells servers of every tenant of a user's agent, whichever it was made in", async () => {
      const { database } = hub.house.rooms;
      const { agent } = await database.db
        .transaction()
        .execute((tx) => ensureAgent(tx, { clientId: 'worker', principal: { kind: 'user', id: 'ann' }, tenantId: 'acme', now: 0 }));
      await hub.admin('POST', `/admin/v1/agents/${agent.id}/freeze`, {});
      const told = (await signalsSent()).find(({ subject }) => subject === agent.id);
      expect(told !== undefined && isFor(told, ['globex'])).toBe(true);
    });

    it('revoking is final: nothing restores it, and the answer says so', async () => {
      const id = await agentId();
      expect((await hub.house.rooms.contain({ kind: 'agent', id, to: 'revoked', reason: 'end', by: hubAuthor('test') })).ok).toBe(true);
      expect((await hub.admin('POST', `/admin/v1/agents/${id}/unfreeze`, {})).status).toBe(409);
      expect((await hub.admin('POST', '/admin/v1/agents/agt_nobody/freeze', {})).status).toBe(404);
    });
  });
}
