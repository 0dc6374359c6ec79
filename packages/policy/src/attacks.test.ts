import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  compilePolicies,
  createReplay,
  decide,
  explain,
  importOlder,
  parsePolicy,
  parsePolicyRequest,
  parsePolicyTest,
  rulesFor,
  runTests,
  toCedar,
  toCedarRequest,
} from './index.ts';
import type { PolicyRequest, PolicyRule } from './index.ts';
import type { Fields } from './faults.ts';
import { PLAIN, requestWith, ruleOf } from './fixtures.suite.ts';
import { chanceFrom, pick, requestFrom, ruleFrom } from './random.suite.ts';

// The attacks of docs/specs/attacks.md on policy that need no server, and the ways in which an engine may fail open.

const OPEN = { effect: 'allow', subject: { any: true }, target: { resources: 'all' }, scopes: 'all' };
const grantedBy = (rules: readonly PolicyRule[], request: PolicyRequest): readonly string[] =>
  decide(compilePolicies(rules), request).granted;

describe('an engine that cannot judge', () => {
  it('grants nothing without rules, and says that nothing reaches the target', () => {
    expect(decide(compilePolicies([]), PLAIN)).toMatchObject({ outcome: 'deny', granted: [], reach: false });
  });

  it('makes no set of rules at all when one of them is malformed, wherever it stands', () => {
    const good = [ruleOf({ id: 'a', ...OPEN }), ruleOf({ id: 'z', ...OPEN })];
    const spoilt: unknown[] = [
      { key: 'user.shoeSize', operator: 'equals', value: 1 },
      { key: 'client.name', operator: 'resembles', value: 'x' },
      { key: 'request.ip', operator: 'cidr', value: '10.0.0.0/99' },
      { key: 'client.name', operator: 'matches', value: 'a\\' },
      { key: 'request.time', operator: 'greaterThan', value: 'noon' },
      { key: 'delegation.depth', operator: 'lessThan', value: 'two' },
    ];
    for (const condition of spoilt) {
      const rule: PolicyRule = JSON.parse(
        JSON.stringify({ ...OPEN, id: 'm', state: 'enforce', effect: 'deny', subject: { conditions: [condition] } }),
      );
      expect(() => compilePolicies([...good.slice(0, 1), rule, ...good.slice(1)])).toThrow('policy: ');
    }
  });

  it('stops the caller when reading an attribute fails, instead of going on without the rule', () => {
    const rules = [
      ruleOf({ id: 'a', ...OPEN }),
      ruleOf({ id: 'deny', ...OPEN, effect: 'deny', subject: { conditions: [{ key: 'jwtClaims.x', operator: 'exists' }] } }),
    ];
    const jwtClaims = Object.defineProperty({}, 'x', {
      enumerable: true,
      get: () => {
        throw new Error('the store is gone');
      },
    });
    expect(() => decide(compilePolicies(rules), { ...PLAIN, jwtClaims })).toThrow('the store is gone');
  });
});

