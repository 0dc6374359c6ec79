import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { testHouse, type TestHouse } from '../../../testing/house.ts';

const SECRET = 'a-long-secret-of-the-agent';
const allow = (id: string, more: object) => ({
  id,
  effect: 'allow',
  target: { resources: ['ops'] },
  scopes: 'all',
  subject: { any: true },
  ...more,
});
const sre = { conditions: [{ key: 'user.roles', operator: 'contains', value: 'SRE' }] };
const CONFIG = {
  tenants: [
    { id: 'acme', name: 'Acme', attributes: { plan: 'pro' } },
    { id: 'globex', name: 'Globex' },
  ],
  roles: [{ name: 'SRE', permissions: ['incidents.write'] }],
  users: [
    { id: 'ann', email: 'ann@acme.test', tenants: [{ id: 'acme', roles: ['SRE'] }], attributes: { department: 'ops' } },
    {
      id: 'bob',
      email: 'bob@acme.test',
      tenants: [
        { id: 'acme', roles: [] },
        { id: 'globex', roles: ['SRE'] },
      ],
    },
  ],
  resources: [
    { id: 'ops', type: 'mcp', uri: 'http://localhost:9000/mcp', tags: ['live'], scopes: [{ name: 'read' }, { name: 'write' }] },
    { id: 'other', type: 'api', uri: 'http://localhost:9001/api', scopes: [{ name: 'read' }] },
  ],
  clients: ['ops-agent', 'worker'].map((id) => ({
    id,
    name: id,
    kind: 'service',
    auth: { secrets: [{ value: SECRET }] },
    tags: id === 'worker' ? ['production'] : [],
    tenants: ['acme'],
  })),
  policies: [
    allow('reads', { scopes: ['read'] }),
    allow('sre-writes', { subject: sre, scopes: ['write'] }),
    allow('worker-writes', {
      subject: { conditions: [{ key: 'client.tags', operator: 'contains', value: 'production' }] },
      scopes: ['write'],
    }),
    allow('agents-write', { subject: { clients: ['ops-agent'] }, scopes: ['write'], state: 'shadow' }),
    { ...allow('no-live-writes', { scopes: ['write'], target: { resources: { tags: ['live'] } }, state: 'shadow' }), effect: 'deny' },
  ],
};

let hub: TestHouse;
const decisions: string[] = [];
const token = async (client: string, scope?: string) => {
  const answer = await hub.post(
    '/oauth/token',
    { grant_type: 'client_credentials', resource: 'http://localhost:9000/mcp', ...(scope === undefined ? {} : { scope }) },
    { authorization: `Basic ${Buffer.from(`${client}:${SECRET}`).toString('base64')}` },
  );
  return { status: answer.status, body: z.looseObject({ scope: z.string().optional() }).parse(await answer.json()) };
};

beforeAll(async () => {
  hub = await testHouse();
  await hub.apply(CONFIG);
  await token('ops-agent');
  await token('ops-agent', 'write');
  await token('worker');
  const found = z.looseObject({ items: z.array(z.looseObject({ id: z.string() })) });
  decisions.push(...found.parse(await (await hub.admin('GET', '/admin/v1/decisions')).json()).items.map(({ id }) => id));
});
afterAll(() => hub.close());

const post = async (path: string, body: object): Promise<unknown> => (await hub.admin('POST', `/admin/v1/policies/${path}`, body)).json();
const get = async (path: string): Promise<unknown> => (await hub.admin('GET', `/admin/v1/policies/${path}`)).json();

