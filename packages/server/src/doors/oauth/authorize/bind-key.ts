import { fail, ok } from '../../../base/result.ts';
import type { Check } from './pieces.ts';
import { toClient } from './refusal.ts';

/** RFC 9449 §10: the code is good only with a proof of this key. Whoever steals it on the way back has the code and not the key. */
export const bindKey: Check = ({ parameters }) => {
  const jkt = parameters.get('dpop_jkt');
  if (jkt !== undefined && !/^[A-Za-z0-9_-]{43}$/.test(jkt))
    return fail(toClient('invalid_request', 'dpop_jkt', 'dpop_jkt is the SHA-256 thumbprint of a JWK (RFC 7638).'));
  return ok({ jkt });
};
