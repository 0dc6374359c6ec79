import { z } from 'zod';
import { healthShape, presentHealth, toHealth, type Health, type HealthRow } from '../audit/health.ts';

/** How it goes with a sink, or with whoever hears a stream. Times in milliseconds since the epoch. */
export type Books = Health & {
  retryAt: number | undefined;
  delivered: number;
  deliveredAt: number | undefined;
  /** What it does not have yet, and when the oldest of it was made: of a sink entries, also those that its filter will leave out; of a stream SETs. */
  pending: number;
  oldestPendingAt: number | undefined;
  /** What it refused. */
  deadLetters: number;
};

export type BooksRow = HealthRow & {
  retry_at: number | null;
  delivered: number;
  delivered_at: number | null;
  pending: number;
  oldest: number | null;
  dead_letters: number;
};

export function toBooks(found: BooksRow): Books {
  return {
    ...toHealth(found),
    retryAt: found.retry_at ?? undefined,
    delivered: found.delivered,
    deliveredAt: found.delivered_at ?? undefined,
    pending: found.pending,
    oldestPendingAt: found.oldest ?? undefined,
    deadLetters: found.dead_letters,
  };
}

/** As the admin API shows them. A failing one is tried again at `retryAt`. */
export const booksShape = {
  health: z.object({ ...healthShape, retryAt: z.number().nullable() }),
  delivered: z.number(),
  deliveredAt: z.number().nullable(),
  pending: z.number(),
  oldestPendingAt: z.number().nullable(),
  deadLetters: z.number(),
};

export function presentBooks(books: Books) {
  const { retryAt = null, delivered, deliveredAt = null, pending, oldestPendingAt = null, deadLetters } = books;
  return { health: { ...presentHealth(books), retryAt }, delivered, deliveredAt, pending, oldestPendingAt, deadLetters };
}
