/** One thing wrong with a rule: where it is, and what would be right. */
export type Fault = { readonly path: string; readonly message: string };
export type Fields = Readonly<Record<string, unknown>>;

/** Longest list and longest text in a rule; far above any real rule, low enough that one rule cannot weigh on every decision. */
export const MAX_LIST = 1000;
const MAX_FAULTS = 100;
export const MAX_TEXT = 1024;

/** Collects faults. Its readers return the value or undefined after noting why, so that one pass reports everything. */
export type Faults = {
  readonly list: Fault[];
  readonly add: (path: string, message: string) => undefined;
  /** True when no more faults are kept: reading on would only cost time, and a hostile input has many. */
  readonly full: () => boolean;
};

export function newFaults(): Faults {
  const list: Fault[] = [];
  return {
    list,
    add: (path, message) => {
      if (list.length < MAX_FAULTS) list.push({ path, message });
      return undefined;
    },
    full: () => list.length >= MAX_FAULTS,
  };
}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The path of a member: `subject` then `clients` is `subject.clients`. */
export function under(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}

/** What a value is, for "… but this is a number". */
export function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (value === '') return 'an empty text';
  if (typeof value === 'string') return 'a text';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

/** `did you mean …, or else the list of what there is`. */
export function suggest(word: string, known: readonly string[]): string {
  const few = known.slice(0, 25);
  const list = `${few.join(', ')}${known.length > few.length ? ', …' : ''}`;
  if (word.length > 64) return `use one of ${list}`;
  const lower = word.toLowerCase();
  const near = known.map((name) => ({ name, far: distance(lower, name.toLowerCase()) })).sort((a, b) => a.far - b.far)[0];
  return near && near.far <= Math.max(1, Math.floor(word.length / 4)) ? `did you mean ${near.name}?` : `use one of ${list}`;
}

/** A member's name or a text of the author, shown short and without control characters. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}

/** The value as an object with no other fields than these, or undefined. */
export function readFields(faults: Faults, value: unknown, path: string, allowed: readonly string[]): Fields | undefined {
  if (!isFields(value)) return faults.add(path, `must be an object with ${allowed.join(', ')}; this is ${kindOf(value)}`);
  for (const name of Object.keys(value)) {
    if (faults.full()) break;
    if (!allowed.includes(name)) faults.add(under(path, name), `there is no field ${quote(name)} here; ${suggest(name, allowed)}`);
  }
  return value;
}

/** The one field of the object that is present, or undefined when there is none or there are several. */
export function readChoice(
  faults: Faults,
  value: unknown,
  path: string,
  allowed: readonly string[],
): { name: string; value: unknown } | undefined {
  const fields = readFields(faults, value, path, allowed);
  if (!fields) return undefined;
  const present = allowed.filter((name) => fields[name] !== undefined);
  const [name] = present;
  if (name === undefined || present.length > 1) {
    return faults.add(
      path,
      `must have exactly one of ${allowed.join(', ')}; it has ${present.length === 0 ? 'none' : present.join(' and ')}`,
    );
  }
  return { name, value: fields[name] };
}

export function readText(faults: Faults, value: unknown, path: string): string | undefined {
  if (typeof value !== 'string' || value === '') return faults.add(path, `must be a text; this is ${kindOf(value)}`);
  return value.length > MAX_TEXT ? faults.add(path, `must have at most ${String(MAX_TEXT)} characters`) : value;
}

/** A list with at least one member, each read by `read`; undefined when the list or any member is bad. */
export function readList<Item>(
  faults: Faults,
  value: unknown,
  path: string,
  read: (item: unknown, path: string) => Item | undefined,
  most = MAX_LIST,
): Item[] | undefined {
  if (!Array.isArray(value)) return faults.add(path, `must be a list; this is ${kindOf(value)}`);
  const given: readonly unknown[] = value;
  if (given.length === 0)
    return faults.add(path, 'must not be empty: an empty list matches nothing, or everything, depending on who reads it');
  if (given.length > most) return faults.add(path, `must have at most ${String(most)} members`);
  const items = given.map((item, at) => (faults.full() ? undefined : read(item, `${path}[${String(at)}]`)));
  const good = items.filter((item): item is Item => item !== undefined);
  return good.length === items.length ? good : undefined;
}

export function readTexts(faults: Faults, value: unknown, path: string): string[] | undefined {
  return readList(faults, value, path, (item, at) => readText(faults, item, at));
}

/** One word of a closed list. */
export function readWord<Word extends string>(faults: Faults, value: unknown, path: string, words: readonly Word[]): Word | undefined {
  const found = words.find((word) => word === value);
  if (found !== undefined) return found;
  if (typeof value !== 'string') return faults.add(path, `must be one of ${words.join(', ')}; this is ${kindOf(value)}`);
  return faults.add(path, `${quote(value)} is not known here; ${suggest(value, words)}`);
}

/** A whole number not below `least`. */
export function readCount(faults: Faults, value: unknown, path: string, least: number, unit: string): number | undefined {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least) return value;
  return faults.add(
    path,
    `must be a whole number of ${unit}, at least ${String(least)}; this is ${typeof value === 'number' ? String(value) : kindOf(value)}`,
  );
}
