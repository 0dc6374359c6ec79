import canonicalize from 'canonicalize';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonical } from './canonical.ts';

/** Names that sort differently as numbers, as text and by code point. */
const name = fc.oneof(fc.constantFrom('10', '9', '1', 'a', 'B', 'Z', '€', '\u{1F600}', '\uFB33', 'toJSON', ''), fc.string());
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.string({ unit: 'grapheme' }),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    tie('list'),
    tie('object'),
  ),
  list: fc.array(tie('value'), { maxLength: 4 }),
  object: fc.dictionary(name, fc.oneof(tie('value'), fc.constant(undefined)), { noNullPrototype: true, maxKeys: 6 }),
}));

const inOrder = (given: unknown): unknown => {
  if (Array.isArray(given)) return given.map(inOrder);
  if (typeof given !== 'object' || given === null) return given;
  return Object.fromEntries(
    Object.entries(given)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, member]) => [key, inOrder(member)]),
  );
};

describe('the canonical text', () => {
  it('is that of RFC 8785 for every value, in whatever order its names stand', () => {
    fc.assert(
      fc.property(value, (given) => {
        expect(canonical(given)).toBe(canonicalize(given));
        expect(canonical(inOrder(given))).toBe(canonicalize(given));
      }),
    );
  });

  it('orders names by code units, numbers among them', () => {
    expect(canonical({ 9: 1, 10: 2, b: { d: 1, c: [2, { f: 1, e: undefined }] } })).toBe('{"10":2,"9":1,"b":{"c":[2,{"f":1}],"d":1}}');
    expect(canonical({ '\uFB33': 1, '\u{1F600}': 2 })).toBe('{"\u{1F600}":2,"\uFB33":1}');
  });

  it.each([
    ['half a surrogate pair', 'a\ud800'],
    ['half a pair in a name', { '\udc00': 1 }],
    ['no number', Number.NaN],
    ['infinity', [Number.POSITIVE_INFINITY]],
    ['nothing', undefined],
  ])('there is none of %s', (_, given) => {
    expect(() => canonical(given)).toThrow(/./);
  });

  it('takes a value at its word where it says itself how it is written', () => {
    expect(canonical({ at: new Date(0) })).toBe('{"at":"1970-01-01T00:00:00.000Z"}');
  });
});
