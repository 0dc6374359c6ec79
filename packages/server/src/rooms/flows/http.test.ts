import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ADMIN_TOKEN, testHouse, type TestHouse } from '../../../testing/house.ts';

let hub: TestHouse;
beforeAll(async () => {
  hub = await testHouse();
  await hub.apply({
    tenants: [{ id: 'acme', name: 'Acme' }],
    resources: [{ id: 'ops', type: 'mcp', uri: 'http://localhost:9000/mcp', scopes: [{ name: 'read' }] }],
    clients: [
      { id: 'cli', name: 'CLI', kind: 'cli', public: true, grants: ['authorization_code'], redirectUris: ['http://127.0.0.1/callback'] },
    ],
  });
});
afterAll(() => hub.close());

type Node = Record<string, unknown>;
const SIGN_IN: Node[] = [
  { id: 'identify', kind: 'identify' },
  { id: 'signIn', kind: 'authenticate', methods: ['password'] },
];
const END: Node[] = [
  { id: 'consent', kind: 'consent' },
  { id: 'done', kind: 'complete' },
];
/** Nodes one after the other. */
const flowOf = (nodes: Node[], more: object = {}) => ({
  ...more,
  nodes,
  edges: nodes.slice(1).map((node, at) => ({ from: nodes[at]?.['id'], to: node['id'] })),
});
const PLAIN = flowOf([...SIGN_IN, ...END]);
const NAMED = flowOf([...SIGN_IN, ...END], { name: 'With a name' });

const put = (id: string, body: object, headers: Record<string, string> = {}) => hub.admin('PUT', `/admin/v1/flows/${id}`, body, headers);
const act = (id: string, verb: string, body: object = {}, headers: Record<string, string> = {}) =>
  hub.admin('POST', `/admin/v1/flows/${id}/${verb}`, body, headers);
const get = async (path: string) => (await hub.admin('GET', `/admin/v1/${path}`)).json();
const published = async (id: string, body: object = PLAIN) => {
  await put(id, body);
  const answer = await act(id, 'publish');
  expect(answer.status).toBe(200);
};
const effective = (query: string) => get(`flow-assignments/effective?${query}`);
const entries = async (id: string) =>
  z
    .object({
      items: z.array(z.looseObject({ type: z.string(), target: z.looseObject({ id: z.string() }).nullable(), data: z.looseObject({}) })),
    })
    .parse(await get('events?limit=200'))
    .items.filter(({ target, type }) => target?.id === id && type.startsWith('flow.'));

describe('a draft', () => {
  it('is saved with what the checks say, and changes nothing that runs', async () => {
    const answer = await put('draft', flowOf([...SIGN_IN, { id: 'done', kind: 'complete' }]));
    expect([answer.status, answer.headers.get('etag')]).toEqual([201, '"1"']);
    expect(await answer.json()).toMatchObject({
      id: 'draft',
      purpose: 'authorize',
      published: null,
      ahead: true,
      builtIn: false,
      lints: [{ code: 'no_consent', severity: 'error', node: 'done', path: null }],
    });
    expect((await effective('purpose=authorize')).flow).toBe('authorize');
  });

  it('keeps positions apart, and where nodes stood when they are not sent', async () => {
    await put('placed', { ...PLAIN, layout: { signIn: { x: 10, y: 20 } } });
    expect(await (await put('placed', NAMED)).json()).toMatchObject({ layout: { signIn: { x: 10, y: 20 } }, name: 'With a name' });
    const moved = await put('placed', { ...NAMED, layout: { signIn: { x: 11, y: 20 } } });
    expect(moved.headers.get('etag')).toBe('"3"');
  });

  it('that says what is there already writes nothing', async () => {
    await put('same', PLAIN);
    const answer = await put('same', { ...PLAIN, nodes: PLAIN.nodes.toReversed(), start: 'identify' });
    expect([answer.status, answer.headers.get('etag')]).toEqual([200, '"1"']);
    expect(await entries('same')).toHaveLength(1);
  });

  it('that cannot be read is refused by the place of each fault', async () => {
    const answer = await put('bad', {
      nodes: [
        { id: 'a', kind: 'teleport' },
        { id: 'b', kind: 'http', url: 'https://{{user.id}}.evil.test/' },
        { id: 'c', kind: 'complete', extra: 1 },
      ],
    });
    expect(answer.status).toBe(400);
    const { errors } = await answer.json();
    expect(errors.map(({ field }: { field: string }) => field)).toEqual(['nodes[0].kind', 'nodes[1].url', 'nodes[2].extra']);
    expect((await hub.admin('GET', '/admin/v1/flows/bad')).status).toBe(404);
  });

  it('may be called as the API calls a deed', async () => {
    expect((await put('validate', PLAIN)).status).toBe(201);
    expect((await get('flows/validate')).id).toBe('validate');
  });

  it('is checked without being saved', async () => {
    const check = async (flow: unknown) => (await hub.admin('POST', '/admin/v1/flows/validate', { flow })).json();
    expect(await check({ id: 'x', ...PLAIN })).toMatchObject({ publishable: true, faults: [], lints: [] });
    expect(await check({ id: 'x', nodes: [{ id: 'a', kind: 'no' }] })).toMatchObject({
      publishable: false,
      faults: [{ path: 'nodes[0].kind' }],
    });
    expect((await hub.admin('GET', '/admin/v1/flows/x')).status).toBe(404);
  });

  it('saved by two who saw the same state: one is told that it changed', async () => {
    await put('raced', PLAIN);
    const answers = await Promise.all(
      Array.from({ length: 6 }, (_, at) => put('raced', { ...PLAIN, name: `Number ${at}` }, { 'if-match': '"1"' })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 412, 412, 412, 412, 412]);
  });
});