describe('a missing attribute and one of a wrong type', () => {
  const JUNK: readonly unknown[] = [{}, [[]], { toString: 'x' }, [null], 3.5, true, 'x', [], ''];
  const LEAVES: readonly ((junk: unknown) => Fields)[] = [
    (junk) => ({ user: { roles: junk } }),
    (junk) => ({ user: { attributes: { x: junk } } }),
    (junk) => ({ user: { permissions: junk } }),
    (junk) => ({ client: { owner: junk } }),
    (junk) => ({ client: { tags: junk } }),
    (junk) => ({ jwtClaims: { x: junk } }),
    (junk) => ({ token: { amr: junk } }),
    (junk) => ({ delegation: { depth: 0, actors: junk } }),
  ];

  it('never grants what the engine refused before it was taken away', () => {
    const chance = chanceFrom(7);
    let granted = 0;
    for (let set = 0; set < 400; set += 1) {
      const rules = Array.from({ length: 6 }, (_, at) => ruleFrom(chance, `p${String(at)}`)).filter((rule) => rule.effect === 'allow');
      if (JSON.stringify(rules).includes('"exists"')) continue;
      const whole = requestFrom(chance);
      const before = grantedBy(rules, whole);
      granted += before.length;
      for (const part of ['user', 'tenant', 'agent', 'token', 'jwtClaims'] as const) {
        const { [part]: _, ...without } = whole;
        for (const scope of grantedBy(rules, without)) expect(before).toContain(scope);
      }
    }
    expect(granted).toBeGreaterThan(50);
  });

  it('never throws, and never satisfies a positive, negative or negated condition on it', () => {
    for (const junk of JUNK) {
      for (const leaf of LEAVES) {
        const request = requestWith(leaf(junk));
        expect(() => explain(compilePolicies([ruleOf({ id: 'a', ...OPEN })]), request)).not.toThrow();
      }
      if (typeof junk === 'string') continue;
      const conditions = ['equals', 'notEquals', 'contains', 'notContains', 'matches'].map((operator) => ({
        key: 'client.owner',
        operator,
        value: 'ann',
      }));
      for (const condition of conditions.flatMap((one) => [one, { not: one }])) {
        const rule = ruleOf({ id: 'a', ...OPEN, subject: { conditions: [condition] } });
        // An empty list is a list of texts as good as any, and so can be judged; nobody has a list for an owner.
        if (Array.isArray(junk) && junk.length === 0) continue;
        expect(grantedBy([rule], requestWith({ client: { owner: junk } }))).toEqual([]);
      }
    }
  });
});

describe('a set of rules of another tenant', () => {
  it('leaves nothing behind: decisions in turn are those that each set makes alone', () => {
    const chance = chanceFrom(11);
    const families = Array.from({ length: 8 }, () => Array.from({ length: 8 }, (_, at) => ruleFrom(chance, `p${String(at)}`)));
    const sets = families.map(compilePolicies);
    for (let at = 0; at < 2000; at += 1) {
      const which = Math.floor(chance() * sets.length);
      const set = pick(chance, sets.slice(which, which + 1));
      const request = requestFrom(chance);
      const inTurn = decide(set, request);
      expect(inTurn).toEqual(decide(compilePolicies(families[which] ?? []), structuredClone(request)));
    }
  });

  it('leaves nothing behind when the stamps of decisions begin anew', () => {
    const shared = ['a', 'b'].map((id) => ({
      ...OPEN,
      id,
      subject: {
        conditions: [
          { key: 'user.roles', operator: 'contains', value: 'staff' },
          { key: 'client.status', operator: 'notEquals', value: 'unverified' },
        ],
      },
    }));
    const set = compilePolicies(shared.map(ruleOf));
    const stranger = requestWith({ client: { status: 'unverified' } });
    expect(decide(set, PLAIN).outcome).toBe('allow');
    // The run that the first decision had comes again.
    set.facts.run = 0x3fff_ffff;
    expect(decide(set, stranger).outcome).toBe('deny');
    expect(decide(set, requestWith({ user: { roles: [] } })).outcome).toBe('deny');
    expect(decide(set, PLAIN).outcome).toBe('allow');
  });

  it('never lets a rule of one tenant speak in another', () => {
    const rule = ruleOf({ id: 'acme', ...OPEN, subject: { conditions: [{ key: 'tenant.id', operator: 'equals', value: 'acme' }] } });
    for (const id of ['umbrella', 'ACME', 'acme ', 'acme\u0000', '', 'constructor', '__proto__'])
      expect(grantedBy([rule], requestWith({ tenant: { id, attributes: {} } }))).toEqual([]);
  });
});

