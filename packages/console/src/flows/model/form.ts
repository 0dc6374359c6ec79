import { GRAPH_KINDS, type Json } from '@writ/flow';
import { isObject, wordIn, type Fields } from './draft.ts';

/** How one value of a node is entered. Made from the one list of fields that the flow package has, by way of its JSON Schema. */
export type Form =
  | { readonly is: 'text'; readonly most: number; readonly pattern?: string }
  /** A CEL expression. */
  | { readonly is: 'formula'; readonly most: number }
  /** A text with holes. */
  | { readonly is: 'template'; readonly most: number }
  | { readonly is: 'word'; readonly words: readonly string[] }
  | { readonly is: 'flag' }
  | { readonly is: 'count'; readonly least: number; readonly most: number; readonly unit: string }
  /** Some of a few words. */
  | { readonly is: 'words'; readonly words: readonly string[]; readonly least: number }
  | { readonly is: 'list'; readonly item: Form; readonly least: number; readonly most: number }
  | { readonly is: 'record'; readonly item: Form; readonly most: number; readonly pattern: string }
  | { readonly is: 'object'; readonly fields: readonly Field[] }
  /** One of several objects, told apart by `kind`. */
  | { readonly is: 'oneOf'; readonly variants: Readonly<Record<string, readonly Field[]>> };

export type Field = { readonly name: string; readonly form: Form; readonly required: boolean; readonly preset?: Json };

/** Every field of a kind of node, in the order of its kind. */
export function fieldsOf(kind: string): readonly Field[] {
  const known = MADE.get(kind);
  if (known !== undefined) return known;
  const shape = GRAPH_KINDS.get(kind)?.shape;
  const made = shape === undefined ? [] : fieldsIn(shape.schema);
  MADE.set(kind, made);
  return made;
}
const MADE = new Map<string, readonly Field[]>();

function fieldsIn(schema: Fields): readonly Field[] {
  const { properties, required } = schema;
  const needed: readonly Json[] = Array.isArray(required) ? required : [];
  return Object.entries(isObject(properties) ? properties : {}).flatMap(([name, one]): Field[] => {
    if (!isObject(one)) return [];
    const { default: preset } = one;
    return [{ name, form: formOf(one), required: needed.includes(name), ...(preset === undefined ? {} : { preset }) }];
  });
}

function formOf(schema: Fields): Form {
  const { type, enum: words, oneOf } = schema;
  if (Array.isArray(words)) return { is: 'word', words: words.map(String) };
  if (Array.isArray(oneOf)) return { is: 'oneOf', variants: Object.fromEntries(oneOf.flatMap(variant)) };
  switch (type) {
    case 'boolean':
      return { is: 'flag' };
    case 'integer':
      return {
        is: 'count',
        least: numberOf(schema['minimum'], 0),
        most: numberOf(schema['maximum'], 0),
        unit: wordIn(schema['description']),
      };
    case 'array':
      return listForm(schema);
    case 'object':
      return objectForm(schema);
    default:
      return textForm(schema);
  }
}

function textForm({ format, maxLength, pattern }: Fields): Form {
  const most = numberOf(maxLength, 200);
  if (format === 'cel') return { is: 'formula', most };
  if (format === 'template') return { is: 'template', most };
  return { is: 'text', most, ...(typeof pattern === 'string' ? { pattern } : {}) };
}

function listForm({ items, minItems, maxItems }: Fields): Form {
  const item = formOf(isObject(items) ? items : {});
  const least = numberOf(minItems, 0);
  return item.is === 'word' ? { is: 'words', words: item.words, least } : { is: 'list', item, least, most: numberOf(maxItems, 100) };
}

function objectForm(schema: Fields): Form {
  const { additionalProperties: inner, maxProperties, propertyNames } = schema;
  if (!isObject(inner)) return { is: 'object', fields: fieldsIn(schema) };
  const pattern = isObject(propertyNames) ? wordIn(propertyNames['pattern']) : '';
  return { is: 'record', item: formOf(inner), most: numberOf(maxProperties, 50), pattern };
}

function variant(one: Json): [string, readonly Field[]][] {
  if (!isObject(one)) return [];
  const fields = fieldsIn(one);
  const kind = fields.find(({ name }) => name === 'kind')?.form;
  const word = kind?.is === 'word' ? kind.words[0] : undefined;
  return word === undefined ? [] : [[word, fields.filter(({ name }) => name !== 'kind')]];
}

function numberOf(value: Json | undefined, otherwise: number): number {
  return typeof value === 'number' ? value : otherwise;
}
