import { fail, ok } from '../../../base/result.ts';
import { narrowScopes, parseScope } from '../../../rooms/resources/narrow.ts';
import type { Check } from './pieces.ts';
import { toClient } from './refusal.ts';

/**
 * Attack 021, RFC 6749 §3.3: a request of which some scopes are known goes on with those; one of which none is known is refused.
 * `offline_access` names nothing to allow (the page asks for it in words), so alone it is like naming none.
 */
export const chooseScopes: Check = ({ parameters, client }, { resource, details }) => {
  if (resource === undefined) throw new Error('scopes are chosen after the resource');
  const asked = parseScope(parameters.get('scope') ?? '');
  if (asked === undefined) return fail(toClient('invalid_scope', 'scope_malformed', 'scope is a list of words.'));
  const named = asked.filter((scope) => scope !== 'offline_access');
  // Who names details and no scope asks for these details, not for everything.
  if (named.length === 0) return ok({ scopes: details === undefined ? undefined : [], identityScopes: [] });
  const { known, identity } = narrowScopes(resource, named, client.scopes);
  if (known.length === 0 && identity.length === 0)
    return fail(toClient('invalid_scope', 'scope_unknown', 'The resource has none of these scopes for this client.'));
  return ok({ scopes: known, identityScopes: identity });
};
