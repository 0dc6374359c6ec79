import { expect, it } from 'vitest';
import { barsOver } from './bar.ts';

const at = (minute: number) => new Date(Date.UTC(2026, 0, 1, 12, minute)).toISOString();

it('draws quiet times as wide as busy ones', () => {
  const bars = barsOver(
    [
      { at: at(0), n: 3, refused: 1 },
      { at: at(3), n: 1, refused: 0 },
    ],
    60,
  );
  expect(bars.map(({ n }) => n)).toEqual([3, 0, 0, 1]);
  expect(bars[1]?.at).toBe(at(1));
});

it('leaves out what would be more than a screen shows', () => {
  const far = [
    { at: at(0), n: 1, refused: 0 },
    { at: new Date(Date.UTC(2027, 0, 1)).toISOString(), n: 1, refused: 0 },
  ];
  expect(barsOver(far, 60)).toEqual(far);
  expect(barsOver([], 60)).toEqual([]);
});
