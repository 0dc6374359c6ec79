import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { testHouse, type TestHouse } from '../../../testing/house.ts';
import { ensureAgent } from '../../rooms/agents/store.ts';
import { saveGrant } from '../../rooms/consent/store.ts';

const SECRET = 'a-long-secret-of-the-worker';
const detail = z.looseObject({
  access: z.array(z.looseObject({})),
  connections: z.array(z.looseObject({})),
  budget: z.array(z.looseObject({})),
});

describe('the page of one agent', () => {
  let hub: TestHouse;
  let worker: string;
  let assistant: string;
  const token = (form: Record<string, string> = {}) =>
    hub.post(
      '/oauth/token',
      { grant_type: 'client_credentials', ...form },
      { authorization: `Basic ${Buffer.from(`worker:${SECRET}`).toString('base64')}` },
    );
  const at = async (id: string) => detail.parse(await (await hub.admin('GET', `/admin/v1/agents/${id}`)).json());
  const counted = () => hub.house.rooms.countUp({ steps: 100, entries: 1_000 });

  beforeAll(async () => {
    hub = await testHouse();
    await hub.apply({
      tenants: [{ id: 'acme', name: 'Acme' }],
      users: [
        { id: 'ann', email: 'ann@acme.test', name: 'Ann', tenants: [{ id: 'acme' }] },
        { id: 'ben', email: 'ben@acme.test', tenants: [{ id: 'acme' }] },
      ],
      resources: [
        {
          id: 'ops',
          type: 'api',
          uri: 'http://localhost:9000/api',
          scopes: [
            { name: 'read', risk: 'low' },
            { name: 'write', title: 'Write incidents', risk: 'high' },
          ],
        },
      ],
      clients: [
        { id: 'worker', name: 'Worker', kind: 'service', owner: 'ann', tenants: ['acme'], auth: { secrets: [{ value: SECRET }] } },
        { id: 'helper', name: 'Helper', kind: 'app', public: true, redirectUris: ['https://app.test/cb'] },
      ],
      connections: [
        {
          id: 'search',
          name: 'Search',
          type: 'api_key',
          header: 'x-api-key',
          baseUrl: 'https://api.search.test',
          allowedHosts: ['api.search.test'],
        },
      ],
      credentials: [
        { connection: 'search', owner: { tenant: 'acme' }, value: { value: 'k-of-acme' } },
        { connection: 'search', owner: { user: 'ann' }, value: { value: 'k-of-ann' } },
        { connection: 'search', owner: { user: 'ben' }, value: { value: 'k-of-ben' } },
      ],
      policies: [
        { id: 'all', effect: 'allow', subject: { any: true }, target: { resources: ['ops'] }, scopes: 'all' },
        {
          id: 'slow',
          effect: 'require',
          subject: { any: true },
          target: { resources: ['ops'] },
          scopes: 'all',
          require: { budget: { calls: 3, window: 60 } },
        },
      ],
    });
    if ((await token({ scope: 'read' })).status !== 200) throw new Error('the worker gets no token to begin with');
    const listed = await (await hub.admin('GET', '/admin/v1/agents?client=worker')).json();
    worker = z.object({ items: z.tuple([z.looseObject({ id: z.string() })]) }).parse(listed).items[0].id;
    const { db } = hub.house.rooms.database;
    const now = hub.clock.now();
    await db.transaction().execute(async (tx) => {
      const { agent } = await ensureAgent(tx, { clientId: 'helper', principal: { kind: 'user', id: 'ann' }, tenantId: 'acme', now });
      assistant = agent.id;
      const key = { clientId: 'helper', userId: 'ann', tenantId: 'acme', resourceId: 'ops', redirectUri: 'https://app.test/cb' };
      await saveGrant(tx, { ...key, agentId: agent.id, scopes: ['read', 'write'], persistent: true, now });
    });
  });
  afterAll(() => hub.close());

  it('says what a rule alone let it obtain, how often, and how much of its budget is used', async () => {
    await token({ scope: 'read write' });
    await counted();
    const found = await at(worker);
    expect(found.access).toMatchObject([
      { resource: 'ops', scope: 'write', title: 'Write incidents', risk: 'high', via: 'policy', grant: null, count: 1 },
      { resource: 'ops', scope: 'read', risk: 'low', via: 'policy', count: 2 },
    ]);
    expect(found.budget).toEqual([{ policy: 'slow', kind: 'calls', used: 2, limit: 3, windowSeconds: 60, resetsAt: expect.any(Number) }]);
    expect(found).toMatchObject({
      risk: 'high',
      calls: 2,
      denials: 0,
      scopes: 2,
      evidence: { registration: 'manual', verifiedBy: 'registration' },
    });
  });

  it('says what it was refused, by reason, with the newest decision', async () => {
    await token({ scope: 'read' });
    expect((await token({ scope: 'read' })).status).toBe(400);
    await counted();
    const found = await at(worker);
    expect(found).toMatchObject({ calls: 3, denials: 1, refusals: [{ count: 1, decision: expect.any(String) }], budget: [{ used: 3 }] });
  });

  it('forgets a budget when its window is over, and with the rule', async () => {
    hub.clock.advance(120_000);
    expect((await at(worker)).budget).toMatchObject([{ used: 0, resetsAt: null }]);
    await hub.admin('DELETE', '/admin/v1/policies/slow');
    expect((await at(worker)).budget).toEqual([]);
  });

  it('says what a person allowed, used or not, and no longer when they take it back', async () => {
    const found = await at(assistant);
    expect(found.access).toMatchObject([
      {
        scope: 'write',
        via: 'consent',
        grant: expect.any(String),
        consentedAt: expect.any(Number),
        expiresAt: null,
        count: 0,
        lastUsedAt: null,
      },
      { scope: 'read', via: 'consent' },
    ]);
    expect(found).toMatchObject({ principalName: 'Ann', owner: { id: 'ann', name: 'Ann' }, risk: 'high', scopes: 2 });
    await hub.admin('POST', `/admin/v1/grants/${String(found.access[0]?.['grant'])}/revoke`, {});
    const after = await at(assistant);
    expect([after.access, after['risk'], after['scopes']]).toEqual([[], null, 0]);
  });

  it('shows the accounts that may be handed to it and nobody else’s, and never a secret', async () => {
    expect((await at(worker)).connections).toMatchObject([
      { connection: 'search', name: 'Search', owner: { kind: 'tenant', id: 'acme' }, count: 0 },
    ]);
    const own = await hub.admin('GET', `/admin/v1/agents/${assistant}`);
    const text = await own.text();
    expect(detail.parse(JSON.parse(text)).connections).toMatchObject([
      { connection: 'search', owner: { kind: 'user', id: 'ann' }, state: 'active' },
    ]);
    for (const secret of ['k-of-acme', 'k-of-ann', 'k-of-ben', SECRET]) expect(text).not.toContain(secret);
  });
});
