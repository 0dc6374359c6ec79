import { describe, expect, it } from 'vitest';
import { behindWords } from './behind.ts';

describe('how far the anchor is behind', () => {
  it('is nothing where no checkpoint waits', () => {
    expect(behindWords({ pending: 0, oldestPendingAt: null }, 0)).toBe('nothing waits');
    expect(behindWords(null, 0)).toBe('nothing waits');
  });

  it('is as many chains as wait, and for how long the oldest does', () => {
    expect(behindWords({ pending: 1, oldestPendingAt: 0 }, 30_000)).toBe('1 chain waits, for 30 s');
    expect(behindWords({ pending: 1_200, oldestPendingAt: 0 }, 7_200_000)).toBe('1,200 chains wait, for 2 h');
  });
});
