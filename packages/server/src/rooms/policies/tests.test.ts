import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ADMIN_TOKEN, testHouse, type TestHouse } from '../../../testing/house.ts';

let hub: TestHouse;
const READS = {
  id: 'everybody-reads',
  effect: 'allow',
  subject: { any: true },
  target: { resources: ['ops'] },
  scopes: ['read'],
};
const SRE_WRITES = {
  id: 'sre-writes',
  effect: 'allow',
  subject: { conditions: [{ key: 'user.roles', operator: 'contains', value: 'SRE' }] },
  target: { resources: ['ops'] },
  scopes: ['write'],
};
const ALONE = {
  id: 'agent-alone',
  name: 'The agent alone only reads',
  request: { client: 'ops-agent', resource: 'ops' },
  expect: { granted: ['read'], refused: ['write'] },
};
const WITH_ANN = {
  id: 'with-ann',
  request: { client: 'ops-agent', user: 'ann', resource: 'ops' },
  expect: { outcome: 'allow', decidedBy: ['sre-writes'] },
};
const CONFIG = {
  tenants: [{ id: 'acme', name: 'Acme' }],
  roles: [{ name: 'SRE', permissions: [] }],
  users: [{ id: 'ann', email: 'ann@acme.test', tenants: [{ id: 'acme', roles: ['SRE'] }] }],
  resources: [{ id: 'ops', type: 'mcp', uri: 'http://localhost:9000/mcp', scopes: [{ name: 'read' }, { name: 'write' }] }],
  clients: [{ id: 'ops-agent', name: 'Ops', kind: 'service', auth: { secrets: [{ value: 'a-long-secret-of-the-agent' }] } }],
  policies: [READS, SRE_WRITES],
  policyTests: [ALONE, WITH_ANN],
};

beforeAll(async () => {
  hub = await testHouse();
  await hub.apply(CONFIG);
});
afterAll(() => hub.close());

const put = (path: string, body: object, headers: Record<string, string> = {}) => hub.admin('PUT', `/admin/v1/${path}`, body, headers);
const FORCE = { 'x-writ-force': 'true' };
const items = async (path: string) =>
  z.looseObject({ items: z.array(z.looseObject({})) }).parse(await (await hub.admin('GET', `/admin/v1/${path}`)).json()).items;
const forced = () => items('events?type=policy.forced&limit=200');
const WIDE = { ...READS, scopes: 'all' };
const BROKEN = {
  type: 'urn:writ:problem:policy_tests_failed',
  errors: [
    { field: 'policyTests.agent-alone', message: 'Expected the granted scopes to be read, but got read, write.' },
    { field: 'policyTests.agent-alone', message: 'Expected the refused scopes to be write, but got nothing.' },
  ],
  tests: [
    {
      id: 'agent-alone',
      name: 'The agent alone only reads',
      expected: { granted: ['read'], refused: ['write'] },
      got: { outcome: 'allow', granted: ['read', 'write'], refused: [], requirements: [] },
    },
  ],
};

describe('saved policy tests', () => {
  it('are a collection, and part of what is exported', async () => {
    expect((await items('policy-tests')).map(({ id }) => id)).toEqual(['agent-alone', 'with-ann']);
    expect(await (await hub.admin('GET', '/admin/v1/policy-tests/with-ann')).json()).toMatchObject(WITH_ANN);
    expect(await (await hub.admin('GET', '/admin/v1/export')).json()).toMatchObject({ policyTests: [ALONE, WITH_ANN] });
  });

  it('applied again change nothing, and a plan names the one that differs', async () => {
    const plan = await (await hub.admin('POST', '/admin/v1/plan', { policyTests: [ALONE, { ...WITH_ANN, name: 'Ann may' }] })).json();
    expect(plan).toMatchObject({
      changes: [
        { kind: 'policyTest', id: 'agent-alone', change: 'none' },
        { kind: 'policyTest', id: 'with-ann', change: 'change', fields: [{ field: 'name', from: null, to: 'Ann may' }] },
      ],
    });
  });

  it('are refused with the place of what is wrong', async () => {
    const answer = await put('policy-tests/bad', { request: { client: 'x', resource: 'ops', scpoes: ['read'] }, expect: {} });
    expect(answer.status).toBe(400);
    expect(JSON.stringify(await answer.json())).toMatch(/request\.scpoes.*expect/);
  });
});

