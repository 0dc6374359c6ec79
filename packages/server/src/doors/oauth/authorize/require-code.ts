import { fail, ok } from '../../../base/result.ts';
import type { Check } from './pieces.ts';
import { toClient } from './refusal.ts';

/** Attacks 016 and 017: the code, in the query, and nothing else (RFC 9700 §2.1.2). */
export const requireCode: Check = ({ parameters, client }) => {
  const type = parameters.get('response_type');
  if (type === undefined) return fail(toClient('invalid_request', 'no_response_type', 'response_type is missing.'));
  if (type !== 'code') return fail(toClient('unsupported_response_type', 'response_type', 'The only response_type is code.'));
  if ((parameters.get('response_mode') ?? 'query') !== 'query')
    return fail(toClient('invalid_request', 'response_mode', 'The only response_mode is query.'));
  if (!client.grants.includes('authorization_code'))
    return fail(toClient('unauthorized_client', 'grant_not_allowed', 'This client may not use the authorization code grant.'));
  return ok({});
};
