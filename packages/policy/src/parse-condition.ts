import { parseAddress, parseNetwork } from './address.ts';
import { isFields, kindOf, quote, readFields, readList, readText, suggest, under } from './faults.ts';
import type { Faults } from './faults.ts';
import { MAX_GLOB, compileGlob } from './glob.ts';
import { KEY_NAMES, canonicalKey, findKey } from './keys.ts';
import type { KeyKind, KeySpec } from './keys.ts';
import { parseMoment } from './moment.ts';
import { OPERATORS, isComparison } from './rule.ts';
import type { Comparison, Condition, Operator, Scalar } from './rule.ts';

const MAX_DEPTH = 8;
const GROUPS = ['any', 'all', 'not'];

const TEXT_OPERATORS: readonly Operator[] = ['equals', 'notEquals', 'in', 'notIn', 'contains', 'notContains', 'exists', 'matches'];
/** Which operators make sense for what a key holds; the rest are refused when the rule is read, not when it is judged. */
const ALLOWED: Readonly<Record<KeyKind, readonly Operator[]>> = {
  text: TEXT_OPERATORS,
  texts: TEXT_OPERATORS,
  number: ['equals', 'notEquals', 'in', 'notIn', 'exists', 'greaterThan', 'lessThan', 'between'],
  time: ['greaterThan', 'lessThan', 'between', 'exists'],
  address: ['equals', 'notEquals', 'in', 'notIn', 'cidr', 'exists'],
  open: OPERATORS,
};

/** Spellings of older rule formats. */
const OPERATOR_ALIASES = new Map<unknown, Operator>([
  ['equal', 'equals'],
  ['notEqual', 'notEquals'],
  ['not equals', 'notEquals'],
  ['not in', 'notIn'],
  ['not contains', 'notContains'],
]);

type Value = Comparison['value'];
type Place = { readonly faults: Faults; readonly path: string; readonly spec: KeySpec };

function describeKind(kind: KeyKind): string {
  const words = {
    text: 'a text',
    texts: 'a list of texts',
    number: 'a number',
    time: 'a time',
    address: 'an IP address',
    open: 'any value',
  };
  return words[kind];
}

/** One value to compare with, of the type that the key can hold. */
function readScalar({ faults, spec }: Place, value: unknown, path: string): Scalar | undefined {
  if (spec.kind === 'number' || (spec.kind === 'open' && typeof value === 'number')) {
    if (typeof value === 'number' && Number.isFinite(value)) return value;
    return faults.add(path, `must be a number; this is ${kindOf(value)}`);
  }
  if (spec.kind === 'open' && typeof value === 'boolean') return value;
  const text = readText(faults, value, path);
  if (text === undefined) return undefined;
  if (spec.kind === 'address' && !parseAddress(text))
    return faults.add(path, `${quote(text)} is not an IP address; write 192.0.2.1 or 2001:db8::1`);
  if (!spec.values) return text;
  const word = spec.values.find((known) => known === text.toLowerCase());
  return word ?? faults.add(path, `${spec.key} is never ${quote(text)}; ${suggest(text, spec.values)}`);
}

function readScalars(place: Place, value: unknown): readonly Scalar[] | undefined {
  const { faults, path } = place;
  const list = readList(faults, value, path, (item, at) => readScalar(place, item, at));
  if (!list) return undefined;
  const first = typeof list[0];
  const odd = list.findIndex((item) => typeof item !== first);
  if (odd >= 0)
    return faults.add(`${path}[${String(odd)}]`, `must be a ${first} like the first one: a list of several types cannot be compared`);
  return [...new Set(list)];
}

/** Equality with a list means exactly these members, in any order; a lone text for a list key is written back as a list of one. */
function readEqual(place: Place, value: unknown): Value | undefined {
  const list = place.spec.kind === 'texts' || place.spec.kind === 'open';
  if (Array.isArray(value))
    return list ? readScalars(place, value) : place.faults.add(place.path, 'must be one value; for several use in or notIn');
  const scalar = readScalar(place, value, place.path);
  return scalar !== undefined && place.spec.kind === 'texts' ? [scalar] : scalar;
}

function readContained({ faults, path, spec }: Place, value: unknown): Value | undefined {
  if (Array.isArray(value))
    return faults.add(path, 'must be one value: for any of several use in or notIn, for all of several write one condition each');
  if (spec.kind === 'open' && (typeof value === 'number' || typeof value === 'boolean')) return value;
  return readText(faults, value, path);
}

function readGlob({ faults, path }: Place, value: unknown): Value | undefined {
  const text = readText(faults, value, path);
  if (text === undefined) return undefined;
  if (text.length > MAX_GLOB) return faults.add(path, `must have at most ${String(MAX_GLOB)} characters`);
  return compileGlob(text) ? text : faults.add(path, 'must not end in a lone backslash; write \\\\ for a backslash');
}

function readCidr({ faults, path }: Place, value: unknown): Value | undefined {
  const one = (item: unknown, at: string): string | undefined => {
    const text = readText(faults, item, at);
    if (text === undefined) return undefined;
    const parsed = parseNetwork(text);
    return parsed.ok ? text : faults.add(at, `${quote(text)} is not a network: ${parsed.reason}`);
  };
  return Array.isArray(value) ? readList(faults, value, path, one) : one(value, path);
}

