import type { Decision, PolicyRequest } from '@writ/policy';
import { formToken } from '../../base/browser/form.ts';
import type { Db } from '../../base/db.ts';
import type { Inbound } from '../../base/http/message.ts';
import { findAgentOf } from '../../rooms/agents/store.ts';
import { CONSOLE_CLIENT_ID } from '../../rooms/clients/reserved.ts';
import { findClient } from '../../rooms/clients/store.ts';
import { grantable } from '../../rooms/policies/grantable.ts';
import { policyRequest } from '../../rooms/policies/question.ts';
import { withScopeStepUps } from '../../rooms/policies/requirements.ts';
import { adminResource } from '../../rooms/resources/built-in.ts';
import { sessionSecretIn } from '../../rooms/users/cookie.ts';
import type { FoundSession, Sessions } from '../../rooms/users/session.store.ts';
import { membershipIn } from '../../rooms/users/membership.ts';
import type { SessionScopes } from '../../rooms/users/user.ts';

export type SessionDeps = {
  db: Db;
  issuer: string;
  sessions: Pick<Sessions, 'find'>;
  desk: { decide(request: PolicyRequest): { decision: Decision } };
};

/** The method word of a session that a console link opened. */
export const BY_LINK = 'link';

/** The administrator's session behind a cookie. `token`: what every request of the console carries beside the cookie. */
export type Administrator = FoundSession & { token: string };

export async function administrator(deps: SessionDeps, request: Inbound, now: number): Promise<Administrator | undefined> {
  const secret = sessionSecretIn(request.header('cookie'), deps.issuer, 'admin');
  const found = await deps.sessions.find(secret, 'admin');
  if (found === undefined || secret === undefined) return undefined;
  const scopes = await rightsOf(deps, found, { ip: request.ip, now });
  return scopes === undefined ? undefined : { user: found.user, session: { ...found.session, scopes }, token: formToken(secret) };
}

/**
 * What the session may do now. One that came of a token dies as the token would: with the console as a client, and with what it is for this
 * person. And it has what policy gives today of what it began with: a token is renewed within minutes, this would outlive a rule that was withdrawn by
 * hours. One that a link opened came of no token and no policy, and is the way back in after such a stop. Undefined: it is over.
 */
async function rightsOf(
  { db, issuer, desk }: SessionDeps,
  { session, user }: FoundSession,
  { ip, now }: { ip: string; now: number },
): Promise<SessionScopes | undefined> {
  if (session.amr.includes(BY_LINK)) return session.scopes;
  const [client, agent] = await Promise.all([
    findClient(db, CONSOLE_CLIENT_ID),
    findAgentOf(db, { clientId: CONSOLE_CLIENT_ID, principal: { kind: 'user', id: user.id } }),
  ]);
  if (client?.state !== 'active' || agent?.state !== 'active') return undefined;
  // To policy an empty list means everything.
  if (session.scopes === 'all' || session.scopes.length === 0) return [];
  const resource = adminResource(issuer);
  const { acr, amr } = session;
  const membership = membershipIn(user, undefined, []);
  const question = { grant: 'authorization_code' as const, client, user, membership, agent, resource, login: { acr, amr }, ip, now };
  const { decision } = desk.decide(policyRequest(question, session.scopes));
  const may = new Set(grantable(withScopeStepUps(decision, resource), { acr, consentedAt: undefined, now }).scopes);
  return session.scopes.filter((scope) => may.has(scope));
}

/** The same as the admin door judges it: a session acts as the console does, within the scopes that it was given at sign-in. */
export async function consoleSession(
  deps: SessionDeps,
  request: Inbound,
  now: number,
): Promise<{ user: string; client: string; scopes: SessionScopes; token: string } | undefined> {
  const found = await administrator(deps, request, now);
  if (found === undefined) return undefined;
  return { user: found.user.id, client: CONSOLE_CLIENT_ID, scopes: found.session.scopes, token: found.token };
}
