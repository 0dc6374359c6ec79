import { DPOP_TYP } from '@writ/protocol';
import { isObject } from '../../base/json.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { algorithmsOf, ASSERTION_ALGORITHMS, readJwks, type PublicJwk } from '../issuers/jwks.ts';

/** Algorithms of DPoP proofs: asymmetric ones only (RFC 9449 §11.6). What the metadata document lists. */
export const DPOP_ALGORITHMS = ASSERTION_ALGORITHMS;

/** A proof whose header can be checked: the key in it is the prover's word, and the signature will show whether it is kept. */
export type ProofHeader = { alg: string; jwk: PublicJwk };
/** What the server has seen of the request that the proof came with. `url`: built from the issuer, without query and fragment. */
export type ProvenRequest = { method: string; url: string; now: number; accessTokenDigest?: string | undefined };
/** A proof that fits its request. `expiresAt`: until when its `jti` must be remembered (ms). */
export type JudgedProof = { jti: string; nonce: string | undefined; expiresAt: number };

/** How far `iat` may lie from our clock (ms), to either side: clients on laptops and in containers are off by minutes. */
export const PROOF_MS = 300_000;
const MAX_JTI = 256;

/** RFC 9449 §4.3, points 4 to 6. Nothing else of the header is looked at: no `jku`, no `x5c`, no `kid` says where a key would be. */
export function readProofHeader(header: unknown): Result<ProofHeader, string> {
  if (!isObject(header)) return fail('proof_malformed');
  const { typ, alg, jwk } = header;
  if (typ !== DPOP_TYP) return fail('proof_type');
  if (typeof alg !== 'string' || !DPOP_ALGORITHMS.includes(alg)) return fail('proof_algorithm');
  if ('crit' in header || 'b64' in header) return fail('proof_critical_header');
  // Also refuses a key with a private half (point 7), and one too weak to prove anything.
  const read = readJwks({ keys: [jwk] }, false);
  const key = read.ok ? read.value.keys[0] : undefined;
  if (key === undefined || !isCanonical(key)) return fail('proof_key');
  return algorithmsOf(key).includes(alg) ? ok({ alg, jwk: key }) : fail('proof_algorithm');
}

/** Only base64url without padding: in another spelling the same key would have another thumbprint. */
function isCanonical({ x, y, n, e }: PublicJwk): boolean {
  return [x, y, n, e].every((member) => member === undefined || /^[A-Za-z0-9_-]+$/.test(member));
}

/** The text whose SHA-256 is the key's thumbprint (RFC 7638 §3.2): required members only, in alphabetical order. */
export function thumbprintText({ kty, crv, x, y, n, e }: PublicJwk): string {
  const members = kty === 'RSA' ? { e, kty, n } : kty === 'EC' ? { crv, kty, x, y } : { crv, kty, x };
  return JSON.stringify(members);
}

/** RFC 9449 §4.3, points 8 to 12. Whether the `jti` was seen before and the nonce is ours is asked elsewhere. */
export function judgeProof(claims: unknown, of: ProvenRequest): Result<JudgedProof, string> {
  if (!isObject(claims)) return fail('proof_malformed');
  const { jti, htm, htu, iat, ath, nonce } = claims;
  if (typeof jti !== 'string' || jti === '' || jti.length > MAX_JTI) return fail('proof_without_id');
  if (htm !== of.method) return fail('proof_method');
  if (typeof htu !== 'string' || !isSameAddress(htu, of.url)) return fail('proof_address');
  if (typeof iat !== 'number' || !Number.isFinite(iat)) return fail('proof_without_time');
  if (Math.abs(of.now - iat * 1000) > PROOF_MS) return fail('proof_time');
  if (nonce !== undefined && typeof nonce !== 'string') return fail('proof_malformed');
  if (of.accessTokenDigest !== undefined && ath !== of.accessTokenDigest) return fail('proof_of_another_token');
  return ok({ jti, nonce, expiresAt: Math.floor(iat * 1000) + PROOF_MS + 1000 });
}

/** §4.2: without query and fragment. Spellings that RFC 3986 §6.2.2 and §6.2.3 call the same are the same. */
function isSameAddress(htu: string, url: string): boolean {
  if (htu === url) return true;
  if (htu.length > 2_048 || /[?#\\]/.test(htu) || !URL.canParse(htu)) return false;
  return new URL(htu).href === new URL(url).href;
}
