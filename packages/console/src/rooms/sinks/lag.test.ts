import { expect, it } from 'vitest';
import { lagOf } from './lag.ts';

const NOW = Date.UTC(2026, 0, 10);
const behind = (seconds: number) => lagOf({ pending: 3, oldestPendingAt: NOW - seconds * 1_000 }, NOW);

it('says for how long the oldest entry waits', () => {
  expect([0, 89, 120, 3_600, 7_200, 3 * 86_400].map(behind)).toEqual(['0 s', '89 s', '2 min', '60 min', '2 h', '3 days']);
  expect(lagOf({ pending: 0, oldestPendingAt: NOW }, NOW)).toBeUndefined();
  expect(lagOf({ pending: 1, oldestPendingAt: null }, NOW)).toBeUndefined();
});
