/** JSON Schema of the config file, as far as forms look at it. */
export type Schema = Readonly<Record<string, unknown>>;

/** How a member is asked for. `preset`: what holds when nothing is said. */
export type Input =
  | { kind: 'text'; isLong: boolean; preset: string | undefined }
  | { kind: 'number'; least: number | undefined; most: number | undefined; preset: number | undefined }
  | { kind: 'flag'; preset: boolean }
  | { kind: 'choice'; options: readonly string[]; preset: string | undefined }
  | { kind: 'choices'; options: readonly string[] }
  /** Members of its own, and a list of such. */
  | { kind: 'group' | 'list'; members: readonly Member[] }
  /** `words`: several words. `pairs`: names that the author chooses, each with a text. `secret`: shown never. `data`: whatever has no other input. */
  | { kind: 'words' | 'pairs' | 'secret' | 'data' };
/** `isNullable`: that there is none is said by null. */
export type Member = { name: string; required: boolean; hint: string | undefined; input: Input; isNullable: boolean };

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function at(value: unknown, name: string): Schema | undefined {
  const found = isSchema(value) ? value[name] : undefined;
  return isSchema(found) ? found : undefined;
}

/** Follows references inside the document; one that leads nowhere says nothing. */
function resolved(schema: Schema, root: Schema): Schema {
  const { $ref } = schema;
  if (typeof $ref !== 'string') return schema;
  let found: Schema | undefined = root;
  for (const part of $ref.replace(/^#\//, '').split('/')) found = at(found, part);
  return found === undefined ? {} : resolved(found, root);
}

/** What an operation of the API takes, as its description says. */
export function bodySchema(root: Schema, path: string): Schema | undefined {
  const put = at(at(at(root, 'paths'), path), 'put');
  const body = at(at(at(at(put, 'requestBody'), 'content'), 'application/json'), 'schema');
  return body === undefined ? undefined : resolved(body, root);
}

/** The words that a parameter of a list takes. */
export function enumOf(root: Schema, path: string, parameter: string): readonly string[] {
  const parameters = at(at(at(root, 'paths'), path), 'get')?.['parameters'];
  const found = Array.isArray(parameters) ? parameters.find((one) => isSchema(one) && one['name'] === parameter) : undefined;
  return textsIn(at(found, 'schema')?.['enum']) ?? [];
}

/** What the hub calls an operation, in a sentence. */
export function summaryOf(root: Schema, path: string, method: string): string | undefined {
  return textIn(at(at(at(root, 'paths'), path), method)?.['summary']);
}

export function hasMethod(root: Schema, path: string, method: string): boolean {
  return at(at(at(root, 'paths'), path), method) !== undefined;
}

/** The schema of one object of a collection. */
export function itemSchema(root: Schema, collection: string): Schema | undefined {
  const list = at(at(root, 'properties'), collection);
  const items = list === undefined ? undefined : at(resolved(list, root), 'items');
  return items === undefined ? undefined : resolved(items, root);
}

function textsIn(value: unknown): readonly string[] | undefined {
  return Array.isArray(value) && value.every((one) => typeof one === 'string') ? value : undefined;
}

/** The shapes that a value may have, without that of none. */
function shapesOf(schema: Schema, root: Schema): readonly Schema[] {
  const { anyOf } = schema;
  const all = Array.isArray(anyOf) ? anyOf.filter(isSchema).map((one) => resolved(one, root)) : [];
  return all.filter((one) => !isNone(one));
}

function isNone(schema: Schema): boolean {
  return schema['type'] === 'null' || schema['const'] === null;
}

function isNullable(given: Schema, root: Schema): boolean {
  const { anyOf, type } = resolved(given, root);
  if (Array.isArray(type)) return type.includes('null');
  return Array.isArray(anyOf) && anyOf.some((one) => isSchema(one) && isNone(resolved(one, root)));
}

const PLACES = new Set(['value', 'env', 'file']);

/** A secret is written as itself, or by where the hub finds it. */
function isSecret(schemas: readonly Schema[]): boolean {
  const names = schemas.flatMap((one) => Object.keys(at(one, 'properties') ?? {}));
  return names.includes('value') && names.every((name) => PLACES.has(name));
}

function numberIn(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

function textIn(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** What is written in sentences. */
const PROSE = /^(description|sentence|text|note)$/i;

/** What may hold itself (conditions of rules) is written as data from here on. */
const DEEPEST = 4;

function scalarOf(schema: Schema, name: string): Input | undefined {
  const { default: preset, const: only } = schema;
  const options = textsIn(schema['enum']) ?? (typeof only === 'string' ? [only] : undefined);
  if (options !== undefined) return { kind: 'choice', options, preset: textIn(preset) };
  switch (schema['type']) {
    case 'string':
      return { kind: 'text', isLong: PROSE.test(name), preset: textIn(preset) };
    case 'integer':
    case 'number':
      return { kind: 'number', least: numberIn(schema['minimum']), most: numberIn(schema['maximum']), preset: numberIn(preset) };
    case 'boolean':
      return { kind: 'flag', preset: preset === true };
    default:
      return undefined;
  }
}

function listOf(items: Schema, root: Schema, depth: number): Input {
  const inner = inputOf(items, root, depth);
  if (inner.kind === 'choice') return { kind: 'choices', options: inner.options };
  if (inner.kind === 'group') return { kind: 'list', members: inner.members };
  return inner.kind === 'text' ? { kind: 'words' } : { kind: 'data' };
}

function objectOf(schema: Schema, root: Schema, depth: number): Input {
  const members = depth < DEEPEST ? membersOf(schema, root, depth + 1) : [];
  if (members.length > 0) return { kind: 'group', members };
  const values = at(schema, 'additionalProperties');
  return values !== undefined && resolved(values, root)['type'] === 'string' ? { kind: 'pairs' } : { kind: 'data' };
}

/** Which input shows a member whole. What has more shapes than one is written as data. */
function inputOf(given: Schema, root: Schema, depth: number, name = ''): Input {
  const schema = resolved(given, root);
  const shapes = shapesOf(schema, root);
  if (isSecret(shapes.length === 0 ? [schema] : shapes)) return { kind: 'secret' };
  const [only] = shapes;
  if (only !== undefined && shapes.length === 1) return inputOf(only, root, depth, name);
  const scalar = scalarOf(schema, name);
  if (scalar !== undefined) return scalar;
  if (shapes.length > 0 && shapes.every((one) => scalarOf(one, name)?.kind === 'text'))
    return { kind: 'text', isLong: false, preset: undefined };
  const items = at(schema, 'items');
  if (schema['type'] === 'array' && items !== undefined) return listOf(items, root, depth);
  return schema['type'] === 'object' ? objectOf(schema, root, depth) : { kind: 'data' };
}

/** Members of an object in the order of its schema. */
export function membersOf(schema: Schema, root: Schema, depth = 0): readonly Member[] {
  const required = textsIn(schema['required']) ?? [];
  return Object.entries(at(schema, 'properties') ?? {}).map(([name, member]) => ({
    name,
    required: required.includes(name),
    hint: isSchema(member) ? textIn(member['description']) : undefined,
    isNullable: isSchema(member) && isNullable(member, root),
    input: isSchema(member) ? inputOf(member, root, depth, name) : { kind: 'data' },
  }));
}

/** Of what the API shows, the members that the config file has: what can be sent back. */
export function configOf(value: object, schema: Schema): Record<string, unknown> {
  const names = new Set(Object.keys(at(schema, 'properties') ?? {}));
  return Object.fromEntries(Object.entries(value).filter(([name, member]) => names.has(name) && member !== null && member !== undefined));
}
