import { exactDecimal, isCedarWord, likeGlob, likePart, numberText, plainAddress, plainNetwork, quoted } from './cedar-text.ts';
import { findKey } from './keys.ts';
import type { KeyKind } from './keys.ts';
import { parseMoment } from './moment.ts';
import { isComparison } from './rule.ts';
import type { Comparison, Condition, Operator, Scalar } from './rule.ts';

/** A glob that Cedar cannot judge: the request must say whether the attribute under `key` matches it. */
export type CedarPattern = { readonly key: string; readonly pattern: string };

/** What an export runs into: places and sentences, and the globs that the request must answer. */
export type Exporting = { readonly fault: (message: string) => void; readonly needs: (pattern: CedarPattern) => void };

/** The two expressions of one condition: when it holds and when it fails. It is missing when neither is true. */
type Pair = { readonly holds: string; readonly fails: string };

/** One form in which an attribute may be there: `there` says that it is, `test` judges it and may rely on `there`. */
type Form = { readonly there: string; readonly test: string };

const ROOTS: Readonly<Record<string, string>> = { client: 'principal', target: 'resource' };
const WORD = /^[A-Za-z_][A-Za-z0-9_]*$/;
const RESERVED = new Set(['true', 'false', 'if', 'then', 'else', 'in', 'is', 'like', 'has', '__cedar']);

function has(base: string, name: string): string {
  return `${base} has ${WORD.test(name) && !RESERVED.has(name) ? name : quoted(name)}`;
}

function dot(base: string, name: string): string {
  return WORD.test(name) && !RESERVED.has(name) ? `${base}.${name}` : `${base}[${quoted(name)}]`;
}

/** Where the attribute of a key stands, and the guard that it does. The name of an attribute or claim is taken literally, dots included. */
function place(key: string): { readonly path: string; readonly there: string; readonly name: string } {
  const [first = '', second = ''] = key.split('.', 2);
  const steps =
    first === 'jwtClaims'
      ? ['jwtClaims', key.slice('jwtClaims.'.length)]
      : second === 'attributes'
        ? [first, 'attributes', key.slice(first.length + '.attributes.'.length)]
        : [first, second === 'clientid' ? 'id' : second];
  let path = ROOTS[first] ?? 'context';
  const guards: string[] = [];
  for (const step of ROOTS[first] === undefined ? steps : steps.slice(1)) {
    guards.push(has(path, step));
    path = dot(path, step);
  }
  return { path, there: guards.join(' && '), name: steps.at(-1) ?? '' };
}

function setOf(items: readonly string[]): string {
  return `[${items.join(', ')}]`;
}

function listOf(value: Comparison['value']): readonly Scalar[] {
  return typeof value === 'object' ? value : [value];
}

/** Numbers are compared for equality as texts, so that no digit is lost. */
function literal(value: Scalar): string {
  return typeof value === 'boolean' ? String(value) : quoted(typeof value === 'number' ? numberText(value) : value);
}

type Names = { readonly one: string; readonly many: string };
const NAMES: Readonly<Record<string, Names>> = {
  string: { one: 'text', many: 'texts' },
  number: { one: 'number', many: 'numbers' },
  boolean: { one: 'flag', many: 'flags' },
};

/** What an attribute of open type may be, seen from the type of the rule's value. */
function openForms(
  there: string,
  path: string,
  type: string,
  tests: { one?: (at: string) => string; many?: (at: string) => string },
): Form[] {
  const { one, many } = NAMES[type] ?? { one: 'text', many: 'texts' };
  const form = (name: string, test: ((at: string) => string) | undefined): Form[] =>
    test ? [{ there: `${there} && ${has(path, name)}`, test: test(dot(path, name)) }] : [];
  return [...form(one, tests.one), ...form(many, tests.many)];
}

type Asked = { readonly key: string; readonly kind: KeyKind; readonly value: Comparison['value']; readonly to: Exporting };
type Maker = (asked: Asked) => Form[];

/** The forms of an attribute that holds one text, a list, or either. */
function forms({ key, kind, value }: Asked, one: ((at: string) => string) | undefined, many: ((at: string) => string) | undefined): Form[] {
  const { path, there } = place(key);
  if (kind === 'open') return openForms(there, path, typeof listOf(value)[0], { ...(one ? { one } : {}), ...(many ? { many } : {}) });
  const test = kind === 'texts' ? many : one;
  return test ? [{ there, test: test(path) }] : [];
}

