import { expect, it } from 'vitest';
import { filled } from './hours.ts';

it('fills a day by the hour from bars of any width, and counts refusals among what was asked', () => {
  const since = '2026-01-01T13:00:00.000Z';
  const hours = filled(
    since,
    [
      { at: '2026-01-01T13:10:00Z', n: 2 },
      { at: '2026-01-01T13:50:00Z', n: 3 },
      { at: '2026-01-02T12:00:00Z', n: 7 },
      { at: '2026-01-01T12:59:00Z', n: 100 },
    ],
    [{ at: '2026-01-01T13:00:00Z', n: 1 }],
  );
  expect(hours).toHaveLength(24);
  expect(hours[0]).toEqual({ at: since, n: 6, refused: 1 });
  expect(hours[23]).toMatchObject({ n: 7, refused: 0 });
  expect(hours.reduce((sum, { n }) => sum + n, 0)).toBe(13);
});
