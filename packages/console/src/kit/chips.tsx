import { X } from 'lucide-react';
import type { Chip } from './chip.ts';
import { useFilters } from './use-filters.ts';

/** Filters that hold, as they stand in the address; each is taken away by itself. A list of words has a chip for each. */
export function Chips({ of }: { of: readonly Chip[] }) {
  const [chosen, choose] = useFilters();
  const shown = of.flatMap(({ name, label, not = false }) =>
    (not ? (chosen[name] ?? '').split(',') : [chosen[name] ?? '']).flatMap((value) => (value === '' ? [] : [{ name, label, not, value }])),
  );
  if (shown.length === 0) return null;
  const without = (name: string, value: string): string | undefined =>
    (chosen[name] ?? '')
      .split(',')
      .filter((one) => one !== value)
      .join(',') || undefined;
  return (
    <ul aria-label="Filters" className="mb-3 flex flex-wrap items-center gap-1.5">
      {shown.map(({ name, label, not, value }) => (
        <li
          key={`${name} ${value}`}
          className="inline-flex max-w-full min-w-0 items-center gap-1 rounded-full border border-line bg-wash py-0.5 pr-1 pl-3 text-[0.9rem]"
        >
          <span className="min-w-0 truncate" title={value}>
            <span className="text-soft">
              {label} {not ? 'not' : ''}
            </span>{' '}
            {value}
          </span>
          <button
            type="button"
            aria-label={`Take the filter ${label} ${value} away`}
            className="inline-grid size-[24px] shrink-0 place-items-center rounded-full text-soft hover:bg-sheet hover:text-ink"
            onClick={() => choose({ [name]: not ? without(name, value) : undefined })}
          >
            <X size={13} aria-hidden="true" />
          </button>
        </li>
      ))}
      {shown.length < 2 ? null : (
        <li>
          <button
            type="button"
            className="min-h-[24px] rounded px-2 text-[0.9rem] text-soft underline underline-offset-2 hover:text-ink"
            onClick={() => choose(Object.fromEntries(of.map(({ name }) => [name, undefined])))}
          >
            Clear all
          </button>
        </li>
      )}
    </ul>
  );
}
