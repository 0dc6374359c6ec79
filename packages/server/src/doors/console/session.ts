import { formToken } from '../../base/browser/form.ts';
import type { Db } from '../../base/db.ts';
import type { Inbound } from '../../base/http/message.ts';
import { findAgentOf } from '../../rooms/agents/store.ts';
import { CONSOLE_CLIENT_ID } from '../../rooms/clients/reserved.ts';
import { findClient } from '../../rooms/clients/store.ts';
import { sessionSecretIn } from '../../rooms/users/cookie.ts';
import type { FoundSession, Sessions } from '../../rooms/users/session.store.ts';
import type { SessionScopes } from '../../rooms/users/user.ts';

export type SessionDeps = { db: Db; issuer: string; sessions: Pick<Sessions, 'find'> };

/** The method word of a session that a console link opened. */
export const BY_LINK = 'link';

/** The administrator's session behind a cookie. `token`: what every request of the console carries beside the cookie. */
export type Administrator = FoundSession & { token: string };

export async function administrator(deps: SessionDeps, request: Inbound): Promise<Administrator | undefined> {
  const secret = sessionSecretIn(request.header('cookie'), deps.issuer, 'admin');
  const found = await deps.sessions.find(secret, 'admin');
  if (found === undefined || secret === undefined || (await isStopped(deps.db, found))) return undefined;
  return { ...found, token: formToken(secret) };
}

/**
 * A session that came of a token dies as the token would: with the console as a client, and with what it is for this person. One that a link
 * opened came of no token, and is the way back in after such a stop.
 */
async function isStopped(db: Db, { session, user }: FoundSession): Promise<boolean> {
  if (session.amr.includes(BY_LINK)) return false;
  const [client, agent] = await Promise.all([
    findClient(db, CONSOLE_CLIENT_ID),
    findAgentOf(db, { clientId: CONSOLE_CLIENT_ID, principal: { kind: 'user', id: user.id } }),
  ]);
  return [client?.state, agent?.state].some((state) => state !== undefined && state !== 'active');
}

/** The same as the admin door judges it: a session acts as the console does, within the scopes that it was given at sign-in. */
export async function consoleSession(
  deps: SessionDeps,
  request: Inbound,
): Promise<{ user: string; client: string; scopes: SessionScopes; token: string } | undefined> {
  const found = await administrator(deps, request);
  if (found === undefined) return undefined;
  return { user: found.user.id, client: CONSOLE_CLIENT_ID, scopes: found.session.scopes, token: found.token };
}
