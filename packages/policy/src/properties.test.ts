import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compilePolicies, decide, decideWithShadow, explain } from './index.ts';
import type { Condition, Decision, PolicyRequest, PolicyRule } from './index.ts';
import { PLAIN, ruleOf } from './fixtures.suite.ts';
import { GRANTS } from './rule.ts';

// Few words each, so that rules and requests meet often.
const CLIENTS = ['c1', 'c2', 'c3'];
const IDS = ['t1', 't2'];
const TAGS = ['red', 'blue'];
const TYPES = ['mcp', 'api'];
const ROLES = ['a', 'b'];
const SCOPES = ['r', 'w', 'x'];
const TENANTS = ['acme', 'umbrella'];

const some = (words: readonly string[]) => fc.subarray([...words], { minLength: 1 });
const comparison = fc.oneof(
  fc.record({
    key: fc.constantFrom('user.roles', 'client.tags'),
    operator: fc.constantFrom('contains', 'notContains'),
    value: fc.constantFrom(...ROLES),
  }),
  fc.record({
    key: fc.constantFrom('tenant.id', 'client.clientid'),
    operator: fc.constantFrom('in', 'notIn'),
    value: some([...TENANTS, ...CLIENTS]),
  }),
  fc.record({
    key: fc.constantFrom('tenant.id', 'client.clientid'),
    operator: fc.constantFrom('equals', 'notEquals'),
    value: fc.constantFrom(...TENANTS, ...CLIENTS),
  }),
  fc.record({ key: fc.constantFrom('user.roles', 'tenant.id', 'agent.id'), operator: fc.constant('exists'), value: fc.boolean() }),
  fc.record({
    key: fc.constantFrom('delegation.depth', 'jwtClaims.n'),
    operator: fc.constantFrom('greaterThan', 'lessThan'),
    value: fc.integer({ min: 0, max: 2 }),
  }),
);
const { condition } = fc.letrec<{ condition: unknown }>((tie) => {
  const inner = fc.array(tie('condition'), { minLength: 1, maxLength: 3 });
  const group = fc.oneof(
    inner.map((any) => ({ any })),
    inner.map((all) => ({ all })),
    tie('condition').map((not) => ({ not })),
  );
  return { condition: fc.oneof({ maxDepth: 3, withCrossShrink: true }, comparison, group) };
});
const selection = fc.oneof(
  fc.constant('all'),
  some(IDS),
  some(TAGS).map((tags) => ({ tags })),
  some(TYPES).map((types) => ({ types })),
);
const rule = fc.record(
  {
    effect: fc.constantFrom('allow', 'allow', 'deny', 'require'),
    state: fc.constantFrom('enforce', 'enforce', 'enforce', 'shadow', 'off'),
    subject: fc.oneof(
      fc.constant({ any: true }),
      some(CLIENTS).map((clients) => ({ clients })),
      fc.array(condition, { minLength: 1, maxLength: 3 }).map((conditions) => ({ conditions })),
    ),
    target: fc.oneof(
      selection.map((resources) => ({ resources })),
      selection.filter((s) => typeof s !== 'object' || !('types' in s)).map((connections) => ({ connections })),
    ),
    scopes: fc.oneof(fc.constant('all'), some(SCOPES)),
    grants: fc.subarray([...GRANTS], { minLength: 1 }),
  },
  { requiredKeys: ['effect', 'state', 'subject', 'target', 'scopes'] },
);
const rules = fc.array(rule, { maxLength: 12 }).map((list) =>
  list.map((one, at) =>
    ruleOf({
      id: `p${String(at)}`,
      ...one,
      ...(one.effect === 'require' ? { require: { maxLifetime: 60, maxDelegationDepth: 1 } } : {}),
    }),
  ),
);

