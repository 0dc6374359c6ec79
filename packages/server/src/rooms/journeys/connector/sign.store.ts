import { constants, createHash, createHmac, createPrivateKey, sign, type KeyObject } from 'node:crypto';
import type { Wire } from './request.ts';
import { hmacText, signatureBase, type SignatureAlgorithm } from './signature.ts';

const MIN_SHARED = 16;

/** `x-signature: t=<seconds>,v1=<hex of HMAC-SHA256 over "t.body">`. */
export function hmacHeader(secret: string, wire: Wire, now: number): string {
  const seconds = Math.floor(now / 1000);
  return `t=${seconds},v1=${createHmac('sha256', secret).update(hmacText(seconds, wire.body)).digest('hex')}`;
}

/**
 * The headers of an HTTP message signature (RFC 9421), with the digest of the body (RFC 9530). A private key in PEM signs by what it is: Ed25519,
 * P-256 or RSA; anything else of some length is a shared secret. Undefined: no such key.
 */
export function signatureHeaders(secret: string, wire: Wire, of: { keyId: string; now: number }): Record<string, string> | undefined {
  const key = keyOf(secret);
  if (key === undefined) return undefined;
  const digest: Record<string, string> =
    wire.body === undefined ? {} : { 'content-digest': `sha-256=:${createHash('sha256').update(wire.body).digest('base64')}:` };
  const { base, input } = signatureBase(
    { ...wire, headers: { ...wire.headers, ...digest } },
    { created: Math.floor(of.now / 1000), keyId: of.keyId, algorithm: key.algorithm },
  );
  return { ...digest, 'signature-input': `writ=${input}`, signature: `writ=:${key.sign(Buffer.from(base)).toString('base64')}:` };
}

type Key = { algorithm: SignatureAlgorithm; sign(data: Buffer): Buffer };

function keyOf(secret: string): Key | undefined {
  if (!secret.includes('-----BEGIN')) {
    if (secret.length < MIN_SHARED) return undefined;
    return { algorithm: 'hmac-sha256', sign: (data) => createHmac('sha256', secret).update(data).digest() };
  }
  try {
    return signerOf(createPrivateKey(secret));
  } catch {
    // Not a key, or one with a passphrase.
    return undefined;
  }
}

function signerOf(key: KeyObject): Key | undefined {
  switch (key.asymmetricKeyType) {
    case 'ed25519':
      return { algorithm: 'ed25519', sign: (data) => sign(null, data, key) };
    case 'ec':
      return key.asymmetricKeyDetails?.namedCurve === 'prime256v1'
        ? { algorithm: 'ecdsa-p256-sha256', sign: (data) => sign('sha256', data, { key, dsaEncoding: 'ieee-p1363' }) }
        : undefined;
    case 'rsa':
      return {
        algorithm: 'rsa-pss-sha512',
        sign: (data) => sign('sha512', data, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 64 }),
      };
    default:
      return undefined;
  }
}
