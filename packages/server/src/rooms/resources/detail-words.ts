import { isObject } from '../../base/json.ts';
import type { Detail, DetailType } from './detail.ts';
import type { DetailSchema } from './detail-schema.ts';

/** A detail as a person is asked about it: the words of its type, and each of its fields by the title that the type gives it. */
export type DetailInWords = { title: string; description: string; facts: Readonly<Record<string, unknown>> };

export function inWords(detail: Detail, types: readonly DetailType[]): DetailInWords {
  const { type, ...rest } = detail;
  const known = types.find((one) => one.type === type);
  return { title: known?.title ?? type, description: known?.description ?? '', facts: titled(rest, known?.schema) };
}

/** Two fields with one title keep their names: neither may hide the other. */
function titled(value: Readonly<Record<string, unknown>>, schema: DetailSchema | undefined): Record<string, unknown> {
  const names = Object.keys(value);
  const titles = names.map((name) => propertyOf(schema, name)?.title ?? name);
  const entries = names.map((name, index): [string, unknown] => {
    const title = titles[index] ?? name;
    const label = titles.filter((one) => one === title).length > 1 ? name : title;
    return [label, memberInWords(value[name], propertyOf(schema, name))];
  });
  return Object.fromEntries(entries);
}

function memberInWords(value: unknown, schema: DetailSchema | undefined): unknown {
  if (Array.isArray(value)) return value.map((one) => memberInWords(one, schema?.items));
  return isObject(value) ? titled(value, schema) : value;
}

function propertyOf(schema: DetailSchema | undefined, name: string): DetailSchema | undefined {
  return schema?.properties !== undefined && Object.hasOwn(schema.properties, name) ? schema.properties[name] : undefined;
}
