import { lagOf } from '../sinks/lag.ts';

type Books = { pending: number; oldestPendingAt: number | null } | null;

/** How far the anchor is behind the record, in words. `pending`: chains whose newest checkpoint is not out there. */
export function behindWords(books: Books, now: number): string {
  if (books === null || books.pending === 0) return 'nothing waits';
  const chains = `${books.pending.toLocaleString('en')} ${books.pending === 1 ? 'chain waits' : 'chains wait'}`;
  const lag = lagOf(books, now);
  return lag === undefined ? chains : `${chains}, for ${lag}`;
}
