/** JSON Schema of the config file, as far as forms look at it. */
export type Schema = Readonly<Record<string, unknown>>;

export type Input =
  | { kind: 'text' | 'number' | 'flag' | 'words' | 'data' }
  | { kind: 'choice'; options: readonly string[] }
  | { kind: 'choices'; options: readonly string[] };
export type Member = { name: string; required: boolean; hint: string | undefined; input: Input };

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

/** The schema of one object of a collection. */
export function itemSchema(root: Schema, collection: string): Schema | undefined {
  const list = at(at(root, 'properties'), collection);
  const items = list === undefined ? undefined : at(resolved(list, root), 'items');
  return items === undefined ? undefined : resolved(items, root);
}

function textsIn(value: unknown): readonly string[] | undefined {
  return Array.isArray(value) && value.every((one) => typeof one === 'string') ? value : undefined;
}

/** Which input shows a member whole. What has more shapes than one, or parts of its own, is written as data. */
function inputOf(given: Schema, root: Schema): Input {
  const schema = resolved(given, root);
  const options = textsIn(schema['enum']);
  if (options !== undefined) return { kind: 'choice', options };
  if (schema['type'] === 'string') return { kind: 'text' };
  if (schema['type'] === 'integer' || schema['type'] === 'number') return { kind: 'number' };
  if (schema['type'] === 'boolean') return { kind: 'flag' };
  const items = at(schema, 'items');
  if (schema['type'] !== 'array' || items === undefined) return { kind: 'data' };
  const inner = inputOf(items, root);
  if (inner.kind === 'choice') return { kind: 'choices', options: inner.options };
  return inner.kind === 'text' ? { kind: 'words' } : { kind: 'data' };
}

/** Members of an object in the order of its schema. */
export function membersOf(schema: Schema, root: Schema): readonly Member[] {
  const required = textsIn(schema['required']) ?? [];
  return Object.entries(at(schema, 'properties') ?? {}).map(([name, member]) => {
    const description = isSchema(member) ? member['description'] : undefined;
    return {
      name,
      required: required.includes(name),
      hint: typeof description === 'string' ? description : undefined,
      input: isSchema(member) ? inputOf(member, root) : { kind: 'data' },
    };
  });
}

/** Of what the API shows, the members that the config file has: what can be sent back. */
export function configOf(value: object, schema: Schema): Record<string, unknown> {
  const names = new Set(Object.keys(at(schema, 'properties') ?? {}));
  return Object.fromEntries(Object.entries(value).filter(([name, member]) => names.has(name) && member !== null && member !== undefined));
}
