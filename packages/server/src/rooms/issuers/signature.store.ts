import { constants, createPublicKey, verify, type KeyObject, type VerifyKeyObjectInput } from 'node:crypto';
import { isUtf8 } from 'node:buffer';
import { isObject, parseJson } from '../../base/json.ts';
import { derFromRaw } from '../keys/make.store.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { algorithmsOf, type PublicJwk, type PublicJwks } from './jwks.ts';

type Members = Readonly<Record<string, unknown>>;

/** A JWS as its sender wrote it: read once, nothing believed yet. */
export type UnverifiedJws = { header: Members; claims: Members; signed: string; signature: string };

/** Longest assertion looked at. Parsing is work done for a stranger. */
export const MAX_ASSERTION = 8_192;

/** Compact form only; a JWE has five parts and is none. Names that stand twice are refused: two readers must not see two documents. */
export function readJws(token: string, longest = MAX_ASSERTION): Result<UnverifiedJws, 'assertion_too_long' | 'assertion_malformed'> {
  if (token.length > longest) return fail('assertion_too_long');
  // The signature may be empty here: who leaves it out shall read that, not that the form was wrong.
  const [, first = '', second = '', signature = ''] = /^([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]*)$/.exec(token) ?? [];
  const header = membersOf(first);
  const claims = membersOf(second);
  return header === undefined || claims === undefined
    ? fail('assertion_malformed')
    : ok({ header, claims, signed: `${first}.${second}`, signature });
}

function membersOf(segment: string): Members | undefined {
  const bytes = Buffer.from(segment, 'base64url');
  const parsed = isUtf8(bytes) ? parseJson(bytes.toString('utf8')) : undefined;
  return parsed?.ok === true && isObject(parsed.value) ? parsed.value : undefined;
}

const MAX_CANDIDATES = 4;

/** Keys that may have signed: same kid where both name one, an algorithm that fits the key's own type. A bound on work done for a stranger. */
export function candidateKeys(jwks: PublicJwks, header: { alg: string; kid?: string | undefined }): readonly PublicJwk[] {
  const fitting = jwks.keys.filter(
    (key) => algorithmsOf(key).includes(header.alg) && (key.alg === undefined || sameAlgorithm(key.alg, header.alg)),
  );
  const named = header.kid === undefined ? fitting : fitting.filter((key) => key.kid === undefined || key.kid === header.kid);
  return named.slice(0, MAX_CANDIDATES);
}

const sameAlgorithm = (a: string, b: string): boolean => a === b || (a.startsWith('Ed') && b.startsWith('Ed'));

export function knowsKid(jwks: PublicJwks, kid: unknown): boolean {
  return jwks.keys.some((key) => key.kid !== undefined && key.kid === kid);
}

/** `der`: rewritten by us, because to ask Node for r‖s costs a third of the verification. */
type Scheme = { digest: string | null; options: Partial<VerifyKeyObjectInput> | 'der' };
/** RFC 7518 §3, RFC 8037. What is not here is not verified: no HMAC, so that a public key can never be taken for a secret. */
const SCHEMES: Readonly<Record<string, Scheme>> = {
  ES256: { digest: 'sha256', options: 'der' },
  ES384: { digest: 'sha384', options: { dsaEncoding: 'ieee-p1363' } },
  EdDSA: { digest: null, options: {} },
  Ed25519: { digest: null, options: {} },
  RS256: { digest: 'sha256', options: { padding: constants.RSA_PKCS1_PADDING } },
  PS256: { digest: 'sha256', options: { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 } },
};

/** Whether one of these keys made the signature. Synchronous: in this process a verification is cheaper than the turn of a thread pool. */
export function isSignedBy(keys: readonly PublicJwk[], jws: Pick<UnverifiedJws, 'signed' | 'signature'>, alg: string): boolean {
  const scheme = SCHEMES[alg];
  if (scheme === undefined) return false;
  const { digest, options } = scheme;
  const raw = Buffer.from(jws.signature, 'base64url');
  const signature = options === 'der' ? derFromRaw(raw) : raw;
  if (signature === undefined) return false;
  const data = Buffer.from(jws.signed, 'latin1');
  return keys.some((jwk) => {
    const key = keyOf(jwk);
    return key !== undefined && verify(digest, data, options === 'der' ? key : { key, ...options }, signature);
  });
}

/** Reading a key costs more than verifying with it. They go with the set they belong to. */
const known = new WeakMap<PublicJwk, KeyObject>();

function keyOf(jwk: PublicJwk): KeyObject | undefined {
  const found = known.get(jwk);
  if (found !== undefined) return found;
  try {
    const made = createPublicKey({ key: { ...jwk }, format: 'jwk' });
    known.set(jwk, made);
    return made;
  } catch {
    // A point that is not on its curve has the right length and is no key.
    return undefined;
  }
}
