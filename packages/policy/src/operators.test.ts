import { describe, expect, it } from 'vitest';
import { KEY_NAMES, compilePolicies, decide, parsePolicy } from './index.ts';
import { requestWith } from './fixtures.suite.ts';
import { OPERATORS } from './rule.ts';
import type { Fields } from './faults.ts';

type Holder = {
  key: string;
  holds: 'text' | 'texts' | 'number' | 'time' | 'address' | 'open';
  with: (value: unknown) => Fields;
  absent?: Fields;
};

/** Every key of the language: how a request carries it, and where it can be absent, how. */
const KEYS: readonly Holder[] = [
  { key: 'user.roles', holds: 'texts', with: (v) => ({ user: { roles: v } }), absent: { user: null } },
  { key: 'user.tenantIds', holds: 'texts', with: (v) => ({ user: { tenantIds: v } }), absent: { user: null } },
  { key: 'user.permissions', holds: 'texts', with: (v) => ({ user: { permissions: v } }), absent: { user: null } },
  { key: 'user.attributes.x', holds: 'open', with: (v) => ({ user: { attributes: { x: v } } }), absent: { user: { attributes: {} } } },
  { key: 'jwtClaims.x', holds: 'open', with: (v) => ({ jwtClaims: { x: v } }), absent: {} },
  { key: 'client.tags', holds: 'texts', with: (v) => ({ client: { tags: v } }) },
  { key: 'client.name', holds: 'text', with: (v) => ({ client: { name: v } }) },
  { key: 'client.clientid', holds: 'text', with: (v) => ({ client: { id: v } }) },
  { key: 'client.registrationType', holds: 'text', with: (v) => ({ client: { registrationType: v } }) },
  { key: 'client.status', holds: 'text', with: (v) => ({ client: { status: v } }) },
  { key: 'client.owner', holds: 'text', with: (v) => ({ client: { owner: v } }), absent: {} },
  { key: 'tenant.id', holds: 'text', with: (v) => ({ tenant: { id: v, attributes: {} } }), absent: {} },
  { key: 'tenant.attributes.x', holds: 'open', with: (v) => ({ tenant: { id: 't', attributes: { x: v } } }), absent: {} },
  { key: 'agent.id', holds: 'text', with: (v) => ({ agent: { id: v, state: 'active' } }), absent: {} },
  { key: 'agent.state', holds: 'text', with: (v) => ({ agent: { id: 'a', state: v } }), absent: {} },
  { key: 'request.ip', holds: 'address', with: (v) => ({ request: { ip: v, time: 0 } }), absent: { request: { time: 0 } } },
  { key: 'request.time', holds: 'time', with: (v) => ({ request: { time: v } }) },
  { key: 'token.acr', holds: 'text', with: (v) => ({ token: { acr: v } }), absent: {} },
  { key: 'token.amr', holds: 'texts', with: (v) => ({ token: { amr: v } }), absent: {} },
  { key: 'delegation.depth', holds: 'number', with: (v) => ({ delegation: { depth: v } }) },
  { key: 'delegation.actors', holds: 'texts', with: (v) => ({ delegation: { actors: v } }) },
  { key: 'target.tags', holds: 'texts', with: (v) => ({ target: { tags: v } }) },
];

/** Operator, value of the rule, attributes that satisfy it, attributes that do not. Attributes of another type satisfy nothing. */
type Row = [operator: string, value: unknown, yes: unknown[], no: unknown[]];
const TEXT: Row[] = [
  ['equals', 'ab', ['ab'], ['AB', 'abc', '']],
  ['notEquals', 'ab', ['AB', ''], ['ab']],
  ['in', ['ab', 'cd'], ['ab', 'cd'], ['a']],
  ['notIn', ['ab', 'cd'], ['a'], ['ab', 'cd']],
  ['contains', 'b', ['abc', 'b'], ['B', '']],
  ['notContains', 'b', ['B', ''], ['abc', 'b']],
  ['matches', 'a*c?', ['acd', 'abbcd'], ['ac', 'bacd', 'acde']],
];
const TEXTS: Row[] = [
  [
    'equals',
    ['a', 'b'],
    [
      ['a', 'b'],
      ['b', 'a', 'a'],
    ],
    [['a'], ['a', 'b', 'c'], []],
  ],
  ['equals', 'a', [['a']], [['a', 'b'], []]],
  ['notEquals', ['a', 'b'], [['a'], []], [['b', 'a']]],
  ['in', ['a', 'b'], [['b', 'x']], [['x'], []]],
  ['notIn', ['a', 'b'], [['x'], []], [['b', 'x']]],
  ['contains', 'a', [['a', 'b']], [['ab'], []]],
  ['notContains', 'a', [['ab'], []], [['a', 'b']]],
  ['matches', 'a*', [['x', 'ab']], [['xa'], []]],
];
const NUMBER: Row[] = [
  ['equals', 2, [2], [3]],
  ['notEquals', 2, [3], [2]],
  ['in', [1, 2], [1], [0]],
  ['notIn', [1, 2], [0], [1]],
  ['greaterThan', 2, [2.5, 3], [2, 1]],
  ['lessThan', 2, [1], [2, 3]],
  ['between', [1, 3], [1, 2, 3], [0.9, 4]],
];
const BOOLEAN: Row[] = [
  ['equals', true, [true], [false]],
  ['notEquals', true, [false], [true]],
  ['in', [true], [true], [false]],
];
const NETWORK: Row[] = [['cidr', '10.0.0.0/8', ['10.9.9.9', '::ffff:10.0.0.1'], ['11.0.0.1', '2001:db8::1']]];
const ROWS: Readonly<Record<Holder['holds'], Row[]>> = {
  text: TEXT,
  texts: TEXTS,
  number: NUMBER,
  time: [
    ['greaterThan', '2026-01-01T00:00:00Z', [1767225600001], [1767225600000]],
    ['lessThan', '2026-01-01T00:00:00Z', [1767225599999], [1767225600000]],
    ['between', ['09:00', '17:00'], [9 * 3_600_000, 17 * 3_600_000], [9 * 3_600_000 - 1, 17 * 3_600_000 + 1]],
  ],
  address: [
    ...NETWORK,
    ['equals', '10.0.0.1', ['10.0.0.1', '::ffff:a00:1'], ['10.0.0.2']],
    ['notEquals', '2001:db8::1', ['10.0.0.2'], ['2001:DB8:0::1']],
    ['in', ['10.0.0.1', '::1'], ['0:0:0:0:0:0:0:1'], ['::2']],
    ['notIn', ['10.0.0.1'], ['::2'], ['10.0.0.1']],
  ],
  open: [...TEXT, ...TEXTS, ...NUMBER, ...BOOLEAN, ...NETWORK],
};
const WRONG: Readonly<Record<Holder['holds'], unknown[]>> = {
  text: [5, true, ['ab', 5], { a: 1 }],
  texts: [5, true, ['a', 5], { a: 1 }],
  number: ['2', true, [2, 'x'], { a: 1 }],
  time: ['2026-01-01', true],
  address: ['nowhere', '10.0.0.256', 5],
  open: [{ a: 1 }],
};
const ENUMS: Readonly<Record<string, [one: string, other: string]>> = {
  'client.registrationType': ['dcr', 'cimd'],
  'client.status': ['verified', 'unverified'],
  'agent.state': ['frozen', 'active'],
};

