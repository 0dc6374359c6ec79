import { useRead } from '../../api/use-read.ts';
import { Failure } from '../../ui/notice.tsx';
import { Bars } from '../../kit/bars.tsx';
import { useFilters } from '../../kit/use-filters.ts';

function span(seconds: number): string {
  if (seconds >= 86_400) return `${Math.round(seconds / 86_400)} days`;
  return seconds >= 3_600 ? `${Math.round(seconds / 3_600)} h` : `${Math.round(seconds / 60)} min`;
}

function Facet({
  name,
  values,
  onPick,
}: {
  name: string;
  values: readonly { value: string; n: number }[];
  onPick: (value: string) => void;
}) {
  const named = values.filter(({ value }) => value !== '');
  if (values.length < 2) return null;
  return (
    <div className="flex min-w-0 flex-wrap items-baseline gap-x-3 gap-y-1">
      <span className="w-16 shrink-0 text-[0.86rem] font-semibold text-soft">{name}</span>
      {named.slice(0, 8).map(({ value, n }) => (
        <button
          key={value}
          type="button"
          className="min-h-6 max-w-full rounded px-1 text-left text-[0.9rem] leading-[24px] [overflow-wrap:anywhere] hover:bg-wash"
          onClick={() => onPick(value)}
        >
          <span className="underline decoration-line underline-offset-2">{value}</span>{' '}
          <span className="text-soft tabular-nums">{n.toLocaleString('en')}</span>
        </button>
      ))}
    </div>
  );
}

const SHOWN = ['type', 'outcome', 'client', 'user', 'agent', 'tenant'] as const;

/** What a search finds, in figures: when, how often refused, and which values stand most often. Each leads on to a narrower search. */
export function Figures({ query }: { query: Readonly<Record<string, string>> }) {
  const found = useRead('getEventsFacets', JSON.parse(JSON.stringify({ query })));
  const [chosen, choose] = useFilters();
  if (found.error !== null) return <Failure error={found.error} />;
  if (found.data === undefined) return <div className="mb-4 h-28 rounded-lg bg-sunk" role="status" aria-label="Counting" />;
  const { total, exact, sampled, histogram, facets } = found.data;
  const until = (at: string): string => new Date(Date.parse(at) + histogram.seconds * 1_000).toISOString();
  const lists = new Map(Object.entries(facets));
  return (
    <div className="mb-4 grid gap-3 rounded-lg border border-line bg-sheet p-4">
      <p className="text-[0.9rem] text-soft" role="status">
        {exact && total !== undefined ? `${total.toLocaleString('en')} entries` : `The newest ${sampled.toLocaleString('en')} entries`}
        {histogram.bars.length > 1 ? `, ${span(histogram.seconds)} a bar` : ''}
      </p>
      {histogram.bars.length > 1 ? <Bars bars={histogram.bars} onPick={(at) => choose({ since: at, until: until(at) })} /> : null}
      {SHOWN.filter((name) => (chosen[name] ?? '') === '').map((name) => (
        <Facet key={name} name={name} values={lists.get(name) ?? []} onPick={(value) => choose({ [name]: value })} />
      ))}
    </div>
  );
}
