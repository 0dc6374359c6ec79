import type { Filters } from './use-filters.ts';

/** A list that somebody wants to come back to: a name, and the filters that make it. */
export type View = { name: string; search: Filters };

/** Filters as text that is the same whatever their order; empty ones count for nothing. */
export function keyOf(search: Filters): string {
  const pairs = Object.entries(search).filter(([, value]) => value !== '');
  return JSON.stringify(pairs.toSorted(([one], [other]) => (one < other ? -1 : 1)));
}

function isView(value: unknown): value is View {
  return typeof value === 'object' && value !== null && 'name' in value && typeof value.name === 'string' && 'search' in value;
}

/** Views that were kept, as text; what cannot be read is nothing. */
export function viewsIn(text: string | null): readonly View[] {
  try {
    const kept: unknown = JSON.parse(text ?? '[]');
    return Array.isArray(kept) ? kept.filter(isView).map(({ name, search }) => ({ name, search: wordsIn(search) })) : [];
  } catch {
    return [];
  }
}

function wordsIn(search: unknown): Filters {
  return typeof search === 'object' && search !== null
    ? Object.fromEntries(Object.entries(search).filter((pair): pair is [string, string] => typeof pair[1] === 'string'))
    : {};
}

/** The same views with one more; one of the same name is replaced. */
export function withView(views: readonly View[], view: View): readonly View[] {
  return [...views.filter(({ name }) => name !== view.name), view];
}
