import { fail, ok } from '../../../base/result.ts';
import type { Check } from './pieces.ts';
import { toClient } from './refusal.ts';

/** Attacks 027 and 028: a request object that cannot be opened, and none is ever fetched: a hub that fetches what a stranger names is a proxy (RFC 9101 §10.4). */
export const refuseRequestObjects: Check = ({ parameters, fault }) => {
  if (fault !== undefined) return fail(fault);
  if (parameters.get('request_uri') !== undefined)
    return fail(toClient('request_uri_not_supported', 'request_uri', 'Only the request_uri of a pushed request is supported.'));
  return ok({});
};
