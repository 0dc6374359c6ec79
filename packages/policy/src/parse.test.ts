import { describe, expect, it } from 'vitest';
import { parsePolicy } from './parse.ts';
import type { Known } from './parse.ts';
import { ruleOf } from './fixtures.suite.ts';

const GOOD = { id: 'p', effect: 'allow', subject: { any: true }, target: { resources: ['ops'] }, scopes: ['read'] };

function faultsOf(input: unknown, known?: Known): string[] {
  const parsed = parsePolicy(input, known);
  return parsed.ok ? [] : parsed.errors.map((error) => `${error.path}: ${error.message}`);
}

const condition = (key: unknown, operator: unknown, value?: unknown) => ({ ...GOOD, subject: { conditions: [{ key, operator, value }] } });
const require = (value: unknown) => ({ ...GOOD, effect: 'require', require: value });
const deep = (levels: number): unknown =>
  levels === 0 ? { key: 'client.tags', operator: 'contains', value: 'x' } : { not: deep(levels - 1) };

const REFUSED: readonly [what: string, input: unknown, path: string, word: string][] = [
  ['no object', 'allow all', '', 'must be an object'],
  ['an unknown field', { ...GOOD, scope: ['x'] }, 'scope', 'did you mean scopes?'],
  ['a field that JSON can smuggle in', JSON.parse('{"__proto__": {}, "id": "p"}'), '__proto__', 'there is no field'],
  ['no id', { ...GOOD, id: undefined }, 'id', 'this is nothing'],
  ['an id with a slash', { ...GOOD, id: 'a/b' }, 'id', 'letters, digits'],
  ['no effect', { ...GOOD, effect: undefined }, 'effect', 'allow, deny, require'],
  ['a misspelt effect', { ...GOOD, effect: 'alow' }, 'effect', 'did you mean allow?'],
  ['an unknown state', { ...GOOD, state: 'enabled' }, 'state', 'use one of off, shadow, enforce'],
  ['no subject', { ...GOOD, subject: undefined }, 'subject', 'any, clients, conditions'],
  ['an empty subject', { ...GOOD, subject: {} }, 'subject', 'it has none'],
  ['two subjects', { ...GOOD, subject: { any: true, clients: ['a'] } }, 'subject', 'any and clients'],
  ['any that is not true', { ...GOOD, subject: { any: false } }, 'subject.any', 'must be true'],
  ['an empty list of clients', { ...GOOD, subject: { clients: [] } }, 'subject.clients', 'must not be empty'],
  ['a wildcard as a client', { ...GOOD, subject: { clients: ['*'] } }, 'subject.clients[0]', 'names one thing'],
  ['an empty list of conditions', { ...GOOD, subject: { conditions: [] } }, 'subject.conditions', 'must not be empty'],
  ['an empty group', { ...GOOD, subject: { conditions: [{ any: [] }] } }, 'subject.conditions[0].any', 'must not be empty'],
  [
    'a group and a comparison in one',
    { ...GOOD, subject: { conditions: [{ not: deep(0), key: 'x' }] } },
    'subject.conditions[0].key',
    'there is no field',
  ],
  ['groups without end', { ...GOOD, subject: { conditions: [deep(5000)] } }, `subject.conditions[0]${'.not'.repeat(7)}`, 'at most 8 deep'],
  ['an unknown key', condition('user.role', 'contains', 'x'), 'subject.conditions[0].key', 'did you mean user.roles?'],
  ['claims without a name', condition('jwtClaims', 'equals', 'x'), 'subject.conditions[0].key', 'jwtClaims.<name>'],
  ['an unknown operator', condition('client.tags', 'startsWith', 'x'), 'subject.conditions[0].operator', 'use one of equals'],
  [
    'an operator that cannot judge the key',
    condition('user.roles', 'greaterThan', 1),
    'subject.conditions[0].operator',
    'holds a list of texts',
  ],
  ['no value', condition('client.name', 'equals'), 'subject.conditions[0].value', 'this is nothing'],
  ['a value of a wrong type', condition('client.name', 'equals', 5), 'subject.conditions[0].value', 'this is a number'],
  ['null as value', condition('jwtClaims.x', 'equals', null), 'subject.conditions[0].value', 'this is null'],
  ['a value that cannot occur', condition('client.status', 'equals', 'verifed'), 'subject.conditions[0].value', 'did you mean verified?'],
  ['an empty list of values', condition('client.name', 'in', []), 'subject.conditions[0].value', 'must not be empty'],
  ['one value where a list belongs', condition('client.name', 'in', 'x'), 'subject.conditions[0].value', 'must be a list'],
  ['a list where one value belongs', condition('client.tags', 'contains', ['x']), 'subject.conditions[0].value', 'must be one value'],
  ['a list of several types', condition('jwtClaims.x', 'in', ['1', 1]), 'subject.conditions[0].value[1]', 'several types'],
  ['a bad network', condition('request.ip', 'cidr', '10.0.0.0/33'), 'subject.conditions[0].value', 'from 0 to 32'],
  ['a network with host bits', condition('request.ip', 'cidr', ['10.0.0.1/8']), 'subject.conditions[0].value[0]', 'beyond its prefix'],
  ['a bad address', condition('request.ip', 'equals', '10.0.0'), 'subject.conditions[0].value', 'not an IP address'],
  ['a time without zone', condition('request.time', 'lessThan', '2026-01-01T00:00:00'), 'subject.conditions[0].value', 'with its zone'],
  [
    'a day that does not exist',
    condition('request.time', 'lessThan', '2026-02-30T00:00:00Z'),
    'subject.conditions[0].value',
    'must be a time',
  ],
  [
    'times of two kinds',
    condition('request.time', 'between', ['09:00', '2026-01-01T00:00:00Z']),
    'subject.conditions[0].value',
    'not one of each',
  ],
  ['bounds the wrong way round', condition('delegation.depth', 'between', [3, 1]), 'subject.conditions[0].value', 'lower value first'],
  ['three bounds', condition('delegation.depth', 'between', [1, 2, 3]), 'subject.conditions[0].value', 'a list of two'],
  ['a pattern that ends in a backslash', condition('client.name', 'matches', 'a\\'), 'subject.conditions[0].value', 'lone backslash'],
  ['exists of a text', condition('client.name', 'exists', 'yes'), 'subject.conditions[0].value', 'must be true'],
  ['no target', { ...GOOD, target: undefined }, 'target', 'resources, connections'],
  ['two targets', { ...GOOD, target: { resources: 'all', connections: 'all' } }, 'target', 'resources and connections'],
  ['a lone id as target', { ...GOOD, target: { resources: 'ops' } }, 'target.resources', 'a list of ids'],
  ['an empty target', { ...GOOD, target: { connections: [] } }, 'target.connections', 'must not be empty'],
  ['all inside a list', { ...GOOD, target: { resources: ['all'] } }, 'target.resources[0]', 'write all, without a list'],
  [
    'an unknown type of resource',
    { ...GOOD, target: { resources: { types: ['mpc'] } } },
    'target.resources.types[0]',
    'use one of mcp, api',
  ],
  ['an empty list of grants', { ...GOOD, grants: [] }, 'grants', 'must not be empty'],
  ['refresh as a grant', { ...GOOD, grants: ['refresh_token'] }, 'grants[0]', 'the grant that it came from'],
  ['a misspelt grant', { ...GOOD, grants: ['token_exchnge'] }, 'grants[0]', 'did you mean token_exchange?'],
  ['an allow without scopes', { ...GOOD, scopes: undefined }, 'scopes', 'an allow rule must say which'],
  ['an empty list of scopes', { ...GOOD, scopes: [] }, 'scopes', 'must not be empty'],
  ['scopes as one text', { ...GOOD, scopes: 'read write' }, 'scopes', 'must be all or a list'],
  ['a scope with a space', { ...GOOD, scopes: ['read write'] }, 'scopes[0]', 'RFC 6749'],
  ['require on an allow', { ...GOOD, require: { stepUp: true } }, 'require', 'a rule of its own'],
  ['a require rule that asks for nothing', require({}), 'require', 'at least one of'],
  ['a require rule without require', require(undefined), 'require', 'must be an object'],
  ['an unknown requirement', require({ stepup: true }), 'require.stepup', 'did you mean stepUp?'],
  ['stepUp false', require({ stepUp: false }), 'require.stepUp', 'must be true'],
  ['a lifetime of nothing', require({ maxLifetime: 0 }), 'require.maxLifetime', 'at least 1'],
  ['a depth below nothing', require({ maxDelegationDepth: -1 }), 'require.maxDelegationDepth', 'at least 0'],
  ['an approval by nobody', require({ approval: { from: {} } }), 'require.approval.from', 'nobody could approve'],
  ['a budget without limit', require({ budget: { window: 60 } }), 'require.budget', 'calls or exchanges'],
  ['a budget without window', require({ budget: { calls: 1 } }), 'require.budget.window', 'seconds'],
  ['an unknown proof', require({ proofOfPossession: 'tls' }), 'require.proofOfPossession', 'dpop or mtls'],
];

