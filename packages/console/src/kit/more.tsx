import { Button } from '../ui/button.tsx';

/** A list that is read page by page, as `usePages` gives it. */
type Pages = { hasNextPage: boolean; isFetchingNextPage: boolean; fetchNextPage(): Promise<unknown> };

/** Reads the next page of a list, where there is one. */
export function More({ of, verb = 'More', className = '' }: { of: Pages; verb?: string; className?: string }) {
  if (!of.hasNextPage) return null;
  return (
    <Button className={className} disabled={of.isFetchingNextPage} onClick={() => void of.fetchNextPage()}>
      {of.isFetchingNextPage ? 'Reading …' : verb}
    </Button>
  );
}
