import { isFor, type Signal } from './signal.ts';

/** One process that listens for a resource server: what it calls itself, or '' for one that says nothing. */
export type Listening = { receiver: string; instance: string };

export type Listener = Listening & {
  /** The newest number when it first listened: what came before was not news to it. */
  began: number;
  /** How far it says that it has come. */
  seq: number;
  openedAt?: number;
  closedAt?: number;
  /** When it was last known to be there; written twice a minute while its stream stands. */
  seenAt: number;
};

/** Milliseconds. Longer than between two signs of life: a node that went away closed no stream. */
const LOST_AFTER = 90_000;

export function isListening({ openedAt, closedAt, seenAt }: Listener, now: number): boolean {
  return openedAt !== undefined && closedAt === undefined && now - seenAt < LOST_AFTER;
}

/** `acknowledged`: it has acted. `silent`: it listens and has not said so. `away`: it does not listen now, and will hear when it comes back. */
export type Heard = Listening & { state: 'acknowledged' | 'silent' | 'away'; at: number | null; ms: number | null };

/**
 * Of one signal, each that should have heard it. `at`: when each acknowledged it. Left out is whoever came later and had no part in it, and who serves other
 * tenants alone.
 */
export function heardOf(
  signal: Signal,
  listeners: readonly (Listener & { tenants: readonly string[]; at: number | undefined })[],
  now: number,
): Heard[] {
  return listeners
    .filter((one) => isFor(signal, one.tenants) && (one.at !== undefined || one.began < signal.seq))
    .map((one): Heard => {
      const { receiver, instance, at } = one;
      if (at === undefined) return { receiver, instance, state: isListening(one, now) ? 'silent' : 'away', at: null, ms: null };
      return { receiver, instance, state: 'acknowledged', at, ms: Math.max(0, at - signal.at) };
    });
}

/** The value below which this share of them lies; nearest rank. Undefined for none. */
export function percentile(sorted: readonly number[], share: number): number | undefined {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)];
}

export type Spread = { acknowledged: number; silent: number; away: number; p50: number | null; p95: number | null; slowest: number | null };

/** Milliseconds. */
export function spreadOf(heard: readonly Heard[]): Spread {
  const took = heard.flatMap(({ ms }) => (ms === null ? [] : [ms])).toSorted((a, b) => a - b);
  const count = (state: Heard['state']): number => heard.filter((one) => one.state === state).length;
  return {
    acknowledged: count('acknowledged'),
    silent: count('silent'),
    away: count('away'),
    p50: percentile(took, 0.5) ?? null,
    p95: percentile(took, 0.95) ?? null,
    slowest: took.at(-1) ?? null,
  };
}