const request: fc.Arbitrary<PolicyRequest> = fc.record({
  grant: fc.constantFrom(...GRANTS),
  target: fc.record({
    kind: fc.constantFrom('resource', 'connection'),
    id: fc.constantFrom(...IDS),
    type: fc.constantFrom(...TYPES),
    tags: fc.array(fc.constantFrom(...TAGS), { maxLength: 3 }),
  }),
  scopes: fc.subarray(SCOPES),
  client: fc.record({ id: fc.constantFrom(...CLIENTS), tags: fc.subarray(ROLES) }).map((client) => ({ ...PLAIN.client, ...client })),
  user: fc.option(
    fc.subarray(ROLES).map((roles) => ({ id: 'u', roles, tenantIds: [], permissions: [], attributes: {} })),
    { nil: undefined },
  ),
  tenant: fc.option(
    fc.constantFrom(...TENANTS).map((id) => ({ id, attributes: {} })),
    { nil: undefined },
  ),
  jwtClaims: fc.option(fc.record({ n: fc.oneof(fc.integer({ min: 0, max: 3 }), fc.constant('2')) }), { nil: undefined }),
  request: fc.constant({ time: 0 }),
  delegation: fc.integer({ min: 0, max: 2 }).map((depth) => ({ depth, actors: [] })),
});

/** The language written down a second time, without compiler or index: undefined is "missing". */
function holds(one: Condition, r: PolicyRequest): boolean | undefined {
  if ('not' in one) {
    const inner = holds(one.not, r);
    return inner === undefined ? undefined : !inner;
  }
  if ('all' in one) {
    const parts = new Set(one.all.map((part) => holds(part, r)));
    return parts.has(false) ? false : parts.has(undefined) ? undefined : true;
  }
  if ('any' in one) {
    const parts = new Set(one.any.map((part) => holds(part, r)));
    return parts.has(true) ? true : parts.has(undefined) ? undefined : false;
  }
  const values: Record<string, unknown> = {
    'user.roles': r.user?.roles,
    'client.tags': r.client.tags,
    'tenant.id': r.tenant?.id,
    'client.clientid': r.client.id,
    'agent.id': r.agent?.id,
    'delegation.depth': r.delegation.depth,
    'jwtClaims.n': r.jwtClaims?.n,
  };
  const held = values[one.key];
  if (one.operator === 'exists') return (held !== undefined) === one.value;
  if (held === undefined) return undefined;
  const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : [value]);
  const order = typeof held === 'number' && typeof one.value === 'number' ? held - one.value : undefined;
  switch (one.operator) {
    case 'contains':
      return list(held).includes(one.value);
    case 'notContains':
      return !list(held).includes(one.value);
    case 'equals':
    case 'in':
      return list(one.value).includes(held);
    case 'notEquals':
    case 'notIn':
      return !list(one.value).includes(held);
    case 'greaterThan':
      return order === undefined ? undefined : order > 0;
    default:
      return order === undefined ? undefined : order < 0;
  }
}

function speaks(p: PolicyRule, r: PolicyRequest): boolean {
  const kind = 'resources' in p.target ? 'resource' : 'connection';
  const chosen = 'resources' in p.target ? p.target.resources : p.target.connections;
  const target =
    chosen === 'all' ||
    ('tags' in chosen
      ? chosen.tags.some((tag) => r.target.tags.includes(tag))
      : 'types' in chosen
        ? chosen.types.includes(r.target.type)
        : chosen.includes(r.target.id));
  const subject =
    'any' in p.subject ||
    ('clients' in p.subject ? p.subject.clients.includes(r.client.id) : p.subject.conditions.every((one) => holds(one, r) === true));
  return kind === r.target.kind && target && subject && (!p.grants || p.grants.includes(r.grant));
}

function reference(all: readonly PolicyRule[], r: PolicyRequest): Pick<Decision, 'granted' | 'reach'> {
  const live = all.filter((p) => p.state === 'enforce' && speaks(p, r));
  const whole = r.scopes.length === 0;
  const about = (p: PolicyRule, scope: string): boolean =>
    p.scopes === 'all' || (whole ? p.effect !== 'allow' && r.target.kind === 'connection' : p.scopes.includes(scope));
  const of = (effect: string, scope: string): boolean => live.some((p) => p.effect === effect && about(p, scope));
  const granted = (whole ? ['whole'] : r.scopes).filter(
    (s) => of('allow', s) && !of('deny', s) && (r.delegation.depth <= 1 || !of('require', s)),
  );
  return { granted, reach: live.some((p) => p.effect === 'allow') };
}