describe('publishing', () => {
  it('puts the draft in force, keeps who and when, and writes one entry', async () => {
    await put('first', PLAIN);
    const answer = await act('first', 'publish', { note: 'as agreed on Monday' });
    expect(await answer.json()).toMatchObject({ ahead: false, published: { version: 1, note: 'as agreed on Monday' }, version: 2 });
    const { items } = await get('flows/first/versions');
    expect(items).toMatchObject([{ version: 1, by: { initiator: 'admin', client: 'writ:admin-token' }, note: 'as agreed on Monday' }]);
    expect((await entries('first')).map(({ type }) => type)).toEqual(['flow.published', 'flow.changed']);
  });

  it('of what is in force already changes and records nothing', async () => {
    await published('again');
    expect(await (await act('again', 'publish')).json()).toMatchObject({ published: { version: 1 }, version: 2 });
    expect(await entries('again')).toHaveLength(2);
  });

  it('is refused while a lint is an error, naming node and field, and nothing is in force', async () => {
    await put('loose', flowOf([...SIGN_IN, { id: 'ask', kind: 'http', url: 'https://a.test/' }, ...END]));
    const answer = await act('loose', 'publish');
    expect(answer.status).toBe(409);
    const said = await answer.json();
    expect(said).toMatchObject({ type: 'urn:writ:problem:flow_unfit' });
    const fields = said.errors.map(({ field }: { field: string }) => field);
    expect(fields).toContain('nodes.ask.timeout');
    expect(fields).toContain('nodes.ask.failed');
    expect(await get('flows/loose')).toMatchObject({ published: null });
    expect((await entries('loose')).map(({ type }) => type)).toEqual(['flow.changed']);
  });

  it('is refused where it names a connection, a provider or a subflow that is not here', async () => {
    const names = [
      [{ id: 'x', kind: 'connect', connection: 'calendar' }, 'nodes.x.connection'],
      [{ id: 'x', kind: 'authenticate', methods: ['oidc'], providers: ['nobody'] }, 'nodes.x.providers[0]'],
      [{ id: 'x', kind: 'subflow', flow: 'nowhere' }, 'nodes.x.flow'],
    ] as const;
    for (const [node, field] of names) {
      await put('naming', flowOf([...SIGN_IN, node, ...END]));
      const answer = await act('naming', 'publish');
      expect([answer.status, (await answer.json()).errors[0].field]).toEqual([409, field]);
    }
  });

  it('warns of approvers that are not here, and publishes', async () => {
    const ask = { id: 'ask', kind: 'requestApproval', from: { users: ['nobody'], roles: ['no-role'] }, message: 'May it?' };
    const flow = flowOf([...SIGN_IN, ask, ...END, { id: 'no', kind: 'deny', message: 'No.' }]);
    const edges = [...flow.edges.slice(0, -1), { from: 'ask', branch: 'refused', to: 'no' }];
    const answer = await put('asking', { ...flow, edges });
    expect((await answer.json()).lints).toMatchObject([
      { code: 'unknown_approver', severity: 'warning', node: 'ask', path: 'from.users' },
      { code: 'unknown_approver', severity: 'warning', node: 'ask', path: 'from.roles' },
    ]);
    expect((await act('asking', 'publish')).status).toBe(200);
  });

  it('copies subflows in as they are then; a later change of the inner flow is a new version of the outer one only when it is published', async () => {
    await put('inner', flowOf([...SIGN_IN, { id: 'out', kind: 'complete' }], { purpose: 'sign_in' }));
    await published('outer', flowOf([{ id: 'login', kind: 'subflow', flow: 'inner' }, ...END]));
    const { digest } = (await get('flows/outer')).published;
    await put(
      'inner',
      flowOf(
        [
          { id: 'signIn', kind: 'authenticate', methods: ['passkey'] },
          { id: 'out', kind: 'complete' },
        ],
        { purpose: 'sign_in' },
      ),
    );
    expect((await get('flows/outer')).published.digest).toBe(digest);
    const flow = await hub.house.rooms.flows.version(digest);
    expect(Object.keys(flow?.graph.nodes ?? {})).toContain('login/identify');
    await act('outer', 'publish');
    expect((await get('flows/outer')).published).toMatchObject({ version: 2 });
  });

  it('by ten at once of the state that all have seen, on two nodes: one does, one version, one entry', async () => {
    const second = await hub.secondNode();
    await put('contested', PLAIN);
    const ask = (house: TestHouse['house']) =>
      house.fetch(
        new Request(`${hub.issuer}/admin/v1/flows/contested/publish`, {
          method: 'POST',
          headers: { authorization: `Bearer ${ADMIN_TOKEN}`, 'content-type': 'application/json', 'if-match': '"1"' },
          body: '{}',
        }),
      );
    const answers = await Promise.all(Array.from({ length: 10 }, (_, at) => ask(at % 2 === 0 ? hub.house : second)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array.from({ length: 9 }, () => 412)]);
    expect((await get('flows/contested/versions')).items).toHaveLength(1);
    expect((await entries('contested')).filter(({ type }) => type === 'flow.published')).toHaveLength(1);
  });
});

