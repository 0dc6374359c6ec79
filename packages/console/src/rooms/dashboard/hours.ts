import type { Bar } from '../../kit/bar.ts';

const HOUR_MS = 3_600_000;

/**
 * Twenty-four hours from `since` on, quiet ones too: `n` is all that was asked for, whatever became of it. Bars of the hub may be narrower than an
 * hour, and leave out what is empty.
 */
export function filled(
  since: string,
  given: readonly { at: string; n: number }[],
  refused: readonly { at: string; n: number }[],
): readonly Bar[] {
  const begin = Date.parse(since);
  const within = (bars: readonly { at: string; n: number }[], hour: number): number =>
    bars.filter(({ at }) => Math.floor((Date.parse(at) - begin) / HOUR_MS) === hour).reduce((sum, { n }) => sum + n, 0);
  return Array.from({ length: 24 }, (_, hour) => {
    const no = within(refused, hour);
    return { at: new Date(begin + hour * HOUR_MS).toISOString(), n: within(given, hour) + no, refused: no };
  });
}
