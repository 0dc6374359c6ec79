import type { Db } from '../../base/db.ts';
import { countsOf, type CountUp } from './counts.store.ts';
import { COUNTED_BY, facetOf, facetsOf, histogramOf, momentsOf, type Facet, type FacetName, type Histogram } from './facets.ts';
import { edgeOf, glanceAt, type EventFilter } from './search.store.ts';

/** How many of the newest entries are looked at where nothing was counted beforehand. */
export const SAMPLE = 2_000;
/** What an answer may still count itself; the rest is the job's. */
const OWN_SHARE = { steps: 4, entries: 50_000 };

/**
 * `exact`: total, histogram, types and outcomes are of all entries that match, of many by whole hours; the other facets always are of the newest `sampled` ones. Not exact:
 * everything is of those, and `total` is missing unless they are all there are. `counting`: entries of the last minutes are not counted yet.
 */
export type Overview = {
  total?: number;
  exact: boolean;
  sampled: number;
  counting?: true;
  histogram: Histogram;
  facets: Record<FacetName, Facet>;
};

/** What a search would find, in figures. Counted by the hour beforehand, so that ten million entries answer as fast as ten. */
export async function overviewOf({ db, countUp }: { db: Db; countUp: CountUp }, filter: EventFilter): Promise<Overview> {
  const newest = await glanceAt(db, filter, SAMPLE);
  const sampled = newest.length;
  const facets = facetsOf(newest);
  const histogram = histogramOf(momentsOf(newest));
  const isAll = sampled < SAMPLE && (await edgeOf(db, { ...filter, limit: SAMPLE })) === undefined;
  if (isAll) return { total: sampled, exact: true, sampled, histogram, facets };
  const { user, agent, client, txn, target } = filter;
  const counted = [user, agent, client, txn, target].every((one) => one === undefined);
  if (!counted) return { exact: false, sampled, histogram, facets };
  const whole = await countUp(OWN_SHARE);
  const counts = await countsOf(db, filter);
  const by = (value: 'type' | 'outcome'): Facet =>
    facetOf(
      counts,
      (one) => one[value],
      ({ n }) => n,
    );
  return {
    total: counts.reduce((sum, { n }) => sum + n, 0),
    exact: true,
    sampled,
    ...(whole ? {} : { counting: true }),
    histogram: histogramOf(counts, COUNTED_BY),
    facets: { ...facets, type: by('type'), outcome: by('outcome') },
  };
}
