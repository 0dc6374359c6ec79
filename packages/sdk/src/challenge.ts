import type { Caller, Reason, Refused } from './caller.ts';
import { DPOP_ALGORITHMS } from './dpop-algorithms.ts';

/** An answer for a request that is refused, ready to be written by any framework. */
export type Challenge = {
  readonly status: 401 | 403 | 503;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: { readonly error: string; readonly error_description: string };
};

export type ChallengeParts = {
  readonly error?: string | undefined;
  readonly description?: string | undefined;
  readonly scopes?: readonly string[] | undefined;
  readonly acrValues?: readonly string[] | undefined;
  /** Seconds. */
  readonly maxAge?: number | undefined;
  readonly resourceMetadata?: string | undefined;
  /** `DPoP` names the algorithms of proofs as well (RFC 9449 §7.1). Default `Bearer`. */
  readonly scheme?: 'Bearer' | 'DPoP';
};

/** How the user must have been authenticated (RFC 9470 §3): by one of these classes, and at most `maxAge` seconds ago. */
export type AuthenticationDemand = { readonly acrValues?: readonly string[]; readonly maxAge?: number };

/** What a caller may know. Everything else sounds alike, so that a refusal teaches a forger nothing. */
const SENTENCES: Partial<Record<Reason, string>> = {
  missing: 'An access token is needed',
  expired: 'The access token expired',
  audience: 'The access token was not issued for this resource',
  revoked: 'The access token was revoked',
  proof_of_possession: 'The access token is bound to a key and comes with the scheme DPoP and a proof',
  not_bound: 'The access token is not bound to a key',
  proof: 'The DPoP proof does not fit the token and this request',
  proof_replayed: 'The DPoP proof was used before',
  nonce: 'The DPoP proof needs the nonce of this answer',
  issuer_unreachable: 'The access token cannot be checked at the moment',
  signals_stale: 'The access token cannot be checked at the moment',
};

/** What only a client that proves a key can do better. */
const ABOUT_KEYS = new Set<Reason>(['proof_of_possession', 'not_bound', 'proof', 'proof_replayed', 'nonce']);

// RFC 6750 §3: quote and backslash may not stand in these values; a control character would end the header.
function quoted(value: string): string {
  return `"${value.replace(/[^\x20-\x21\x23-\x5b\x5d-\x7e]/g, ' ')}"`;
}

/** The value of a `WWW-Authenticate` header (RFC 6750 §3, RFC 9728 §5.1). */
export function challengeHeader(parts: ChallengeParts): string {
  const { error, description, scopes, acrValues, maxAge, resourceMetadata, scheme = 'Bearer' } = parts;
  const params = [
    error === undefined ? undefined : `error=${quoted(error)}`,
    description === undefined ? undefined : `error_description=${quoted(description)}`,
    scopes === undefined || scopes.length === 0 ? undefined : `scope=${quoted(scopes.join(' '))}`,
    acrValues === undefined || acrValues.length === 0 ? undefined : `acr_values=${quoted(acrValues.join(' '))}`,
    maxAge === undefined ? undefined : `max_age=${quoted(String(maxAge))}`,
    resourceMetadata === undefined ? undefined : `resource_metadata=${quoted(resourceMetadata)}`,
    scheme === 'DPoP' ? `algs=${quoted(DPOP_ALGORITHMS.join(' '))}` : undefined,
  ].filter((param) => param !== undefined);
  return params.length === 0 ? scheme : `${scheme} ${params.join(', ')}`;
}

function answer(status: Challenge['status'], headers: Record<string, string>, error: string, description: string): Challenge {
  // Without the second header a client in a browser sees the status and not what is asked of it (Fetch standard, CORS).
  const seen = { 'cache-control': 'no-store', 'access-control-expose-headers': 'WWW-Authenticate, DPoP-Nonce, Retry-After' };
  return { status, headers: { ...seen, ...headers }, body: { error, error_description: description } };
}

/** 401 for a bad or missing token, 503 for one that cannot be judged now. */
export function refusal(
  refused: Refused,
  { scopes, resourceMetadata, dpopOnly }: { scopes: readonly string[]; resourceMetadata: string; dpopOnly: boolean },
): Challenge {
  const description = SENTENCES[refused.reason] ?? 'The access token is not valid';
  if (refused.error === 'temporarily_unavailable') return answer(503, { 'retry-after': '2' }, refused.error, description);
  // RFC 6750 §3.1: a request without any credential gets no error code in the challenge.
  const named = refused.reason === 'missing' ? {} : { error: refused.error, description };
  const scheme = dpopOnly || ABOUT_KEYS.has(refused.reason) ? 'DPoP' : 'Bearer';
  const header = challengeHeader({ ...named, scopes, resourceMetadata, scheme });
  const nonce: Record<string, string> = refused.nonce === undefined ? {} : { 'dpop-nonce': refused.nonce };
  return answer(401, { 'www-authenticate': header, ...nonce }, refused.error, description);
}

/** 403 that names every scope the operation needs, also those the caller has: a client that asks for just these loses nothing. */
export function insufficientScope(needed: readonly string[], resourceMetadata: string): Challenge {
  const description = 'The access token lacks a scope this needs';
  const header = challengeHeader({ error: 'insufficient_scope', description, scopes: needed, resourceMetadata });
  return answer(403, { 'www-authenticate': header }, 'insufficient_scope', description);
}

/** Whether the user behind a caller was authenticated as demanded. A claim that is missing never satisfies. Pure; `now` in milliseconds. */
export function isAuthenticatedAs(caller: Pick<Caller, 'acr' | 'authTime'>, demand: AuthenticationDemand, now: number): boolean {
  const { acrValues, maxAge } = demand;
  if (acrValues !== undefined && (caller.acr === undefined || !acrValues.includes(caller.acr))) return false;
  return maxAge === undefined || (caller.authTime !== undefined && now / 1000 - caller.authTime <= maxAge);
}

/** 401 that says how the user must log in for this operation (RFC 9470 §3). A client sends `acr_values` and `max_age` on to the hub. */
export function insufficientAuthentication(demand: AuthenticationDemand, resourceMetadata: string): Challenge {
  const description = 'This needs a stronger or more recent login';
  const error = 'insufficient_user_authentication';
  const header = challengeHeader({ error, description, ...demand, resourceMetadata });
  return answer(401, { 'www-authenticate': header }, error, description);
}

/** The challenge as a web-standard Response. */
export function challengeResponse(challenge: Challenge): Response {
  return Response.json(challenge.body, { status: challenge.status, headers: challenge.headers });
}
