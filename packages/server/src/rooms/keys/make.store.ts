import { createPrivateKey, createPublicKey, generateKeyPair, sign, verify, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import type { SecretBox } from '../../base/secretbox.ts';
import type { PublicJwk, SigningAlg } from './key.ts';

/** A pair on its way into the table. */
export type MadeKey = { id: string; alg: SigningAlg; publicJwk: PublicJwk; sealedPrivate: Buffer };

/** A fresh pair: the public half as it is published, the private half sealed under the KEK and bound to its id. */
export async function makeKey(id: string, alg: SigningAlg, box: SecretBox): Promise<MadeKey> {
  const { privateKey, publicKey } = await pairOf(alg);
  const pkcs8 = privateKey.export({ format: 'der', type: 'pkcs8' });
  return {
    id,
    alg,
    publicJwk: { ...publicKey.export({ format: 'jwk' }), kid: id, alg, use: 'sig' },
    sealedPrivate: box.seal(pkcs8, contextOf(id)),
  };
}

const generate = promisify(generateKeyPair);

/** Off the event loop: finding RSA primes takes up to a second, in which no token would be signed. */
function pairOf(alg: SigningAlg): Promise<{ privateKey: KeyObject; publicKey: KeyObject }> {
  switch (alg) {
    case 'ES256':
      return generate('ec', { namedCurve: 'P-256' });
    case 'EdDSA':
      return generate('ed25519', {});
    case 'RS256':
      return generate('rsa', { modulusLength: 2048 });
  }
}

function contextOf(id: string): string {
  return `signing-key/${id}`;
}

/** Throws when the key was sealed under another KEK: the hub must not start with keys it cannot use. */
export function openPrivate(id: string, sealed: Buffer, box: SecretBox): KeyObject {
  return createPrivateKey({ key: box.open(sealed, contextOf(id)), format: 'der', type: 'pkcs8' });
}

export function openPublic(jwk: PublicJwk): KeyObject {
  return createPublicKey({ key: { ...jwk }, format: 'jwk' });
}

/**
 * JWS signature bytes (RFC 7518 §3.4: raw r‖s for ECDSA, not DER). Node would convert them itself, but asking it to (`dsaEncoding`) makes it look
 * at its options by a thrown and caught error each time: 27 µs on Node 24, more than the signature. So ECDSA is asked for in DER and rewritten here.
 */
export function signerOf(alg: SigningAlg, key: KeyObject): (input: string) => Buffer {
  if (alg === 'EdDSA') return (input) => sign(null, Buffer.from(input, 'latin1'), key);
  if (alg === 'ES256') return (input) => rawFromDer(sign('sha256', Buffer.from(input, 'latin1'), key));
  return (input) => sign('sha256', Buffer.from(input, 'latin1'), key);
}

/** SEQUENCE of two INTEGERs (RFC 3279 §2.2.3) → two times 32 bytes: leading zeros of DER go, missing ones come. */
export function rawFromDer(der: Buffer): Buffer {
  const raw = Buffer.alloc(64);
  let at = 2;
  for (const end of [32, 64]) {
    const length = der[at + 1] ?? 0;
    const start = at + 2;
    const excess = Math.max(0, length - 32);
    der.copy(raw, end - (length - excess), start + excess, start + length);
    at = start + length;
  }
  return raw;
}

/**
 * Two times 32 bytes → SEQUENCE of two INTEGERs: leading zeros go, one comes where the first bit would be taken for a sign. Undefined for any
 * other length: RFC 7518 §3.4 knows one.
 */
export function derFromRaw(raw: Buffer): Buffer | undefined {
  if (raw.length !== 64) return undefined;
  const [r, s] = [firstByte(raw, 0), firstByte(raw, 32)];
  const [rSign, sSign] = [signByte(raw, r), signByte(raw, s)];
  const [rLength, sLength] = [32 - r + rSign, 64 - s + sSign];
  const der = Buffer.alloc(6 + rLength + sLength);
  der[0] = 0x30;
  der[1] = 4 + rLength + sLength;
  der[2] = 2;
  der[3] = rLength;
  raw.copy(der, 4 + rSign, r, 32);
  der[4 + rLength] = 2;
  der[5 + rLength] = sLength;
  raw.copy(der, 6 + rLength + sSign, s, 64);
  return der;
}

/** Where a number of 32 bytes begins that starts at `from`; of zero the last byte stays. */
function firstByte(raw: Buffer, from: number): number {
  let at = from;
  while (at < from + 31 && raw[at] === 0) at += 1;
  return at;
}

function signByte(raw: Buffer, at: number): 0 | 1 {
  return (raw[at] ?? 0) > 127 ? 1 : 0;
}

/** The algorithm is the key's, never the token's: a header that says otherwise was refused before (CVE-2026-22817). */
export function verifyBytes(alg: SigningAlg, key: KeyObject, input: string, signature: Buffer): boolean {
  const bytes = Buffer.from(input, 'latin1');
  if (alg === 'EdDSA') return verify(null, bytes, key, signature);
  if (alg !== 'ES256') return verify('sha256', bytes, key, signature);
  // As with signing: to ask Node for r‖s costs a third of the verification.
  const der = derFromRaw(signature);
  return der !== undefined && verify('sha256', bytes, key, der);
}
