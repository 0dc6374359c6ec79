import { describe, expect, it } from 'vitest';
import { COUNTED_BY, facetOf, histogramOf } from './facets.ts';

const HOUR = 3_600_000;
const count = (hour: number, n: number, outcome = 'success') => ({ hour: hour * HOUR, n, outcome });

describe('bars of a histogram', () => {
  it('are as narrow as a hundred and twenty of them allow, and no narrower than what was counted by', () => {
    expect(histogramOf([count(0, 1), count(1, 1)]).seconds).toBe(60);
    expect(histogramOf([count(0, 1), count(1, 1)], COUNTED_BY).seconds).toBe(3600);
    expect(histogramOf([count(0, 1), count(2, 1)]).seconds).toBe(600);
    expect(histogramOf([count(0, 1), count(119, 1)]).seconds).toBe(3600);
    expect(histogramOf([count(0, 1), count(120, 1)]).seconds).toBe(6 * 3600);
    expect(histogramOf([count(0, 1), count(24 * 300, 1)]).seconds).toBe(7 * 24 * 3600);
    expect(histogramOf([], COUNTED_BY)).toEqual({ seconds: 3600, bars: [] });
  });

  it('hold what their hours hold, and of that what was no success', () => {
    const { bars } = histogramOf([count(0, 2), count(1, 3, 'refused'), count(5, 1, 'failed'), count(130, 7)], COUNTED_BY);
    expect(bars).toEqual([
      { at: '1970-01-01T00:00:00.000Z', n: 6, refused: 4 },
      { at: '1970-01-06T06:00:00.000Z', n: 7, refused: 0 },
    ]);
  });
});

it('a facet names the most frequent values first, equal ones by name, and twenty of them at most', () => {
  const many = Array.from({ length: 30 }, (_, n) => `v${String(n).padStart(2, '0')}`);
  const facet = facetOf([...many, 'v29', 'v28', undefined], (value) => value);
  expect(facet.slice(0, 3)).toEqual([
    { value: 'v28', n: 2 },
    { value: 'v29', n: 2 },
    { value: 'v00', n: 1 },
  ]);
  expect(facet).toHaveLength(20);
});