function judge(condition: unknown, request: Fields): string {
  const parsed = parsePolicy({
    id: 'p',
    effect: 'allow',
    subject: { conditions: [condition] },
    target: { resources: 'all' },
    scopes: 'all',
  });
  return parsed.ok ? decide(compilePolicies([parsed.rule]), requestWith(request)).outcome : JSON.stringify(parsed.errors);
}

/** Rows of a key; where only certain words can occur, `ab` and its like are replaced by them. */
function rowsOf({ key, holds }: Holder): Row[] {
  const words = ENUMS[key];
  if (!words) return ROWS[holds];
  const [one, other] = words;
  return [
    ['equals', one, [one], [other]],
    ['notEquals', one, [other], [one]],
    ['in', [one], [one], [other]],
    ['notIn', [one], [other], [one]],
    ['contains', one, [one], [other.replace(one, '')]],
    ['notContains', one, [other.replace(one, '')], [one]],
    ['matches', `${one.slice(0, 1)}*`, [one], [other]],
  ];
}

it('every key of the language stands in the table above', () => {
  expect(KEYS.map((holder) => holder.key.replace(/\.x$/, '.<name>')).sort()).toEqual([...KEY_NAMES].sort());
});

for (const holder of KEYS) {
  describe(`${holder.key} that is present`, () => {
    const present = rowsOf(holder).flatMap(([operator, value, yes, no]) => [
      ...yes.map((attribute) => ({ operator, value, attribute, outcome: 'allow' })),
      ...no.map((attribute) => ({ operator, value, attribute, outcome: 'deny' })),
    ]);
    it.each(present)('$operator $value judges $attribute: $outcome', ({ operator, value, attribute, outcome }) => {
      const condition = { key: holder.key, operator, value };
      const request = holder.with(attribute);
      expect(judge(condition, request)).toBe(outcome);
      expect(judge({ not: condition }, request)).toBe(outcome === 'allow' ? 'deny' : 'allow');
    });

    const wrong = rowsOf(holder).flatMap(([operator, value]) => WRONG[holder.holds].map((attribute) => ({ operator, value, attribute })));
    it.each(wrong)('$operator $value is satisfied neither way by $attribute', ({ operator, value, attribute }) => {
      const condition = { key: holder.key, operator, value };
      expect(judge(condition, holder.with(attribute))).toBe('deny');
      expect(judge({ not: condition }, holder.with(attribute))).toBe('deny');
    });

    const sensible = new Set([...rowsOf(holder).map(([operator]) => operator), 'exists']);
    it.each(OPERATORS.filter((operator) => !sensible.has(operator)))('%s is refused when the rule is read', (operator) => {
      expect(judge({ key: holder.key, operator, value: 'x' }, {})).toContain('subject.conditions[0].operator');
    });
  });
}

for (const { absent, ...holder } of KEYS.flatMap((one) => (one.absent ? [{ ...one, absent: one.absent }] : []))) {
  describe(`${holder.key} that is missing`, () => {
    it.each(rowsOf(holder))('%s %j is satisfied neither way when the attribute is missing', (operator, value) => {
      const condition = { key: holder.key, operator, value };
      for (const tried of [condition, { not: condition }, { not: { not: condition } }]) expect(judge(tried, absent)).toBe('deny');
    });

    it('exists tells presence from absence', () => {
      const there = holder.with(rowsOf(holder)[0]?.[2][0]);
      expect(judge({ key: holder.key, operator: 'exists', value: true }, there)).toBe('allow');
      expect(judge({ key: holder.key, operator: 'exists' }, absent)).toBe('deny');
      expect(judge({ key: holder.key, operator: 'exists', value: false }, absent)).toBe('allow');
      expect(judge({ key: holder.key, operator: 'exists', value: false }, there)).toBe('deny');
    });
  });
}