describe('a rule is refused', () => {
  it.each(REFUSED)('for %s', (_what, input, path, word) => {
    const there = faultsOf(input).filter((fault) => fault.startsWith(`${path}: `));
    expect(there.join('\n')).toContain(word);
  });

  it('with every fault at once', () => {
    const faults = faultsOf({ ...GOOD, effect: 'x', scopes: [], subject: { clients: [] } });
    expect(faults.map((fault) => fault.split(':')[0])).toEqual(['effect', 'subject.clients', 'scopes']);
  });
});

describe('what is known is checked', () => {
  const scopes: Readonly<Record<string, readonly string[]>> = { 'resource ops': ['read', 'write'], 'connection search': [] };
  const known: Known = { scopesOf: ({ kind, id }) => scopes[`${kind} ${id}`], hasClient: (id) => id === 'agent' };

  it('a scope that the target has not', () => {
    expect(faultsOf({ ...GOOD, scopes: ['read', 'wriet'] }, known)).toEqual([
      `scopes[1]: ops has no scope "wriet"; use one of read, write`,
    ]);
  });
  it('a target that is not there', () => {
    expect(faultsOf({ ...GOOD, target: { connections: ['ops'] } }, known)).toEqual(['target.connections[0]: there is no connection "ops"']);
  });
  it('a client that is not there, at the place where the author wrote it', () => {
    expect(faultsOf({ ...GOOD, subject: { clients: ['agent', 'agent', 'x'] } }, known)).toEqual([
      'subject.clients[2]: there is no client "x"',
    ]);
  });
  it('scopes of a target that is handed out as a whole', () => {
    const input = { ...GOOD, target: { connections: ['search'] } };
    expect(faultsOf(input, known)).toEqual([expect.stringContaining('write scopes: all')]);
    expect(parsePolicy({ ...input, scopes: undefined }, known)).toMatchObject({ ok: true, rule: { scopes: 'all' } });
  });
});

