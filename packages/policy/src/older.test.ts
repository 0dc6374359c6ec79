import { describe, expect, it } from 'vitest';
import { compilePolicies, decide, importOlder, parsePolicyRequest } from './index.ts';
import type { OlderOptions } from './index.ts';

function carried(input: unknown, options?: OlderOptions) {
  const { rules, notes } = importOlder(input, options);
  return { rules, notes: notes.map(({ at, message }) => `${at}: ${message}`) };
}
function granted(input: unknown, request: unknown): readonly string[] {
  const parsed = parsePolicyRequest(request);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
  return decide(compilePolicies(importOlder(input).rules), parsed.request).granted;
}

const VIEWER = {
  name: 'Viewer',
  conditions: [
    { key: 'userRoles', operator: 'contains', value: 'Viewer' },
    { key: 'jwtClaims', claim: 'department', operator: 'in', value: ['sales', 'support'] },
  ],
  accessibleScopes: ['calendar.readonly'],
};

describe('a policy with accessible scopes of one connection', () => {
  it('comes over with its conditions and scopes', () => {
    expect(carried({ appId: 'calendar', policies: [VIEWER] })).toEqual({
      rules: [
        {
          id: 'Viewer',
          name: 'Viewer',
          state: 'enforce',
          effect: 'allow',
          subject: {
            conditions: [
              { key: 'user.roles', operator: 'contains', value: 'Viewer' },
              { key: 'jwtClaims.department', operator: 'in', value: ['sales', 'support'] },
            ],
          },
          target: { connections: ['calendar'] },
          grants: ['token_exchange'],
          scopes: ['calendar.readonly'],
        },
      ],
      notes: [],
    });
  });

  it('means what it meant', () => {
    const request = {
      client: 'a',
      connection: 'calendar',
      scopes: ['calendar.readonly', 'calendar.events'],
      jwtClaims: { department: 'sales' },
    };
    const input = { appId: 'calendar', policies: [VIEWER] };
    expect(granted(input, { ...request, user: { id: 'ann', roles: ['Viewer'] } })).toEqual(['calendar.readonly']);
    expect(granted(input, { ...request, user: { id: 'ann', roles: ['Editor'] } })).toEqual([]);
  });

  it('hands a key out as a whole where it had all scopes', () => {
    const input = { outboundAppId: 'search', name: 'key', conditions: [], accessibleScopes: 'All Scopes' };
    expect(granted(input, { client: 'a', connection: 'search' })).toEqual(['whole']);
  });

  it.each([
    ['not equals', 'jwtClaims.tenant', 'x', 'notEquals on jwtClaims.tenant does not hold for callers without it any more'],
    ['equals', 'userRoles', 'Viewer', 'equals on user.roles compares the whole list now'],
  ])('says what %s means now', (operator, key, value, note) => {
    const { rules, notes } = carried({ appId: 'c', name: 'p', conditions: [{ key, operator, value }], accessibleScopes: ['s'] });
    expect(rules).toHaveLength(1);
    expect(notes.join()).toContain(note);
  });

  it.each([
    [
      'a key that is none now',
      { conditions: [{ key: 'userRegion', operator: 'equals', value: 'EU' }] },
      'there is no key "userRegion" now',
    ],
    [
      'an operator that is not known',
      { conditions: [{ key: 'userRoles', operator: 'regex', value: '.*' }] },
      'the operator "regex" is not known',
    ],
    ['a claim without a name', { conditions: [{ key: 'jwtClaims', operator: 'equals', value: 'x' }] }, 'there is no key "jwtClaims" now'],
    [
      'a value of several types',
      { conditions: [{ key: 'jwtClaims.a', operator: 'in', value: ['x', 1] }] },
      'subject.conditions[0].value[1]',
    ],
    ['contains with several values', { conditions: [{ key: 'userRoles', operator: 'contains', value: ['a', 'b'] }] }, 'must be one value'],
    ['conditions that are no list', { conditions: { key: 'userRoles' } }, 'its conditions must be a list'],
    ['no scopes', { accessibleScopes: [] }, 'It names no accessible scopes'],
  ])('is left out whole with %s, and says so', (_, change, note) => {
    const { rules, notes } = carried({ appId: 'c', name: 'p', conditions: [], accessibleScopes: ['s'], ...change });
    expect(rules).toEqual([]);
    expect(notes.join()).toContain(note);
  });

  it('waits, switched off, when something in it is not understood', () => {
    const { rules, notes } = carried({ appId: 'c', name: 'p', policyConditions: [{}], accessibleScopes: ['s'] });
    expect(rules).toMatchObject([{ state: 'off' }]);
    expect(notes).toEqual(['p: "policyConditions" is not known and was left out; the rule is off until you have looked at it.']);
  });
});

