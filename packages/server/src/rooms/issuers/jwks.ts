import { isObject } from '../../base/json.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { decodeBase64 } from './base64.ts';

/** One public key, reduced to the members that verification uses: a private member cannot be stored, because nothing holds it. */
export type PublicJwk = {
  kty: 'EC' | 'RSA' | 'OKP';
  kid?: string;
  alg?: string;
  use?: string;
  crv?: string;
  x?: string;
  y?: string;
  n?: string;
  e?: string;
};

/** Public keys of a private_key_jwt client (RFC 7517 §5). */
export type PublicJwks = { keys: readonly PublicJwk[] };

/** The algorithms in which a client may sign its assertion, by key type and curve. No HMAC, no `none` (RFC 8725 §3.1). */
const ALGORITHMS: Readonly<Record<string, readonly string[]>> = {
  'EC P-256': ['ES256'],
  'EC P-384': ['ES384'],
  'OKP Ed25519': ['EdDSA', 'Ed25519'],
  RSA: ['RS256', 'PS256'],
};

/** What the metadata document lists. */
export const ASSERTION_ALGORITHMS = Object.values(ALGORITHMS).flat();

const PRIVATE = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];
const COORDINATE_BYTES: Readonly<Record<string, number>> = { 'P-256': 32, 'P-384': 48, Ed25519: 32 };
const MAX_KEYS = 32;

export function algorithmsOf(key: PublicJwk): readonly string[] {
  return ALGORITHMS[key.kty === 'RSA' ? 'RSA' : `${key.kty} ${key.crv ?? ''}`] ?? [];
}

/**
 * Reads a JWK Set of a client. `skipUnknown`: keys of a kind we do not use are left out (a fetched set serves other readers too); otherwise
 * they are refused. A private key is refused either way: whoever publishes one must hear of it.
 */
export function readJwks(value: unknown, skipUnknown: boolean): Result<PublicJwks, string> {
  if (!isObject(value) || !Array.isArray(value['keys'])) return fail('a JWK Set is an object with an array "keys"');
  const listed: readonly unknown[] = value['keys'];
  if (listed.length > MAX_KEYS) return fail(`more than ${MAX_KEYS} keys`);
  const keys: PublicJwk[] = [];
  for (const one of listed) {
    const key = readKey(one);
    if (key.ok) keys.push(key.value);
    else if (!skipUnknown || key.error === PRIVATE_KEY) return key;
  }
  if (keys.length === 0 && !skipUnknown) return fail('no keys');
  return ok({ keys });
}

const PRIVATE_KEY = 'a private or symmetric key was given; publish the public half only, and make a new pair';

function readKey(value: unknown): Result<PublicJwk, string> {
  if (!isObject(value)) return fail('a key is an object');
  if (PRIVATE.some((member) => member in value) || value['kty'] === 'oct') return fail(PRIVATE_KEY);
  const { kty } = value;
  if (kty !== 'EC' && kty !== 'RSA' && kty !== 'OKP') return fail('kty is EC, RSA or OKP');
  const key: PublicJwk = {
    kty,
    ...texts(value, kty === 'RSA' ? ['n', 'e'] : ['crv', 'x', ...(kty === 'EC' ? ['y'] : [])]),
    ...texts(value, ['kid', 'alg', 'use']),
  };
  const problem = weakness(key);
  return problem === undefined ? ok(key) : fail(problem);
}

function texts(value: Readonly<Record<string, unknown>>, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.flatMap((name) => (typeof value[name] === 'string' ? [[name, value[name]]] : [])));
}

function weakness(key: PublicJwk): string | undefined {
  const algorithms = algorithmsOf(key);
  if (algorithms.length === 0) return 'curve is P-256, P-384 or Ed25519';
  if (key.alg !== undefined && !algorithms.includes(key.alg))
    return `alg of a key is one of ${ASSERTION_ALGORITHMS.join(', ')} and fits its type`;
  // Bundles of SPIFFE trust domains mark their keys so (SPIFFE Trust Domain and Bundle §4.2.2).
  if (key.use !== undefined && key.use !== 'sig' && key.use !== 'jwt-svid') return 'use of a key is sig';
  if (key.kty === 'RSA') return weakRsa(key);
  const size = COORDINATE_BYTES[key.crv ?? ''];
  const coordinates = key.kty === 'EC' ? [key.x, key.y] : [key.x];
  return coordinates.every((one) => one !== undefined && decodeBase64(one)?.length === size)
    ? undefined
    : 'a coordinate has the wrong length';
}

const MAX_EXPONENT_BYTES = 4;

function weakRsa({ n = '', e = '' }: PublicJwk): string | undefined {
  const modulus = decodeBase64(n);
  const exponent = decodeBase64(e);
  if (modulus === undefined || exponent === undefined) return 'n and e are base64url';
  const start = modulus.findIndex((byte) => byte !== 0);
  const first = modulus[start];
  const bits = first === undefined ? 0 : (modulus.length - start) * 8 - (Math.clz32(first) - 24);
  if (bits < 2048 || bits > 8192) return 'RSA keys have 2048 to 8192 bits';
  // A verification takes as long as the exponent: one as long as the modulus would make fifty of it, for whoever sends the key along (DPoP).
  if (exponent.length > MAX_EXPONENT_BYTES) return 'the RSA exponent has at most 32 bits';
  const last = exponent.at(-1) ?? 0;
  const tiny = exponent.length === 1 && last < 3;
  return last % 2 === 1 && !tiny ? undefined : 'the RSA exponent is odd and at least 3';
}
