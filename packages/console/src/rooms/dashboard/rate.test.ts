import { expect, it } from 'vitest';
import { perMinute } from './rate.ts';

const NOW = Date.UTC(2026, 0, 1, 12);
const ago = (seconds: number) => ({ time: new Date(NOW - seconds * 1_000).toISOString() });

it('counts the last five minutes, and says when there were more than it could see', () => {
  expect(perMinute([], NOW)).toBe('0');
  expect(perMinute([ago(1), ago(200), ago(301)], NOW)).toBe('0.4');
  expect(
    perMinute(
      Array.from({ length: 100 }, () => ago(10)),
      NOW,
    ),
  ).toBe('20');
  expect(
    perMinute(
      Array.from({ length: 200 }, () => ago(10)),
      NOW,
    ),
  ).toBe('40+');
});