describe('names from the prototype of objects', () => {
  const NAMES = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf', '__defineGetter__'];

  it.each(NAMES)('%s is nobody’s attribute, claim, client, tenant, target or tag', (name) => {
    const conditions = ['user.attributes.', 'tenant.attributes.', 'jwtClaims.'].map((family) => ({
      key: family + name,
      operator: 'exists',
    }));
    for (const condition of conditions) {
      const rule = ruleOf({ id: 'a', ...OPEN, subject: { conditions: [condition] } });
      expect(grantedBy([rule], { ...PLAIN, jwtClaims: {}, tenant: { id: 't', attributes: {} } })).toEqual([]);
    }
    expect(
      grantedBy(
        [ruleOf({ id: 'a', ...OPEN, target: { resources: ['x'] } })],
        requestWith({ target: { id: name, type: name, tags: [name] } }),
      ),
    ).toEqual([]);
    expect(grantedBy([ruleOf({ id: 'a', ...OPEN, subject: { clients: ['x'] } })], requestWith({ client: { id: name } }))).toEqual([]);
    expect(grantedBy([ruleOf({ id: 'a', ...OPEN, scopes: ['x'] })], requestWith({ scopes: [name] }))).toEqual([]);
  });

  it.each(NAMES)('%s is an attribute like any other where it is there', (name) => {
    const parsed = parsePolicyRequest(JSON.parse(`{"client": "a", "resource": "r", "scopes": "s", "jwtClaims": {"${name}": "x"}}`));
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
    const rule = ruleOf({ id: 'a', ...OPEN, subject: { conditions: [{ key: `jwtClaims.${name}`, operator: 'equals', value: 'x' }] } });
    expect(grantedBy([rule], parsed.request)).toEqual(['s']);
  });

  it('change nothing when they are fields of a rule', () => {
    const parsed = parsePolicy(
      JSON.parse(
        `{"id": "a", "__proto__": {"effect": "allow", "scopes": "all"}, "subject": {"any": true}, "target": {"resources": "all"}}`,
      ),
    );
    expect(parsed.ok).toBe(false);
  });
});

