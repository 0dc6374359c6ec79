import { createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { derFromRaw, rawFromDer, signerOf, verifyBytes } from './make.store.ts';

/** DER as OpenSSL writes it: shortest form, a zero in front where the sign bit would be set. */
function der(numbers: readonly Uint8Array[]): Buffer {
  const parts = numbers.map((number) => {
    let bytes = Buffer.from(number);
    while (bytes.length > 1 && bytes[0] === 0) bytes = bytes.subarray(1);
    if ((bytes[0] ?? 0) > 127) bytes = Buffer.concat([Buffer.from([0]), bytes]);
    return Buffer.concat([Buffer.from([2, bytes.length]), bytes]);
  });
  const body = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([0x30, body.length]), body]);
}

describe('an ECDSA signature', () => {
  it('is rewritten from DER without losing a zero, wherever one stands', () => {
    const number = fc
      .tuple(fc.integer({ min: 0, max: 31 }), fc.uint8Array({ minLength: 32, maxLength: 32 }))
      .map(([zeros, bytes]) => bytes.fill(0, 0, zeros));
    fc.assert(fc.property(number, number, (r, s) => rawFromDer(der([r, s])).equals(Buffer.concat([r, s]))));
    // And back, to the byte: a second spelling of a signature would be a second token.
    fc.assert(fc.property(number, number, (r, s) => derFromRaw(Buffer.concat([r, s]))?.equals(der([r, s])) === true));
  });

  it('of any other length is none', () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const key = createPublicKey(privateKey);
    const signature = signerOf('ES256', privateKey)('input');
    expect(verifyBytes('ES256', key, 'input', signature)).toBe(true);
    for (const other of [
      signature.subarray(0, 63),
      Buffer.concat([signature, Buffer.alloc(1)]),
      Buffer.alloc(0),
      Buffer.alloc(64),
      sign('sha256', Buffer.from('input'), privateKey),
    ])
      expect(verifyBytes('ES256', key, 'input', other)).toBe(false);
  });

  it('verifies, some hundred times over, for that is where the short ones are', () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const signBytes = signerOf('ES256', privateKey);
    const key = createPublicKey(privateKey);
    for (let n = 0; n < 600; n += 1) {
      const signature = signBytes(`input ${n}`);
      expect(signature).toHaveLength(64);
      expect(verify('sha256', Buffer.from(`input ${n}`), { key, dsaEncoding: 'ieee-p1363' }, signature)).toBe(true);
      expect(verifyBytes('ES256', key, `input ${n}`, signature)).toBe(true);
      expect(verifyBytes('ES256', key, `input ${n + 1}`, signature)).toBe(false);
    }
  });
});
