import { compactVerify, decodeProtectedHeader } from 'jose';
import type { Caller, Reason, Refused, Verified } from './caller.ts';
import { readClaims } from './claims.ts';
import type { Settings } from './config.ts';
import type { JsonObject } from './json.ts';
import { parseObject } from './json.ts';
import type { Keys, VerificationKey } from './keys.ts';

/** Longer tokens are refused unread: parsing them would be work a stranger can order. */
const MAX_TOKEN = 16 * 1024;
const COMPACT = /^[\w-]+\.[\w-]+\.[\w-]+$/;
// RFC 9068 §4. An id_token, a logout token or an ID-JAG has another type and must not pass for an access token.
const TYPES = new Set<unknown>(['at+jwt', 'application/at+jwt']);

const invalid = (reason: Reason): Refused => ({ ok: false, error: 'invalid_token', reason });

function readHeader(token: string): { readonly kid: string; readonly alg: string } | Reason {
  let header: JsonObject;
  try {
    header = decodeProtectedHeader(token);
  } catch {
    return 'malformed';
  }
  // `jku`, `x5u`, `x5c` and `jwk` are never looked at: a token does not say where its key is (RFC 8725 §3.10).
  const { typ, alg, kid, crit } = header;
  if (!TYPES.has(typ)) return 'type';
  if (typeof alg !== 'string') return 'algorithm';
  if (crit !== undefined) return 'critical';
  return typeof kid === 'string' && kid !== '' ? { kid, alg } : 'key';
}

async function openSigned(token: string, { key, algorithm }: VerificationKey): Promise<JsonObject | Reason> {
  try {
    const { payload } = await compactVerify(token, key, { algorithms: [algorithm] });
    return parseObject(new TextDecoder('utf-8', { fatal: true }).decode(payload)) ?? 'malformed';
  } catch {
    return 'signature';
  }
}

/** What verify asks of the signals: is this caller dead, and is the stream too old to say so. */
export type Liveness = { kills(caller: Caller, now: number): boolean; isStale(now: number): boolean };

/** Verifies one access token offline. Never throws for anything a caller can send. */
export async function verifyToken(token: string, settings: Settings, keys: Keys, liveness: Liveness): Promise<Verified> {
  if (token.length > MAX_TOKEN) return invalid('too_large');
  if (!COMPACT.test(token)) return invalid('malformed');
  const header = readHeader(token);
  if (typeof header === 'string') return invalid(header);
  const allowed: readonly string[] = settings.algorithms;
  if (!allowed.includes(header.alg)) return invalid('algorithm');
  const found = await keys.find(header.kid);
  if (found === 'unreachable') return { ok: false, error: 'temporarily_unavailable', reason: 'issuer_unreachable' };
  if (found === 'unknown') return invalid('key');
  if (found.algorithm !== header.alg) return invalid('algorithm');
  const claims = await openSigned(token, found);
  if (typeof claims === 'string') return invalid(claims);
  const now = settings.clock();
  const read = readClaims(claims, settings, now);
  if (!read.ok) return invalid(read.reason);
  if (liveness.kills(read.caller, now)) return invalid('revoked');
  return liveness.isStale(now) ? { ok: false, error: 'temporarily_unavailable', reason: 'signals_stale' } : read;
}

/** For a token that came as a bearer token. RFC 9449 §7.1: a bound one that does is a stolen one. */
export function asBearer(verified: Verified): Verified {
  return verified.ok && verified.caller.jkt !== undefined ? invalid('proof_of_possession') : verified;
}

type Presented = { readonly scheme: 'bearer' | 'dpop'; readonly token: string };

/** The token of an `Authorization` header (RFC 6750 §2.1, RFC 9449 §7.1), or the reason there is none. */
export function presentedToken(authorization: string | null | undefined): Presented | Refused {
  if (authorization === null || authorization === undefined || authorization === '') return invalid('missing');
  const [scheme, token, ...rest] = authorization.split(' ').filter((part) => part !== '');
  const named = scheme?.toLowerCase();
  if (named !== 'bearer' && named !== 'dpop') return invalid('missing');
  return token === undefined || rest.length > 0 ? invalid('malformed') : { scheme: named, token };
}