/** Everything of a decision but the names of rules, which differ when a rule is added. */
const granted = (all: readonly PolicyRule[], r: PolicyRequest): readonly string[] => decide(compilePolicies(all), r).granted;
const RUNS = { numRuns: 1500 };

describe('for all rules and requests', () => {
  it('the engine agrees with the language written down a second time', () => {
    let grants = 0;
    fc.assert(
      fc.property(rules, request, (all, r) => {
        const decision = decide(compilePolicies(all), r);
        grants += decision.granted.length;
        expect(decision).toMatchObject(reference(all, r));
      }),
      { numRuns: 5000 },
    );
    // The cases would prove little if nothing were ever granted.
    expect(grants).toBeGreaterThan(500);
  });

  it('the order of rules never matters', () => {
    const shuffled = rules.chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray([...all], { minLength: all.length })));
    fc.assert(
      fc.property(shuffled, request, ([all, other], r) => {
        expect(explain(compilePolicies(other), r)).toEqual(explain(compilePolicies(all), r));
      }),
      RUNS,
    );
  });

  it('a deny or a requirement that is added never grants', () => {
    const added = rule.filter((one) => one.effect !== 'allow');
    fc.assert(
      fc.property(rules, added, request, (all, one, r) => {
        const more = ruleOf({ id: 'added', ...one, ...(one.effect === 'require' ? { require: { maxDelegationDepth: 0 } } : {}) });
        const before = granted(all, r);
        for (const scope of granted([...all, more], r)) expect(before).toContain(scope);
      }),
      RUNS,
    );
  });

  it('an allow that is added never takes away', () => {
    fc.assert(
      fc.property(rules, rule, request, (all, one, r) => {
        expect(granted([...all, ruleOf({ id: 'added', ...one, effect: 'allow' })], r)).toEqual(
          expect.arrayContaining([...granted(all, r)]),
        );
      }),
      RUNS,
    );
  });

  it('asking for less never gives more, and each scope is judged alone', () => {
    fc.assert(
      fc.property(rules, request, (all, r) => {
        const together = granted(all, r);
        for (const scope of r.scopes) expect(granted(all, { ...r, scopes: [scope] })).toEqual(together.includes(scope) ? [scope] : []);
      }),
      RUNS,
    );
  });

  it('shadow and off rules never change the outcome', () => {
    fc.assert(
      fc.property(rules, request, (all, r) => {
        const { shadow, ...decision } = decide(compilePolicies(all), r);
        const { shadow: none, ...without } = decide(compilePolicies(all.filter((one) => one.state === 'enforce')), r);
        expect(decision).toEqual(without);
        expect(none).toEqual([]);
        const enforced = all.map((one) => (one.state === 'shadow' ? { ...one, state: 'enforce' as const } : one));
        expect(decideWithShadow(compilePolicies(all), r).granted).toEqual(granted(enforced, r));
        if (shadow.length === 0) expect(decideWithShadow(compilePolicies(all), r)).toMatchObject({ granted: decision.granted });
      }),
      RUNS,
    );
  });

  it('every scope is either granted or refused with a reason, and the explanation says the same', () => {
    fc.assert(
      fc.property(rules, request, (all, r) => {
        const { decision, scopes, rules: explained } = explain(compilePolicies(all), r);
        const asked = r.scopes.length === 0 ? ['whole'] : r.scopes;
        expect([...decision.granted, ...decision.refused.map((one) => one.scope)].sort()).toEqual([...asked].sort());
        expect(scopes.map((one) => one.granted)).toEqual(asked.map((scope) => decision.granted.includes(scope)));
        expect(explained.filter((one) => one.matched && one.state === 'enforce').map((one) => one.rule)).toEqual(decision.rules);
        expect(explained.filter((one) => one.matched && one.state === 'shadow').map((one) => one.rule)).toEqual(
          decision.shadow.map((one) => one.rule),
        );
      }),
      RUNS,
    );
  });
});
