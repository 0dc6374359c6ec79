import { isObject, listAt, textAt } from '../json.ts';
import type { Change } from './changes.ts';

/** How the id of each kind is called in the config file; everything else is called by its `id`. */
const NAMED_BY_NAME = new Set(['roles']);

/** Objects that the hub has and the file does not: for kinds that the file speaks about. A file without `clients` says nothing about clients. */
export function unknownTo(file: unknown, exported: unknown): Change[] {
  if (!isObject(file)) return [];
  return Object.keys(file).flatMap((plural) => {
    const known = new Set(listAt(file, plural).map((one) => idIn(plural, one)));
    const extra = listAt(exported, plural)
      .map((one) => idIn(plural, one))
      .filter((id) => id !== undefined && !known.has(id));
    return extra.map((id) => ({ kind: plural.replace(/ies$/, 'y').replace(/s$/, ''), id: id ?? '', change: 'remove', fields: [] }));
  });
}

function idIn(plural: string, one: unknown): string | undefined {
  return textAt(one, NAMED_BY_NAME.has(plural) ? 'name' : 'id');
}
