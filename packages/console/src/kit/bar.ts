/** `n`: how many there were from `at` on; `refused`: how many of them. */
export type Bar = { at: string; n: number; refused: number };

/** No drawing has more; a screen has not many more dots. */
const MOST = 400;

/** The same bars with the empty ones between them, so that a quiet night is as wide as a busy day. Left as they are where that would be too many. */
export function barsOver(bars: readonly Bar[], seconds: number): readonly Bar[] {
  const [first, last] = [bars[0], bars.at(-1)];
  if (first === undefined || last === undefined) return bars;
  const [begin, step] = [Date.parse(first.at), seconds * 1_000];
  const count = Math.round((Date.parse(last.at) - begin) / step) + 1;
  if (count > MOST) return bars;
  const there = new Map(bars.map((bar) => [Math.round((Date.parse(bar.at) - begin) / step), bar]));
  return Array.from(
    { length: count },
    (_, index) => there.get(index) ?? { at: new Date(begin + index * step).toISOString(), n: 0, refused: 0 },
  );
}
