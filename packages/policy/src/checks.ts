import { inNetwork, parseAddress, parseNetwork, sameAddress } from './address.ts';
import type { Address } from './address.ts';
import { compileGlob } from './glob.ts';
import type { KeyKind } from './keys.ts';
import { comparable, parseMoment } from './moment.ts';
import type { Comparison, Operator, Scalar } from './rule.ts';
import { MISSING, negate, truthOf } from './truth.ts';
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

/** The attribute as a list whose members all have the wanted type, or undefined. */
function membersOf(attribute: unknown, type: string): readonly unknown[] | undefined {
  if (!Array.isArray(attribute)) return undefined;
  const members: readonly unknown[] = attribute;
  return members.every((member) => typeof member === type) ? members : undefined;
}

function equals(value: Comparison['value']): Check {
  const wanted = new Set<unknown>(listOf(value));
  const type = typeof listOf(value)[0];
  return (attribute) => {
    if (typeof attribute === type) return truthOf(wanted.size === 1 && wanted.has(attribute));
    const members = membersOf(attribute, type);
    return members ? truthOf(members.every((m) => wanted.has(m)) && new Set(members).size === wanted.size) : MISSING;
  };
}

function among(value: Comparison['value']): Check {
  const wanted = new Set<unknown>(listOf(value));
  const type = typeof listOf(value)[0];
  return (attribute) => {
    if (typeof attribute === type) return truthOf(wanted.has(attribute));
    const members = membersOf(attribute, type);
    return members ? truthOf(members.some((m) => wanted.has(m))) : MISSING;
  };
}

function contains(value: Comparison['value']): Check {
  const type = typeof value;
  return (attribute) => {
    if (typeof attribute === 'string' && typeof value === 'string') return truthOf(attribute.includes(value));
    const members = membersOf(attribute, type);
    return members ? truthOf(members.some((member) => member === value)) : MISSING;
  };
}

function addressCheck(test: (address: Address) => boolean): Check {
  return (attribute) => {
    const address = typeof attribute === 'string' ? parseAddress(attribute) : undefined;
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
  return (attribute) => {
    if (typeof attribute === 'string') return truthOf(match(attribute));
    const members = membersOf(attribute, 'string');
    return members ? truthOf(members.some((member) => match(String(member)))) : MISSING;
  };
}

type Order = (attribute: number, bounds: readonly number[]) => boolean;
const above: Order = (n, [low = NaN]) => n > low;
const below: Order = (n, [high = NaN]) => n < high;
const within: Order = (n, [low = NaN, high = NaN]) => n >= low && n <= high;
/** A time of day may run over midnight: 22:00 to 06:00. */
const withinDaily: Order = (n, [low = NaN, high = NaN]) => (low <= high ? n >= low && n <= high : n >= low || n <= high);

function ordered(order: Order, daily: Order = order): Maker {
  return (value, kind) => {
    if (kind !== 'time') {
      const bounds = listOf(value).map((bound) => (typeof bound === 'number' ? bound : malformed('bad number')));
      return (attribute) => (typeof attribute === 'number' && !Number.isNaN(attribute) ? truthOf(order(attribute, bounds)) : MISSING);
    }
    const moments = listOf(value).map((bound) => parseMoment(String(bound)) ?? malformed('bad time'));
    const first = moments[0] ?? malformed('no time');
    const bounds = moments.map((moment) => moment.ms);
    const test = first.kind === 'daily' ? daily : order;
    return (attribute) => (typeof attribute === 'number' ? truthOf(test(comparable(first, attribute), bounds)) : MISSING);
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
  return MAKERS[operator](value, kind);
}