/** A bound of an order: a number, or for request.time a time. */
function readBound({ faults, spec }: Place, value: unknown, path: string): string | number | undefined {
  if (spec.kind !== 'time') {
    if (typeof value === 'number' && Number.isFinite(value)) return value;
    return faults.add(path, `must be a number; this is ${kindOf(value)}`);
  }
  if (typeof value === 'string' && parseMoment(value)) return value;
  const what = typeof value === 'string' ? quote(value) : kindOf(value);
  return faults.add(
    path,
    `must be a time of day in UTC such as 09:30, or a date and time with its zone such as 2026-01-31T09:30:00Z; this is ${what}`,
  );
}

function readBetween(place: Place, value: unknown): Value | undefined {
  const { faults, path } = place;
  const bounds = readList(faults, value, path, (item, at) => readBound(place, item, at));
  if (!bounds) return undefined;
  const [low, high, more] = bounds;
  if (low === undefined || high === undefined || more !== undefined)
    return faults.add(path, 'must be a list of two: the lowest and the highest value, both included');
  const from = typeof low === 'number' ? undefined : parseMoment(low);
  const to = typeof high === 'number' ? undefined : parseMoment(high);
  if (from?.kind !== to?.kind) return faults.add(path, 'must be two times of day or two dates, not one of each');
  const wrong = from && to ? from.kind === 'instant' && from.ms > to.ms : low > high;
  return wrong ? faults.add(path, 'must have the lower value first') : [low, high];
}

function readExists({ faults, path }: Place, value: unknown): Value | undefined {
  if (value === undefined) return true;
  return typeof value === 'boolean' ? value : faults.add(path, `must be true (present) or false (missing); this is ${kindOf(value)}`);
}

const readOrdered = (place: Place, value: unknown): Value | undefined => readBound(place, value, place.path);

const READERS: Readonly<Record<Operator, (place: Place, value: unknown) => Value | undefined>> = {
  equals: readEqual,
  notEquals: readEqual,
  in: readScalars,
  notIn: readScalars,
  contains: readContained,
  notContains: readContained,
  exists: readExists,
  matches: readGlob,
  greaterThan: readOrdered,
  lessThan: readOrdered,
  cidr: readCidr,
  between: readBetween,
};

function readKey(faults: Faults, value: unknown, path: string): KeySpec | undefined {
  const text = readText(faults, value, path);
  if (text === undefined) return undefined;
  const spec = findKey(canonicalKey(text));
  return spec ?? faults.add(path, `there is no key ${quote(text)}; ${suggest(text, KEY_NAMES)}`);
}

function readOperator(faults: Faults, value: unknown, path: string): Operator | undefined {
  const found = OPERATOR_ALIASES.get(value) ?? OPERATORS.find((operator) => operator === value);
  if (found) return found;
  if (typeof value !== 'string') return faults.add(path, `must be one of ${OPERATORS.join(', ')}; this is ${kindOf(value)}`);
  return faults.add(path, `there is no operator ${quote(value)}; ${suggest(value, OPERATORS)}`);
}

function readComparison(faults: Faults, value: unknown, path: string): Comparison | undefined {
  const fields = readFields(faults, value, path, ['key', 'operator', 'value']);
  if (!fields) return undefined;
  const spec = readKey(faults, fields.key, under(path, 'key'));
  const operator = readOperator(faults, fields.operator, under(path, 'operator'));
  if (!spec || !operator) return undefined;
  const allowed = ALLOWED[spec.kind];
  if (!allowed.includes(operator)) {
    return faults.add(
      under(path, 'operator'),
      `${spec.key} holds ${describeKind(spec.kind)}, so ${operator} cannot judge it; use one of ${allowed.join(', ')}`,
    );
  }
  const read = READERS[operator]({ faults, path: under(path, 'value'), spec }, fields.value);
  return read === undefined ? undefined : { key: spec.key, operator, value: read };
}

/** Reads one condition: a comparison, or a group of conditions. */
export function readCondition(faults: Faults, value: unknown, path: string, depth = 1): Condition | undefined {
  if (!isFields(value))
    return faults.add(path, `must be {key, operator, value}, or a group {any: […]}, {all: […]}, {not: {…}}; this is ${kindOf(value)}`);
  const group = GROUPS.find((name) => Object.hasOwn(value, name));
  if (group === undefined) return readComparison(faults, value, path);
  readFields(faults, value, path, [group]);
  if (depth >= MAX_DEPTH) return faults.add(path, `groups may nest at most ${String(MAX_DEPTH)} deep`);
  if (group === 'not') {
    const inner = readCondition(faults, value.not, under(path, 'not'), depth + 1);
    return inner && { not: inner };
  }
  const inner = readConditions(faults, value[group], under(path, group), depth + 1);
  if (!inner) return undefined;
  return group === 'any' ? { any: inner } : { all: inner };
}

/** Reads a list of conditions. */
export function readConditions(faults: Faults, value: unknown, path: string, depth = 1): Condition[] | undefined {
  return readList(faults, value, path, (item, at) => readCondition(faults, item, at, depth));
}

/** How many comparisons a list of conditions holds, groups opened. */
export function countComparisons(conditions: readonly Condition[]): number {
  return conditions.reduce((sum, condition) => {
    if (isComparison(condition)) return sum + 1;
    if ('not' in condition) return sum + countComparisons([condition.not]);
    return sum + countComparisons('any' in condition ? condition.any : condition.all);
  }, 0);
}