/** `delegation.depth` is a whole number, so that a bound between two of them is one of them. */
function wholeTest(key: string, test: (at: string) => string): Form[] {
  const { path, there } = place(key);
  return [{ there, test: test(path) }];
}
const FAR = 9_000_000_000_000_000;
function whole(value: Scalar, round: (n: number) => number): string {
  return String(Math.min(FAR, Math.max(-FAR, round(Number(value)))));
}

function addresses({ value, to }: Asked, read: (text: string) => string | undefined): string[] {
  return listOf(value).map((text) => {
    const plain = read(String(text));
    if (plain === undefined) to.fault(`${quoted(String(text))} is not an address or network`);
    return `ip(${quoted(plain ?? '')})`;
  });
}

const among: Maker = (asked) => {
  const { key, kind, value } = asked;
  const wanted = listOf(value);
  if (kind === 'address') {
    const set = setOf(addresses(asked, plainAddress));
    return wholeTest(key, (at) => `${set}.contains(${at})`);
  }
  if (kind === 'number') {
    const set = setOf(wanted.filter((one) => Number.isSafeInteger(one)).map(String));
    return wholeTest(key, (at) => `${set}.contains(${at})`);
  }
  const set = setOf(wanted.map(literal));
  const scalar = (at: string): string => `${set}.contains(${typeof wanted[0] === 'number' ? dot(at, 'value') : at})`;
  return forms(asked, scalar, (at) => `${at}.containsAny(${set})`);
};

const equals: Maker = (asked) => {
  if (asked.kind === 'address' || asked.kind === 'number') return among(asked);
  const wanted = [...new Set(listOf(asked.value))];
  const [first = ''] = wanted;
  const alone = wanted.length === 1 ? literal(first) : undefined;
  const scalar = (at: string): string =>
    alone === undefined ? 'false' : `${typeof first === 'number' ? dot(at, 'value') : at} == ${alone}`;
  return forms(asked, scalar, (at) => `${at} == ${setOf(wanted.map(literal))}`);
};

const contains: Maker = (asked) => {
  const [wanted = ''] = listOf(asked.value);
  const part = typeof wanted === 'string' ? (at: string): string => `${at} like ${likePart(wanted)}` : undefined;
  return forms(asked, part, (at) => `${at}.contains(${literal(wanted)})`);
};

const matches: Maker = (asked) => {
  const { key, to } = asked;
  const pattern = String(asked.value);
  const like = likeGlob(pattern);
  const told = (): string => {
    to.needs({ key, pattern });
    return `context has matched && context.matched.contains(${quoted(matchedName({ key, pattern }))})`;
  };
  return forms(
    asked,
    (at) => (like === undefined ? `(${told()})` : `${at} like ${like}`),
    () => `(${told()})`,
  );
};

/** How the request says that an attribute matches a glob. */
export function matchedName({ key, pattern }: CedarPattern): string {
  return `${key} ~ ${pattern}`;
}

const cidr: Maker = (asked) => {
  const { path, there } = place(asked.key);
  const networks = addresses(asked, plainNetwork);
  const test = (at: string): string => `(${networks.map((network) => `${at}.isInRange(${network})`).join(' || ')})`;
  if (asked.kind === 'address') return [{ there, test: test(path) }];
  return [{ there: `${there} && ${has(path, 'address')}`, test: test(dot(path, 'address')) }];
};

/** A comparison of order: the bound, whether it belongs to it, and on which side of it the attribute must be. */
type Bound = { readonly side: 'above' | 'below'; readonly included: boolean; readonly value: Scalar };

function decimalTest({ side, included, value }: Bound, at: string, to: Exporting): string {
  const exact = exactDecimal(Number(value));
  if (exact === undefined)
    to.fault(`${numberText(Number(value))} has more than four decimal places or is too large, and Cedar cannot hold it; round it`);
  const bound = `decimal(${quoted(exact ?? '0.0')})`;
  // Between two decimals a number is above the lower and below the upper one: each test asks the end that cannot lie.
  if (side === 'above') return included ? `${at}.atLeast.greaterThanOrEqual(${bound})` : `${at}.atMost.greaterThan(${bound})`;
  return included ? `${at}.atMost.lessThanOrEqual(${bound})` : `${at}.atLeast.lessThan(${bound})`;
}

