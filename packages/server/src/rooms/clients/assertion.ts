import { isObject } from '../../base/json.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { isTime } from '../issuers/judge.ts';
import { ASSERTION_ALGORITHMS } from '../issuers/jwks.ts';

/** What is left to do once the claims are right: burn the jti, until it could not be used anyway. */
export type JudgedAssertion = { jti: string; expiresAt: number };

/** Clocks of two machines may differ this much (ms). */
const SKEW = 60_000;
/** RFC 7523 leaves it to us: an assertion is made for one request. */
const MAX_LIFE = 300_000;
const TYPES = new Set(['jwt', 'client-authentication+jwt', 'application/jwt', 'application/client-authentication+jwt']);

/** The algorithm an assertion says it is signed with, if it is one of ours. The header is the sender's word: it chooses among our list, no more. */
export function readHeader(header: unknown): Result<{ alg: string; kid?: string }, string> {
  if (!isObject(header)) return fail('assertion_malformed');
  const { alg, kid, typ } = header;
  if (typeof alg !== 'string' || !ASSERTION_ALGORITHMS.includes(alg)) return fail('assertion_algorithm');
  if ('crit' in header || 'b64' in header) return fail('assertion_critical_header');
  // Another kind of JWT (an access token, an ID-JAG) signed by the same key is no authentication (RFC 8725 §3.11).
  if (typ !== undefined && (typeof typ !== 'string' || !TYPES.has(typ.toLowerCase()))) return fail('assertion_type');
  return ok({ alg, ...(typeof kid === 'string' ? { kid } : {}) });
}

/** Judges the claims of an assertion whose signature was good (RFC 7523 §3, and 7523bis: the issuer is its only audience). */
export function judgeClaims(claims: unknown, expected: { clientId: string; issuer: string; now: number }): Result<JudgedAssertion, string> {
  if (!isObject(claims)) return fail('assertion_malformed');
  const { iss, sub, aud, exp, nbf, iat, jti } = claims;
  if (sub !== expected.clientId || iss !== sub) return fail('assertion_subject');
  if (!namesIssuer(aud, expected.issuer)) return fail('assertion_audience');
  if (!isTime(exp)) return fail('assertion_without_expiry');
  if (exp * 1000 + SKEW <= expected.now) return fail('assertion_expired');
  if (exp * 1000 > expected.now + MAX_LIFE + SKEW) return fail('assertion_lives_too_long');
  if (nbf !== undefined && (!isTime(nbf) || nbf * 1000 > expected.now + SKEW)) return fail('assertion_not_yet_valid');
  if (iat !== undefined && (!isTime(iat) || iat * 1000 > expected.now + SKEW)) return fail('assertion_from_the_future');
  // oxlint-disable-next-line no-control-regex -- reason: a NUL would not fit into the table that remembers it
  if (typeof jti !== 'string' || jti === '' || jti.length > 256 || /[\u0000-\u001f]/.test(jti) || !jti.isWellFormed())
    return fail('assertion_without_id');
  return ok({ jti, expiresAt: exp * 1000 + SKEW });
}

/** The issuer as a string or as the one member of a list, with or without a slash at its end (SDKs write both). Never the token endpoint. */
function namesIssuer(aud: unknown, issuer: string): boolean {
  const one: unknown = Array.isArray(aud) && aud.length === 1 ? aud[0] : aud;
  return one === issuer || one === `${issuer}/`;
}
