import { describe, expect, it } from 'vitest';
import { REQUEST_TIME, compilePolicies, parsePolicyRequest, parsePolicyTest, parsePolicyTests, runTests } from './index.ts';
import type { PolicyRequest, RequestFacts } from './index.ts';
import { ruleOf } from './fixtures.suite.ts';

function requestOf(input: unknown, facts?: RequestFacts): PolicyRequest {
  const parsed = parsePolicyRequest(input, facts);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
  return parsed.request;
}
function faultsOf(input: unknown): Record<string, string> {
  const parsed = parsePolicyRequest(input);
  return parsed.ok ? {} : Object.fromEntries(parsed.errors.map((fault) => [fault.path, fault.message]));
}

describe('a made-up request', () => {
  it('needs a client and a target only', () => {
    expect(requestOf({ client: 'worker', resource: 'ledger', scopes: 'ledger:read ledger:write' })).toEqual({
      grant: 'client_credentials',
      target: { kind: 'resource', id: 'ledger', type: 'api', tags: [] },
      scopes: ['ledger:read', 'ledger:write'],
      client: { id: 'worker', name: 'worker', registrationType: 'manual', status: 'verified', tags: [] },
      request: { time: REQUEST_TIME },
      delegation: { depth: 0, actors: [] },
    });
  });

  it('is judged as a code when a user is present and as an exchange when a credential is asked for', () => {
    expect(requestOf({ client: 'a', resource: 'r', user: 'ann', tenant: 'acme' })).toMatchObject({
      grant: 'authorization_code',
      user: { id: 'ann', roles: [], tenantIds: ['acme'], attributes: {} },
      tenant: { id: 'acme' },
    });
    expect(requestOf({ client: 'a', connection: 'calendar' })).toMatchObject({
      grant: 'token_exchange',
      scopes: [],
      target: { kind: 'connection', type: 'oauth' },
    });
  });

  it('takes what is known where it says nothing, and its own word where it does', () => {
    const facts: RequestFacts = {
      now: 5,
      target: ({ kind }) => ({ type: kind === 'resource' ? 'mcp' : 'api_key', tags: ['t'], scopes: ['default'] }),
      client: (id) => (id === 'a' ? { name: 'A', tags: ['prod'], owner: 'ann', status: 'unverified' } : undefined),
      user: () => ({ roles: ['SRE'], attributes: { team: 'x' } }),
      tenant: () => ({ attributes: { plan: 'pro' } }),
    };
    expect(
      requestOf({ client: { id: 'a', status: 'verified' }, resource: 'r', user: { id: 'u', roles: [] }, tenant: 't' }, facts),
    ).toMatchObject({
      target: { type: 'mcp', tags: ['t'] },
      scopes: ['default'],
      client: { name: 'A', tags: ['prod'], owner: 'ann', status: 'verified' },
      user: { roles: [], attributes: { team: 'x' } },
      tenant: { attributes: { plan: 'pro' } },
      request: { time: 5 },
    });
  });

  it('reads back what it wrote', () => {
    const request = requestOf({
      client: { id: 'a', tags: ['x'], owner: 'ann' },
      target: { kind: 'connection', id: 'c', type: 'api_key', tags: ['t'] },
      user: { id: 'ann', roles: ['r'], permissions: ['p'], attributes: { n: 1, deep: { a: [null] } } },
      agent: 'ag',
      jwtClaims: { acr: '2' },
      token: { acr: '2', amr: [] },
      request: { ip: '192.0.2.1', time: '2026-01-31T09:30:00Z' },
      delegation: { actors: ['b', 'c'] },
    });
    expect(request).toMatchObject({
      agent: { state: 'active' },
      delegation: { depth: 1 },
      request: { time: Date.UTC(2026, 0, 31, 9, 30) },
    });
    expect(requestOf(JSON.parse(JSON.stringify(request)))).toEqual(request);
  });

  it('takes null for absent', () => {
    expect(
      requestOf({ client: 'a', resource: 'r', user: null, tenant: null, agent: null, token: null, jwtClaims: null }),
    ).not.toHaveProperty('user');
  });

  it.each([
    ['no object', 5, '', 'must be an object with'],
    ['no target', { client: 'a' }, 'target', 'must be given once'],
    ['two targets', { client: 'a', resource: 'r', connection: 'c' }, 'target', 'must be given once'],
    ['no client', { resource: 'r' }, 'client', 'must be the id of the client'],
    ['an unknown field', { client: 'a', resource: 'r', scope: 'x' }, 'scope', 'did you mean scopes?'],
    ['an unknown grant', { client: 'a', resource: 'r', grant: 'token-exchange' }, 'grant', 'did you mean token_exchange?'],
    ['roles that are no list', { client: 'a', resource: 'r', user: { id: 'u', roles: 'SRE' } }, 'user.roles', 'must be a list'],
    ['a role that is no text', { client: 'a', resource: 'r', user: { id: 'u', roles: [5] } }, 'user.roles[0]', 'must be a text'],
    ['a user without id', { client: 'a', resource: 'r', user: { roles: [] } }, 'user.id', 'must be a text'],
    [
      'attributes that are a list',
      { client: 'a', resource: 'r', tenant: { id: 't', attributes: [] } },
      'tenant.attributes',
      'must be an object',
    ],
    ['a time of day', { client: 'a', resource: 'r', request: { time: '09:30' } }, 'request.time', 'must be a date and time'],
    ['an address that is none', { client: 'a', resource: 'r', request: { ip: '1.2.3' } }, 'request.ip', 'is not an IP address'],
    [
      'fewer delegations than actors need',
      { client: 'a', resource: 'r', delegation: { depth: 0, actors: ['b', 'c'] } },
      'delegation.depth',
      'at least 1',
    ],
    ['a prototype', JSON.parse('{"client": "a", "resource": "r", "__proto__": {"grant": "ciba"}}'), '__proto__', 'there is no field'],
  ])('is refused with %s', (_, input, path, message) => {
    expect(faultsOf(input)[path]).toContain(message);
  });
});

