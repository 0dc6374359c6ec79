import { fail, ok } from '../../../base/result.ts';
import { registrationFault } from '../../../rooms/clients/admit.ts';
import { isIdentityAlone, onlyOne } from '../../../rooms/resources/match.ts';
import { parseScope } from '../../../rooms/resources/narrow.ts';
import type { Check } from './pieces.ts';
import { toClient } from './refusal.ts';

/**
 * Attack 022, RFC 8707: one resource per request. `audience` is read for clients that know no `resource`; where neither is sent, the
 * resource that alone can be meant is taken (clients of the time before RFC 8707 are many); for `openid` alone that is the hub itself.
 */
export const chooseResource: Check = ({ parameters, client }, _found, { resources }) => {
  const named = parameters.all('resource').length > 0 ? parameters.all('resource') : parameters.all('audience');
  const matched = named.map((uri) => (uri.includes('#') ? undefined : resources.match(uri)?.resource));
  const scopes = parseScope(parameters.get('scope') ?? '') ?? [];
  const meant = onlyOne(resources.all(), scopes.length > 0 ? scopes : client.scopes);
  const resource = named.length > 0 ? matched[0] : (meant ?? (isIdentityAlone(scopes) ? resources.identity() : undefined));
  if (resource === undefined) {
    return named.length > 0
      ? fail(toClient('invalid_target', 'resource_unknown', 'No resource of this hub has that URI.'))
      : fail(toClient('invalid_target', 'resource_missing', 'Say which resource is meant: add resource=<URI of the server> (RFC 8707).'));
  }
  if (matched.some((other) => other?.id !== resource.id))
    return fail(toClient('invalid_target', 'resource_several', 'A request is for one resource.'));
  const fault = registrationFault(resource.registration, client);
  if (fault !== undefined)
    return fail(toClient('unauthorized_client', fault, 'This resource does not accept clients that registered this way.'));
  return ok({ resource });
};
