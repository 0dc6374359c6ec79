import type { Json } from '@writ/flow';
import { isObject, type Fields } from './draft.ts';

/** Where a value stands within the fields of a node. */
export type Place = readonly (string | number)[];

/** The place in the words of faults and lints: `branches[0].when`. */
export function pathOf(place: Place): string {
  return place.reduce<string>((path, one) => {
    if (typeof one === 'number') return `${path}[${String(one)}]`;
    return path === '' ? one : `${path}.${one}`;
  }, '');
}

export function valueAt(fields: Json | undefined, place: Place): Json | undefined {
  let value = fields;
  for (const one of place) {
    if (typeof one === 'number') value = Array.isArray(value) ? value[one] : undefined;
    else value = isObject(value) && Object.hasOwn(value, one) ? value[one] : undefined;
  }
  return value;
}

/** The fields with this value there; undefined takes it out, and what is left empty by that goes too where it stood in an object. */
export function withValue(fields: Fields, place: Place, value: Json | undefined): Fields {
  const put = putAt(fields, place, value);
  return isObject(put) ? put : {};
}

function putAt(into: Json | undefined, [first, ...rest]: Place, value: Json | undefined): Json | undefined {
  if (first === undefined) return value;
  if (typeof first === 'number') {
    const list: readonly Json[] = Array.isArray(into) ? into : [];
    const inner = putAt(list[first], rest, value);
    if (inner === undefined) return list.filter((_, at) => at !== first);
    return first < list.length ? list.map((one, at) => (at === first ? inner : one)) : [...list, inner];
  }
  const object = isObject(into) ? into : {};
  const inner = putAt(object[first], rest, value);
  if (inner === undefined) return Object.fromEntries(Object.entries(object).filter(([name]) => name !== first));
  return { ...object, [first]: inner };
}

/** `nodes[2].branches[0].when` as the node's number and the path within it. */
export function splitNodePath(path: string): { readonly index: number; readonly rest: string } | undefined {
  const [, index, rest = ''] = /^nodes\[(\d+)\]\.?(.*)$/s.exec(path) ?? [];
  return index === undefined ? undefined : { index: Number(index), rest };
}