describe('a save that breaks a saved test is refused, with the case, what it expects and what it would get', () => {
  it('by putting a policy', async () => {
    const answer = await put('policies/everybody-reads', WIDE);
    expect(answer.status).toBe(409);
    expect(await answer.json()).toMatchObject(BROKEN);
    expect((await items('policies')).find(({ id }) => id === 'everybody-reads')).toMatchObject({ scopes: ['read'], version: 1 });
  });

  it('by removing a policy', async () => {
    const answer = await hub.admin('DELETE', '/admin/v1/policies/sre-writes');
    expect(answer.status).toBe(409);
    expect(await answer.json()).toMatchObject({ tests: [{ id: 'with-ann', got: { outcome: 'narrow', granted: ['read'] } }] });
    expect((await hub.admin('GET', '/admin/v1/policies/sre-writes')).status).toBe(200);
  });

  it('by rolling back', async () => {
    await put('policies/everybody-reads', WIDE, FORCE);
    await put('policies/everybody-reads', READS);
    const answer = await hub.admin('POST', '/admin/v1/policies/everybody-reads/rollback', { version: 2 });
    expect(answer.status).toBe(409);
    expect(await answer.json()).toMatchObject({ tests: [{ id: 'agent-alone' }] });
  });

  it('by applying a config, of which then nothing stays; and planning it says so', async () => {
    const config = { tenants: [{ id: 'never', name: 'Never' }], policies: [WIDE] };
    for (const path of ['plan', 'apply']) {
      const answer = await hub.admin('POST', `/admin/v1/${path}`, config);
      expect(answer.status).toBe(409);
      expect(await answer.json()).toMatchObject(BROKEN);
    }
    expect((await hub.admin('GET', '/admin/v1/tenants/never')).status).toBe(404);
  });

  it('by applying a config that changes whom a test looks up', async () => {
    const answer = await hub.admin('POST', '/admin/v1/apply', { users: [{ ...CONFIG.users[0], tenants: [{ id: 'acme', roles: [] }] }] });
    expect(answer.status).toBe(409);
    expect(await answer.json()).toMatchObject({ tests: [{ id: 'with-ann' }] });
  });

  it('by saving a test that does not pass', async () => {
    const answer = await put('policy-tests/wrong', { request: ALONE.request, expect: { granted: ['write'] } });
    expect(answer.status).toBe(409);
    expect((await hub.admin('GET', '/admin/v1/policy-tests/wrong')).status).toBe(404);
  });

  it('unless it is forced, which is an entry of its own', async () => {
    const before = (await forced()).length;
    expect((await put('policies/everybody-reads', WIDE, { 'x-writ-force': 'yes' })).status).toBe(409);
    expect((await put('policies/everybody-reads', WIDE, FORCE)).status).toBe(200);
    const entries = await forced();
    expect(entries).toHaveLength(before + 1);
    expect(entries[0]).toMatchObject({ target: { type: 'policy', id: 'everybody-reads' }, data: { tests: ['agent-alone'], broken: 1 } });
  });

  it("and a change that leaves a failing test as it was is nobody else's fault", async () => {
    expect((await put('policies/unrelated', { ...SRE_WRITES, id: 'unrelated', state: 'off' })).status).toBe(201);
    expect((await put('policies/everybody-reads', READS)).status).toBe(200);
  });

  it('also when two changes, harmless alone, come at once to two nodes', async () => {
    const second = await hub.secondNode();
    for (const id of ['one', 'two']) await put(`policies/${id}`, { ...SRE_WRITES, id, grants: ['ciba'] });
    const request = { client: 'ops-agent', user: 'ann', resource: 'ops', scopes: ['write'], grant: 'ciba' };
    await put('policies/sre-writes', { ...SRE_WRITES, grants: ['authorization_code'] });
    expect((await put('policy-tests/one-of-two', { request, expect: { outcome: 'allow' } })).status).toBe(201);
    const answers = await Promise.all(
      [hub.house, second].map((house, at) =>
        house.fetch(
          new Request(`${hub.issuer}/admin/v1/policies/${at === 0 ? 'one' : 'two'}`, {
            method: 'DELETE',
            headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
          }),
        ),
      ),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([204, 409]);
    await hub.admin('DELETE', '/admin/v1/policy-tests/one-of-two');
    for (const id of ['one', 'two']) await hub.admin('DELETE', `/admin/v1/policies/${id}`);
    await put('policies/sre-writes', SRE_WRITES);
    await hub.house.rooms.feed.poll();
    await hub.house.rooms.desk.ready();
  });
});

describe('tests on demand', () => {
  const run = async (body: object) => (await hub.admin('POST', '/admin/v1/policies/test', body)).json();

  it('run the saved ones against the policies of now', async () => {
    expect(await run({})).toMatchObject({ passed: 2, failed: 0, results: [{ id: 'agent-alone', passed: true }, { id: 'with-ann' }] });
  });

  it('run the saved ones against a draft', async () => {
    expect(await run({ draft: { put: [WIDE], remove: ['sre-writes'] } })).toMatchObject({
      passed: 0,
      failed: 2,
      results: [
        { id: 'agent-alone', passed: false, got: { granted: ['read', 'write'] } },
        { id: 'with-ann', failures: ['Expected rule sre-writes to decide, but it was everybody-reads.'] },
      ],
    });
  });

  it('run those that are sent along instead', async () => {
    const tests = [{ id: 't', request: { client: 'stranger', resource: 'ops', scopes: 'write' }, expect: { outcome: 'deny' } }];
    expect(await run({ tests })).toMatchObject({ passed: 1, failed: 0 });
  });

  it('refuse a draft that names what does not exist, with its place', async () => {
    const answer = await hub.admin('POST', '/admin/v1/policies/test', { draft: { put: [{ ...READS, scopes: ['raed'] }] } });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ field: 'draft.put[0].scopes[0]' });
  });
});