function wholeBound({ side, included, value }: Bound, at: string): string {
  if (side === 'above') return included ? `${at} >= ${whole(value, Math.ceil)}` : `${at} > ${whole(value, Math.floor)}`;
  return included ? `${at} <= ${whole(value, Math.floor)}` : `${at} < ${whole(value, Math.ceil)}`;
}

function timeTest(bounds: readonly Bound[], { key, to }: Asked): Form[] {
  const moments = bounds.map(({ value }) => parseMoment(String(value)));
  const daily = moments[0]?.kind === 'daily';
  const { path, there } = place(daily ? 'request.timeOfDay' : key);
  const [low = 0, high = 0] = moments.map((moment) => {
    if (!moment) to.fault('the time cannot be read');
    return moment?.ms ?? 0;
  });
  const parts = bounds.map((bound, at) => wholeBound({ ...bound, value: moments[at]?.ms ?? 0 }, path));
  const overMidnight = daily && bounds.length === 2 && low > high;
  return [{ there, test: `(${parts.join(overMidnight ? ' || ' : ' && ')})` }];
}

function ordered(bounds: readonly Bound[], asked: Asked): Form[] {
  const { key, kind, to } = asked;
  if (kind === 'time') return timeTest(bounds, asked);
  if (kind === 'number') return wholeTest(key, (at) => `(${bounds.map((bound) => wholeBound(bound, at)).join(' && ')})`);
  const { path, there } = place(key);
  const at = dot(path, 'number');
  return [{ there: `${there} && ${has(path, 'number')}`, test: `(${bounds.map((bound) => decimalTest(bound, at, to)).join(' && ')})` }];
}

const between: Maker = (asked) => {
  const [low = 0, high = 0] = listOf(asked.value);
  return ordered(
    [
      { side: 'above', included: true, value: low },
      { side: 'below', included: true, value: high },
    ],
    asked,
  );
};
const oneSided =
  (side: Bound['side']): Maker =>
  (asked) =>
    ordered([{ side, included: false, value: listOf(asked.value)[0] ?? 0 }], asked);

const MAKERS: Readonly<Record<Exclude<Operator, 'exists'>, Maker>> = {
  equals,
  notEquals: equals,
  in: among,
  notIn: among,
  contains,
  notContains: contains,
  matches,
  cidr,
  greaterThan: oneSided('above'),
  lessThan: oneSided('below'),
  between,
};
const NEGATIVE: ReadonlySet<Operator> = new Set(['notEquals', 'notIn', 'notContains']);

function join(parts: readonly string[], by: '&&' | '||'): string {
  if (parts.length === 0) return by === '&&' ? 'true' : 'false';
  return parts.length === 1 ? (parts[0] ?? 'false') : `(${parts.join(` ${by} `)})`;
}

function comparisonPair({ key, operator, value }: Comparison, to: Exporting): Pair {
  const spec = findKey(key);
  if (!spec) throw new Error(`policy: unknown key ${key}; export only what parsePolicy returned`);
  const { there, name } = place(key);
  if (isCedarWord(name)) to.fault(`an attribute that is called ${name} cannot be in a request to Cedar`);
  if (operator === 'exists') {
    const [yes, no] = [`(${there})`, `!(${there})`];
    return value === true ? { holds: yes, fails: no } : { holds: no, fails: yes };
  }
  const found = MAKERS[operator]({ key, kind: spec.kind, value, to });
  const yes = join(
    found.map(({ there, test }) => `(${there} && ${test})`),
    '||',
  );
  const no = join(
    found.map(({ there, test }) => `(${there} && !(${test}))`),
    '||',
  );
  return NEGATIVE.has(operator) ? { holds: no, fails: yes } : { holds: yes, fails: no };
}

function pairOf(condition: Condition, to: Exporting): Pair {
  if (isComparison(condition)) return comparisonPair(condition, to);
  if ('not' in condition) {
    const { holds, fails } = pairOf(condition.not, to);
    return { holds: fails, fails: holds };
  }
  const pairs = ('all' in condition ? condition.all : condition.any).map((one) => pairOf(one, to));
  const all = pairs.map(({ holds }) => holds);
  const none = pairs.map(({ fails }) => fails);
  return 'all' in condition ? { holds: join(all, '&&'), fails: join(none, '||') } : { holds: join(all, '||'), fails: join(none, '&&') };
}

/** The expressions, one for each condition, that are all true exactly when the conditions hold. */
export function cedarConditions(conditions: readonly Condition[], to: Exporting): string[] {
  return conditions.map((condition) => pairOf(condition, to).holds);
}
