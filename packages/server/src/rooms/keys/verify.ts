import { isObject } from '../../base/json.ts';
import type { SigningAlg } from './key.ts';

/** Why one of our own tokens is not taken: for the audit entry, never for the caller. */
export type VerifyFault =
  | 'too_long'
  | 'not_a_jws'
  | 'header'
  | 'header_member'
  | 'unknown_key'
  | 'algorithm'
  | 'type'
  | 'signature'
  | 'payload'
  | 'issuer'
  | 'expired'
  | 'not_yet'
  | 'audience';

export type Expectation = {
  /** The `typ` it must bear: an id_token is no access token (RFC 8725 §3.11). */
  typ: string | readonly string[];
  /** Milliseconds. */
  now: number;
  audience?: string | undefined;
  /** How far `exp` may lie back. Default 0; `Infinity` for an id_token hint, which is old by nature. */
  leewayMs?: number | undefined;
};

/** Longest token looked at: ours are a few kilobytes at most, and parsing is work done for a stranger. */
export const MAX_JWS = 8192;

/** Clocks of two nodes differ; a token of the other one may seem to come from the near future. */
const SKEW_MS = 60_000;

export type Segments = { header: string; payload: string; signature: string; signed: string };

/** The three parts, each in the base64url alphabet; anything around them, padding included, is refused. */
export function splitJws(jwt: string): Segments | undefined {
  const found = /^([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)$/.exec(jwt);
  if (found === null) return undefined;
  const [, header = '', payload = '', signature = ''] = found;
  return { header, payload, signature, signed: jwt.slice(0, header.length + 1 + payload.length) };
}

/**
 * Our headers have exactly `alg`, `kid` and `typ`. Any other member (`crit`, `jku`, `jwk`, `x5u`, `b64`, `zip`, …) would ask for something that
 * we never do, so it is refused rather than ignored (RFC 8725 §3.9, §3.10).
 */
export function judgeHeader(header: unknown, key: { alg: SigningAlg } | undefined, typ: Expectation['typ']): VerifyFault | undefined {
  if (!isObject(header)) return 'header';
  if (Object.keys(header).some((name) => name !== 'alg' && name !== 'kid' && name !== 'typ')) return 'header_member';
  if (key === undefined) return 'unknown_key';
  if (header['alg'] !== key.alg) return 'algorithm';
  const types = typeof typ === 'string' ? [typ] : typ;
  return types.some((one) => one === header['typ']) ? undefined : 'type';
}

/** Issuer, times and audience of a payload whose signature holds. `aud` of our tokens is one string, so nothing else matches. */
export function judgeClaims(claims: unknown, issuer: string, expected: Expectation): VerifyFault | undefined {
  if (!isObject(claims)) return 'payload';
  const { iss, exp, iat, nbf, aud } = claims;
  if (iss !== issuer) return 'issuer';
  if (!isTime(exp) || !isTime(iat) || (nbf !== undefined && !isTime(nbf))) return 'payload';
  if (expected.now >= exp * 1000 + (expected.leewayMs ?? 0)) return 'expired';
  if (Math.max(iat, nbf ?? iat) * 1000 > expected.now + SKEW_MS) return 'not_yet';
  return expected.audience === undefined || aud === expected.audience ? undefined : 'audience';
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}