describe('input without measure', () => {
  const deep = (depth: number): unknown => {
    let inner: unknown = { key: 'client.name', operator: 'exists' };
    for (let at = 0; at < depth; at += 1) inner = at % 2 === 0 ? { not: inner } : { any: [inner] };
    return inner;
  };
  const faultsOf = (input: unknown): readonly { path: string; message: string }[] => {
    const parsed = parsePolicy(input);
    return parsed.ok ? [] : parsed.errors;
  };

  it('is refused when conditions nest 100,000 deep', () => {
    expect(faultsOf({ id: 'a', ...OPEN, subject: { conditions: [deep(100_000)] } })[0]?.message).toContain('nest at most 8 deep');
  });

  it('is read only as far as its faults are told: 100,000 unknown fields, conditions or clients', () => {
    const many = Object.fromEntries(Array.from({ length: 100_000 }, (_, at) => [`${'x'.repeat(50)}${String(at)}`, 1]));
    expect(faultsOf({ id: 'a', ...OPEN, ...many })).toHaveLength(100);
    const conditions = Array.from({ length: 1000 }, () => ({ key: 'user.rolez', operator: 'x' }));
    expect(faultsOf({ id: 'a', ...OPEN, subject: { conditions } })).toHaveLength(100);
    const clients = Array.from({ length: 100_000 }, (_, at) => String(at));
    expect(faultsOf({ id: 'a', ...OPEN, subject: { clients } })[0]?.message).toContain('at most 1000 members');
  });

  it('cannot hide many comparisons in nested groups', () => {
    const group = { any: Array.from({ length: 900 }, () => ({ key: 'client.name', operator: 'exists' })) };
    expect(faultsOf({ id: 'a', ...OPEN, subject: { conditions: [group, group] } })[0]?.message).toContain('at most 1000 comparisons');
  });

  it('is judged without a stack: attributes that nest 100,000 deep, a user with 100,000 roles', () => {
    let nested: unknown = 'x';
    for (let at = 0; at < 100_000; at += 1) nested = [nested];
    const rule = ruleOf({ id: 'a', ...OPEN, subject: { conditions: [{ key: 'user.attributes.x', operator: 'contains', value: 'x' }] } });
    const user = {
      id: 'u',
      roles: Array.from({ length: 100_000 }, (_, at) => `r${String(at)}`),
      tenantIds: [],
      permissions: [],
      attributes: { x: nested },
    };
    const request = { ...PLAIN, user };
    expect(grantedBy([rule], request)).toEqual([]);
    expect(Object.keys(toCedarRequest(request).context)).toContain('user');
    const role = ruleOf({ id: 'a', ...OPEN, subject: { conditions: [{ key: 'user.roles', operator: 'contains', value: 'r99999' }] } });
    expect(grantedBy([role], request)).toEqual(['read']);
  });

  it('does not make a glob run away: a pattern of stars reads a long text once', () => {
    const evil = ruleOf({
      id: 'a',
      ...OPEN,
      subject: { conditions: [{ key: 'client.name', operator: 'matches', value: `${'*a'.repeat(120)}*b` }] },
    });
    expect(grantedBy([evil], requestWith({ client: { name: 'a'.repeat(200_000) } }))).toEqual([]);
    expect(
      faultsOf({ id: 'a', ...OPEN, subject: { conditions: [{ key: 'client.name', operator: 'matches', value: '*a'.repeat(400) }] } })[0]
        ?.message,
    ).toContain('255');
  });

  it('does not fill a replay: samples and rows stay few when every request differs', () => {
    const running = createReplay(compilePolicies([ruleOf({ id: 'a', ...OPEN })]), compilePolicies([]), { samples: 2, rows: 2 });
    for (let at = 0; at < 50; at += 1)
      running.add({ id: String(at), request: requestWith({ scopes: [`s${String(at)}`], client: { id: `c${String(at)}` } }) });
    expect(JSON.stringify(running.report()).length).toBeLessThan(3000);
  });
});

describe('anything at all', () => {
  const anything = fc.anything({ withBigInt: true, withDate: true, withMap: true, withNullPrototype: true, withSparseArray: true });

  it('is read without throwing, and becomes no rule, request or test by chance', () => {
    fc.assert(
      fc.property(anything, (input) => {
        expect(parsePolicy(input).ok).toBe(false);
        expect(parsePolicyRequest(input).ok).toBe(false);
        expect(parsePolicyTest(input).ok).toBe(false);
        expect(importOlder(input).rules).toEqual([]);
      }),
      { numRuns: 2000 },
    );
  });

  it('in the place of any member of a rule or request is refused or read, and never throws', () => {
    const rule = { id: 'a', ...OPEN, name: 'n', state: 'enforce', grants: ['ciba'] };
    const request = {
      client: 'a',
      resource: 'r',
      scopes: 's',
      user: 'u',
      tenant: 't',
      agent: 'g',
      jwtClaims: {},
      token: {},
      request: {},
      delegation: {},
      grant: 'ciba',
    };
    fc.assert(
      fc.property(anything, fc.constantFrom(...Object.keys(rule)), fc.constantFrom(...Object.keys(request)), (junk, member, part) => {
        const read = parsePolicy({ ...rule, [member]: junk });
        const asked = parsePolicyRequest({ ...request, [part]: junk });
        if (!read.ok || !asked.ok) return;
        const set = compilePolicies([read.rule]);
        expect(() => [
          explain(set, asked.request),
          rulesFor(set, asked.request),
          toCedar([read.rule]),
          toCedarRequest(asked.request),
        ]).not.toThrow();
        expect(runTests(set, [{ name: 't', request: asked.request, expect: { outcome: decide(set, asked.request).outcome } }]).failed).toBe(
          0,
        );
      }),
      { numRuns: 3000 },
    );
  });
});
