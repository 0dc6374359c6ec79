import { createHash, randomBytes } from 'node:crypto';
import { encode } from './ask.ts';
import type { Params } from './ask.ts';
import { CALLBACK, RESOURCE } from './furniture.ts';

export const VERIFIER = randomBytes(32).toString('base64url');

export const challengeOf = (verifier: string): string => createHash('sha256').update(verifier).digest('base64url');

/** A good authorization request of the public client `web`. */
export function authorizeParams(changes: Params = {}): Params {
  return {
    response_type: 'code',
    client_id: 'web',
    redirect_uri: CALLBACK,
    code_challenge: challengeOf(VERIFIER),
    code_challenge_method: 'S256',
    state: 'st-1 +&',
    resource: RESOURCE,
    scope: 'incidents:read incidents:write',
    ...changes,
  };
}

export const authorizePath = (changes: Params = {}): string => `/oauth/authorize?${encode(authorizeParams(changes))}`;

/** The form that redeems a code of `web`. */
export function redeemForm(code: string, changes: Params = {}): Params {
  return { grant_type: 'authorization_code', client_id: 'web', redirect_uri: CALLBACK, code, code_verifier: VERIFIER, ...changes };
}
