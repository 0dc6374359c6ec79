import { describe, expect, it } from 'vitest';
import { freshUntil, LONGEST, SHORTEST } from './freshness.ts';

const none = { cacheControl: null, age: null, expires: null, date: null };

describe('how long a document stays fresh', () => {
  it.each([
    ['an hour when nothing is said', none, 3_600_000],
    ['its max-age', { ...none, cacheControl: 'public, max-age=600' }, 600_000],
    ['its max-age less its age', { ...none, cacheControl: 'max-age=600', age: '200' }, 400_000],
    ['what shared caches may', { ...none, cacheControl: 'max-age=100, s-maxage="900"' }, 900_000],
    ['a minute at least', { ...none, cacheControl: 'max-age=0' }, SHORTEST],
    ['a minute for no-store', { ...none, cacheControl: 'no-store, max-age=9999' }, SHORTEST],
    ['a day at most', { ...none, cacheControl: 'max-age=31536000' }, LONGEST],
    ['its Expires', { ...none, expires: 'Sat, 21 Nov 2026 13:00:00 GMT', date: 'Sat, 21 Nov 2026 12:30:00 GMT' }, 1_800_000],
    ['a minute for Expires: 0', { ...none, expires: '0' }, SHORTEST],
    ['an hour for nonsense', { ...none, cacheControl: 'max-age=soon' }, 3_600_000],
    ['a minute for more age than life', { ...none, cacheControl: 'max-age=10', age: '99999999999999' }, SHORTEST],
  ])('is %s', (_, headers, life) => {
    expect(freshUntil(headers, 1_000)).toBe(1_000 + life);
  });
});
