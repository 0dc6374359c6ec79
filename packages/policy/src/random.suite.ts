import { GRANTS, parsePolicy } from './index.ts';
import type { PolicyRequest, PolicyRule } from './index.ts';
import type { Fields } from './faults.ts';

/** Numbers from a seed, from 0 up to 1: the same cases in every run, and another run by another seed. */
export type Chance = () => number;

/** Mulberry32. */
export function chanceFrom(seed: number): Chance {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export function pick<Item>(chance: Chance, items: readonly Item[]): Item {
  const item = items[Math.floor(chance() * items.length)];
  if (item === undefined) throw new Error('nothing to pick from');
  return item;
}

export function some<Item>(chance: Chance, items: readonly Item[], least: number): Item[] {
  const found = items.filter(() => chance() < 0.4);
  while (found.length < least) found.push(pick(chance, items));
  return found;
}

// Few words each, so that rules and requests meet often; among them every sign that Cedar or a glob reads in its own way.
const TEXTS = ['a', 'ab', 'b*', 'a?c', 'a"b\\', 'ü😀', 'abc', '2', 'true', '10.0.0.7', '\u202e'];
const GLOBS = ['a*', '*b*', 'a?c', '*', '??', 'a\\*', '\\?*', '*\\\\', 'ü?', '*"*', 'b\\*', '2'];
const NUMBERS = [0, 1, 2, 2.5, -1.5, 0.0001, 12_345];
const FINE_NUMBERS = [...NUMBERS, 2.000_01, -1.500_01, 1e-9, 1e20, -1e20, 5e14, -0];
const ADDRESSES = ['10.0.0.7', '10.9.0.1', '::ffff:10.0.0.7', '2001:db8::1', '2001:DB8:0::1', '192.0.2.1', '::1'];
const NETWORKS = ['10.0.0.0/8', '10.0.0.0/29', '0.0.0.0/0', '::/0', '2001:db8::/32', '::ffff:10.0.0.0/104', '192.0.2.1'];
const INSTANTS = ['2026-01-01T00:00:00Z', '2026-01-01T13:00:00+01:00', '2026-06-01T00:00:00.250Z'];
const DAILY = ['00:00', '06:00', '12:00', '22:00', '23:59'];
const TIMES = [
  ...INSTANTS.map((text) => Date.parse(text)),
  Date.UTC(2026, 0, 1, 6),
  Date.UTC(2026, 0, 1, 22, 0, 1),
  0,
  Date.UTC(2030, 1, 1, 12),
];
export const SCOPES = ['read', 'write', 'whole', 'x:y/*'];
const CLIENTS = ['c1', 'c2', 'ab'];
const IDS = ['t1', 't2'];
const TAGS = ['ab', 'abc', 'b*'];
const TYPES = ['mcp', 'api'];
const NAMES = ['x', 'a.b', 'if'];

type Kind = 'text' | 'texts' | 'number' | 'time' | 'address' | 'open';
const WORDED: Readonly<Record<string, readonly string[]>> = {
  'client.registrationType': ['manual', 'dcr', 'cimd', 'workload'],
  'client.status': ['verified', 'unverified'],
  'agent.state': ['active', 'frozen', 'revoked'],
};
const KEYS: readonly (readonly [key: string, kind: Kind])[] = [
  ['user.roles', 'texts'],
  ['user.tenantIds', 'texts'],
  ['user.permissions', 'texts'],
  ['client.tags', 'texts'],
  ['client.name', 'text'],
  ['client.clientid', 'text'],
  ['client.registrationType', 'text'],
  ['client.status', 'text'],
  ['client.owner', 'text'],
  ['tenant.id', 'text'],
  ['agent.id', 'text'],
  ['agent.state', 'text'],
  ['request.ip', 'address'],
  ['request.time', 'time'],
  ['token.acr', 'text'],
  ['token.amr', 'texts'],
  ['delegation.depth', 'number'],
  ['delegation.actors', 'texts'],
  ['target.tags', 'texts'],
  ...NAMES.flatMap((name) =>
    ['user.attributes.', 'tenant.attributes.', 'jwtClaims.'].map((family) => [`${family}${name}`, 'open'] as const),
  ),
];
/** Operators that parsePolicy takes for what a key holds. */
const OPERATORS: Readonly<Record<Kind, readonly string[]>> = {
  text: ['equals', 'notEquals', 'in', 'notIn', 'contains', 'notContains', 'matches', 'exists'],
  texts: ['equals', 'notEquals', 'in', 'notIn', 'contains', 'notContains', 'matches', 'exists'],
  number: ['equals', 'notEquals', 'in', 'notIn', 'greaterThan', 'lessThan', 'between', 'exists'],
  time: ['greaterThan', 'lessThan', 'between'],
  address: ['equals', 'notEquals', 'in', 'notIn', 'cidr', 'exists'],
  open: [
    'equals',
    'notEquals',
    'in',
    'notIn',
    'contains',
    'notContains',
    'matches',
    'exists',
    'greaterThan',
    'lessThan',
    'between',
    'cidr',
  ],
};

/** A list of texts; half the time of two words only, so that equal lists meet. */
function textsFrom(chance: Chance, least: number): string[] {
  return chance() < 0.5 ? some(chance, TEXTS.slice(0, 2), least) : some(chance, TEXTS, least);
}

function scalarsFor(chance: Chance, key: string, kind: Kind): readonly (string | number | boolean)[] {
  const words = WORDED[key];
  if (words) return words;
  if (kind === 'address') return ADDRESSES;
  if (kind === 'number') return [0, 1, 2, 1.5];
  if (kind === 'texts') return TEXTS;
  if (kind === 'text') return [...TEXTS, ...CLIENTS];
  return pick<readonly (string | number | boolean)[]>(chance, [TEXTS, TEXTS, NUMBERS, [true, false]]);
}

function boundsFor(chance: Chance, kind: Kind): readonly (string | number)[] {
  if (kind === 'time') return pick(chance, [INSTANTS, DAILY]);
  return kind === 'number' ? [0, 1, 2, 1.5] : NUMBERS;
}

function valueFor(chance: Chance, key: string, kind: Kind, operator: string): unknown {
  switch (operator) {
    case 'exists':
      return chance() < 0.5;
    case 'matches':
      return pick(chance, GLOBS);
    case 'cidr':
      return chance() < 0.5 ? pick(chance, NETWORKS) : some(chance, NETWORKS, 1);
    case 'greaterThan':
    case 'lessThan':
      return pick(chance, boundsFor(chance, kind));
    case 'between': {
      const bounds = boundsFor(chance, kind);
      const pair = [pick(chance, bounds), pick(chance, bounds)];
      // A time of day may run over midnight; everything else has its lower end first.
      if (bounds === DAILY) return pair;
      const rank = (one: string | number): number => (typeof one === 'number' ? one : Date.parse(one));
      return pair.sort((a, b) => rank(a) - rank(b));
    }
    case 'in':
    case 'notIn':
      return some(chance, scalarsFor(chance, key, kind), 1);
    case 'equals':
    case 'notEquals':
      return (kind === 'texts' || kind === 'open') && chance() < 0.5
        ? pick<() => unknown>(chance, [() => textsFrom(chance, 1), () => some(chance, scalarsFor(chance, key, kind).slice(0, 3), 1)])()
        : pick(chance, scalarsFor(chance, key, kind));
    default:
      return pick(chance, scalarsFor(chance, key, kind));
  }
}

/** Every key with every operator that it takes. */
export const PAIRS: readonly (readonly [key: string, kind: Kind, operator: string])[] = KEYS.flatMap(([key, kind]) =>
  OPERATORS[kind].map((operator) => [key, kind, operator] as const),
);

export function comparisonFrom(chance: Chance, key: string, kind: Kind, operator: string): unknown {
  return { key, operator, value: valueFor(chance, key, kind, operator) };
}

function conditionFrom(chance: Chance, depth: number): unknown {
  const group = depth > 2 ? 1 : chance();
  const parts = (): unknown[] => Array.from({ length: 1 + Math.floor(chance() * 3) }, () => conditionFrom(chance, depth + 1));
  if (group < 0.12) return { any: parts() };
  if (group < 0.2) return { all: parts() };
  if (group < 0.35) return { not: conditionFrom(chance, depth + 1) };
  return comparisonFrom(chance, ...pick(chance, PAIRS));
}

function selectionFrom(chance: Chance): unknown {
  return pick<() => unknown>(chance, [
    () => 'all',
    () => some(chance, IDS, 1),
    () => ({ tags: some(chance, TAGS, 1) }),
    () => ({ types: some(chance, TYPES, 1) }),
  ])();
}

const REQUIREMENTS: readonly Fields[] = [
  { maxLifetime: 60 },
  { maxDelegationDepth: 1 },
  { maxDelegationDepth: 0 },
  { maxDelegationDepth: 1, proofOfPossession: true },
  { maxDelegationDepth: 0, reconsent: true },
  { stepUp: true },
  { stepUp: { acr: ['a', '2'] } },
  { stepUp: { amr: ['a', 'ab'] } },
  { stepUp: { acr: ['ab'], amr: ['a'] }, maxDelegationDepth: 1 },
  { stepUp: { acr: ['a'] }, budget: { calls: 5, window: 60 } },
];

/** A rule as parsePolicy returns it. */
export function ruleFrom(chance: Chance, id: string): PolicyRule {
  const effect = pick(chance, ['allow', 'allow', 'allow', 'deny', 'require']);
  const conditions = (): unknown[] => Array.from({ length: 1 + Math.floor(chance() * 2) }, () => conditionFrom(chance, 0));
  const subject = pick<() => unknown>(chance, [
    () => ({ any: true }),
    () => ({ any: true }),
    () => ({ clients: some(chance, CLIENTS, 1) }),
    () => ({ conditions: conditions() }),
    () => ({ conditions: conditions() }),
    () => ({ conditions: conditions() }),
  ])();
  const parsed = parsePolicy({
    id,
    effect,
    state: pick(chance, ['enforce', 'enforce', 'enforce', 'enforce', 'enforce', 'shadow', 'off']),
    subject,
    target: chance() < 0.5 ? { resources: selectionFrom(chance) } : { connections: selectionFrom(chance) },
    scopes: chance() < 0.4 ? 'all' : some(chance, SCOPES, 1),
    ...(chance() < 0.3 ? { grants: some(chance, GRANTS, 1) } : {}),
    ...(effect === 'require' ? { require: pick(chance, REQUIREMENTS) } : {}),
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
  return parsed.rule;
}

function openFrom(chance: Chance): unknown {
  const values = pick<readonly unknown[]>(chance, [TEXTS, TEXTS, ADDRESSES, FINE_NUMBERS, [true, false]]);
  return pick<() => unknown>(chance, [
    () => pick(chance, values),
    () => pick(chance, values),
    () => textsFrom(chance, 0),
    () => some(chance, values.slice(0, 3), 0),
    () => [...some(chance, values, 0), ...some(chance, [1, 'a', true], 0)],
    () => pick<unknown>(chance, [null, { a: 1 }, [['a']], [null]]),
  ])();
}

function bagFrom(chance: Chance): Readonly<Record<string, unknown>> {
  return Object.fromEntries(NAMES.filter(() => chance() < 0.6).map((name) => [name, openFrom(chance)]));
}

function maybe<Value extends object>(chance: Chance, make: () => Value): Value | Record<string, never> {
  return chance() < 0.75 ? make() : {};
}

/** A request of the shape that the hub makes; open attributes are of any type. */
export function requestFrom(chance: Chance): PolicyRequest {
  return {
    grant: pick(chance, GRANTS),
    target: {
      kind: pick(chance, ['resource', 'connection']),
      id: pick(chance, IDS),
      type: pick(chance, TYPES),
      tags: some(chance, TAGS, 0),
    },
    scopes: chance() < 0.2 ? [] : some(chance, SCOPES, 1),
    client: {
      id: pick(chance, CLIENTS),
      name: pick(chance, TEXTS),
      registrationType: pick(chance, ['manual', 'dcr', 'cimd']),
      status: pick(chance, ['verified', 'unverified']),
      tags: textsFrom(chance, 0),
      ...maybe(chance, () => ({ owner: pick(chance, TEXTS) })),
    },
    ...maybe(chance, () => ({
      user: {
        id: 'u',
        roles: textsFrom(chance, 0),
        tenantIds: textsFrom(chance, 0),
        permissions: textsFrom(chance, 0),
        attributes: bagFrom(chance),
      },
    })),
    ...maybe(chance, () => ({ jwtClaims: bagFrom(chance) })),
    ...maybe(chance, () => ({ tenant: { id: pick(chance, TEXTS), attributes: bagFrom(chance) } })),
    ...maybe(chance, () => ({ agent: { id: pick(chance, TEXTS), state: pick(chance, ['active', 'frozen']) } })),
    request: { time: pick(chance, TIMES), ...maybe(chance, () => ({ ip: pick(chance, ADDRESSES) })) },
    ...maybe(chance, () => ({
      token: { ...maybe(chance, () => ({ acr: pick(chance, TEXTS) })), ...maybe(chance, () => ({ amr: textsFrom(chance, 0) })) },
    })),
    delegation: { depth: pick(chance, [0, 1, 2]), actors: textsFrom(chance, 0) },
  };
}
