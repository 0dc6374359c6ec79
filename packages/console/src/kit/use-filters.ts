import { useNavigate, useSearch } from '@tanstack/react-router';

export type Filters = Readonly<Record<string, string>>;

/** Filters of a page, kept in its address: a list that was narrowed can be sent to somebody, and Back undoes. */
export function useFilters(): [Filters, (change: Record<string, string | undefined>) => void] {
  const filters: Filters = useSearch({ strict: false });
  const navigate = useNavigate();
  return [
    filters,
    (change) => void navigate({ to: '.', search: (before: Record<string, unknown>) => ({ ...before, ...change }), replace: true }),
  ];
}
