import canonicalize from 'canonicalize';

/** RFC 8785 text of a plain value: same value, same bytes, whoever writes it. Throws for what has no such text (half a surrogate pair, NaN). */
export function canonical(value: unknown): string {
  // Where every object's names stand in order already, JSON.stringify writes the same text three times as fast. Audit entries are built so.
  const ordered = isOrdered(value) ? JSON.stringify(value) : undefined;
  // It writes half of a surrogate pair as an escape, where the canonical form has none. To look once here is less than at every string.
  const text = ordered === undefined || ordered.includes(HALF) ? canonicalize(value) : ordered;
  if (text === undefined) throw new Error('value has no canonical form');
  return text;
}

const HALF = '\\ud';

/** Whether JSON.stringify writes the canonical text: plain data, names in order of UTF-16 code units. False is always safe. */
function isOrdered(value: unknown): boolean {
  // Comparisons, and no switch over typeof, for which V8 makes the word first: this is asked of every member of every entry.
  if (typeof value === 'string' || typeof value === 'boolean' || value === null) return true;
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value !== 'object') return false;
  if (Array.isArray(value)) return isOrderedList(value);
  return isPlain(value) && isOrderedObject(value);
}

function isOrderedList(list: readonly unknown[]): boolean {
  for (const item of list) if (!isOrdered(item)) return false;
  return true;
}

/** No class of its own, so no toJSON that says something else. */
function isPlain(value: object): value is Readonly<Record<string, unknown>> {
  return Object.getPrototypeOf(value) === Object.prototype;
}

function isOrderedObject(value: Readonly<Record<string, unknown>>): boolean {
  let last = '';
  // for-in, for it makes no list of the names, and nothing stands on Object.prototype.
  for (const name in value) {
    if (name < last) return false;
    last = name;
    const member = value[name];
    if (member !== undefined && !isOrdered(member)) return false;
  }
  return true;
}