describe('simulate', () => {
  it('looks up whom the request names: roles in the tenant, attributes, tags, scopes of the resource, the agent', async () => {
    expect(await post('simulate', { client: 'ops-agent', user: 'ann', tenant: 'acme', resource: 'ops' })).toMatchObject({
      decision: { outcome: 'allow', granted: ['read', 'write'], rules: ['reads', 'sre-writes'] },
      request: {
        grant: 'authorization_code',
        scopes: ['read', 'write'],
        target: { kind: 'resource', id: 'ops', type: 'mcp', tags: ['live'] },
        user: { roles: ['SRE'], permissions: ['incidents.write'], tenantIds: ['acme'], attributes: { department: 'ops' } },
        tenant: { id: 'acme', attributes: { plan: 'pro' } },
        client: { registrationType: 'manual', status: 'verified' },
      },
      unknown: [],
      current: null,
    });
    const alone = z.looseObject({ request: z.looseObject({ agent: z.object({ id: z.string(), state: z.string() }) }) });
    const { request } = alone.parse(await post('simulate', { client: 'ops-agent', resource: 'ops' }));
    expect(request).toMatchObject({ grant: 'client_credentials', tenant: { id: 'acme' }, agent: { state: 'active' } });
    expect(request.agent.id).toMatch(/^agt_/);
  });

  it('says why: the rules with the first obstacle of each, what is missing, a sentence per scope', async () => {
    expect(await post('simulate', { client: 'ops-agent', resource: 'ops', scopes: ['write'] })).toMatchObject({
      decision: { outcome: 'deny' },
      explanation: {
        scopes: [{ scope: 'write', granted: false }],
        missing: ['user.roles'],
        rules: [
          { rule: 'agents-write', state: 'shadow', matched: true },
          { rule: 'no-live-writes', matched: true },
          { rule: 'reads', obstacle: { at: 'scopes' } },
          { rule: 'sre-writes', obstacle: { at: 'subject', missing: ['user.roles'] } },
          { rule: 'worker-writes', obstacle: { at: 'subject' } },
        ],
      },
    });
  });

  it('takes the tenant where roles are: Bob is an SRE elsewhere', async () => {
    const inTenant = (tenant: string) => post('simulate', { client: 'ops-agent', user: 'bob', tenant, resource: 'ops', scopes: 'write' });
    expect(await inTenant('acme')).toMatchObject({ decision: { outcome: 'deny' } });
    expect(await inTenant('globex')).toMatchObject({ decision: { outcome: 'allow' } });
    const unsaid = await post('simulate', { client: 'ops-agent', user: 'bob', resource: 'ops', scopes: 'write' });
    expect(unsaid).toMatchObject({ decision: { outcome: 'deny' }, explanation: { missing: [] } });
  });

  it('believes what the request says over what is known, and names whom nobody knows', async () => {
    expect(
      await post('simulate', { client: 'ops-agnet', user: { id: 'ann', roles: [] }, tenant: 'acme', resource: 'ops', scopes: ['write'] }),
    ).toMatchObject({ decision: { outcome: 'deny' }, unknown: ['client ops-agnet'] });
  });

  it('says what else would stand in the way: states, membership, permissions', async () => {
    expect(await post('simulate', { client: 'ops-agent', resource: 'ops' })).toMatchObject({ beyond: [] });
    await hub.admin('POST', '/admin/v1/clients/ops-agent/freeze', { reason: 'test' });
    expect(await post('simulate', { client: 'ops-agent', user: 'ann', tenant: 'globex', resource: 'ops' })).toMatchObject({
      decision: { outcome: 'narrow' },
      beyond: ['The client is frozen: test.', 'The user does not belong to the tenant.'],
    });
    await hub.admin('POST', '/admin/v1/clients/ops-agent/unfreeze', { reason: 'test' });
  });

  it('judges by a draft, and says beside it what the policies of now say', async () => {
    const draft = { put: [allow('reads', { scopes: 'all' })], remove: ['sre-writes'] };
    expect(await post('simulate', { client: 'ops-agent', resource: 'ops', scopes: ['write'], draft })).toMatchObject({
      decision: { outcome: 'allow', rules: ['reads'] },
      current: { outcome: 'deny' },
    });
    expect(await post('simulate', { client: 'ops-agent', resource: 'ops', scopes: ['write'] })).toMatchObject({
      decision: { outcome: 'deny' },
    });
  });

  it("opens the hub's own API to no rule that does not name it, in a draft either", async () => {
    const asked = { client: 'ops-agent', resource: 'writ-admin', scopes: ['admin:policies:write'] };
    const wide = allow('wide', { target: { resources: 'all' } });
    expect(await post('simulate', { ...asked, draft: { put: [wide] } })).toMatchObject({ decision: { outcome: 'deny' } });
    const named = { ...wide, target: { resources: ['writ-admin'] } };
    expect(await post('simulate', { ...asked, draft: { put: [named] } })).toMatchObject({ decision: { outcome: 'allow' } });
  });

  it("opens the hub's own API to no token that was handed on, unless the rule says so (confused deputy)", async () => {
    const asked = { client: 'ops-agent', resource: 'writ-admin', scopes: ['admin:policies:write'], grant: 'token_exchange' };
    const named = allow('named', { target: { resources: ['writ-admin'] } });
    const said = { ...named, grants: ['token_exchange'] };
    expect(await post('simulate', { ...asked, draft: { put: [named] } })).toMatchObject({ decision: { outcome: 'deny', reach: false } });
    expect(await post('simulate', { ...asked, draft: { put: [said] } })).toMatchObject({ decision: { outcome: 'allow' } });
    const everywhere = { ...asked, resource: 'ops', scopes: ['write'], draft: { put: [allow('open', { scopes: 'all' })] } };
    expect(await post('simulate', everywhere)).toMatchObject({ decision: { outcome: 'allow' } });
  });

  it('leaves no decision on record, only that an administrator asked', async () => {
    const count = async (type: string): Promise<number> => {
      const { items } = z.looseObject({ items: z.array(z.unknown()) }).parse(await (await hub.admin('GET', `/admin/v1/${type}`)).json());
      return items.length;
    };
    const before = await count('decisions');
    await post('simulate', { client: 'ops-agent', resource: 'ops' });
    expect(await count('decisions')).toBe(before);
  });

  it('refuses what is no request, with its place', async () => {
    const cases: [object, string][] = [
      [{ resource: 'ops' }, 'client'],
      [{ client: 'x' }, 'target'],
      [{ client: 'x', resource: 'ops', request: { ip: 'nowhere' } }, 'request.ip'],
      [{ client: 'x', resource: 'ops', garnt: 'ciba' }, 'garnt'],
      [{ client: 'x', resource: 'ops', draft: { put: [{ id: 'a' }] } }, 'draft.put[0].effect'],
    ];
    for (const [body, field] of cases) {
      const answer = await hub.admin('POST', '/admin/v1/policies/simulate', body);
      expect(answer.status).toBe(400);
      expect(await answer.json()).toMatchObject({ field });
    }
  });
});

