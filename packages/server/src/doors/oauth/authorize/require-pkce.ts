import { fail, ok } from '../../../base/result.ts';
import type { Check } from './pieces.ts';
import { toClient } from './refusal.ts';

/** Attacks 018 and 019: every client, confidential ones too, and S256 said by name: a missing method means `plain` (RFC 7636 §4.3). */
export const requirePkce: Check = ({ parameters }) => {
  const codeChallenge = parameters.get('code_challenge');
  if (codeChallenge === undefined) return fail(toClient('invalid_request', 'pkce', 'code_challenge is missing (RFC 7636).'));
  if (parameters.get('code_challenge_method') !== 'S256')
    return fail(toClient('invalid_request', 'pkce', 'code_challenge_method is S256.'));
  if (!/^[A-Za-z0-9_-]{43}$/.test(codeChallenge))
    return fail(toClient('invalid_request', 'pkce', 'code_challenge is the base64url SHA-256 of the verifier.'));
  return ok({ codeChallenge });
};
