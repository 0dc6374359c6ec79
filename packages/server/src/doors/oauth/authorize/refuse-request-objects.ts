import { fail, ok } from '../../../base/result.ts';
import type { Check } from './pieces.ts';
import { toClient } from './refusal.ts';

/** Attacks 027 and 028: no request objects, neither sent nor fetched; a hub that fetches what a stranger names is a proxy (RFC 9101 §10.4). */
export const refuseRequestObjects: Check = ({ parameters }) => {
  if (parameters.get('request') !== undefined)
    return fail(toClient('request_not_supported', 'request_object', 'Request objects are not supported.'));
  if (parameters.get('request_uri') !== undefined)
    return fail(toClient('request_uri_not_supported', 'request_uri', 'Only the request_uri of a pushed request is supported.'));
  return ok({});
};