describe('replay', () => {
  it('says what a draft would have decided: in all, by client, agent, scope and rule, with samples', async () => {
    expect(
      await post('replay', { draft: { put: [allow('agents-write', { subject: { clients: ['ops-agent'] }, scopes: ['write'] })] } }),
    ).toMatchObject({
      total: 3,
      changed: 2,
      gained: 2,
      lost: 0,
      drifted: 0,
      complete: true,
      byClient: [{ client: 'ops-agent', gained: 2 }],
      byAgent: [{ client: 'ops-agent', gained: 2 }],
      byScope: [{ target: { kind: 'resource', id: 'ops' }, scope: 'write', gained: 2 }],
      byRule: [{ rule: 'agents-write', gained: 2 }],
      samples: [{ id: decisions[1], gained: ['write'] }, { id: decisions[2] }],
    });
  });

  it('takes a stretch of time, a client, a target and a limit', async () => {
    const remove = { draft: { remove: ['reads'] } };
    expect(await post('replay', { ...remove, client: 'worker' })).toMatchObject({ total: 1, lost: 1 });
    expect(await post('replay', { ...remove, resource: 'other' })).toMatchObject({ total: 0 });
    expect(await post('replay', { ...remove, limit: 1 })).toMatchObject({ total: 1, complete: false, byClient: [{ client: 'worker' }] });
    expect(await post('replay', { ...remove, until: '2001-01-01T00:00:00Z' })).toMatchObject({ total: 0, complete: true, oldest: null });
    expect(await post('replay', { ...remove, since: '2001-01-01T00:00:00Z' })).toMatchObject({ total: 3 });
  });

  it('names the attributes that entries do not hold', async () => {
    const put = [allow('new', { subject: { conditions: [{ key: 'user.attributes.region', operator: 'equals', value: 'eu' }] } })];
    expect(await post('replay', { draft: { put } })).toMatchObject({ changed: 0, notRecorded: ['user.attributes.region'] });
  });

  it('says what breaks when a policy is removed, or replaced', async () => {
    expect(await post('worker-writes/impact', {})).toMatchObject({ total: 3, lost: 1, byClient: [{ client: 'worker' }] });
    const replace = allow('worker-writes', { subject: { clients: ['worker'] }, scopes: ['write'] });
    expect(await post('worker-writes/impact', { replace })).toMatchObject({ total: 3, changed: 0 });
    expect((await hub.admin('POST', '/admin/v1/policies/never/impact', {})).status).toBe(404);
  });
});

