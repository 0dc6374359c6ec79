import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { drawingHub, END, flowOf, PLAIN, SIGN_IN, type DrawingHub } from './drawing.suite.ts';

let hub: DrawingHub;
beforeAll(async () => {
  hub = await drawingHub();
});
afterAll(() => hub.close());

describe('assignment', () => {
  it('goes by client, then resource, then tenant, then everywhere, then what is built in', async () => {
    for (const id of ['for-client', 'for-resource', 'for-tenant', 'for-all']) await hub.published(id, { ...PLAIN, name: id });
    const targets = {
      'for-client': { client: 'cli' },
      'for-resource': { resource: 'ops' },
      'for-tenant': { tenant: 'acme' },
      'for-all': { everywhere: true },
    };
    for (const [id, target] of Object.entries(targets)) expect((await hub.act(id, 'assign', target)).status).toBe(200);
    const all = 'client=cli&resource=ops&tenant=acme';
    const order = [];
    for (const [id, target] of Object.entries(targets)) {
      const chosen = await hub.effective(all);
      order.push([chosen.flow, JSON.stringify(chosen.by) === JSON.stringify(target)]);
      expect((await hub.act(id, 'unassign', target)).status).toBe(200);
    }
    expect(order).toEqual(Object.keys(targets).map((id) => [id, true]));
    expect(await hub.effective(all)).toMatchObject({ flow: 'authorize', by: null });
    expect((await hub.effective(`${all}&purpose=sign_in`)).flow).toBe('sign-in');
  });

  it('moves a place from one flow to another, and both ETags with it', async () => {
    await hub.act('for-client', 'assign', { client: 'cli' });
    const { version } = await hub.read('flows/for-client');
    await hub.act('for-all', 'assign', { client: 'cli' });
    expect(await hub.read('flows/for-client')).toMatchObject({ version: version + 1, assigned: { clients: [] } });
    expect((await hub.entries('for-all'))[0]).toMatchObject({ type: 'flow.assigned', data: { client: 'cli', from: 'for-client' } });
    expect((await hub.read('flow-assignments')).items).toEqual([{ purpose: 'authorize', target: { client: 'cli' }, flow: 'for-all' }]);
    await hub.act('for-all', 'unassign', { client: 'cli' });
  });

  it('is refused for what is not there, and for a flow that was never published', async () => {
    for (const target of [{ client: 'nobody' }, { resource: 'nothing' }, { tenant: 'nowhere' }])
      expect((await hub.act('for-all', 'assign', target)).status).toBe(400);
    await hub.put('draft', PLAIN);
    expect((await hub.act('draft', 'assign', { client: 'cli' })).status).toBe(409);
    expect((await hub.act('nothing', 'assign', { client: 'cli' })).status).toBe(404);
    expect((await hub.act('for-all', 'assign', { client: 'cli', everywhere: true })).status).toBe(400);
  });

  it('ends with what it was for: a client or resource that is removed, a client that is revoked', async () => {
    const make = (id: string) => ({ id, name: id, public: true, redirectUris: ['https://app.example/cb'] });
    await hub.apply({
      clients: [make('leaves'), make('killed')],
      resources: [{ id: 'gone', type: 'api', uri: 'https://gone.test/', scopes: [{ name: 'a' }] }],
    });
    for (const target of [{ client: 'leaves' }, { client: 'killed' }, { resource: 'gone' }])
      expect((await hub.act('for-tenant', 'assign', target)).status).toBe(200);
    expect((await hub.admin('DELETE', '/admin/v1/clients/leaves')).status).toBe(204);
    expect((await hub.admin('DELETE', '/admin/v1/resources/gone')).status).toBe(204);
    expect((await hub.admin('POST', '/admin/v1/clients/killed/revoke', { reason: 'a test' })).status).toBe(200);
    expect((await hub.read('flows/for-tenant')).assigned).toEqual({ clients: [], resources: [], tenants: [], everywhere: false });
    await hub.apply({ resources: [{ id: 'gone', type: 'api', uri: 'https://gone.test/', scopes: [{ name: 'a' }] }] });
    expect((await hub.effective('resource=gone')).by).toBeNull();
    const { flows } = await hub.read('export');
    await hub.apply({ flows });
  });

  it('keeps the purpose that it was made for', async () => {
    await hub.act('for-all', 'assign', { everywhere: true });
    await hub.put('for-all', flowOf([...SIGN_IN, { id: 'done', kind: 'complete' }], { purpose: 'sign_in' }));
    expect((await (await hub.act('for-all', 'publish')).json()).errors).toMatchObject([{ field: 'purpose' }]);
    await hub.act('for-all', 'unassign', { everywhere: true });
  });
});