describe('versions', () => {
  it('are compared with each other and with the draft', async () => {
    await published('history', PLAIN);
    await published('history', NAMED);
    await put('history', flowOf([...SIGN_IN, { id: 'tenant', kind: 'selectTenant' }, ...END]));
    expect(await get('flows/history/compare?from=1&to=2')).toMatchObject({
      fields: ['name'],
      nodes: { added: [], removed: [], changed: [] },
    });
    expect(await get('flows/history/compare?from=2')).toMatchObject({
      to: 'draft',
      fields: ['name'],
      nodes: { added: ['tenant'] },
      lines: { added: ['signIn.next -> tenant', 'tenant.next -> consent'], removed: ['signIn.next -> consent'] },
    });
    expect((await hub.admin('GET', '/admin/v1/flows/history/compare?from=9')).status).toBe(404);
    expect((await hub.admin('GET', '/admin/v1/flows/history/compare?from=x')).status).toBe(400);
    expect(await get('flows/history/versions/1')).toMatchObject({
      version: 1,
      document: { id: 'history', nodes: [{ id: 'identify' }, {}, {}, {}] },
    });
    for (const version of ['3', '0', '-1', 'x', '99999999999999999999'])
      expect((await hub.admin('GET', `/admin/v1/flows/history/versions/${version}`)).status).toBe(404);
  });

  it('come back by rollback as they ran, under a new number, and the draft stays with whoever is at work on it', async () => {
    const { published: now } = await get('flows/history');
    const first = await get('flows/history/versions/1');
    const answer = await (await act('history', 'rollback', { version: 1 })).json();
    expect(answer).toMatchObject({ published: { version: 3, digest: first.digest, rolledBackTo: 1 }, ahead: true });
    expect(answer.nodes.map(({ id }: { id: string }) => id)).toContain('tenant');
    expect((await entries('history'))[0]).toMatchObject({ type: 'flow.rolled_back', data: { rolledBackTo: 1, before: now.digest } });
    await published('calm', PLAIN);
    await published('calm', NAMED);
    expect(await (await act('calm', 'rollback', { version: 1 })).json()).toMatchObject({ ahead: false, published: { version: 3 } });
    expect((await get('flows/calm')).name).toBeUndefined();
    expect((await act('calm', 'rollback', { version: 9 })).status).toBe(404);
    expect((await act('calm', 'rollback', { version: 1 }, { 'if-match': '"1"' })).status).toBe(412);
  });

  it('that name what is gone cannot come back', async () => {
    await hub.apply({
      connections: [{ id: 'search', name: 'Search', type: 'api_key', header: 'x-api-key', baseUrl: 'https://search.test' }],
    });
    await published('linked', flowOf([...SIGN_IN, { id: 'x', kind: 'connect', connection: 'search' }, ...END]));
    await published('linked', PLAIN);
    await hub.admin('DELETE', '/admin/v1/connections/search');
    const answer = await act('linked', 'rollback', { version: 1 });
    expect(answer.status).toBe(409);
    expect(await answer.json()).toMatchObject({ type: 'urn:writ:problem:version_unfit', errors: [{ field: 'nodes.x.connection' }] });
  });

  it('are exported as the same text for equal flows, which PUT reads again', async () => {
    await published('texted', PLAIN);
    const text = await (await hub.admin('GET', '/admin/v1/flows/texted/export?version=1')).text();
    expect(text.endsWith('}\n')).toBe(true);
    await put('texted', { ...JSON.parse(text), nodes: JSON.parse(text).nodes.toReversed() });
    expect(await (await hub.admin('GET', '/admin/v1/flows/texted/export')).text()).toBe(text);
    expect((await get('flows/texted')).ahead).toBe(false);
  });
});

