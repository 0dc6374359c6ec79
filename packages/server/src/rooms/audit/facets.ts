/** How many entries of a kind an hour, or whatever begins at `hour`, had. `hour` in milliseconds since the epoch. */
export type HourCount = { hour: number; type: string; outcome: string; n: number };

/** What figures need of an entry. `time` in milliseconds. */
export type Glance = {
  time: number;
  type: string;
  outcome: string;
  tenant: string;
  user: string | null;
  agent: string | null;
  client: string | null;
  initiator: string | null;
  reason: string | null;
  target: { type: string; id: string } | null;
};

/** Values of one member and how often each stands in an entry, most often first. */
export type Facet = readonly { value: string; n: number }[];

export const FACETS = ['type', 'outcome', 'initiator', 'tenant', 'client', 'agent', 'user', 'target', 'reason'] as const;
export type FacetName = (typeof FACETS)[number];

/** `at`: where the bar begins, RFC 3339; `refused`: of `n`, those that were no success. */
export type Bar = { at: string; n: number; refused: number };
export type Histogram = { seconds: number; bars: readonly Bar[] };

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** Widths of a bar that a reader can name: a minute, ten, an hour, six, a day, a week, four weeks. What was counted by the hour has none below one. */
const WIDTHS = [MINUTE, 10 * MINUTE, HOUR, 6 * HOUR, 24 * HOUR, 7 * 24 * HOUR, 28 * 24 * HOUR];
/** What the hub counts by. */
export const COUNTED_BY = HOUR;
const MOST_BARS = 120;
const MOST_VALUES = 20;

/** `counts` in the order of their hours; `least`: no bar is narrower, in milliseconds. */
export function histogramOf(counts: readonly Pick<HourCount, 'hour' | 'outcome' | 'n'>[], least = MINUTE): Histogram {
  const [first, last] = [counts[0]?.hour, counts.at(-1)?.hour];
  if (first === undefined || last === undefined) return { seconds: least / 1000, bars: [] };
  const width = WIDTHS.find((one) => one >= least && (last - first) / one < MOST_BARS) ?? 28 * 24 * HOUR;
  const bars = new Map<number, { n: number; refused: number }>();
  for (const { hour, outcome, n } of counts) {
    const at = hour - (hour % width);
    const bar = bars.get(at) ?? { n: 0, refused: 0 };
    bars.set(at, { n: bar.n + n, refused: bar.refused + (outcome === 'success' ? 0 : n) });
  }
  return { seconds: width / 1000, bars: [...bars].map(([at, bar]) => ({ at: new Date(at).toISOString(), ...bar })) };
}

/** Entries as if they had been counted, each by its minute, oldest first. */
export function momentsOf(entries: readonly Glance[]): HourCount[] {
  const all = entries.map(({ time, type, outcome }) => ({ hour: time - (time % MINUTE), type, outcome, n: 1 }));
  return all.toSorted((one, other) => one.hour - other.hour);
}

export function facetOf<T>(of: readonly T[], value: (one: T) => string | null | undefined, weight: (one: T) => number = () => 1): Facet {
  const counted = new Map<string, number>();
  for (const one of of) {
    const word = value(one);
    if (word !== undefined && word !== null) counted.set(word, (counted.get(word) ?? 0) + weight(one));
  }
  const all = [...counted].map(([word, n]) => ({ value: word, n }));
  return all.toSorted((one, other) => other.n - one.n || (one.value < other.value ? -1 : 1)).slice(0, MOST_VALUES);
}

/** Every facet of these entries. */
export function facetsOf(entries: readonly Glance[]): Record<FacetName, Facet> {
  return {
    type: facetOf(entries, ({ type }) => type),
    outcome: facetOf(entries, ({ outcome }) => outcome),
    initiator: facetOf(entries, ({ initiator }) => initiator),
    tenant: facetOf(entries, ({ tenant }) => tenant),
    client: facetOf(entries, ({ client }) => client),
    agent: facetOf(entries, ({ agent }) => agent),
    user: facetOf(entries, ({ user }) => user),
    target: facetOf(entries, ({ target }) => (target === null ? undefined : `${target.type}:${target.id}`)),
    reason: facetOf(entries, ({ reason }) => reason),
  };
}
