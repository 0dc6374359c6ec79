/** What a round was about, as far as cursors are concerned. */
type Read = {
  items: readonly { chain: string; seq: number }[];
  /** Where each chain may stand when all its items are gone. */
  reach: readonly { chain: string; from: number; to: number }[];
};

/**
 * Where the cursors go: in each chain up to the first item that the sink does not have. What a filter left out before it is passed over with it.
 * Chains that do not move are not named.
 */
export function progressOf({ items, reach }: Read, taken: ReadonlySet<number>): { chain: string; to: number }[] {
  const first = new Map<string, number>();
  items.forEach(({ chain, seq }, index) => {
    if (!taken.has(index) && !first.has(chain)) first.set(chain, seq);
  });
  return reach.flatMap(({ chain, from, to }) => {
    const stop = first.get(chain);
    const end = stop === undefined ? to : stop - 1;
    return end > from ? [{ chain, to: end }] : [];
  });
}
