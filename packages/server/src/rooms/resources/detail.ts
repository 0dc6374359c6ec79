import { canonical } from '../../base/canonical.ts';
import type { DetailSchema, Kind } from './detail-schema.ts';

/** RFC 9396 §2: one thing that is to be allowed; `type` says how the rest is read. */
export type Detail = { readonly type: string; readonly [name: string]: unknown };

/** A type of detail that a resource understands, and the words in which a person is asked about one. */
export type DetailType = { type: string; title: string; description: string; schema: DetailSchema };

/** Why this detail is none of its type, for developers; undefined when it is one. Fields that the type does not know are refused (RFC 9396 §5). */
export function detailFault(detail: Detail, { type, schema }: Pick<DetailType, 'type' | 'schema'>): string | undefined {
  const { type: _, ...rest } = detail;
  return valueFault(rest, { ...schema, type: 'object' }, type);
}

function valueFault(value: unknown, schema: DetailSchema, at: string): string | undefined {
  const kinds = schema.type === undefined ? undefined : [schema.type].flat();
  if (kinds !== undefined && !kinds.some((kind) => isKind(value, kind))) return `${at} is ${kinds.join(' or ')}`;
  if (schema.enum !== undefined && !schema.enum.some((one) => isSame(one, value))) return `${at} is none of the values that it may have`;
  if (schema.const !== undefined && !isSame(schema.const, value)) return `${at} is not the value that it must have`;
  if (typeof value === 'string') return boundFault([...value].length, schema.minLength, schema.maxLength, `the length of ${at}`);
  if (typeof value === 'number') return boundFault(value, schema.minimum, schema.maximum, at);
  if (Array.isArray(value)) return listFault(value, schema, at);
  return typeof value === 'object' && value !== null ? membersFault(value, schema, at) : undefined;
}

function isKind(value: unknown, kind: Kind): boolean {
  if (kind === 'integer') return Number.isSafeInteger(value);
  if (kind === 'array') return Array.isArray(value);
  if (kind === 'null') return value === null;
  if (kind === 'object') return typeof value === 'object' && value !== null && !Array.isArray(value);
  return typeof value === kind;
}

function boundFault(value: number, low: number | undefined, high: number | undefined, at: string): string | undefined {
  if (low !== undefined && value < low) return `${at} is at least ${low}`;
  return high !== undefined && value > high ? `${at} is at most ${high}` : undefined;
}

function listFault(list: readonly unknown[], { items, minItems, maxItems }: DetailSchema, at: string): string | undefined {
  const fault = boundFault(list.length, minItems, maxItems, `the number of ${at}`);
  if (fault !== undefined || items === undefined) return fault;
  return firstOf(list.map((one, index) => () => valueFault(one, items, `${at}[${index}]`)));
}

function membersFault(
  value: object,
  { properties = {}, required = [], additionalProperties = false }: DetailSchema,
  at: string,
): string | undefined {
  const members = Object.entries(value);
  const missing = required.find((name) => !Object.hasOwn(value, name));
  if (missing !== undefined) return `${at}.${missing} is missing`;
  return firstOf(
    members.map(([name, member]) => () => {
      const known = Object.hasOwn(properties, name) ? properties[name] : undefined;
      if (known !== undefined) return valueFault(member, known, `${at}.${name}`);
      return additionalProperties ? undefined : `${at} has no field ${name.slice(0, 40)}`;
    }),
  );
}

function firstOf(faults: readonly (() => string | undefined)[]): string | undefined {
  for (const fault of faults) {
    const found = fault();
    if (found !== undefined) return found;
  }
  return undefined;
}

export function isSame(a: unknown, b: unknown): boolean {
  return canonical([a]) === canonical([b]);
}

/** Members that RFC 9396 §2.2 defines as lists of what is allowed: fewer of them is less. */
const LISTS: ReadonlySet<string> = new Set(['locations', 'actions', 'datatypes', 'privileges']);

/**
 * Whether what is asked for now is no more than what was granted (RFC 9396 §6.1): each detail is one of the granted, word for word, but that
 * its lists may be shorter. What a type means by its own fields nobody here knows, so a smaller amount is another amount. Each that was granted
 * covers one: to name one payment twice asks for two.
 */
export function isWithin(asked: readonly Detail[], granted: readonly Detail[]): boolean {
  const covers = new Map<number, number>();
  const place = (one: number, tried: Set<number>): boolean =>
    granted.some((other, at) => {
      const wanted = asked[one];
      if (tried.has(at) || wanted === undefined || !isNoMore(wanted, other)) return false;
      tried.add(at);
      const before = covers.get(at);
      // Whoever took this one before may fit another as well.
      if (before !== undefined && !place(before, tried)) return false;
      covers.set(at, one);
      return true;
    });
  return asked.every((_, one) => place(one, new Set()));
}

function isNoMore(asked: Detail, granted: Detail): boolean {
  const names = Object.keys(granted);
  if (Object.keys(asked).length !== names.length) return false;
  return names.every((name) => {
    const [wanted, allowed] = [asked[name], granted[name]];
    if (!LISTS.has(name) || !Array.isArray(wanted) || !Array.isArray(allowed)) return Object.hasOwn(asked, name) && isSame(wanted, allowed);
    // By one look each: a list compared with a list, both as long as the client likes, would hold up everybody.
    const known = new Set(allowed.map((one: unknown) => canonical([one])));
    return wanted.length > 0 && wanted.every((one: unknown) => known.has(canonical([one])));
  });
}
