import { createHmac, hash } from 'node:crypto';

/** SHA-256 of generated secrets and codes, base64url. Only for values of at least 128 random bits; passwords go through base/passwords. */
export function digest(value: string): string {
  return hash('sha256', value, 'base64url');
}

/** Constant-time comparison of two digests (or other strings of public length). */
export function sameDigest(a: string, b: string): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let index = 0; index < a.length; index += 1) difference |= a.charCodeAt(index) ^ b.charCodeAt(index);
  return difference === 0;
}

/** Keyed digest: what a leaked table alone cannot recompute. */
export function keyedDigest(key: Buffer, value: string): string {
  return createHmac('sha256', key).update(value).digest('base64url');
}