describe('assignment', () => {
  it('goes by client, then resource, then tenant, then everywhere, then what is built in', async () => {
    for (const id of ['for-client', 'for-resource', 'for-tenant', 'for-all']) await published(id, { ...PLAIN, name: id });
    const targets = {
      'for-client': { client: 'cli' },
      'for-resource': { resource: 'ops' },
      'for-tenant': { tenant: 'acme' },
      'for-all': { everywhere: true },
    };
    for (const [id, target] of Object.entries(targets)) expect((await act(id, 'assign', target)).status).toBe(200);
    const all = 'client=cli&resource=ops&tenant=acme';
    const order = [];
    for (const [id, target] of Object.entries(targets)) {
      const chosen = await effective(all);
      order.push([chosen.flow, JSON.stringify(chosen.by) === JSON.stringify(target)]);
      expect((await act(id, 'unassign', target)).status).toBe(200);
    }
    expect(order).toEqual(Object.keys(targets).map((id) => [id, true]));
    expect(await effective(all)).toMatchObject({ flow: 'authorize', by: null });
    expect((await effective(`${all}&purpose=sign_in`)).flow).toBe('sign-in');
  });

  it('moves a place from one flow to another, and both ETags with it', async () => {
    await act('for-client', 'assign', { client: 'cli' });
    const { version } = await get('flows/for-client');
    await act('for-all', 'assign', { client: 'cli' });
    expect(await get('flows/for-client')).toMatchObject({ version: version + 1, assigned: { clients: [] } });
    expect((await entries('for-all'))[0]).toMatchObject({ type: 'flow.assigned', data: { client: 'cli', from: 'for-client' } });
    expect((await get('flow-assignments')).items).toEqual([{ purpose: 'authorize', target: { client: 'cli' }, flow: 'for-all' }]);
    await act('for-all', 'unassign', { client: 'cli' });
  });

  it('is refused for what is not there, and for a flow that was never published', async () => {
    for (const target of [{ client: 'nobody' }, { resource: 'nothing' }, { tenant: 'nowhere' }])
      expect((await act('for-all', 'assign', target)).status).toBe(400);
    expect((await act('draft', 'assign', { client: 'cli' })).status).toBe(409);
    expect((await act('nothing', 'assign', { client: 'cli' })).status).toBe(404);
    expect((await act('for-all', 'assign', { client: 'cli', everywhere: true })).status).toBe(400);
  });

  it('ends with what it was for: a client or resource that is removed, a client that is revoked', async () => {
    const make = (id: string) => ({ id, name: id, public: true, redirectUris: ['https://app.example/cb'] });
    await hub.apply({
      clients: [make('leaves'), make('killed')],
      resources: [{ id: 'gone', type: 'api', uri: 'https://gone.test/', scopes: [{ name: 'a' }] }],
    });
    for (const target of [{ client: 'leaves' }, { client: 'killed' }, { resource: 'gone' }])
      expect((await act('for-tenant', 'assign', target)).status).toBe(200);
    expect((await hub.admin('DELETE', '/admin/v1/clients/leaves')).status).toBe(204);
    expect((await hub.admin('DELETE', '/admin/v1/resources/gone')).status).toBe(204);
    expect((await hub.admin('POST', '/admin/v1/clients/killed/revoke', { reason: 'a test' })).status).toBe(200);
    expect((await get('flows/for-tenant')).assigned).toEqual({ clients: [], resources: [], tenants: [], everywhere: false });
    await hub.apply({ resources: [{ id: 'gone', type: 'api', uri: 'https://gone.test/', scopes: [{ name: 'a' }] }] });
    expect((await effective('resource=gone')).by).toBeNull();
    const { flows } = await get('export');
    await hub.apply({ flows });
  });

  it('keeps the purpose that it was made for', async () => {
    await act('for-all', 'assign', { everywhere: true });
    await put('for-all', flowOf([...SIGN_IN, { id: 'done', kind: 'complete' }], { purpose: 'sign_in' }));
    expect((await (await act('for-all', 'publish')).json()).errors).toMatchObject([{ field: 'purpose' }]);
    await act('for-all', 'unassign', { everywhere: true });
  });
});

