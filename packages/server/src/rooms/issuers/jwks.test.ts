import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { readJwks } from './jwks.ts';

const modulus = (bytes: number): string => {
  const made = randomBytes(bytes);
  made.writeUInt8(0x80, 0);
  made.writeUInt8(1, bytes - 1);
  return made.toString('base64url');
};
const rsa = (e: Buffer, bytes = 384) => ({ keys: [{ kty: 'RSA', n: modulus(bytes), e: e.toString('base64url') }] });

describe('an RSA key', () => {
  it.each([
    ['65537', Buffer.from([1, 0, 1])],
    ['3', Buffer.from([3])],
    ['32 bits', Buffer.from([0xff, 0xff, 0xff, 0xff])],
  ])('may have the exponent %s', (_, e) => {
    expect(readJwks(rsa(e), false).ok).toBe(true);
  });

  it.each([
    ['1', Buffer.from([1])],
    ['an even one', Buffer.from([1, 0])],
    ['nothing', Buffer.from([])],
    ['one as long as the modulus, which would take fifty times as long to verify with (DoS)', Buffer.from(modulus(384), 'base64url')],
    ['40 bits', Buffer.from([1, 0, 0, 0, 1])],
  ])('may not have the exponent %s', (_, e) => {
    expect(readJwks(rsa(e), false).ok).toBe(false);
  });

  it.each([128, 2048])('may not have a modulus of %d bytes', (bytes) => {
    expect(readJwks(rsa(Buffer.from([1, 0, 1]), bytes), false).ok).toBe(false);
  });
});
