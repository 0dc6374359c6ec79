import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { workFolder, writ } from '../hub.suite.ts';

const CONFIG = {
  tenants: [{ id: 'acme', name: 'Acme' }],
  users: [{ id: 'ann', email: 'ann@acme.test', password: { env: 'NOT_SET' }, tenants: [{ id: 'acme', roles: ['SRE'] }] }],
  resources: [{ id: 'ops', type: 'mcp', uri: 'http://localhost:9000/mcp', scopes: [{ name: 'read' }, { name: 'write' }] }],
  clients: [{ id: 'ops-agent', name: 'Ops', auth: { secrets: [{ env: 'NOT_SET' }] } }],
  policies: [
    { id: 'reads', effect: 'allow', subject: { any: true }, target: { resources: 'all' }, scopes: ['read'] },
    {
      id: 'sre',
      effect: 'allow',
      subject: { conditions: [{ key: 'user.roles', operator: 'contains', value: 'SRE' }] },
      target: { resources: ['ops'] },
      scopes: ['write'],
    },
  ],
};
const ALONE = {
  id: 'alone',
  name: 'The agent alone reads',
  request: { client: 'ops-agent', resource: 'ops' },
  expect: { granted: ['read'] },
};
const WITH_ANN = { id: 'with-ann', request: { client: 'ops-agent', user: 'ann', resource: 'ops' }, expect: { outcome: 'allow' } };
const ADMIN = {
  id: 'own-api',
  request: { client: 'ops-agent', resource: 'writ-admin', scopes: ['admin:policies:write'] },
  expect: { outcome: 'deny' },
};

const folder = workFolder();
afterAll(() => folder.remove());
const write = (name: string, content: object): string => {
  const path = join(folder.path, name);
  writeFileSync(path, JSON.stringify(content));
  return path;
};
const test = (...args: string[]) => writ(folder.path, ['policy', 'test', ...args]);

describe('writ policy test --offline', () => {
  it('runs the tests of a config against its policies, without a hub and without its secrets', async () => {
    const path = write('good.json', { ...CONFIG, policyTests: [ALONE, WITH_ANN, ADMIN] });
    expect(await test('--offline', path)).toMatchObject({ status: 0, out: expect.stringContaining('All 3 passed.'), err: '' });
  });

  it('ends with 1 when one fails, and says what was expected and what came', async () => {
    const path = write('bad.json', { ...CONFIG, policyTests: [{ ...ALONE, expect: { granted: ['write'] } }, WITH_ANN] });
    const ran = await test('--offline', path);
    expect(ran.status).toBe(1);
    expect(ran.out).toContain('✗ The agent alone reads');
    expect(ran.out).toContain('Expected the granted scopes to be write, but got read.');
    expect(ran.out).toContain('1 of 2 failed.');
    const json: unknown = JSON.parse((await test('--offline', path, '--json')).out);
    expect(json).toMatchObject({ passed: 1, failed: 1, results: [{ id: 'alone', got: { granted: ['read'] } }, { id: 'with-ann' }] });
  });

  it('takes tests of other files in the place of its own', async () => {
    const path = write('config.json', { ...CONFIG, policyTests: [{ ...ALONE, expect: { outcome: 'deny' } }] });
    const tests = write('tests.json', { policyTests: [WITH_ANN] });
    expect(await test(tests, '--offline', path)).toMatchObject({ status: 0, out: expect.stringContaining('All 1 passed.') });
  });

  it('names whom the config does not know', async () => {
    const path = write('typo.json', { ...CONFIG, policyTests: [{ ...ALONE, request: { client: 'ops-agnet', resource: 'ops' } }] });
    expect((await test('--offline', path)).err).toContain('nobody knows client ops-agnet');
  });

  it('knows the connections of the config: what a rule may name of them, and what they are', async () => {
    const connections = [
      {
        id: 'calendar',
        type: 'oauth',
        tags: ['people'],
        scopes: ['events:read', 'events:write'],
        clientId: 'hub',
        clientSecret: { env: 'NOT_SET' },
      },
      { id: 'search', type: 'api_key', baseUrl: 'https://search.test' },
    ];
    const rule = {
      id: 'people',
      effect: 'allow',
      grants: ['token_exchange'],
      subject: { any: true },
      target: { connections: { tags: ['people'] } },
      scopes: ['events:read'],
    };
    const asked = { grant: 'token_exchange', client: 'ops-agent', connection: 'calendar' };
    const tests = [
      { id: 'reads', request: asked, expect: { granted: ['events:read'], refused: ['events:write'] } },
      { id: 'not-search', request: { ...asked, connection: 'search' }, expect: { outcome: 'deny' } },
    ];
    const good = write('connections.json', { ...CONFIG, connections, policies: [rule], policyTests: tests });
    expect(await test('--offline', good)).toMatchObject({ status: 0, out: expect.stringContaining('All 2 passed.'), err: '' });
    const wrong = { ...rule, target: { connections: ['calendar'] }, scopes: ['events:delete'] };
    const bad = write('wrong-scope.json', { ...CONFIG, connections, policies: [wrong], policyTests: tests });
    expect(await test('--offline', bad)).toMatchObject({ status: 1, err: expect.stringContaining('policies[0].scopes[0]') });
    const typo = [{ id: 'typo', request: { ...asked, connection: 'calender' }, expect: { outcome: 'deny' } }];
    const path = write('typo-connection.json', { ...CONFIG, connections, policies: [rule], policyTests: typo });
    expect((await test('--offline', path)).err).toContain('nobody knows connection calender');
  });

  it('ends with 1 on a rule or a test that is none, with its place', async () => {
    const rule = write('rule.json', { ...CONFIG, policies: [{ ...CONFIG.policies[0], scopes: ['raed'], target: { resources: ['ops'] } }] });
    expect(await test('--offline', rule)).toMatchObject({ status: 1, err: expect.stringContaining('policies[0].scopes[0]') });
    const bad = write('test.json', { ...CONFIG, policyTests: [{ id: 'x', request: {}, expect: {} }] });
    expect(await test('--offline', bad)).toMatchObject({ status: 1, err: expect.stringContaining('policyTests[0]') });
  });

  it('ends with 2 when the command line itself is wrong', async () => {
    expect((await test('--offlien', 'x')).status).toBe(2);
    expect((await test('--offline', write('c.json', CONFIG), '--draft', 'y')).status).toBe(2);
    expect((await writ(folder.path, ['policy', 'replay'])).status).toBe(2);
    expect((await writ(folder.path, ['policy', 'rollback', 'x', 'first'])).status).toBe(2);
  });
});
