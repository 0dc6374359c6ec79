import { describe, expect, it } from 'vitest';
import { boundAt, bounds } from './bounds.ts';

const DAY = 86_400_000;

describe('the ends that a person may set', () => {
  it('are all of them where there is none', () => expect(bounds(0, undefined)).toHaveLength(4));
  it('are only earlier ones than there is', () => expect(bounds(0, 30 * DAY).map(({ days }) => days)).toEqual([1, 7]));
  it('are times from now', () => expect(boundAt('7', 1_000, undefined)).toBe(1_000 + 7 * DAY));
  it.each(['0', '-1', '7.0', '365', '', undefined])('are none that the page did not offer: %s', (days) =>
    expect(boundAt(days, 0, undefined)).toBeUndefined(),
  );
  it('never give more time than there is', () => expect(boundAt('90', 0, 30 * DAY)).toBeUndefined());
});
