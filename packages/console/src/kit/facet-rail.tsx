import { Minus } from 'lucide-react';
import { useState } from 'react';
import type { Facet } from './facet.ts';
import { useFilters } from './use-filters.ts';
import { useWide } from './use-wide.ts';

const FEW = 6;

function One({ of: { title, filter, without, values, more = false } }: { of: Facet }) {
  const [chosen, choose] = useFilters();
  const [isWhole, setWhole] = useState(false);
  const shown = isWhole ? values : values.slice(0, FEW);
  const leaveOut = (value: string): void => {
    if (without === undefined) return;
    const before = (chosen[without] ?? '').split(',').filter(Boolean);
    choose({ [without]: [...before.filter((one) => one !== value), value].join(',') });
  };
  return (
    <section aria-label={title} className="min-w-0">
      <h2 className="mb-0.5 text-[0.86rem] font-semibold text-soft">{title}</h2>
      <ul>
        {shown.map(({ value, n, name = value }) => (
          <li key={value} className="group flex min-w-0 items-center gap-1">
            <button
              type="button"
              title={name}
              aria-pressed={chosen[filter] === value}
              className="flex min-h-[24px] min-w-0 flex-1 items-baseline justify-between gap-2 rounded px-1.5 text-left text-[0.9rem] hover:bg-wash aria-pressed:bg-wash aria-pressed:font-semibold"
              onClick={() => choose({ [filter]: chosen[filter] === value ? undefined : value })}
            >
              <span className="min-w-0 truncate">{name}</span>
              <span className="text-soft tabular-nums">
                {n.toLocaleString('en')}
                {more ? '+' : ''}
              </span>
            </button>
            {without === undefined ? null : (
              <button
                type="button"
                aria-label={`Leave ${name} out`}
                title="Leave out"
                className="inline-grid size-[24px] shrink-0 place-items-center rounded text-soft hover:bg-wash hover:text-ink"
                onClick={() => leaveOut(value)}
              >
                <Minus size={13} aria-hidden="true" />
              </button>
            )}
          </li>
        ))}
      </ul>
      {values.length <= FEW ? null : (
        <button
          type="button"
          aria-expanded={isWhole}
          className="min-h-[24px] px-1.5 text-[0.86rem] text-soft underline underline-offset-2 hover:text-ink"
          onClick={() => setWhole(!isWhole)}
        >
          {isWhole ? 'Fewer' : `${values.length - FEW} more`}
        </button>
      )}
    </section>
  );
}

/** What a list holds, in figures, each a way to a narrower list. Beside the list where there is room, else folded above it. */
export function FacetRail({ of }: { of: readonly Facet[] }) {
  const isWide = useWide();
  const shown = of.filter(({ values }) => values.length > 0);
  if (shown.length === 0) return null;
  const lists = (
    <div className="grid gap-4 sm:grid-cols-2 lg:grid-cols-1">
      {shown.map((one) => (
        <One key={one.title} of={one} />
      ))}
    </div>
  );
  if (isWide) return <aside aria-label="Narrow the list">{lists}</aside>;
  return (
    <details className="mb-3 rounded-lg border border-line bg-sheet px-4 py-2">
      <summary className="cursor-pointer font-semibold">Narrow the list</summary>
      <div className="mt-2">{lists}</div>
    </details>
  );
}