describe('removing', () => {
  it('is refused while the flow is assigned, and brings back nothing but the versions', async () => {
    await published('leaving');
    await act('leaving', 'assign', { everywhere: true });
    const refused = await hub.admin('DELETE', '/admin/v1/flows/leaving');
    expect([refused.status, (await refused.json()).type]).toEqual([409, 'urn:writ:problem:flow_assigned']);
    await act('leaving', 'unassign', { everywhere: true });
    expect((await hub.admin('DELETE', '/admin/v1/flows/leaving', undefined, { 'if-match': '"1"' })).status).toBe(412);
    expect((await hub.admin('DELETE', '/admin/v1/flows/leaving')).status).toBe(204);
    expect((await hub.admin('GET', '/admin/v1/flows/leaving')).status).toBe(404);
    expect((await get('flows/leaving/versions')).items).toHaveLength(1);
    expect(await (await act('leaving', 'rollback', { version: 1 })).json()).toMatchObject({ published: { version: 2 }, ahead: false });
  });

  it('is refused while somebody is on their way through the flow', async () => {
    await hub.apply({
      policies: [{ id: 'reads', effect: 'allow', subject: { any: true }, target: { resources: ['ops'] }, scopes: 'all' }],
    });
    await published('walked');
    await act('walked', 'assign', { client: 'cli' });
    const page = await hub.get(
      `/oauth/authorize?${new URLSearchParams({
        response_type: 'code',
        client_id: 'cli',
        redirect_uri: 'http://127.0.0.1/callback',
        code_challenge: 'a'.repeat(43),
        code_challenge_method: 'S256',
        resource: 'http://localhost:9000/mcp',
        scope: 'read',
      }).toString()}`,
    );
    expect(page.status).toBe(303);
    await act('walked', 'unassign', { client: 'cli' });
    const refused = await hub.admin('DELETE', '/admin/v1/flows/walked');
    expect([refused.status, (await refused.json()).type]).toEqual([409, 'urn:writ:problem:flow_running']);
    hub.clock.advance(31 * 60_000);
    expect((await hub.admin('DELETE', '/admin/v1/flows/walked')).status).toBe(204);
  });
});

