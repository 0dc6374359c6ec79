import { z } from 'zod';

/** How it goes with whoever the hub delivers to, or asks. */
export type Health = {
  /** Failures in a row. */
  failures: number;
  /** A sentence that may be shown; it names no address, path or secret. */
  failure: string | undefined;
  /** Milliseconds since the epoch. */
  failingSince: number | undefined;
};

export type HealthRow = { failures: number; failure: string | null; failing_since: number | null };

export function toHealth({ failures, failure, failing_since }: HealthRow): Health {
  return { failures, failure: failure ?? undefined, failingSince: failing_since ?? undefined };
}

/** As the admin API shows it. `failing`: the last try failed. */
export const healthShape = {
  status: z.enum(['healthy', 'failing']),
  sentence: z.string().nullable(),
  since: z.number().nullable(),
  failures: z.number(),
};

export function presentHealth({ failures, failure, failingSince }: Health) {
  const status: 'healthy' | 'failing' = failingSince === undefined ? 'healthy' : 'failing';
  return { status, sentence: failure ?? null, since: failingSince ?? null, failures };
}
