import type { BearerErrorCode } from '@writ/protocol';
import type { Db } from '../../base/db.ts';
import { json, type Inbound, type Reply } from '../../base/http/message.ts';
import { route, type Call, type Route } from '../../base/http/route.ts';
import type { AccessTokens } from '../../rooms/tokens/alive.store.ts';
import { provedToken, type BearerFault } from '../../rooms/tokens/bearer.http.ts';
import type { DpopProofs } from '../../rooms/tokens/dpop.store.ts';
import { holderChallenge, type Holding } from '../../rooms/tokens/presented.http.ts';
import { findUser } from '../../rooms/users/store.ts';
import type { User } from '../../rooms/users/user.ts';
import { oauthError } from './wire.ts';

export type UserinfoDeps = { db: Db; tokens: AccessTokens; holding: Holding; proofs: Pick<DpopProofs, 'nonce'> };

/**
 * `/oauth/userinfo` (OpenID Connect Core §5.3). Our access tokens are made for a resource, and each has one audience; what opens this
 * endpoint is not the audience but `ident`: the identity scopes that the user released to the client.
 */
export function userinfoRoutes(deps: UserinfoDeps): Route[] {
  const common = {
    path: '/oauth/userinfo',
    access: 'token',
    audit: { none: 'repeats what the id_token said; the consent that released it is the entry' },
    cors: 'any',
    summary: 'Who the token speaks for, as far as the user released it',
    handle: (call: Call) => userinfo(deps, call),
  } as const;
  return [route<unknown, unknown>({ ...common, method: 'GET' }), route<unknown, unknown>({ ...common, method: 'POST' })];
}

async function userinfo(deps: UserinfoDeps, { request, now }: Call): Promise<Reply> {
  const { db, tokens, holding } = deps;
  const token = await provedToken({ judge: (jwt, at) => tokens.read(jwt, { now: at }), holding }, request, now);
  if (!token.ok) return refused(deps, request, token.error, now);
  const { identityScopes, userId } = token.value;
  if (userId === undefined || !identityScopes.includes('openid'))
    return challenge(request, 403, 'insufficient_scope', 'The token was granted without openid.');
  const user = await findUser(db, userId);
  if (user === undefined) return challenge(request, 401, 'invalid_token', NOT_GOOD);
  return json(200, claimsOf(user, identityScopes));
}

const NOT_GOOD = 'The token is expired, revoked or not of this hub.';

function refused({ proofs }: UserinfoDeps, request: Inbound, why: BearerFault, now: number): Reply {
  switch (why.kind) {
    case 'none':
      // RFC 6750 §3.1: whoever sent nothing is told how to come, and no error.
      return challenge(request, 401, undefined, 'An access token is needed.');
    case 'malformed':
      return challenge(request, 400, 'invalid_request', 'The Authorization header is not Bearer or DPoP and a token.');
    case 'bad':
      return challenge(request, 401, 'invalid_token', NOT_GOOD);
    case 'holder': {
      const { error, description, headers } = holderChallenge(why.fault, proofs.nonce(now));
      return oauthError({ status: 401, error, description, requestId: request.requestId, headers });
    }
  }
}

function claimsOf(user: User, identityScopes: readonly string[]): Record<string, unknown> {
  return {
    sub: user.id,
    ...(identityScopes.includes('email') ? { email: user.email, email_verified: user.emailVerifiedAt !== undefined } : {}),
    ...(identityScopes.includes('profile') && user.name !== undefined ? { name: user.name } : {}),
  };
}

function challenge(request: Inbound, status: 400 | 401 | 403, error: BearerErrorCode | undefined, description: string): Reply {
  const parameters =
    error === undefined ? '' : `, error="${error}", error_description="${description}"${status === 403 ? ', scope="openid"' : ''}`;
  const headers = { 'www-authenticate': `Bearer realm="writ"${parameters}` };
  return oauthError({ status, error: error ?? 'invalid_request', description, requestId: request.requestId, headers });
}
