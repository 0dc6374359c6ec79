import { z } from 'zod';
import { canonical } from '../../base/canonical.ts';
import { nameSchemas } from './schema-names.ts';

export type Schema = Record<string, unknown>;

/**
 * JSON Schema of what a zod schema takes (`input`) or gives (`output`). What JSON Schema cannot say (transforms, refinements) becomes "anything"
 * there; the hub still judges it. Parts that refer to themselves come back by name, with references that begin with `at`.
 */
export function schemaOf(of: z.ZodType, io: 'input' | 'output', at: string): { schema: Schema; parts: Record<string, unknown> } {
  nameSchemas();
  const made: Schema = z.toJSONSchema(of, { io, unrepresentable: 'any', reused: 'inline', cycles: 'ref' });
  const { $schema: _, $defs, ...schema } = made;
  const defs: Record<string, unknown> = isSchema($defs) ? $defs : {};
  const anything = new Set(Object.keys(defs).filter((name) => isAnyJson(defs[name], name)));
  const rewrite = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(rewrite);
    if (!isSchema(value)) return value;
    const { $ref } = value;
    if (typeof $ref === 'string') return refTo($ref.slice('#/$defs/'.length), anything, at);
    return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, rewrite(member)]));
  };
  const parts = Object.entries(defs).filter(([name]) => !anything.has(name));
  return { schema: asSchema(rewrite(schema)), parts: Object.fromEntries(parts.map(([name, part]) => [name, rewrite(part)])) };
}

function refTo(name: string, anything: ReadonlySet<string>, at: string): Schema {
  if (anything.has(name)) return {};
  // A name of zod's own making would change with the order of things; give the recursive schema an id by .meta({ id }).
  if (name.startsWith('__')) throw new Error(`a schema that refers to itself has no name (${name})`);
  return { $ref: at + name };
}

const ANY_JSON: unknown = z.toJSONSchema(z.object({ value: z.json() })).$defs;

/** z.json() spells out all of JSON; a schema that says nothing means the same. */
function isAnyJson(part: unknown, name: string): boolean {
  const spelled = canonical(ANY_JSON).replaceAll('__schema0', name);
  return spelled === canonical({ [name]: withoutId(part) });
}

function withoutId(part: unknown): unknown {
  if (!isSchema(part)) return part;
  const { id: _, ...rest } = part;
  return rest;
}

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function asSchema(value: unknown): Schema {
  return isSchema(value) ? value : {};
}
