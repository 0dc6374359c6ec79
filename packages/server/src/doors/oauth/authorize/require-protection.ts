import { fail, ok } from '../../../base/result.ts';
import type { Check } from './pieces.ts';
import { toClient } from './refusal.ts';

/**
 * RFC 9126 §5 and §6, RFC 9101 §10.5: a request that must be pushed or signed and came in the open is not followed, or whoever can send the
 * person a link could still choose what is asked. What was pushed was judged when it was pushed.
 */
export const requireProtection: Check = (
  { client, pushed, signed = false },
  _found,
  { parRequired = false, signatureRequired = false, pushing = false },
) => {
  const { requirePushedAuthorizationRequests: mustPush = false, requireSignedRequestObject: mustSign = false } = client.settings;
  if ((parRequired || mustPush) && pushed === undefined && !pushing)
    return fail(toClient('invalid_request', 'push_required', 'Authorization requests must be pushed (RFC 9126).'));
  if ((signatureRequired || mustSign) && !signed && pushed === undefined)
    return fail(toClient('invalid_request', 'signature_required', 'Authorization requests must be signed (RFC 9101).'));
  return ok({});
};
