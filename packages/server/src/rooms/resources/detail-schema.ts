import { isObject } from '../../base/json.ts';
import { fail, ok, type Result } from '../../base/result.ts';

const KINDS = ['object', 'array', 'string', 'number', 'integer', 'boolean', 'null'] as const;
export type Kind = (typeof KINDS)[number];

/**
 * The part of JSON Schema that says what a detail looks like. No patterns (a pattern is a program), no references, no combinations: what
 * cannot be checked is refused when it is configured, not ignored when it matters. Unlike there, fields that are not named are refused unless
 * `additionalProperties` is true (RFC 9396 §5).
 */
export type DetailSchema = {
  type?: Kind | readonly Kind[];
  title?: string;
  description?: string;
  enum?: readonly unknown[];
  const?: unknown;
  properties?: Readonly<Record<string, DetailSchema>>;
  required?: readonly string[];
  additionalProperties?: boolean;
  items?: DetailSchema;
  minItems?: number;
  maxItems?: number;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
};

const DEEPEST = 6;
const TEXTS = ['title', 'description'] as const;
const NUMBERS = ['minItems', 'maxItems', 'minLength', 'maxLength', 'minimum', 'maximum'] as const;
const KNOWN: ReadonlySet<string> = new Set([
  'type',
  'enum',
  'const',
  'properties',
  'required',
  'additionalProperties',
  'items',
  ...TEXTS,
  ...NUMBERS,
]);

/** Reads a schema as it was written; the error says where it goes beyond what is understood. */
export function readSchema(value: unknown, at = 'schema', depth = 0): Result<DetailSchema, string> {
  if (!isObject(value)) return fail(`${at} is an object`);
  if (depth > DEEPEST) return fail(`${at} is nested too deeply`);
  const unknown = Object.keys(value).find((name) => !KNOWN.has(name));
  if (unknown !== undefined) return fail(`${at}.${unknown} is not understood here`);
  const schema: DetailSchema = {};
  const fault = readPlain(value, schema, at) ?? readInner(value, schema, at, depth);
  return fault === undefined ? ok(schema) : fail(fault);
}

type Members = Readonly<Record<string, unknown>>;

function readPlain(value: Members, schema: DetailSchema, at: string): string | undefined {
  for (const name of TEXTS) {
    const text = value[name];
    if (text === undefined) continue;
    if (typeof text !== 'string' || text.length > 500) return `${at}.${name} is a text of at most 500 characters`;
    schema[name] = text;
  }
  for (const name of NUMBERS) {
    const number = value[name];
    if (number === undefined) continue;
    if (typeof number !== 'number' || !Number.isFinite(number)) return `${at}.${name} is a number`;
    schema[name] = number;
  }
  const { enum: values, type, required, additionalProperties: more } = value;
  if (values !== undefined && !Array.isArray(values)) return `${at}.enum is a list`;
  if (values !== undefined) schema.enum = values;
  if ('const' in value) schema.const = value['const'];
  if (more !== undefined && typeof more !== 'boolean') return `${at}.additionalProperties is true or false`;
  if (more !== undefined) schema.additionalProperties = more;
  if (required !== undefined) {
    const names = Array.isArray(required) ? required.filter((name) => typeof name === 'string') : undefined;
    if (names === undefined || !Array.isArray(required) || names.length < required.length) return `${at}.required is a list of names`;
    schema.required = names;
  }
  return type === undefined ? undefined : readType(type, schema, at);
}

function readType(type: unknown, schema: DetailSchema, at: string): string | undefined {
  const listed: readonly unknown[] = Array.isArray(type) ? type : [type];
  const kinds = KINDS.filter((kind) => listed.includes(kind));
  if (kinds.length === 0 || kinds.length < listed.length) return `${at}.type is of ${KINDS.join(', ')}`;
  const [only] = kinds;
  schema.type = kinds.length === 1 && only !== undefined ? only : kinds;
  return undefined;
}

function readInner(value: Members, schema: DetailSchema, at: string, depth: number): string | undefined {
  const { items, properties } = value;
  if (items !== undefined) {
    const read = readSchema(items, `${at}.items`, depth + 1);
    if (!read.ok) return read.error;
    schema.items = read.value;
  }
  if (properties === undefined) return undefined;
  if (!isObject(properties)) return `${at}.properties is an object`;
  const read = Object.entries(properties).map(([name, one]) => [name, readSchema(one, `${at}.properties.${name}`, depth + 1)] as const);
  const inner: [string, DetailSchema][] = [];
  for (const [name, one] of read) {
    if (!one.ok) return one.error;
    inner.push([name, one.value]);
  }
  schema.properties = Object.fromEntries(inner);
  return undefined;
}
