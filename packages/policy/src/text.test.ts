import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inNetwork, parseAddress, parseNetwork } from './address.ts';
import { compileGlob } from './glob.ts';
import { comparable, parseMoment } from './moment.ts';

/** The plain definition of a glob, exponential and obviously right. */
function slowGlob(pattern: string, text: string): boolean {
  if (pattern === '') return text === '';
  if (pattern.startsWith('*')) return slowGlob(pattern.slice(1), text) || (text !== '' && slowGlob(pattern, text.slice(1)));
  return text !== '' && (pattern.startsWith('?') || pattern[0] === text[0]) && slowGlob(pattern.slice(1), text.slice(1));
}

describe('a glob', () => {
  it('matches what its definition says', () => {
    const word = (letters: string, maxLength: number) => fc.string({ unit: fc.constantFrom(...letters.split('')), maxLength });
    fc.assert(
      fc.property(word('ab*?', 8), word('ab', 10), (pattern, text) => {
        expect(compileGlob(pattern)?.(text)).toBe(slowGlob(pattern, text));
      }),
      { numRuns: 2000 },
    );
  });
  it('matches across the borders of machine words', () => {
    for (const length of [30, 31, 32, 61, 62, 63, 93, 200]) {
      const text = 'ab'.repeat(length).slice(0, length);
      expect(compileGlob(text)?.(text)).toBe(true);
      expect(compileGlob(text)?.(`${text}a`)).toBe(false);
      expect(compileGlob(text)?.(text.slice(1))).toBe(false);
      expect(compileGlob(`*${text}*`)?.(`xx${text}yy`)).toBe(true);
    }
  });
  it('takes escaped signs literally and whole characters as one', () => {
    expect(compileGlob('a\\*b')?.('a*b')).toBe(true);
    expect(compileGlob('a\\*b')?.('axb')).toBe(false);
    expect(compileGlob('?')?.('😀')).toBe(true);
    expect(compileGlob('[a].+')?.('[a].+')).toBe(true);
  });
  it('refuses what has no meaning or no bound', () => {
    expect(compileGlob('a\\')).toBeUndefined();
    expect(compileGlob('a'.repeat(256))).toBeUndefined();
  });
  it('looks at each character of a hostile text once', () => {
    let read = 0;
    const text = 'a'.repeat(5000);
    const counted = Object.assign(Object.create(null), {
      *[Symbol.iterator]() {
        for (const char of text) {
          read += 1;
          yield char;
        }
      },
    });
    expect(compileGlob('*a'.repeat(100) + 'b')?.(counted)).toBe(false);
    expect(read).toBe(5000);
  });
});

describe('an address', () => {
  it.each([
    '1.2.3',
    '1.2.3.4.5',
    '01.2.3.4',
    '0x1.2.3.4',
    '256.1.1.1',
    '1.2.3.4 ',
    '',
    ':',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7:8::',
    'g::',
    '::12345',
    'fe80::1%eth0',
    '::1.2.3',
    '1.2.3.4::',
    '[::1]',
  ])('is not %j', (text) => expect(parseAddress(text)).toBeUndefined());
  it.each([
    ['::', '0:0:0:0:0:0:0:0'],
    ['::ffff:1.2.3.4', '1.2.3.4'],
    ['::FFFF:102:304', '1.2.3.4'],
    ['64:ff9b::1.2.3.4', '64:ff9b::102:304'],
    ['1::', '1:0:0:0:0:0:0:0'],
    ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
  ])('%s is %s', (one, other) => {
    expect(parseAddress(one)).toBeDefined();
    expect(parseAddress(one)).toEqual(parseAddress(other));
  });
});

describe('a network', () => {
  const holds = (network: string, address: string): boolean => {
    const parsed = parseNetwork(network);
    const bytes = parseAddress(address);
    if (!parsed.ok || !bytes) throw new Error('bad test');
    return inNetwork(bytes, parsed.network);
  };
  it.each([
    ['10.0.0.0/8', '10.255.255.255', true],
    ['10.0.0.0/8', '11.0.0.0', false],
    ['192.0.2.128/25', '192.0.2.127', false],
    ['192.0.2.128/25', '192.0.2.128', true],
    ['192.0.2.7', '192.0.2.7', true],
    ['192.0.2.7', '192.0.2.6', false],
    ['0.0.0.0/0', '255.1.2.3', true],
    ['0.0.0.0/0', '::1', false],
    ['::/0', '1.2.3.4', false],
    ['::ffff:10.0.0.0/104', '10.1.1.1', true],
    ['10.0.0.0/8', '::ffff:10.1.1.1', true],
    ['2001:db8::/33', '2001:db8:7fff::', true],
    ['2001:db8::/33', '2001:db8:8000::', false],
    ['::1/128', '::1', true],
  ])('%s and %s: %s', (network, address, expected) => expect(holds(network, address)).toBe(expected));
  it.each([
    '10.0.0.0/',
    '10.0.0.0/08',
    '10.0.0.0/33',
    '10.0.0.0/-1',
    '10.0.0.0/8/8',
    '::/129',
    '10.0.0.1/31',
    '2001:db8::1/64',
    '/8',
    'x/8',
  ])('is not %j', (text) => expect(parseNetwork(text).ok).toBe(false));
});

describe('a moment', () => {
  it('agrees with the engine’s own reading of dates', () => {
    fc.assert(
      fc.property(fc.date({ min: new Date(0), max: new Date('2999-12-31T23:59:59Z'), noInvalidDate: true }), (date) => {
        expect(parseMoment(date.toISOString())).toEqual({ kind: 'instant', ms: date.getTime() });
      }),
    );
  });
  it.each([
    '24:00',
    '9:00',
    '09:60',
    '2026-02-29T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-01-01',
    '2026-01-01T00:00:00',
    '2026-01-01 00:00:00Z',
    '1767268800000',
  ])('is not %j', (text) => expect(parseMoment(text)).toBeUndefined());
  it('reads offsets and times of day', () => {
    expect(parseMoment('2024-02-29T12:00:00.5+05:30')).toEqual({ kind: 'instant', ms: Date.UTC(2024, 1, 29, 6, 30, 0, 500) });
    expect(comparable({ kind: 'daily', ms: 0 }, Date.UTC(2026, 5, 5, 13, 1))).toBe((13 * 60 + 1) * 60_000);
  });
});
