import { createHmac, hash, timingSafeEqual } from 'node:crypto';

/** SHA-256 of generated secrets and codes, base64url. Only for values of at least 128 random bits; passwords go through base/passwords. */
export function digest(value: string): string {
  return hash('sha256', value, 'base64url');
}

/** Constant-time comparison of two digests (or other strings of public length). */
export function sameDigest(a: string, b: string): boolean {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
}

/** Keyed digest: what a leaked table alone cannot recompute. */
export function keyedDigest(key: Buffer, value: string): string {
  return createHmac('sha256', key).update(value).digest('base64url');
}
