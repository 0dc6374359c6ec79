/** How tokens may be signed. ES256 unless a resource or client asks otherwise: RS256 costs ten times as much to sign. */
export const SIGNING_ALGS = ['ES256', 'EdDSA', 'RS256'] as const;
export type SigningAlg = (typeof SIGNING_ALGS)[number];

/**
 * next: published, not used yet. active: signs. retired: signs no more, still published until the last token it signed has expired.
 * revoked: unpublished at once (compromise).
 */
export type KeyState = 'next' | 'active' | 'retired' | 'revoked';

export type PublicJwk = Readonly<Record<string, unknown>> & { kid: string };

export type SigningKey = {
  id: string;
  alg: SigningAlg;
  state: KeyState;
  publicJwk: PublicJwk;
  createdAt: number;
  activatedAt?: number;
  /** When it stopped signing, whether in order or by an emergency. */
  retiredAt?: number;
};

/** Signs with one key. `sign` gives the compact JWS; `typ` is the header's (`at+jwt`, `JWT`). An object is written by JSON.stringify. */
export type Signer = { kid: string; alg: SigningAlg; sign(typ: string, payload: object | string): string };

/** How long a verifier may keep our JWKS: what its Cache-Control says. */
export const JWKS_CACHE_MS = 15 * 60_000;

/** No access token of any tenant or resource may live longer (their settings are held to it), so no retired key is needed longer. */
export const LONGEST_TOKEN_MS = 24 * 3_600_000;

/** Rotation by age. */
export const MAX_AGE_MS = 90 * 24 * 3_600_000;

/** A key that signs no more stays known to the hub itself for so long: an id_token that comes back as a hint is old by nature. */
export const REMEMBERED_MS = 90 * 24 * 3_600_000;

/** From when the key may sign: every verifier has then had time to fetch it twice. The first key of a hub has no earlier tokens to protect. */
export function seasonedAt(key: SigningKey): number {
  return key.createdAt + 2 * JWKS_CACHE_MS;
}

/** In JWKS: all but revoked keys, retired ones until the longest token life and a minute of foreign clocks have passed. */
export function isPublished(key: SigningKey, now: number): boolean {
  if (key.state === 'revoked') return false;
  return key.state !== 'retired' || now < (key.retiredAt ?? 0) + LONGEST_TOKEN_MS + 60_000;
}

/** Time to rotate: the active key is older than {@link MAX_AGE_MS}. */
export function isDue(key: SigningKey, now: number): boolean {
  return key.state === 'active' && now - (key.activatedAt ?? key.createdAt) >= MAX_AGE_MS;
}

/** Nothing that this key signed is of any use to anyone. */
export function isForgettable(key: SigningKey, now: number): boolean {
  return (key.state === 'retired' || key.state === 'revoked') && now - (key.retiredAt ?? key.createdAt) >= REMEMBERED_MS;
}
