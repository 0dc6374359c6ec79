import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testHouse, type TestHouse } from '../../../testing/house.ts';
import { END, flowOf, SIGN_IN } from './drawing.suite.ts';

let hub: TestHouse;
beforeAll(async () => {
  hub = await testHouse();
});
afterAll(() => hub.close());

const PLAIN = { id: 'plain', ...flowOf([...SIGN_IN, ...END]) };
/** The outer one stands before the inner one that it copies in. */
const NESTED = [
  { id: 'outer', ...flowOf([{ id: 'login', kind: 'subflow', flow: 'inner' }, ...END]), assign: { tenants: ['acme'] } },
  { id: 'inner', ...flowOf([...SIGN_IN, { id: 'out', kind: 'complete' }], { purpose: 'sign_in' }) },
];
const TENANT = { tenants: [{ id: 'acme', name: 'Acme' }] };

const send = (verb: 'plan' | 'apply', config: object) => hub.admin('POST', `/admin/v1/${verb}`, config);
const changes = async (verb: 'plan' | 'apply', config: object): Promise<[string, string, string][]> => {
  const answer = await (await send(verb, config)).json();
  return answer.changes.map(({ kind, id, change }: { kind: string; id: string; change: string }) => [kind, id, change]);
};
const exported = async (): Promise<{ flows: { id: string }[] }> => (await hub.admin('GET', '/admin/v1/export')).json();
const effective = async (query = '') => (await hub.admin('GET', `/admin/v1/flow-assignments/effective?${query}`)).json();

describe('flows in the config', () => {
  it('are planned, then applied: drawn, published and assigned in one, in whatever order the file has them', async () => {
    const config = { ...TENANT, flows: [PLAIN, ...NESTED] };
    const wanted = [
      ['tenant', 'acme', 'create'],
      ['flow', 'plain', 'create'],
      ['flow', 'inner', 'create'],
      ['flow', 'outer', 'create'],
    ];
    expect(await changes('plan', config)).toEqual(wanted);
    expect((await effective('tenant=acme')).flow).toBe('authorize');
    expect(await changes('apply', config)).toEqual(wanted);
    expect(await effective('tenant=acme')).toMatchObject({ flow: 'outer', by: { tenant: 'acme' } });
  });

  it('go round: what is exported changes nothing when it is applied, and is exported the same again', async () => {
    const once = await (await hub.admin('GET', '/admin/v1/export')).text();
    expect((await changes('apply', JSON.parse(once))).filter(([, , change]) => change !== 'none')).toEqual([]);
    expect(await (await hub.admin('GET', '/admin/v1/export')).text()).toBe(once);
    expect((await exported()).flows.map(({ id }) => id)).toEqual(['inner', 'outer', 'plain']);
  });

  it('say which members a change is about', async () => {
    const plan = await (await send('plan', { flows: [{ ...PLAIN, name: 'Plain' }] })).json();
    expect(plan.changes).toMatchObject([{ change: 'change', fields: [{ field: 'name', from: null, to: 'Plain' }] }]);
  });

  it('publish the outer flow anew when an inner one changes, though its own text is the same', async () => {
    const [outer, inner] = NESTED;
    const changed = {
      ...inner,
      ...flowOf([
        { id: 'signIn', kind: 'authenticate', methods: ['passkey'] },
        { id: 'out', kind: 'complete' },
      ]),
    };
    expect(await changes('apply', { flows: [outer, changed] })).toEqual([
      ['flow', 'inner', 'change'],
      ['flow', 'outer', 'change'],
    ]);
  });

  it('say where an assignment changes, and that what is copied in does', async () => {
    const [outer] = NESTED;
    const plan = await (await send('plan', { flows: [{ ...outer, assign: { everywhere: true } }] })).json();
    expect(plan.changes[0].fields).toEqual([
      { field: 'assign.tenants', from: 'acme', to: null },
      { field: 'assign.everywhere', from: null, to: true },
    ]);
    const changed = { ...NESTED[1], name: 'Changed inside' };
    const inner = await (
      await send('plan', {
        flows: [
          outer,
          {
            ...changed,
            ...flowOf([...SIGN_IN, { id: 'second', kind: 'stepUp', methods: ['totp'] }, { id: 'out', kind: 'complete' }], {
              purpose: 'sign_in',
            }),
          },
        ],
      })
    ).json();
    expect(inner.changes[1]).toMatchObject({ id: 'outer', change: 'change', fields: [{ field: 'subflows' }] });
  });

  it('are warned of when what they name is gone', async () => {
    const linked = { id: 'linked', ...flowOf([...SIGN_IN, { id: 'c', kind: 'connect', connection: 'search' }, ...END]) };
    await hub.apply({
      connections: [{ id: 'search', name: 'Search', type: 'api_key', header: 'x-api-key', baseUrl: 'https://search.test' }],
      flows: [linked],
    });
    await hub.admin('DELETE', '/admin/v1/connections/search');
    const { warnings } = await (await send('plan', {})).json();
    expect(warnings).toEqual([{ kind: 'flow', id: 'linked', message: 'nodes.c.connection: there is no connection search' }]);
    await hub.admin('DELETE', '/admin/v1/flows/linked');
  });

  it('leave a draft alone that is ahead, while what is in force is what they say', async () => {
    await hub.admin('PUT', '/admin/v1/flows/plain', { ...PLAIN, name: 'Work in progress' });
    expect(await changes('apply', { flows: [PLAIN] })).toEqual([['flow', 'plain', 'none']]);
    expect(await (await hub.admin('GET', '/admin/v1/flows/plain')).json()).toMatchObject({ name: 'Work in progress', ahead: true });
  });

  it.each([
    ['an error of the lints', { id: 'x', ...flowOf([...SIGN_IN, { id: 'done', kind: 'complete' }]) }, 'flows[0].nodes.done'],
    [
      'a field that no node has',
      { id: 'x', ...flowOf([...SIGN_IN, ...END]), nodes: [{ id: 'a', kind: 'consent', colour: 'red' }] },
      'flows[0].nodes[0].colour',
    ],
    [
      'a connection that is not there',
      { id: 'x', ...flowOf([...SIGN_IN, { id: 'c', kind: 'connect', connection: 'no' }, ...END]) },
      'flows[0].nodes.c.connection',
    ],
    ['an assignment to nobody', { ...PLAIN, assign: { clients: ['nobody'] } }, 'flows[0].assign.clients'],
    ['an assignment to what cannot be', { ...PLAIN, assign: { planets: ['mars'] } }, 'flows[0].assign'],
  ])('are refused for %s, by its place, and nothing is changed', async (_, flow, field) => {
    const answer = await send('apply', { tenants: [{ id: 'never', name: 'Never' }], flows: [flow] });
    expect(answer.status).toBe(400);
    expect((await answer.json()).field).toBe(field);
    expect((await hub.admin('GET', '/admin/v1/tenants/never')).status).toBe(404);
  });

  it('run everywhere when one is called default, unless it says otherwise', async () => {
    await send('apply', { flows: [{ ...PLAIN, id: 'default' }] });
    expect(await effective()).toMatchObject({ flow: 'default', by: { everywhere: true } });
    await send('apply', { flows: [{ ...PLAIN, id: 'default', assign: {} }] });
    expect((await effective()).flow).toBe('authorize');
    await send('apply', { flows: [{ ...PLAIN, id: 'default', name: 'Changed' }] });
    expect((await effective()).flow).toBe('authorize');
  });

  it('hold a built-in flow where something is assigned to it', async () => {
    await send('apply', { flows: [{ ...PLAIN, assign: { everywhere: true } }] });
    await hub.admin('POST', '/admin/v1/flows/authorize/assign', { tenant: 'acme' });
    const config = await exported();
    expect(config.flows.map(({ id }) => id)).toContain('authorize');
    expect((await changes('apply', config)).filter(([, , change]) => change !== 'none')).toEqual([]);
    expect(await (await hub.admin('GET', '/admin/v1/flows/authorize')).json()).toMatchObject({ version: 0 });
  });

  it('are described by the schema of the config file, kind by kind', async () => {
    const schema = JSON.stringify((await (await hub.get('/admin/v1/config.schema.json')).json()).$defs.FlowConfig);
    for (const word of ['"const":"stepUp"', '"assign"', '"layout"', '"purpose"']) expect(schema).toContain(word);
  });
});