const set = compilePolicies(
  [
    { id: 'reads', effect: 'allow', subject: { any: true }, target: { resources: ['ops'] }, scopes: ['read'] },
    { id: 'writes', effect: 'allow', subject: { clients: ['a'] }, target: { resources: ['ops'] }, scopes: ['read', 'write'] },
    {
      id: 'short',
      effect: 'require',
      subject: { any: true },
      target: { resources: 'all' },
      scopes: ['write'],
      require: { maxLifetime: 60 },
    },
    { id: 'no-x', effect: 'deny', subject: { clients: ['x'] }, target: { resources: 'all' } },
  ].map(ruleOf),
);

function failures(expectation: unknown, client = 'a'): readonly string[] {
  const parsed = parsePolicyTest({ name: 't', request: { client, resource: 'ops', scopes: ['read', 'write'] }, expect: expectation });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
  return runTests(set, [parsed.test]).results[0]?.failures ?? ['not run'];
}

describe('a saved test', () => {
  it.each([
    [{ outcome: 'allow' }],
    [{ granted: ['write', 'read'], refused: [], requirements: ['short'] }],
    [{ decidedBy: 'writes' }],
    [{ decidedBy: ['reads', 'writes'] }],
  ])('passes when %j comes', (expectation) => expect(failures(expectation)).toEqual([]));

  it.each([
    [{ outcome: 'deny' }, 'a', 'Expected the outcome deny, but got allow: granted read, write, refused nothing.'],
    [{ granted: ['read'] }, 'a', 'Expected the granted scopes to be read, but got read, write.'],
    [{ refused: ['write'] }, 'a', 'Expected the refused scopes to be write, but got nothing.'],
    [{ requirements: [] }, 'a', 'Expected requirements of the rules to be nothing, but got short.'],
    [{ decidedBy: ['short'] }, 'a', 'Expected rule short to decide, but it was reads, writes.'],
    [{ decidedBy: ['reads'] }, 'x', 'Expected rule reads to decide, but it was no-x.'],
    [{ granted: ['read', 'write'] }, 'b', 'Expected the granted scopes to be read, write, but got read.'],
  ])('says what was expected and what came: %j', (expectation, client, sentence) => {
    expect(failures(expectation, client)).toEqual([sentence]);
  });

  it('has a sentence for every expectation that is not met, and is counted once', () => {
    const parsed = parsePolicyTests([
      {
        id: 't1',
        request: { client: 'b', resource: 'ops', scopes: ['write'] },
        expect: { outcome: 'allow', granted: ['write'], decidedBy: ['writes'] },
      },
      { name: 'reads', request: { client: 'b', resource: 'ops', scopes: ['read'] }, expect: { outcome: 'allow' } },
    ]);
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
    const run = runTests(set, parsed.tests);
    expect(run).toMatchObject({
      passed: 1,
      failed: 1,
      results: [
        { id: 't1', name: 't1', passed: false },
        { name: 'reads', passed: true },
      ],
    });
    expect(run.results[0]?.failures).toEqual([
      'Expected the outcome allow, but got deny: granted nothing, refused write.',
      'Expected the granted scopes to be write, but got nothing.',
      'Expected rule writes to decide, but no rule did.',
    ]);
  });

  it.each([
    [{ name: 't', request: { client: 'a', resource: 'r' }, expect: {} }, 'expect', 'a test that expects nothing cannot fail'],
    [{ name: 't', request: { client: 'a', resource: 'r' }, expect: { grant: ['x'] } }, 'expect.grant', 'use one of outcome, granted'],
    [{ name: 't', request: { client: 'a', resource: 'r' }, expect: { outcome: 'yes' } }, 'expect.outcome', 'is not known here'],
    [{ name: 't', request: { client: 'a', resource: 'r' }, expect: { decidedBy: [] } }, 'expect.decidedBy', 'must not be empty'],
    [{ name: 't', request: { client: 5, resource: 'r' }, expect: { outcome: 'deny' } }, 'request.client', 'must be an object'],
    [{ request: { client: 'a', resource: 'r' }, expect: { outcome: 'deny' } }, 'name', 'must be a text'],
    [{ name: 't', expect: { outcome: 'deny' } }, 'request', 'must be an object'],
  ])('is refused when it makes no sense: %j', (input, path, message) => {
    const parsed = parsePolicyTest(input);
    const faults = parsed.ok ? [] : parsed.errors;
    expect(faults.find((fault) => fault.path === path)?.message).toContain(message);
    const listed = parsePolicyTests([input]);
    expect(listed.ok ? [] : listed.errors.map((fault) => fault.path)).toContain(`[0].${path}`);
  });
});
