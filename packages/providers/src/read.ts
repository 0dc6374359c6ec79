// Reads values of unknown shape and notes what is wrong with them. Every reader says nothing but where and what.

export type Faults = { add(at: string, message: string): void };
export type Members = Readonly<Record<string, unknown>>;

export function isMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export type Reader = {
  readonly at: string;
  text(name: string, pattern?: RegExp): string;
  maybeText(name: string, pattern?: RegExp): string | undefined;
  maybeUrl(name: string): string | undefined;
  url(name: string): string;
  oneOf<T extends string>(name: string, words: readonly [T, ...T[]]): T;
  maybeOneOf<T extends string>(name: string, words: readonly T[]): T | undefined;
  maybeTexts(name: string, pattern?: RegExp): string[] | undefined;
  maybeMap(name: string): Record<string, string> | undefined;
  maybeNumber(name: string): number | undefined;
  maybeBoolean(name: string): boolean | undefined;
  maybeList<T>(name: string, read: (reader: Reader) => T): T[] | undefined;
  maybeObject<T>(name: string, read: (reader: Reader) => T): T | undefined;
  /** Notes every member that nobody asked for: a word misspelt would say nothing otherwise. */
  end(): void;
};

/** https, and nothing in it that an address of a service has no use for. `{name}` stands for a variable. */
const ADDRESS = /^https:\/\/[a-z0-9.{}-]+(:\d+)?(\/[^\s?#]*)?$/i;

export function readerOf(value: unknown, at: string, faults: Faults): Reader {
  const members: Members = isMembers(value) ? value : {};
  if (!isMembers(value)) faults.add(at, 'an object');
  const asked = new Set<string>();
  const take = (name: string): unknown => {
    asked.add(name);
    return members[name];
  };
  const refuse = (name: string, message: string): void => faults.add(`${at}.${name}`, message);
  const maybe = <T>(name: string, is: (value: unknown) => value is T, what: string): T | undefined => {
    const found = take(name);
    if (found === undefined || is(found)) return found;
    refuse(name, what);
    return undefined;
  };
  const isText = (found: unknown): found is string => typeof found === 'string' && found.length <= 500;
  const maybeText: Reader['maybeText'] = (name, pattern = /^(?!\s)[^\p{Cc}]+(?<!\s)$/u) =>
    maybe(name, (found): found is string => isText(found) && pattern.test(found), `a text like ${pattern.source}`);
  const maybeUrl: Reader['maybeUrl'] = (name) => maybeText(name, ADDRESS);
  const needed = <T>(name: string, found: T | undefined, instead: T): T => {
    if (found === undefined && members[name] === undefined) refuse(name, 'is missing');
    return found ?? instead;
  };
  const maybeOneOf = <T extends string>(name: string, words: readonly T[]): T | undefined => {
    const found = take(name);
    const word = words.find((one) => one === found);
    if (word === undefined && found !== undefined) refuse(name, `one of ${words.join(', ')}`);
    return word;
  };
  const maybeList: Reader['maybeList'] = (name, read) => {
    const found = maybe(name, (one): one is unknown[] => Array.isArray(one) && one.length > 0, 'a list that is not empty');
    return found?.map((one, index) => read(readerOf(one, `${at}.${name}[${index}]`, faults)));
  };
  return {
    at,
    maybeText,
    text: (name, pattern) => needed(name, maybeText(name, pattern), ''),
    maybeUrl,
    url: (name) => needed(name, maybeUrl(name), ''),
    maybeOneOf,
    oneOf: (name, words) => needed(name, maybeOneOf(name, words), words[0]),
    maybeTexts: (name, pattern = /^\S{1,200}$/) =>
      maybe(
        name,
        (found): found is string[] => Array.isArray(found) && found.length > 0 && found.every((one) => isText(one) && pattern.test(one)),
        `a list of texts like ${pattern.source}`,
      ),
    maybeMap: (name) =>
      maybe(name, (found): found is Record<string, string> => isMembers(found) && Object.values(found).every(isText), 'texts by name'),
    maybeNumber: (name) => maybe(name, (found): found is number => Number.isSafeInteger(found), 'a whole number'),
    maybeBoolean: (name) => maybe(name, (found): found is boolean => typeof found === 'boolean', 'true or false'),
    maybeList,
    maybeObject: (name, read) => (take(name) === undefined ? undefined : read(readerOf(members[name], `${at}.${name}`, faults))),
    end() {
      for (const name of Object.keys(members)) if (!asked.has(name)) refuse(name, 'is not a member of this');
    },
  };
}