describe('a version that this hub cannot read', () => {
  it('stops those who would run it, and nobody else', async () => {
    await hub.apply({ ...TENANT, flows: [{ ...PLAIN, id: 'older', assign: { tenants: ['acme'] } }] });
    const { db } = hub.house.rooms.database;
    await sql`UPDATE flow_bodies SET body = replace(body, '"consent"', '"of-a-newer-hub"')
      WHERE digest IN (SELECT digest FROM flow_versions WHERE flow_id = 'older')`.execute(db);
    const second = await hub.secondNode();
    expect(() => second.rooms.flows.choose({ purpose: 'authorize', tenantId: 'acme' })).toThrow('cannot be read');
    expect(second.rooms.flows.choose({ purpose: 'sign_in' }).id).toBe('sign-in');
    await hub.admin('POST', '/admin/v1/flows/older/unassign', { tenant: 'acme' });
  });
});

describe('a built-in flow of the hub before', () => {
  it('is there for journeys that began with it', async () => {
    const { db } = hub.house.rooms.database;
    const kept = await sql<{ digest: string }>`SELECT digest FROM flow_bodies`.execute(db);
    const own = hub.house.rooms.flows.choose({ purpose: 'sign_in' });
    expect(kept.rows.map(({ digest }) => digest)).toContain(own.digest);
    await sql`INSERT INTO flow_bodies (digest, body) SELECT 'of-the-hub-before', body FROM flow_bodies WHERE digest = ${own.digest}`.execute(
      db,
    );
    expect((await hub.house.rooms.flows.version('of-the-hub-before'))?.graph.id).toBe('sign-in');
  });
});

describe('two nodes', () => {
  it('run what was published and assigned on one of them after one look at what changed', async () => {
    const second = await hub.secondNode();
    const asked = { purpose: 'authorize', tenantId: 'acme' } as const;
    const before = second.rooms.flows.choose(asked);
    await hub.apply({ flows: [{ ...PLAIN, name: 'Heard of', assign: { tenants: ['acme'] } }] });
    const here = hub.house.rooms.flows.choose(asked);
    expect([here.id, here.digest === before.digest]).toEqual(['plain', false]);
    await second.rooms.feed.poll();
    await second.rooms.flows.ready();
    expect(second.rooms.flows.choose(asked)).toMatchObject({ id: 'plain', digest: here.digest, by: { kind: 'tenant', id: 'acme' } });
    expect((await second.rooms.flows.version(before.digest))?.graph.id).toBe(before.id);
    expect(await second.rooms.flows.version('no-such-digest')).toBeUndefined();
  });
});