describe('removing', () => {
  it('is refused while the flow is assigned, and brings back nothing but the versions', async () => {
    await hub.published('leaving');
    await hub.act('leaving', 'assign', { everywhere: true });
    const refused = await hub.admin('DELETE', '/admin/v1/flows/leaving');
    expect([refused.status, (await refused.json()).type]).toEqual([409, 'urn:writ:problem:flow_assigned']);
    await hub.act('leaving', 'unassign', { everywhere: true });
    expect((await hub.admin('DELETE', '/admin/v1/flows/leaving', undefined, { 'if-match': '"1"' })).status).toBe(412);
    expect((await hub.admin('DELETE', '/admin/v1/flows/leaving')).status).toBe(204);
    expect((await hub.admin('GET', '/admin/v1/flows/leaving')).status).toBe(404);
    expect((await hub.read('flows/leaving/versions')).items).toHaveLength(1);
    expect(await (await hub.act('leaving', 'rollback', { version: 1 })).json()).toMatchObject({ published: { version: 2 }, ahead: false });
  });

  it('is refused while somebody is on their way through the flow', async () => {
    await hub.apply({
      policies: [{ id: 'reads', effect: 'allow', subject: { any: true }, target: { resources: ['ops'] }, scopes: 'all' }],
    });
    await hub.published('walked');
    await hub.act('walked', 'assign', { client: 'cli' });
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
    await hub.act('walked', 'unassign', { client: 'cli' });
    const refused = await hub.admin('DELETE', '/admin/v1/flows/walked');
    expect([refused.status, (await refused.json()).type]).toEqual([409, 'urn:writ:problem:flow_running']);
    hub.clock.advance(31 * 60_000);
    expect((await hub.admin('DELETE', '/admin/v1/flows/walked')).status).toBe(204);
  });
});

describe('a built-in flow', () => {
  it('is listed and read, and cannot be removed', async () => {
    const ids = (await hub.read('flows?limit=200')).items
      .filter(({ builtIn }: { builtIn: boolean }) => builtIn)
      .map(({ id }: { id: string }) => id);
    expect(ids).toEqual(['authorize', 'ciba', 'connect', 'device', 'registration', 'sign-in']);
    expect(await hub.read('flows/authorize')).toMatchObject({
      version: 0,
      builtIn: true,
      ahead: false,
      lints: [],
      published: { by: { initiator: 'hub' } },
    });
    expect((await hub.admin('DELETE', '/admin/v1/flows/authorize')).status).toBe(409);
  });

  it('is drawn anew, runs so, and is restored', async () => {
    const { nodes, edges, name } = await hub.read('flows/authorize');
    const came = (await hub.effective('')).digest;
    const answer = await hub.put('authorize', { nodes, edges, name: `${name}, ours` }, { 'if-match': '"0"' });
    expect([answer.status, (await hub.effective('')).digest]).toEqual([201, came]);
    expect((await hub.put('authorize', { nodes, edges }, { 'if-match': '"0"' })).status).toBe(412);
    await hub.act('authorize', 'publish');
    expect(await hub.effective('')).toMatchObject({ flow: 'authorize', by: null });
    expect((await hub.effective('')).digest).not.toBe(came);
    expect((await hub.read('flows/authorize/compare?from=0')).fields).toEqual(['name']);
    expect((await hub.admin('DELETE', '/admin/v1/flows/authorize')).status).toBe(204);
    expect((await hub.effective('')).digest).toBe(came);
  });

  it('runs as it came while a draft of it waits, and so it is copied in and assigned', async () => {
    await hub.put(
      'sign-in',
      flowOf(
        [
          { id: 'signIn', kind: 'authenticate', methods: ['passkey'] },
          { id: 'done', kind: 'complete' },
        ],
        { purpose: 'sign_in' },
      ),
    );
    expect(await hub.read('flows/sign-in')).toMatchObject({ ahead: true, published: { version: 0 } });
    expect((await hub.act('sign-in', 'assign', { client: 'cli' })).status).toBe(200);
    await hub.published('around', flowOf([{ id: 'login', kind: 'subflow', flow: 'sign-in' }, ...END]));
    const { digest } = (await hub.read('flows/around')).published;
    expect(Object.keys((await hub.house.rooms.flows.version(digest))?.graph.nodes ?? {})).toContain('login/identify');
    await hub.act('sign-in', 'unassign', { client: 'cli' });
    expect((await hub.admin('DELETE', '/admin/v1/flows/sign-in')).status).toBe(204);
  });

  it('keeps its purpose, whatever is drawn in its place', async () => {
    const answer = await hub.put('authorize', flowOf([...SIGN_IN, { id: 'done', kind: 'complete' }], { purpose: 'sign_in' }));
    expect((await answer.json()).lints).toMatchObject([{ code: 'wrong_purpose' }]);
    expect((await hub.act('authorize', 'publish')).status).toBe(409);
    await hub.admin('DELETE', '/admin/v1/flows/authorize');
  });
});
