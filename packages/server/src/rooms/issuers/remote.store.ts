import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../../base/clock.ts';
import { parseJson } from '../../base/json.ts';
import type { Outbound } from '../../base/outbound/outbound.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { freshUntil, LONGEST } from './freshness.ts';

/** Something at a URL, remembered by this node. The error is a word for audit. */
export type Remote<T> = {
  /** `missing`: the caller needs something that the remembered value does not have; asks again, at most once a minute. */
  find(url: string, options?: { missing: boolean }): Promise<Result<T, 'unavailable'>>;
};

const MAX_BYTES = 65_536;
const TIMEOUT_MS = 5_000;
/** A token request waits no longer; the answer is taken in for the next one. */
const PATIENCE_MS = 900;
const AGAIN_MS = 60_000;
const MAX_KEPT = 2_000;

type Kept<T> = { value: T | undefined; fetchedAt: number; triedAt: number; freshUntil: number };

/**
 * One request at a time per URL, at most one a minute whatever callers send, and what was last seen stays good for a day when the host does
 * not answer: an outage over there must not lock anybody out.
 */
export function createRemote<T>(deps: {
  outbound: Pick<Outbound, 'get'>;
  clock: Clock;
  accept: string;
  /** Undefined: this is not what was looked for. */
  read(value: unknown, url: string): T | undefined;
  /** How long a caller waits; the answer is taken in for the next one all the same. */
  patienceMs?: number;
}): Remote<T> {
  const kept = new Map<string, Kept<T>>();
  const fetching = new Map<string, Promise<void>>();

  const refresh = (url: string): Promise<void> => {
    const pending = fetching.get(url) ?? fetchOnce(url).finally(() => fetching.delete(url));
    fetching.set(url, pending);
    return pending;
  };

  const fetchOnce = async (url: string): Promise<void> => {
    const now = deps.clock.now();
    const before = kept.get(url);
    const got = await fetchValue(deps, url, now);
    const failed: Kept<T> = { value: undefined, fetchedAt: 0, freshUntil: 0, ...before, triedAt: now };
    kept.delete(url);
    kept.set(url, got === undefined ? failed : { ...got, fetchedAt: now, triedAt: now });
    const oldest = kept.keys().next();
    if (kept.size > MAX_KEPT && !oldest.done) kept.delete(oldest.value);
  };

  return {
    async find(url, options) {
      const now = deps.clock.now();
      const known = kept.get(url);
      const due = known === undefined || known.freshUntil <= now || options?.missing === true;
      if (due && (known === undefined || known.triedAt + AGAIN_MS <= now)) await patiently(refresh(url), deps.patienceMs ?? PATIENCE_MS);
      const held = kept.get(url);
      return held?.value !== undefined && held.fetchedAt + LONGEST > now ? ok(held.value) : fail('unavailable');
    },
  };
}

/** Waits for work that goes on by itself. */
async function patiently(work: Promise<void>, patienceMs: number): Promise<void> {
  const enough = new AbortController();
  try {
    await Promise.race([work, sleep(patienceMs, undefined, { signal: enough.signal, ref: false })]);
  } finally {
    enough.abort();
  }
}

async function fetchValue<T>(
  deps: Parameters<typeof createRemote<T>>[0],
  url: string,
  now: number,
): Promise<{ value: T; freshUntil: number } | undefined> {
  const answer = await deps.outbound.get(url, { accept: deps.accept, maxBytes: MAX_BYTES, timeoutMs: TIMEOUT_MS });
  if (!answer.ok || answer.status !== 200) return undefined;
  const parsed = parseJson(answer.body.toString('utf8'));
  const value = parsed.ok ? deps.read(parsed.value, url) : undefined;
  if (value === undefined) return undefined;
  const header = (name: string): string | null => answer.headers.get(name);
  const headers = { cacheControl: header('cache-control'), age: header('age'), expires: header('expires'), date: header('date') };
  return { value, freshUntil: freshUntil(headers, now) };
}
