import { inNetwork, parseAddress, parseNetwork, sameAddress } from './address.ts';
import type { Address } from './address.ts';
import { compileGlob } from './glob.ts';
import type { KeyKind } from './keys.ts';
import { comparable, parseMoment } from './moment.ts';
import type { Comparison, Operator, Scalar } from './rule.ts';
import { MISSING, NO, YES, negate, truthOf } from './truth.ts';
import type { Truth } from './truth.ts';

/** Judges an attribute that is present; MISSING when its type is one that the operator cannot judge. */
export type Check = (attribute: unknown) => Truth;
type Maker = (value: Comparison['value'], kind: KeyKind) => Check;

/** A rule that did not come out of parsePolicy: a bug of the caller, so it stops the caller. */
function malformed(what: string): never {
  throw new Error(`policy: ${what}; compile only what parsePolicy returned`);
}

function listOf(value: Comparison['value']): readonly Scalar[] {
  return typeof value === 'object' ? value : [value];
}

/**
 * Whether some member of the attribute is wanted; MISSING unless it is a list of members of one wanted type.
 * Plain loops: this is the innermost step of a decision, and closures per member cost several times the comparison.
 */
function someMember(attribute: unknown, type: string, wanted: (member: unknown) => boolean): Truth {
  if (!Array.isArray(attribute)) return MISSING;
  const members: readonly unknown[] = attribute;
  let found: Truth = NO;
  for (let at = 0; at < members.length; at += 1) {
    const member = members[at];
    if (typeof member !== type) return MISSING;
    if (found === NO && wanted(member)) found = YES;
  }
  return found;
}

function equals(value: Comparison['value']): Check {
  const wanted = new Set<unknown>(listOf(value));
  const [only] = listOf(value);
  const type = typeof only;
  return (attribute) => {
    if (typeof attribute === type) return truthOf(attribute === only && wanted.size === 1);
    const stranger = someMember(attribute, type, (member) => !wanted.has(member));
    return stranger === NO && Array.isArray(attribute) ? truthOf(new Set<unknown>(attribute).size === wanted.size) : negate(stranger);
  };
}

function among(value: Comparison['value']): Check {
  const wanted = new Set<unknown>(listOf(value));
  const type = typeof listOf(value)[0];
  const isWanted = (member: unknown): boolean => wanted.has(member);
  return (attribute) => (typeof attribute === type ? truthOf(wanted.has(attribute)) : someMember(attribute, type, isWanted));
}

function contains(value: Comparison['value']): Check {
  const type = typeof value;
  // The most frequent test of all, so it has a loop of its own; someMember says what it does.
  return (attribute) => {
    if (!Array.isArray(attribute))
      return typeof attribute === 'string' && typeof value === 'string' ? truthOf(attribute.includes(value)) : MISSING;
    const members: readonly unknown[] = attribute;
    let found: Truth = NO;
    for (let at = 0; at < members.length; at += 1) {
      if (members[at] === value) found = YES;
      else if (typeof members[at] !== type) return MISSING;
    }
    return found;
  };
}

/** The address read last: one request asks for the same one in rule after rule. A memory of a pure function, so it shows nowhere. */
let last: { readonly text: string; readonly address: Address | undefined } = { text: '', address: undefined };

function addressOf(text: string): Address | undefined {
  if (last.text !== text) last = { text, address: parseAddress(text) };
  return last.address;
}

function addressCheck(test: (address: Address) => boolean): Check {
  return (attribute) => {
    const address = typeof attribute === 'string' ? addressOf(attribute) : undefined;
    return address ? truthOf(test(address)) : MISSING;
  };
}

function addressAmong(value: Comparison['value']): Check {
  const wanted = listOf(value).map((text) => parseAddress(String(text)) ?? malformed('bad address'));
  return addressCheck((address) => wanted.some((one) => sameAddress(one, address)));
}

function cidr(value: Comparison['value']): Check {
  const networks = listOf(value).map((text) => {
    const parsed = parseNetwork(String(text));
    return parsed.ok ? parsed.network : malformed('bad network');
  });
  return addressCheck((address) => networks.some((network) => inNetwork(address, network)));
}

function matches(value: Comparison['value']): Check {
  const match = compileGlob(String(value)) ?? malformed('bad pattern');
  const matchesMember = (member: unknown): boolean => match(String(member));
  return (attribute) => (typeof attribute === 'string' ? truthOf(match(attribute)) : someMember(attribute, 'string', matchesMember));
}

type Bounds = { readonly low: number; readonly high: number };
type Order = (bounds: Bounds) => Check;

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && !Number.isNaN(value);
}

// One closure for each, without a second inside: this too is the innermost step.
const above: Order =
  ({ low }) =>
  (n) =>
    isNumber(n) ? truthOf(n > low) : MISSING;
const below: Order =
  ({ high }) =>
  (n) =>
    isNumber(n) ? truthOf(n < high) : MISSING;
const within: Order =
  ({ low, high }) =>
  (n) =>
    isNumber(n) ? truthOf(n >= low && n <= high) : MISSING;
const outside: Order =
  ({ low, high }) =>
  (n) =>
    isNumber(n) ? truthOf(n >= low || n <= high) : MISSING;
/** A time of day may run over midnight: 22:00 to 06:00. */
const withinDaily: Order = (bounds) => (bounds.low <= bounds.high ? within(bounds) : outside(bounds));

function ordered(order: Order, daily: Order = order): Maker {
  return (value, kind) => {
    const list = listOf(value);
    if (kind !== 'time') {
      const [low = NaN, high = low] = list.map((bound) => (typeof bound === 'number' ? bound : malformed('bad number')));
      return order({ low, high });
    }
    const moments = list.map((bound) => parseMoment(String(bound)) ?? malformed('bad time'));
    const first = moments[0] ?? malformed('no time');
    const [low = NaN, high = low] = moments.map((moment) => moment.ms);
    if (first.kind === 'instant') return order({ low, high });
    const check = daily({ low, high });
    return (time) => (isNumber(time) ? check(comparable(first, time)) : MISSING);
  };
}

function not(maker: Maker): Maker {
  return (value, kind) => {
    const check = maker(value, kind);
    return (attribute) => negate(check(attribute));
  };
}

const equality: Maker = (value, kind) => (kind === 'address' ? addressAmong(value) : equals(value));
const membership: Maker = (value, kind) => (kind === 'address' ? addressAmong(value) : among(value));

const MAKERS: Readonly<Record<Exclude<Operator, 'exists'>, Maker>> = {
  equals: equality,
  notEquals: not(equality),
  in: membership,
  notIn: not(membership),
  contains,
  notContains: not(contains),
  matches,
  cidr,
  greaterThan: ordered(above),
  lessThan: ordered(below),
  between: ordered(within, withinDaily),
};

/** The check of one comparison, everything that depends on the rule alone done beforehand. Not for `exists`. */
export function checkFor(operator: Exclude<Operator, 'exists'>, value: Comparison['value'], kind: KeyKind): Check {
  // Asked of a rule that came past the parser, an operator may be any text.
  return Object.hasOwn(MAKERS, operator) ? MAKERS[operator](value, kind) : malformed(`unknown operator ${operator}`);
}
