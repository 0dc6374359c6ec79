import { importJWK } from 'jose';
import type { Clock } from './clock.ts';
import type { Algorithm } from './config.ts';
import { fetchObject } from './http.ts';
import { discoverKeys } from './issuer.ts';
import type { JsonObject } from './json.ts';
import { isObject } from './json.ts';

/** Keys older than this are fetched again in the background, and older than twice this before use. It bounds how long a withdrawn key works. */
const SOFT_AGE = 5 * 60_000;
/** With the hub away this long, its keys are not trusted any more. Longer than access tokens live, so nobody is cut off by an outage. */
const HARD_AGE = 60 * 60_000;
/** An attacker chooses key ids freely: unknown ones may cause one fetch a minute, no more. */
const UNKNOWN_PAUSE = 60_000;
/** After a failed fetch: how long to leave the hub alone, without keys and with keys that still serve. */
const FAILURE_PAUSE = 1_000;
const FAILURE_PAUSE_WITH_KEYS = 30_000;

export type VerificationKey = { readonly algorithm: Algorithm; readonly key: CryptoKey };
export type KeyAnswer = VerificationKey | 'unknown' | 'unreachable';
export type Keys = { find(kid: string): Promise<KeyAnswer> };

/** The one algorithm a key is for. It follows from the key, never from a token's header (CVE-2026-22817). */
function algorithmOf(jwk: JsonObject): Algorithm | undefined {
  const { kty, crv, alg } = jwk;
  const natural =
    kty === 'EC' && crv === 'P-256' ? 'ES256' : kty === 'OKP' && crv === 'Ed25519' ? 'EdDSA' : kty === 'RSA' ? 'RS256' : undefined;
  const named = alg === 'Ed25519' ? 'EdDSA' : alg;
  return named === undefined || named === natural ? natural : undefined;
}

async function readKey(jwk: unknown, allowed: readonly Algorithm[]): Promise<[string, VerificationKey] | undefined> {
  if (!isObject(jwk) || typeof jwk['kid'] !== 'string' || (jwk['use'] ?? 'sig') !== 'sig') return undefined;
  const algorithm = algorithmOf(jwk);
  if (algorithm === undefined || !allowed.includes(algorithm)) return undefined;
  try {
    const { kty, crv, x, y, n, e } = jwk;
    // Only public members are handed on, so a hub that leaks a private key does not change what is imported here.
    const members = Object.entries({ kty, crv, x, y, n, e }).filter(([, value]) => typeof value === 'string');
    const key = await importJWK(Object.fromEntries(members), algorithm);
    return key instanceof Uint8Array ? undefined : [jwk['kid'], { algorithm, key }];
  } catch {
    return undefined;
  }
}

async function load(
  fetcher: typeof fetch,
  issuer: string,
  allowed: readonly Algorithm[],
): Promise<ReadonlyMap<string, VerificationKey> | undefined> {
  const uri = await discoverKeys(fetcher, issuer);
  const set = uri === undefined ? undefined : await fetchObject(fetcher, uri);
  if (!Array.isArray(set?.['keys'])) return undefined;
  const keys = await Promise.all(set['keys'].slice(0, 100).map((jwk) => readKey(jwk, allowed)));
  return new Map(keys.filter((key) => key !== undefined));
}

type Source = { readonly fetch: typeof fetch; readonly issuer: string; readonly algorithms: readonly Algorithm[]; readonly clock: Clock };

/** The hub's signing keys: fetched on first use, kept for minutes, one fetch at a time however many requests wait. */
export function createKeys(source: Source): Keys {
  let keys: ReadonlyMap<string, VerificationKey> = new Map();
  let loadedAt = -Infinity;
  let triedAt = -Infinity;
  let askedAt = -Infinity;
  let running: Promise<void> | undefined;

  const refresh = (now: number): Promise<void> => {
    if (running !== undefined) return running;
    const pause = keys.size === 0 ? FAILURE_PAUSE : FAILURE_PAUSE_WITH_KEYS;
    if (triedAt > loadedAt && now - triedAt < pause) return Promise.resolve();
    triedAt = now;
    running = load(source.fetch, source.issuer, source.algorithms)
      .then((loaded) => {
        if (loaded === undefined) return;
        keys = loaded;
        loadedAt = triedAt;
      })
      .finally(() => {
        running = undefined;
      });
    return running;
  };

  const freshen = async (now: number): Promise<void> => {
    const age = now - loadedAt;
    if (age <= SOFT_AGE) return;
    const done = refresh(now);
    if (age > 2 * SOFT_AGE) await done;
  };

  const find = async (kid: string): Promise<KeyAnswer> => {
    const now = source.clock();
    await freshen(now);
    if (now - loadedAt > HARD_AGE) return 'unreachable';
    const known = keys.get(kid);
    if (known !== undefined || loadedAt === now) return known ?? 'unknown';
    if (now - askedAt >= UNKNOWN_PAUSE) {
      askedAt = now;
      await refresh(now);
    } else if (running !== undefined) {
      await running;
    }
    return keys.get(kid) ?? 'unknown';
  };

  return { find };
}
