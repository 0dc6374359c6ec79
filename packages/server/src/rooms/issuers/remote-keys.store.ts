import type { Clock } from '../../base/clock.ts';
import { parseJson } from '../../base/json.ts';
import type { Outbound } from '../../base/outbound/outbound.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { freshUntil, LONGEST } from './freshness.ts';
import { readJwks, type PublicJwks } from './jwks.ts';

/** The keys behind a client's jwks_uri, remembered by this node. */
export type RemoteKeys = {
  /** `missing`: a signature names a key that the remembered set does not have; asks again, at most once a minute. */
  find(url: string, options?: { missing: boolean }): Promise<Result<PublicJwks, string>>;
};

const MAX_BYTES = 65_536;
const TIMEOUT_MS = 5_000;
const AGAIN_MS = 60_000;
const MAX_SETS = 2_000;

type Kept = { keys: PublicJwks | undefined; fetchedAt: number; triedAt: number; freshUntil: number };

/** When the host does not answer, the keys last seen stay good for a day: an outage over there must not lock the client out. */
export function createRemoteKeys(deps: { outbound: Pick<Outbound, 'get'>; clock: Clock }): RemoteKeys {
  const kept = new Map<string, Kept>();
  const fetching = new Map<string, Promise<void>>();

  const refresh = (url: string): Promise<void> => {
    const pending = fetching.get(url) ?? fetchOnce(url).finally(() => fetching.delete(url));
    fetching.set(url, pending);
    return pending;
  };

  const fetchOnce = async (url: string): Promise<void> => {
    const now = deps.clock.now();
    const before = kept.get(url);
    const read = await fetchKeys(deps.outbound, url, now);
    const failed: Kept = { keys: undefined, fetchedAt: 0, freshUntil: 0, ...before, triedAt: now };
    kept.delete(url);
    kept.set(url, read.ok ? { ...read.value, fetchedAt: now, triedAt: now } : failed);
    const oldest = kept.keys().next();
    if (kept.size > MAX_SETS && !oldest.done) kept.delete(oldest.value);
  };

  return {
    async find(url, options) {
      const now = deps.clock.now();
      const known = kept.get(url);
      const due = known === undefined || known.freshUntil <= now || options?.missing === true;
      if (due && (known === undefined || known.triedAt + AGAIN_MS <= now)) await refresh(url);
      const held = kept.get(url);
      return held?.keys !== undefined && held.fetchedAt + LONGEST > now ? ok(held.keys) : fail('assertion_keys_unavailable');
    },
  };
}

async function fetchKeys(
  outbound: Pick<Outbound, 'get'>,
  url: string,
  now: number,
): Promise<Result<{ keys: PublicJwks; freshUntil: number }, string>> {
  const answer = await outbound.get(url, {
    accept: 'application/jwk-set+json, application/json',
    maxBytes: MAX_BYTES,
    timeoutMs: TIMEOUT_MS,
  });
  if (!answer.ok || answer.status !== 200) return fail('unreachable');
  const parsed = parseJson(answer.body.toString('utf8'));
  const keys = parsed.ok ? readJwks(parsed.value, true) : parsed;
  if (!keys.ok) return fail('unreadable');
  const header = (name: string): string | null => answer.headers.get(name);
  return ok({
    keys: keys.value,
    freshUntil: freshUntil(
      { cacheControl: header('cache-control'), age: header('age'), expires: header('expires'), date: header('date') },
      now,
    ),
  });
}