describe('a rule is written back in today’s form', () => {
  it('with its defaults', () => {
    expect(ruleOf(GOOD)).toEqual({ ...GOOD, state: 'enforce' });
    expect(ruleOf({ ...GOOD, effect: 'deny', scopes: undefined }).scopes).toBe('all');
  });
  it('with older names replaced', () => {
    const older = { ...condition('userRoles', 'not equals', 'guest'), grants: ['urn:ietf:params:oauth:grant-type:token-exchange'] };
    expect(ruleOf(older)).toMatchObject({
      subject: { conditions: [{ key: 'user.roles', operator: 'notEquals', value: ['guest'] }] },
      grants: ['token_exchange'],
    });
    expect(ruleOf(condition('client.registrationType', 'in', ['DCR', 'CIMD'])).subject).toEqual({
      conditions: [{ key: 'client.registrationType', operator: 'in', value: ['dcr', 'cimd'] }],
    });
  });
  it('and reads its own form unchanged', () => {
    const full = {
      ...require({
        stepUp: { acr: 'mfa' },
        reconsent: { maxAge: 60 },
        approval: { from: { owner: true } },
        maxLifetime: 60,
        proofOfPossession: 'dpop',
        maxDelegationDepth: 0,
        budget: { calls: 5, window: 60 },
      }),
      name: 'N',
      description: 'D',
      state: 'shadow',
      grants: ['ciba', 'ciba'],
      subject: { conditions: [{ any: [{ key: 'user.roles', operator: 'equals', value: 'a' }, { all: [deep(2)] }] }] },
    };
    const rule = ruleOf(full);
    expect(rule.require).toMatchObject({ stepUp: { acr: ['mfa'] }, approval: { from: { owner: true }, count: 1, expiresIn: 3600 } });
    expect(ruleOf(JSON.parse(JSON.stringify(rule)))).toEqual(rule);
  });
});
