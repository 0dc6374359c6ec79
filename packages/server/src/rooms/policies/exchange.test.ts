import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testHouse, type TestHouse } from '../../../testing/house.ts';

let hub: TestHouse;
const URI = 'http://localhost:9000/mcp';
const allow = (id: string, more: object) => ({
  id,
  effect: 'allow',
  subject: { any: true },
  target: { resources: ['ops'] },
  scopes: ['read'],
  ...more,
});

beforeAll(async () => {
  hub = await testHouse();
  await hub.apply({
    resources: [{ id: 'ops', type: 'mcp', uri: URI, scopes: [{ name: 'read' }, { name: 'write' }] }],
    policies: [
      allow('reads', {}),
      allow('wide', { target: { resources: 'all' }, scopes: 'all', subject: { clients: ['worker'] } }),
      { ...allow('no-writes', { scopes: ['write'], state: 'shadow' }), effect: 'deny' },
    ],
  });
});
afterAll(() => hub.close());

const exported = (query: string) => hub.admin('GET', `/admin/v1/policies/export?${query}`);
const imported = (body: object, headers: Record<string, string> = {}) => hub.admin('POST', '/admin/v1/policies/import', body, headers);

describe('export to Cedar', () => {
  it('is the text of what is enforced', async () => {
    const answer = await exported('format=cedar');
    expect(answer.headers.get('content-type')).toContain('text/plain');
    const text = await answer.text();
    expect(text).toContain('@id("reads")');
    expect(text).toContain('permit');
    expect(text).not.toContain('forbid');
  });

  it("says apart what reaches the hub's own API", async () => {
    const text = await (await exported('format=cedar&about=writ-admin')).text();
    expect(text).not.toContain('@id("wide")');
    expect(await (await exported('format=cedar-json')).json()).toMatchObject({
      patterns: [],
      text: expect.stringContaining('@id("wide")'),
    });
  });

  it('knows no other format', async () => {
    expect((await exported('format=rego')).status).toBe(400);
  });
});

describe('import of the older form', () => {
  const OLD = { name: 'crm', clientId: 'app', resourceId: 'ops', userAccessScopes: ['read', 'write'], clientAccessScopes: ['read'] };
  const KEYED = {
    appId: 'calendar',
    policies: [{ name: 'Viewer', conditions: [{ key: 'userRoles', operator: 'contains', value: 'Viewer' }], accessibleScopes: ['read'] }],
  };

  it('keeps nothing unless it is told to, and shows what it would put', async () => {
    const answer = await imported({ rules: OLD, state: 'shadow' });
    expect(await answer.json()).toMatchObject({
      applied: false,
      rules: [
        { id: 'crm-user', state: 'shadow', grants: ['authorization_code'], scopes: ['read', 'write'], change: 'create' },
        { id: 'crm-client', grants: ['client_credentials'], scopes: ['read'], change: 'create' },
      ],
      notes: [],
    });
    expect((await hub.admin('GET', '/admin/v1/policies/crm-user')).status).toBe(404);
  });

  it('puts the rules when it is told to, each with its version and entry; again it changes nothing', async () => {
    expect(await (await imported({ rules: [OLD], apply: true })).json()).toMatchObject({ applied: true });
    expect(await (await hub.admin('GET', '/admin/v1/policies/crm-user')).json()).toMatchObject({ state: 'enforce', version: 1 });
    expect(await (await imported({ rules: [OLD], apply: true })).json()).toMatchObject({ rules: [{ change: 'none' }, { change: 'none' }] });
    expect(await (await hub.admin('GET', '/admin/v1/policies/crm-user')).json()).toMatchObject({ version: 1 });
  });

  it('is held against the saved tests', async () => {
    await hub.admin('PUT', '/admin/v1/policy-tests/app-alone', {
      request: { client: 'app', resource: 'ops' },
      expect: { granted: ['read'] },
    });
    const wide = { ...OLD, allClientScopes: true };
    expect((await imported({ rules: [wide], apply: true })).status).toBe(409);
    expect((await imported({ rules: [wide], apply: true }, { 'x-writ-force': 'true' })).status).toBe(200);
  });

  it('of a rule that names what does not exist is refused, with what was not carried over', async () => {
    const answer = await imported({ rules: KEYED, apply: true });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ field: 'Viewer.target.connections[0]', notes: [] });
  });
});
