import { fail, ok, type Result } from './result.ts';

/** Why a text is not taken: no JSON, nested too deeply, a name twice in one object, a name that reaches into prototypes, characters no database keeps, a number that is none. */
export type JsonFault = 'syntax' | 'number' | 'depth' | 'duplicate' | 'forbidden_name' | 'forbidden_character';

/**
 * JSON from outside, read strictly: two readers of one document must not see two documents (duplicate names), and nothing in it may break what
 * comes later (`__proto__`, NUL and halves of surrogate pairs, which Postgres refuses; nesting that overflows a stack).
 */
export function parseJson(text: string, maxDepth = 32): Result<unknown, JsonFault> {
  const problem = scan(text, maxDepth);
  if (problem !== undefined) return fail(problem);
  try {
    const value: unknown = JSON.parse(text);
    return MAY_OVERFLOW.test(text) && !isFiniteWithin(value) ? fail('number') : ok(value);
  } catch {
    return fail('syntax');
  }
}

/** A JSON object: neither a list nor null. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What may be a number that no number holds. JSON.parse makes infinity of `1e999`, which has no text again (RFC 8785 §3.2.2.3). */
const MAY_OVERFLOW = /\d[eE]\+?\d|\d{309}/;

function isFiniteWithin(value: unknown): boolean {
  if (typeof value === 'number') return Number.isFinite(value);
  return typeof value !== 'object' || value === null || Object.values(value).every(isFiniteWithin);
}

/** One pass over the text: strings are found by their quotes, names by the colon after them. Whether it is JSON at all is JSON.parse's to say. */
function scan(text: string, maxDepth: number): JsonFault | undefined {
  // Names seen so far, per open object; undefined for an open list.
  const open: (Set<string> | undefined)[] = [];
  let at = 0;
  while (at < text.length) {
    const character = text[at];
    if (character === '"') {
      const end = endOfString(text, at);
      const problem = judgeString(text, at, end, open.at(-1));
      if (problem !== undefined) return problem;
      at = end;
      continue;
    }
    if (character === '{' || character === '[') open.push(character === '{' ? new Set() : undefined);
    if (open.length > maxDepth) return 'depth';
    if (character === '}' || character === ']') open.pop();
    at += 1;
  }
  return undefined;
}

/** The place after the closing quote; the end of the text when there is none. */
function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return Math.min(at + 1, text.length);
}

const NAME_FOLLOWS = /[ \t\r\n]*:/y;

function judgeString(text: string, start: number, end: number, names: Set<string> | undefined): JsonFault | undefined {
  const value = readString(text.slice(start, end));
  if (value === undefined) return 'syntax';
  if (value.includes('\u0000') || !value.isWellFormed()) return 'forbidden_character';
  NAME_FOLLOWS.lastIndex = end;
  if (names === undefined || !NAME_FOLLOWS.test(text)) return undefined;
  if (value === '__proto__') return 'forbidden_name';
  if (names.has(value)) return 'duplicate';
  names.add(value);
  return undefined;
}

function readString(literal: string): string | undefined {
  try {
    const value: unknown = JSON.parse(literal);
    return typeof value === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}
