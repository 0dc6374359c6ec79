import type { Obstacle } from '../issuers/issuer.ts';
import { isTime } from '../issuers/judge.ts';
import { shown } from '../issuers/patterns.ts';

type Claims = Readonly<Record<string, unknown>>;

/** Clocks of two machines may differ this much (ms). */
const SKEW = 60_000;
const CONTROL = /\p{Cc}/u;

/** What the claims have to say. `maxAge` in seconds: asked for, so `auth_time` must be there. `longest`: how long what is signed may live (s). */
export type Expected = {
  issuer: string;
  audience: string;
  nonce: string;
  now: number;
  maxAge?: number | undefined;
  /** A sign-in anew was asked for, at this time (ms): one that says when it was may not be older. */
  since?: number | undefined;
  longest: number;
};

const obstacle = (reason: string, sentence: string): Obstacle => ({ reason, sentence });

/**
 * The header is the sender's word: it may choose among what the provider may sign with, and ask for nothing more. No `none`, and HMAC only where
 * the answers of a page are signed with a shared secret and by nothing else (RFC 8725 §3.1). An access token or a logout token is no id_token.
 */
export function headerFault(header: Claims, algorithms: readonly string[]): Obstacle | undefined {
  const { alg, typ } = header;
  if (['crit', 'b64', 'zip', 'enc'].some((name) => name in header))
    return obstacle('id_token_header', 'The header asks for crit, b64, zip or enc, which no answer needs.');
  if (typeof alg !== 'string' || !algorithms.includes(alg))
    return obstacle('id_token_algorithm', `It is signed with ${shown(alg)}; expected is ${algorithms.join(', ')}.`);
  if (typ !== undefined && (typeof typ !== 'string' || !/^(application\/)?jwt$/i.test(typ)))
    return obstacle('id_token_type', `Its typ is ${shown(typ)}.`);
  return undefined;
}

/** OIDC Core §3.1.3.7, in order; the signature was good. For the answers of external pages too. */
export function claimsFault(claims: Claims, expected: Expected): Obstacle | undefined {
  const { iss, aud, azp, nonce, sub } = claims;
  if (iss !== expected.issuer) return obstacle('id_token_issuer', `iss is ${shown(iss)}, not ${shown(expected.issuer)}.`);
  const audiences: readonly unknown[] = Array.isArray(aud) ? aud : [aud];
  // One that is also for somebody else could be brought here by them.
  if (audiences.length !== 1 || audiences[0] !== expected.audience)
    return obstacle('id_token_audience', `aud is ${shown(aud)}, not ${shown(expected.audience)} alone.`);
  if (azp !== undefined && azp !== expected.audience) return obstacle('id_token_azp', `azp is ${shown(azp)}.`);
  if (nonce !== expected.nonce) return obstacle('id_token_nonce', 'The nonce is not that of this sign-in.');
  if (typeof sub !== 'string' || sub === '' || sub.length > 255 || CONTROL.test(sub) || !sub.isWellFormed())
    return obstacle('id_token_subject', 'sub is missing, longer than 255 characters or holds control characters.');
  return timeFault(claims, expected);
}

function timeFault({ exp, iat, nbf, auth_time: authTime }: Claims, { now, maxAge, since, longest }: Expected): Obstacle | undefined {
  if (!isTime(exp) || exp * 1000 + SKEW <= now) return obstacle('id_token_expired', `exp is ${shown(exp)}.`);
  if (!isTime(iat) || iat * 1000 > now + SKEW) return obstacle('id_token_issued', `iat is ${shown(iat)}.`);
  if (nbf !== undefined && (!isTime(nbf) || nbf * 1000 > now + SKEW)) return obstacle('id_token_issued', `nbf is ${shown(nbf)}.`);
  if (iat * 1000 + longest * 1000 + SKEW <= now) return obstacle('id_token_old', `It was issued more than ${longest} s ago.`);
  if (since !== undefined && isTime(authTime) && authTime * 1000 + SKEW < since)
    return obstacle('id_token_auth_time', 'A sign-in anew was asked for, and the one over there is older.');
  if (maxAge === undefined) return undefined;
  // OIDC Core §3.1.2.1: max_age was asked for, so the time has to be said.
  if (!isTime(authTime)) return obstacle('id_token_auth_time', 'max_age was asked for, and auth_time is missing.');
  return authTime * 1000 + maxAge * 1000 + SKEW < now
    ? obstacle('id_token_auth_time', 'The sign-in over there is older than what was asked for.')
    : undefined;
}
