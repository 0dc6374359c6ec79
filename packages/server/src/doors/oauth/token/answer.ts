import { json, type Reply } from '../../../base/http/message.ts';
import type { AuthenticationFault, GrantFault } from '../../../rooms/clients/credentials.ts';
import { invalidClient, oauthError } from '../wire.ts';
import type { Told } from './grant.ts';
import type { Refusal } from './refusal.ts';

/** RFC 6749 §5.1. `scope` always says what was granted, also when it is all that was asked. */
export function issuedReply(issue: Told, headers?: Readonly<Record<string, string>>): Reply {
  const body = {
    access_token: issue.accessToken,
    token_type: issue.tokenType,
    issued_token_type: issue.issuedTokenType,
    expires_in: issue.expiresIn,
    scope: [...issue.scopes, ...issue.identityScopes].join(' '),
    refresh_token: issue.refreshToken,
    id_token: issue.idToken,
    authorization_details: issue.authorizationDetails,
    credential: issue.credential,
  };
  return headers === undefined ? json(200, body) : json(200, body, headers);
}

/** RFC 6749 §5.2: 400, but 401 for a client that is not (or no longer) one. */
export function refusedReply({ error, description, decision, status = 400, extra, headers }: Refusal, requestId: string): Reply {
  if (error === 'invalid_client') return invalidClient(requestId);
  return oauthError({ status, error, description, requestId, decisionId: decision, ...(extra && { extra }), ...(headers && { headers }) });
}

export function unauthenticatedReply(fault: AuthenticationFault | GrantFault, requestId: string): Reply {
  if (fault.error === 'invalid_client') return invalidClient(requestId);
  return oauthError({
    status: fault.status,
    error: fault.error,
    description:
      fault.error === 'invalid_grant' ? 'The assertion is not accepted.' : 'The client authentication of the request is malformed.',
    requestId,
  });
}
