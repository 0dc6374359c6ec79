import type { Connection } from './connection.ts';

/** What an account signs with (RFC 7523 §3). `key`: PEM of PKCS #8; undefined: there is none that could be read. Never logged. */
export type AssertionKey = {
  key: string | undefined;
  keyId: string | undefined;
  alg: 'RS256' | 'ES256' | 'EdDSA';
  issuer: string;
  audience: string;
};

/** The key as the author gave it: PEM, or the file that Google gives out for a service account. */
export function assertionOf(
  { clientId = '', assertion }: Pick<Connection, 'clientId' | 'assertion'>,
  tokenUrl: string,
  secret: string | undefined,
): AssertionKey {
  const { key, keyId } = keyIn(secret ?? '');
  const { audience = tokenUrl, alg = 'RS256', keyId: named = keyId } = assertion ?? {};
  return { key, keyId: named, alg, issuer: clientId, audience };
}

const PEM = /^-----BEGIN PRIVATE KEY-----[\sA-Za-z0-9+/=]+-----END PRIVATE KEY-----\s*$/;

/** Never throws: a secret that is no key is a fault that somebody reads, without the secret. */
export function keyIn(secret: string): { key: string | undefined; keyId: string | undefined } {
  const file = secret.trimStart().startsWith('{') ? parsed(secret) : undefined;
  const pem = file === undefined ? secret : file.get('private_key');
  const id = file?.get('private_key_id');
  return { key: typeof pem === 'string' && PEM.test(pem.trim()) ? pem.trim() : undefined, keyId: typeof id === 'string' ? id : undefined };
}

function parsed(text: string): ReadonlyMap<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return new Map(typeof value === 'object' && value !== null ? Object.entries(value) : []);
  } catch {
    return new Map();
  }
}

/** Longer than the request takes, and no longer than any service allows (Google: an hour). Seconds. */
export const ASSERTION_S = 300;

/** RFC 7523 §3. The scope stands here too, where Google reads it. */
export function assertionClaims(
  { issuer, audience }: AssertionKey,
  of: { scopes: readonly string[]; subject: string | undefined; now: number; jti: string },
): Record<string, unknown> {
  const iat = Math.floor(of.now / 1_000);
  return {
    iss: issuer,
    sub: of.subject ?? issuer,
    aud: audience,
    iat,
    exp: iat + ASSERTION_S,
    jti: of.jti,
    ...(of.scopes.length === 0 ? {} : { scope: of.scopes.join(' ') }),
  };
}