describe('shadow differences', () => {
  it('are listed by rule: how often, which agents and scopes, since when, with decisions to explain', async () => {
    const one = { target: { kind: 'resource', id: 'ops' }, scope: 'write' };
    expect(await get('shadow')).toMatchObject({
      read: 3,
      complete: true,
      items: [
        {
          rule: 'agents-write',
          state: 'shadow',
          spoke: 2,
          wouldChange: 2,
          since: expect.any(Number),
          agents: [{ client: 'ops-agent', decisions: 2 }],
          scopes: [{ ...one, change: 'gained', decisions: 2 }],
          samples: [decisions[1], decisions[2]],
        },
        { rule: 'no-live-writes', spoke: 3, wouldChange: 1, scopes: [{ ...one, change: 'lost', decisions: 1 }], samples: [decisions[0]] },
      ],
    });
    expect(await get('shadow?rule=no-live-writes')).toMatchObject({ items: [{ rule: 'no-live-writes' }] });
    expect((await hub.admin('GET', `/admin/v1/decisions/${decisions[0] ?? ''}/explain`)).status).toBe(200);
  });
});

describe('who and which', () => {
  it('who is matched by a policy: agents, clients, users by tenant, and its resources', async () => {
    expect(await get('worker-writes/matches')).toMatchObject({ items: [{ client: 'worker', covers: 'yes' }], next: null });
    expect(await get('worker-writes/matches?kind=clients')).toMatchObject({ items: [{ id: 'worker', covers: 'yes' }] });
    expect(await get('sre-writes/matches?kind=users')).toMatchObject({
      items: [
        { id: 'ann', tenant: 'acme', covers: 'yes' },
        { id: 'bob', tenant: 'globex', covers: 'yes' },
      ],
    });
    expect(await get('sre-writes/matches?kind=clients')).toMatchObject({
      items: [{ id: 'ops-agent', covers: 'open', depends: ['user.roles'] }, { id: 'worker' }],
    });
    expect(await get('no-live-writes/matches?kind=resources')).toMatchObject({ items: [{ id: 'ops', covers: 'yes' }] });
    expect((await hub.admin('GET', '/admin/v1/policies/never/matches')).status).toBe(404);
  });

  it('in pages', async () => {
    const pages = z.looseObject({ items: z.array(z.looseObject({ id: z.string() })), next: z.string().nullable() });
    const seen: string[] = [];
    const query = 'reads/matches?kind=clients&limit=1';
    for (let next: string | null = ''; next !== null;) {
      const one = pages.parse(await get(next === '' ? query : `${query}&cursor=${next}`));
      seen.push(...one.items.map(({ id }) => id));
      ({ next } = one);
    }
    expect(seen).toEqual(['ops-agent', 'worker']);
  });

  it('which policies cover an agent, a client, a user in a tenant, a resource', async () => {
    expect(await get('covering?client=worker&resource=ops')).toMatchObject({
      items: [
        { rule: 'no-live-writes', covers: 'yes' },
        { rule: 'reads' },
        { rule: 'sre-writes', covers: 'open' },
        { rule: 'worker-writes', covers: 'yes' },
      ],
    });
    expect(await get('covering?user=ann&tenant=acme&resource=other')).toMatchObject({ items: [] });
    expect(await get('covering?resource=other&covers=no')).toMatchObject({
      items: [{ covers: 'no', obstacle: { at: 'target' } }, {}, {}, {}, {}],
    });
    const agent = z.looseObject({ items: z.array(z.looseObject({ id: z.string() })) });
    const [first] = agent.parse(await (await hub.admin('GET', '/admin/v1/agents?client=worker')).json()).items;
    expect(await get(`covering?agent=${first?.id ?? ''}&resource=ops`)).toMatchObject({
      items: [{ rule: 'no-live-writes' }, { rule: 'reads' }, { rule: 'worker-writes', covers: 'yes' }],
    });
    expect((await hub.admin('GET', '/admin/v1/policies/covering')).status).toBe(400);
    expect((await hub.admin('GET', '/admin/v1/policies/covering?client=never')).status).toBe(400);
  });

  it('no policy takes a word of the API for its id', async () => {
    for (const id of ['shadow', 'covering', 'export'])
      expect((await hub.admin('PUT', `/admin/v1/policies/${id}`, allow(id, {}))).status).toBe(400);
  });
});

