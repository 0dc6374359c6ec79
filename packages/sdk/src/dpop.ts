import { calculateJwkThumbprint, compactVerify, decodeProtectedHeader, importJWK } from 'jose';
import type { Refused } from './caller.ts';
import type { Settings } from './config.ts';
import { base64url } from './base64url.ts';
import type { JsonObject } from './json.ts';
import { isObject, parseObject } from './json.ts';
import { DPOP_ALGORITHMS } from './dpop-algorithms.ts';
import { createNonces } from './dpop-nonce.ts';
import { createSeen } from './dpop-seen.ts';

/** What the proof must fit: the request as it came. `url` says which path; the origins are those of the resource and its aliases. */
export type Shown = { readonly method: string; readonly url: string; readonly dpop: string | null | undefined };

const MAX_PROOF = 8 * 1024;
const COMPACT = /^[\w-]+\.[\w-]+\.[\w-]+$/;
const PRIVATE = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];
/** Seconds that `iat` may lie from our clock: what MCP's profile of DPoP allows, for laptops are off by minutes. */
const WINDOW = 300;

const fault = (reason: 'proof' | 'proof_replayed'): Refused => ({ ok: false, error: 'invalid_dpop_proof', reason });

export type Proofs = {
  /** Undefined when the proof shows that whoever sends the request holds the key of the token (RFC 9449 §4.3, §7). */
  refuse(token: string, jkt: string, shown: Shown, now: number): Promise<Refused | undefined>;
};

type Opened = { readonly claims: JsonObject; readonly jkt: string };

/** Judges DPoP proofs for one resource. What it has seen it remembers in this process: with several, a nonce bounds what a copy is worth. */
export function createProofs(settings: Settings): Proofs {
  const { dpop, resource, aliases } = settings;
  const origins = new Set([resource, ...aliases].map((address) => new URL(address).origin));
  const seen = createSeen(dpop.maxProofs, WINDOW);
  const nonces = dpop.nonceSecret === undefined ? undefined : createNonces(dpop.nonceSecret);

  const refuse: Proofs['refuse'] = async (token, jkt, shown, now) => {
    if (typeof shown.dpop !== 'string') return fault('proof');
    const opened = await open(shown.dpop);
    // A proof by another key than the token's is a stolen token.
    if (opened === undefined || opened.jkt !== jkt) return fault('proof');
    const { claims } = opened;
    const { jti, iat, htm, htu, ath, nonce } = claims;
    if (typeof jti !== 'string' || jti === '' || jti.length > 256 || typeof iat !== 'number') return fault('proof');
    if (htm !== shown.method || !isHere(htu, shown.url, origins)) return fault('proof');
    if (Math.abs(now / 1000 - iat) > WINDOW || ath !== (await sha256(token))) return fault('proof');
    if (nonces !== undefined && !(await nonces.accepts(nonce, now)))
      return { ok: false, error: 'use_dpop_nonce', reason: 'nonce', nonce: await nonces.current(now) };
    return seen.isFirst(jkt, jti, iat, now) ? undefined : fault('proof_replayed');
  };
  return { refuse };
}

async function open(proof: string): Promise<Opened | undefined> {
  // Two DPoP headers arrive joined by a comma, which no compact JWS has (RFC 9449 §4.3, point 1).
  if (proof.length > MAX_PROOF || !COMPACT.test(proof)) return undefined;
  try {
    const { typ, alg, jwk, crit } = decodeProtectedHeader(proof);
    const algorithm = DPOP_ALGORITHMS.find((known) => known === alg);
    if (typ !== 'dpop+jwt' || algorithm === undefined || crit !== undefined) return undefined;
    if (!isObject(jwk) || PRIVATE.some((member) => member in jwk)) return undefined;
    const { kty, crv, x, y, n, e } = jwk;
    const members = Object.fromEntries(Object.entries({ kty, crv, x, y, n, e }).filter(([, value]) => typeof value === 'string'));
    const { payload } = await compactVerify(proof, await importJWK(members, algorithm), { algorithms: [algorithm] });
    const claims = parseObject(new TextDecoder('utf-8', { fatal: true }).decode(payload));
    return claims === undefined ? undefined : { claims, jkt: await calculateJwkThumbprint(members) };
  } catch {
    return undefined;
  }
}

/** The request's own Host header is not asked: a proxy may have rewritten it, and a stranger may have written it. */
function isHere(htu: unknown, url: string, origins: ReadonlySet<string>): boolean {
  if (typeof htu !== 'string' || /[?#\\]/.test(htu) || !URL.canParse(htu) || !URL.canParse(url)) return false;
  const said = new URL(htu);
  return origins.has(said.origin) && said.username === '' && said.password === '' && said.pathname === new URL(url).pathname;
}

async function sha256(text: string): Promise<string> {
  return base64url(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)));
}