describe('the scopes of one client and resource', () => {
  it('become a rule with a user and one without', () => {
    const { rules, notes } = carried({ thirdPartyApplicationId: 'app', resourceId: 'crm', userAccessScopes: ['w'], allClientScopes: true });
    expect(notes).toEqual([]);
    expect(rules).toMatchObject([
      {
        id: 'imported-0-user',
        subject: { clients: ['app'] },
        target: { resources: ['crm'] },
        grants: ['authorization_code'],
        scopes: ['w'],
      },
      { id: 'imported-0-client', grants: ['client_credentials'], scopes: 'all' },
    ]);
  });
  it('become nothing without scopes, or without a client', () => {
    expect(
      carried([
        { thirdPartyApplicationId: 'app', resourceId: 'crm' },
        { resourceId: 'crm', allUserScopes: true },
      ]),
    ).toEqual({
      rules: [],
      notes: ['0: It allows no scopes; it was left out.', '1: It names no client or no resource; it was left out.'],
    });
  });
});

const RECONCILER = {
  name: 'reconciler',
  description: 'nightly',
  enabled: true,
  version: '1',
  cedarText: 'permit(…);',
  ruleFamily: 'resource_access',
  actionKinds: ['client_access'],
  effect: 'permit',
  principalType: 'client',
  principalSelector: ['worker'],
  resourceTargets: [{ type: 'api', allOfType: false, ids: ['billing'] }],
  grants: [{ scopes: ['ledger:read', 'ledger:write'], allowedAudiences: [], allScopes: false }],
  conditions: [{ key: 'client.tags', operator: 'contains', value: 'production' }],
};

describe('a rule with principal, targets and actions', () => {
  it('comes over with all of them', () => {
    expect(carried({ policyRule: RECONCILER })).toEqual({
      rules: [
        {
          id: 'reconciler',
          name: 'reconciler',
          description: 'nightly',
          state: 'enforce',
          effect: 'allow',
          subject: {
            conditions: [
              { key: 'client.clientid', operator: 'in', value: ['worker'] },
              { key: 'client.tags', operator: 'contains', value: 'production' },
            ],
          },
          target: { resources: ['billing'] },
          grants: ['client_credentials'],
          scopes: ['ledger:read', 'ledger:write'],
        },
      ],
      notes: [],
    });
  });

  it('becomes one rule for each kind of target, with ids that differ', () => {
    const targets = [{ type: 'any' }, { type: 'mcp', allOfType: true }, { type: 'outbound_app', ids: ['calendar'] }];
    const { rules } = carried([{ ...RECONCILER, resourceTargets: targets }, RECONCILER]);
    expect(rules.map(({ id, target }) => [id, target])).toEqual([
      ['reconciler-1', { resources: 'all' }],
      ['reconciler-2', { connections: 'all' }],
      ['reconciler-3', { resources: { types: ['mcp'] } }],
      ['reconciler-4', { connections: ['calendar'] }],
      ['reconciler', { resources: ['billing'] }],
    ]);
  });

  it('keeps a forbid as a deny, one that is off as off, and says that callers without the attribute are not reached', () => {
    const { rules, notes } = carried({ ...RECONCILER, effect: 'forbid', enabled: false });
    expect(rules).toMatchObject([{ effect: 'deny', state: 'off' }]);
    expect(notes.join()).toContain('A deny on client.tags does not reach callers without it');
  });

  it('finds the resource of an audience, or says that there is none', () => {
    const exchange = { ...RECONCILER, ruleFamily: 'token_exchange', actionKinds: ['exchange_token'], resourceTargets: [], conditions: [] };
    const input = { ...exchange, grants: [{ allowedAudiences: ['https://a.test', 'https://b.test'] }] };
    const { rules, notes } = carried(input, { resourceOf: (audience) => (audience === 'https://a.test' ? 'analytics' : undefined) });
    expect(rules).toMatchObject([
      { target: { resources: ['analytics'] }, grants: ['token_exchange'], scopes: 'all', subject: { clients: ['worker'] } },
    ]);
    expect(notes).toEqual(['reconciler: No resource has the identifier "https://b.test"; the exchange for this audience was left out.']);
  });

  it.each([
    ['users by id', { principalType: 'user', principalSelector: ['U1'] }, 'users by id'],
    ['an effect that is not known', { effect: 'audit' }, '"audit"'],
    ['an action that is not known', { actionKinds: ['constructor'] }, '"constructor"'],
    ['a principal that is not known', { principalType: 'group', principalSelector: [] }, 'It does not say for which clients'],
    ['clients without names', { principalSelector: [] }, 'It does not say for which clients'],
    ['no target', { resourceTargets: [] }, 'It names no target'],
    ['no scopes', { grants: [] }, 'It grants no scopes'],
  ])('is left out with %s', (_, change, note) => {
    const { rules, notes } = carried({ ...RECONCILER, ...change });
    expect(rules).toEqual([]);
    expect(notes.join()).toContain(note);
  });

  it('asks for a user where it was for users', () => {
    const { rules } = carried({ ...RECONCILER, principalType: 'user', principalSelector: [], conditions: [] });
    expect(rules).toMatchObject([{ subject: { conditions: [{ key: 'user.roles', operator: 'exists', value: true }] } }]);
  });
});

describe('anything else', () => {
  it.each([[5], [null], ['x'], [[1]], [{}], [{ policies: [null] }]])('%j becomes no rule and a note', (input) => {
    const { rules, notes } = importOlder(input);
    expect(rules).toEqual([]);
    expect(notes).toHaveLength(1);
  });
});
