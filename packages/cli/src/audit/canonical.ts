import { isObject } from '../json.ts';

/**
 * RFC 8785 text of a value that came out of `JSON.parse`. Written here a second time, not taken from the hub: what checks the hub's trail
 * must not depend on the code that wrote it. (§3.2.2: ECMAScript's own text of numbers and strings; §3.2.3: names by UTF-16 code units.)
 */
export function canonicalText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalText).join(',')}]`;
  if (!isObject(value)) return JSON.stringify(value);
  const members = Object.keys(value)
    .sort()
    .map((name) => `${JSON.stringify(name)}:${canonicalText(value[name])}`);
  return `{${members.join(',')}}`;
}
