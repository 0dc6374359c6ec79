import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseJson } from './json.ts';

const REFUSED: readonly [string, string, string][] = [
  ['an open brace', '{', 'syntax'],
  ['an open string', '{"a', 'syntax'],
  ['a trailing comma', '[1,]', 'syntax'],
  ['nothing', '', 'syntax'],
  ['two documents', '{}{}', 'syntax'],
  ['2,000 lists in each other', '['.repeat(2000) + ']'.repeat(2000), 'depth'],
  ['the same name twice', '{"a":1,"b":{"a":2},"a":3}', 'duplicate'],
  ['the same name twice, once escaped', String.raw`{"a":1,"\u0061":3}`, 'duplicate'],
  ['a prototype as name', '{"__proto__":{"x":1}}', 'forbidden_name'],
  ['an escaped prototype as name', String.raw`{"__\u0070roto__" : 1}`, 'forbidden_name'],
  ['a NUL', String.raw`["\u0000"]`, 'forbidden_character'],
  ['a number too large for one, which has no text again (a 500 later)', '{"a":[1e999]}', 'number'],
  ['a number too large, in other clothes', `[-${'9'.repeat(250)}e0099]`, 'number'],
  ['a number of many digits', '9'.repeat(400), 'number'],
  ['half of a surrogate pair', String.raw`{"a":"\ud800"}`, 'forbidden_character'],
];

describe('JSON from outside', () => {
  it.each(REFUSED)('is refused for %s', (_, text, fault) => {
    expect(parseJson(text)).toEqual({ ok: false, error: fault });
  });

  it('reads like JSON.parse whatever passes', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 4 }), (text) => {
        const read = parseJson(text);
        if (read.ok) expect(read.value).toEqual(JSON.parse(text));
        else expect(read.error).not.toBe('syntax');
      }),
    );
  });

  it('takes numbers that are large and held, and text that looks like one', () => {
    expect(parseJson('[1e308,-1E+5,1e-999,"1e999"]')).toMatchObject({ ok: true });
  });

  it('takes the same name in two objects, and names that only look like text after a colon', () => {
    expect(parseJson('[{"a":"b"},{"a":":"},{"b":"a:","c":"a"}]')).toMatchObject({ ok: true });
  });
});
