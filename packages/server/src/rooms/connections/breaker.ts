/**
 * Whether a provider is asked at all. After several failures in a row nobody is sent to it for a while, so that one provider that hangs does not
 * hold every request that needs it; then one attempt at a time finds out whether it is back. One per provider and node, in memory: a node that starts
 * anew asks a few times in vain, which is cheap.
 */
export type Breaker = { failures: number; openUntil: number };

export const CLOSED: Breaker = { failures: 0, openUntil: 0 };

const AFTER = 5;
const FIRST_MS = 5_000;
const LONGEST_MS = 5 * 60_000;
/** What one answer may keep everybody away for: it may have meant one account only. */
const LONGEST_SAID_MS = 60_000;

/** Milliseconds until which nobody asks; undefined: ask. */
export function refusedUntil(breaker: Breaker, now: number): number | undefined {
  return breaker.openUntil > now ? breaker.openUntil : undefined;
}

/** The one who goes while it is half open keeps the others away for as long as an attempt may take. */
export function onAttempt(breaker: Breaker, now: number, attemptMs: number): Breaker {
  return breaker.failures >= AFTER ? { ...breaker, openUntil: now + attemptMs } : breaker;
}

/** `retryAt`: when the provider itself said to come back (RFC 9110 §10.2.3), which opens the breaker at once. */
export function onFailure(breaker: Breaker, now: number, retryAt?: number): Breaker {
  const failures = breaker.failures + 1;
  const pause = failures < AFTER ? 0 : Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(10, failures - AFTER));
  return {
    failures,
    openUntil: Math.max(pause === 0 ? 0 : now + pause, retryAt === undefined ? 0 : Math.min(retryAt, now + LONGEST_SAID_MS)),
  };
}
