import { formToken } from '../../base/browser/form.ts';
import type { Inbound } from '../../base/http/message.ts';
import { CONSOLE_CLIENT_ID } from '../../rooms/clients/reserved.ts';
import { sessionSecretIn } from '../../rooms/users/cookie.ts';
import type { FoundSession, Sessions } from '../../rooms/users/session.store.ts';
import type { SessionScopes } from '../../rooms/users/user.ts';
import { rightsOf, type RightsDeps } from './rights.ts';

export type SessionDeps = RightsDeps & { sessions: Pick<Sessions, 'find'> };

/** The administrator's session behind a cookie. `token`: what every request of the console carries beside the cookie. */
export type Administrator = FoundSession & { token: string };

export async function administrator(deps: SessionDeps, request: Inbound, now: number): Promise<Administrator | undefined> {
  const secret = sessionSecretIn(request.header('cookie'), deps.issuer, 'admin');
  const found = await deps.sessions.find(secret, 'admin');
  if (found === undefined || secret === undefined) return undefined;
  const scopes = await rightsOf(deps, found, { ip: request.ip, now });
  return scopes === undefined ? undefined : { user: found.user, session: { ...found.session, scopes }, token: formToken(secret) };
}

/** The same as the admin door judges it: a session acts as the console does, within the scopes that it was given at sign-in. */
export async function consoleSession(
  deps: SessionDeps,
  request: Inbound,
  now: number,
): Promise<{ user: string; client: string; scopes: SessionScopes; token: string; madeBy: readonly string[] } | undefined> {
  const found = await administrator(deps, request, now);
  if (found === undefined) return undefined;
  return { user: found.user.id, client: CONSOLE_CLIENT_ID, scopes: found.session.scopes, token: found.token, madeBy: found.session.madeBy };
}
