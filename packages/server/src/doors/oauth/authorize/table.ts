import { fail, ok, type Result } from '../../../base/result.ts';
import type { AuthorizationRequest } from '../../../rooms/journeys/journey.ts';
import { bindKey } from './bind-key.ts';
import { chooseDetails } from './choose-details.ts';
import { chooseResource } from './choose-resource.ts';
import { chooseScopes } from './choose-scopes.ts';
import type { Check, Pieces, Surroundings } from './pieces.ts';
import { readAsk } from './read-ask.ts';
import type { Addressed, Refusal } from './refusal.ts';
import { refuseMalformed } from './refuse-malformed.ts';
import { refuseRequestObjects } from './refuse-request-objects.ts';
import { requireCode } from './require-code.ts';
import { requirePkce } from './require-pkce.ts';
import { requireProtection } from './require-protection.ts';

/** The second half of the checks, in their order: all answer to the client. The first refusal ends it. The same for pushed requests. */
const CHECKS: readonly Check[] = [
  refuseMalformed,
  refuseRequestObjects,
  requireProtection,
  requireCode,
  requirePkce,
  bindKey,
  readAsk,
  chooseResource,
  chooseDetails,
  chooseScopes,
];

/** Takes an addressed request through the table and freezes what came out of it. */
export function check(request: Addressed, around: Surroundings, txn: string): Result<AuthorizationRequest, Refusal> {
  const found: Partial<Pieces> = {};
  for (const one of CHECKS) {
    const judged = one(request, found, around);
    if (!judged.ok) return fail(judged.error);
    Object.assign(found, judged.value);
  }
  return ok(freeze(request, found, txn));
}

function freeze({ client, redirectUri, state, pushed, once }: Addressed, found: Partial<Pieces>, txn: string): AuthorizationRequest {
  const { codeChallenge, ask, nonce, jkt, resource, details, scopes, identityScopes } = found;
  if (codeChallenge === undefined || ask === undefined || resource === undefined || identityScopes === undefined)
    throw new Error('a check did not run');
  return {
    kind: 'authorize',
    clientId: client.id,
    redirectUri,
    ...(state === undefined ? {} : { state }),
    codeChallenge,
    ...(nonce === undefined ? {} : { nonce }),
    ...(jkt === undefined ? {} : { jkt }),
    resourceId: resource.id,
    ...(scopes === undefined ? {} : { scopes }),
    identityScopes,
    ...(details === undefined ? {} : { authorizationDetails: details }),
    ask,
    ...(pushed === undefined ? {} : { pushed }),
    ...(once === undefined ? {} : { once }),
    withIss: client.settings.responseIss !== false,
    txn,
  };
}