describe('a built-in flow', () => {
  it('is listed and read, and cannot be removed', async () => {
    const ids = (await get('flows?limit=200')).items
      .filter(({ builtIn }: { builtIn: boolean }) => builtIn)
      .map(({ id }: { id: string }) => id);
    expect(ids).toEqual(['authorize', 'ciba', 'connect', 'device', 'registration', 'sign-in']);
    expect(await get('flows/authorize')).toMatchObject({
      version: 0,
      builtIn: true,
      ahead: false,
      lints: [],
      published: { by: { initiator: 'hub' } },
    });
    expect((await hub.admin('DELETE', '/admin/v1/flows/authorize')).status).toBe(409);
  });

  it('is drawn anew, runs so, and is restored', async () => {
    const { nodes, edges, name } = await get('flows/authorize');
    const came = (await effective('')).digest;
    const answer = await put('authorize', { nodes, edges, name: `${name}, ours` }, { 'if-match': '"0"' });
    expect([answer.status, (await effective('')).digest]).toEqual([201, came]);
    expect((await put('authorize', { nodes, edges }, { 'if-match': '"0"' })).status).toBe(412);
    await act('authorize', 'publish');
    expect(await effective('')).toMatchObject({ flow: 'authorize', by: null });
    expect((await effective('')).digest).not.toBe(came);
    expect((await get('flows/authorize/compare?from=0')).fields).toEqual(['name']);
    expect((await hub.admin('DELETE', '/admin/v1/flows/authorize')).status).toBe(204);
    expect((await effective('')).digest).toBe(came);
  });

  it('runs as it came while a draft of it waits, and so it is copied in and assigned', async () => {
    await put(
      'sign-in',
      flowOf(
        [
          { id: 'signIn', kind: 'authenticate', methods: ['passkey'] },
          { id: 'done', kind: 'complete' },
        ],
        { purpose: 'sign_in' },
      ),
    );
    expect(await get('flows/sign-in')).toMatchObject({ ahead: true, published: { version: 0 } });
    expect((await act('sign-in', 'assign', { client: 'cli' })).status).toBe(200);
    await published('around', flowOf([{ id: 'login', kind: 'subflow', flow: 'sign-in' }, ...END]));
    const { digest } = (await get('flows/around')).published;
    expect(Object.keys((await hub.house.rooms.flows.version(digest))?.graph.nodes ?? {})).toContain('login/identify');
    await act('sign-in', 'unassign', { client: 'cli' });
    expect((await hub.admin('DELETE', '/admin/v1/flows/sign-in')).status).toBe(204);
  });

  it('keeps its purpose, whatever is drawn in its place', async () => {
    const answer = await put('authorize', flowOf([...SIGN_IN, { id: 'done', kind: 'complete' }], { purpose: 'sign_in' }));
    expect((await answer.json()).lints).toMatchObject([{ code: 'wrong_purpose' }]);
    expect((await act('authorize', 'publish')).status).toBe(409);
    await hub.admin('DELETE', '/admin/v1/flows/authorize');
  });
});

describe('lists', () => {
  it('are paged with the built-in flows in their places', async () => {
    const seen: string[] = [];
    let next: string | null = '';
    do {
      const page: { items: { id: string }[]; next: string | null } = await get(`flows?limit=3${next === '' ? '' : `&cursor=${next}`}`);
      seen.push(...page.items.map(({ id }) => id));
      ({ next } = page);
    } while (next !== null);
    expect(seen).toEqual([...new Set(seen)].sort());
    expect(seen).toContain('registration');
    expect(seen).toContain('first');
  });

  it('of templates hold flows that are published as they are, once what they need is there', async () => {
    const { items } = await get('flow-templates');
    const unfit = async (): Promise<string[]> => {
      const found: string[] = [];
      for (const { id, flow } of items) {
        await put(`from-${id}`, { ...flow, id: `from-${id}` });
        if ((await act(`from-${id}`, 'publish')).status !== 200) found.push(id);
      }
      return found;
    };
    expect(await unfit()).toEqual(['plan-gating', 'api-key-provisioning']);
    const secretOf = (id: string) => ({ id, hosts: ['api.example.com'], value: { value: 'a-secret-of-the-test' } });
    await hub.apply({
      connections: [{ id: 'search', name: 'Search', type: 'api_key', header: 'x-api-key', baseUrl: 'https://search.test' }],
      flowSecrets: [secretOf('provisioning'), secretOf('plan-api')],
    });
    expect(await unfit()).toEqual([]);
  });
});
