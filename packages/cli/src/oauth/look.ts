import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, errors, jwtVerify } from 'jose';
import type { JSONWebKeySet } from 'jose';
import { isObject, listAt } from '../json.ts';
import type { JsonObject } from '../json.ts';

/** What a token says, read without believing it; undefined when it is no JWT (a refresh token is not, and says nothing). */
export type Reading = { header: JsonObject; claims: JsonObject };

export function readToken(token: string): Reading | undefined {
  try {
    return { header: { ...decodeProtectedHeader(token) }, claims: { ...decodeJwt(token) } };
  } catch {
    return undefined;
  }
}

export type SignatureVerdict = { good: true } | { good: false; why: string };

/** Checks the signature with the hub's published keys. Times are judged apart: an expired token can still be a genuine one. */
export async function checkSignature(token: string, keys: unknown): Promise<SignatureVerdict> {
  if (!isKeySet(keys)) return { good: false, why: 'the hub publishes no keys' };
  try {
    await jwtVerify(token, createLocalJWKSet(keys), { algorithms: ['ES256', 'EdDSA', 'RS256'], currentDate: new Date(0) });
    return { good: true };
  } catch (error) {
    if (error instanceof errors.JWTClaimValidationFailed || error instanceof errors.JWTExpired) return { good: true };
    if (error instanceof errors.JWKSNoMatchingKey) return { good: false, why: 'no key of the hub has the id that the token names' };
    if (error instanceof errors.JWSSignatureVerificationFailed)
      return { good: false, why: 'the signature is not by the key that the token names: it was changed, or forged' };
    return { good: false, why: error instanceof Error ? error.message : String(error) };
  }
}

function isKeySet(value: unknown): value is JSONWebKeySet {
  return isObject(value) && listAt(value, 'keys').every(isObject) && listAt(value, 'keys').length > 0;
}
