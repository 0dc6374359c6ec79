import { useRead } from '../../api/use-read.ts';
import { Failure } from '../../ui/notice.tsx';
import { Bars } from '../../kit/bars.tsx';
import { FacetRail } from '../../kit/facet-rail.tsx';
import type { Facet } from '../../kit/facet.ts';
import { useFilters, type Filters } from '../../kit/use-filters.ts';

function span(seconds: number): string {
  if (seconds >= 86_400) return `${Math.round(seconds / 86_400)} days`;
  return seconds >= 3_600 ? `${Math.round(seconds / 3_600)} h` : `${Math.round(seconds / 60)} min`;
}

function useFigures(query: Filters, every: number | undefined) {
  return useRead('getEventsFacets', JSON.parse(JSON.stringify({ query })), { every });
}

/** When what a search finds was written, and how much of it was refused. A bar leads on to its own time. */
export function Timeline({ query, every }: { query: Filters; every?: number | undefined }) {
  const found = useFigures(query, every);
  const [, choose] = useFilters();
  if (found.error !== null)
    return (
      <div className="mb-4">
        <Failure error={found.error} retry={() => void found.refetch()} />
      </div>
    );
  if (found.data === undefined) return <div className="mb-4 h-28 rounded-lg bg-sunk" role="status" aria-label="Counting" />;
  const { total, exact, sampled, histogram } = found.data;
  const until = (at: string): string => new Date(Date.parse(at) + histogram.seconds * 1_000).toISOString();
  const refused = histogram.bars.reduce((sum, bar) => sum + bar.refused, 0);
  return (
    <div className="mb-4 min-w-0 rounded-lg border border-line bg-sheet p-4">
      <p className="mb-2 text-[0.9rem] text-soft" role="status">
        {exact && total !== undefined
          ? `${total.toLocaleString('en')} ${total === 1 ? 'entry' : 'entries'}`
          : sampled === 0
            ? 'None among the newest'
            : `The newest ${sampled.toLocaleString('en')} entries`}
        {refused === 0 ? '' : `, ${refused.toLocaleString('en')} of them no success`}
        {histogram.bars.length > 1 ? `; ${span(histogram.seconds)} a bar` : ''}
      </p>
      {histogram.bars.length > 1 ? (
        <Bars bars={histogram.bars} seconds={histogram.seconds} onPick={(at) => choose({ since: at, until: until(at) })} />
      ) : null}
    </div>
  );
}

const SHOWN = [
  ['type', 'Event'],
  ['outcome', 'Outcome'],
  ['client', 'Client'],
  ['user', 'User'],
  ['agent', 'Agent'],
  ['target', 'About'],
  ['tenant', 'Tenant'],
] as const;

/** Which values stand most often in what a search finds. */
export function EventFacets({ query, every }: { query: Filters; every?: number | undefined }) {
  const { data } = useFigures(query, every);
  if (data === undefined) return null;
  const facets = SHOWN.map(([name, title]): Facet => ({
    title,
    filter: name,
    ...(name === 'type' ? { without: 'without' } : {}),
    values: (data.facets[name] ?? []).filter(({ value }) => value !== ''),
  }));
  return <FacetRail of={facets} />;
}