describe('whoever may read policies and not people', () => {
  it('is told no attributes of theirs but those that a rule in force looks at, by no draft and no test of their own (oracle)', async () => {
    const [secret, known] = ['users-secret-project', 'ops'];
    await hub.apply({
      users: [
        {
          id: 'ann',
          email: 'ann@acme.test',
          tenants: [{ id: 'acme', roles: ['SRE'] }],
          attributes: { department: known, project: secret },
        },
      ],
      clients: [{ id: 'reader', name: 'Reader', kind: 'service', auth: { secrets: [{ value: SECRET }] } }],
      policies: [
        allow('readers', {
          subject: { clients: ['reader'] },
          target: { resources: ['writ-admin'] },
          scopes: ['admin:policies:read', 'admin:users:read'],
        }),
        allow('by-department', { subject: { conditions: [{ key: 'user.attributes.department', operator: 'equals', value: 'ops' }] } }),
      ],
    });
    const bearer = async (scope: string): Promise<string> => {
      const answer = await hub.post(
        '/oauth/token',
        { grant_type: 'client_credentials', resource: `${hub.issuer}/admin/v1`, scope },
        { authorization: `Basic ${Buffer.from(`reader:${SECRET}`).toString('base64')}` },
      );
      return z.looseObject({ access_token: z.string() }).parse(await answer.json()).access_token;
    };
    const guess = allow('guess', {
      target: { resources: ['other'] },
      subject: { conditions: [{ key: 'user.attributes.project', operator: 'matches', value: 'users-s*' }] },
    });
    const request = { client: 'ops-agent', user: 'ann', resource: 'other', scopes: ['read'] };
    const told = async (path: string, body: object, scope: string): Promise<string> => {
      const headers = { authorization: `Bearer ${await bearer(scope)}`, 'content-type': 'application/json' };
      const init = { method: 'POST', headers, body: JSON.stringify(body) };
      return (await hub.house.fetch(new Request(`${hub.issuer}/admin/v1/policies/${path}`, init))).text();
    };
    const drafted = { ...request, draft: { put: [guess] } };
    const test = { tests: [{ id: 't', name: 'T', request, expect: { granted: ['read'] } }], draft: { put: [guess] } };
    const [simulated, tried] = [await told('simulate', drafted, 'admin:policies:read'), await told('test', test, 'admin:policies:read')];
    expect([simulated, simulated]).toEqual([expect.stringContaining(known), expect.not.stringContaining(secret)]);
    expect(JSON.parse(simulated)).toMatchObject({ decision: { outcome: 'deny' } });
    expect(JSON.parse(tried)).toMatchObject({ passed: 0, failed: 1 });
    const both = 'admin:policies:read admin:users:read';
    expect(JSON.parse(await told('simulate', drafted, both))).toMatchObject({ decision: { outcome: 'allow' } });
    expect(JSON.parse(await told('test', test, both))).toMatchObject({ passed: 1, failed: 0 });
  });
});
