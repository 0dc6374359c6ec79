import { digest, sameDigest } from '../../base/digest.ts';
import { bearerIn, type Inbound } from '../../base/http/message.ts';
import type { AdminPrincipal } from '../../base/http/route.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { AccessToken } from '../../rooms/tokens/access.ts';
import { provedToken, type BearerFault } from '../../rooms/tokens/bearer.http.ts';
import type { Holding } from '../../rooms/tokens/presented.http.ts';

/** What the admin door reads of an access token for its API. */
export type AdminToken = Pick<AccessToken, 'subject' | 'clientId' | 'userId' | 'scopes' | 'claims'>;

/** `client`: as which the session acts. `token`: what a page of the console sends along to show that the request is its own. */
export type ConsoleSession = { user: string; client: string; scopes: 'all' | readonly string[]; token: string; madeBy: readonly string[] };

export type PrincipalDeps = {
  /** WRIT_ADMIN_TOKEN, or the one made for this run. */
  adminToken: string | undefined;
  /** Judges a JWT of this hub whose audience must be the admin API; the error is the reason for the audit entry. */
  judge(bearer: string, now: number): Promise<Result<AdminToken, string>>;
  /** Whether a token that is bound to a key comes from whoever holds the key. */
  holding: Holding;
  /** The administrator's console session behind the request's cookie, and what it may do. */
  session(request: Inbound, now: number): Promise<ConsoleSession | undefined>;
  issuer: string;
};

/** Ids that no client can have: a colon is in no client id of an author, and no URL begins like this. */
const ADMIN_TOKEN: AdminPrincipal = { kind: 'admin-token', id: 'writ:admin-token', scopes: 'all' };

/** The administrator that a bearer proves, if it is the admin token. Hashed first, the comparison takes the same time whatever the first difference. */
export function byAdminToken(adminToken: string | undefined, bearer: string | undefined): AdminPrincipal | undefined {
  if (adminToken === undefined || bearer === undefined) return undefined;
  return sameDigest(digest(bearer), digest(adminToken)) ? ADMIN_TOKEN : undefined;
}

/** Who calls: by the admin token, by a token of the hub, or by the console's session. */
export async function principalOf(deps: PrincipalDeps, request: Inbound, now: number): Promise<Result<AdminPrincipal, BearerFault>> {
  if (request.header('authorization') === undefined) return bySession(deps, request, now);
  const administrator = byAdminToken(deps.adminToken, bearerIn(request));
  return administrator === undefined ? byToken(deps, request, now) : ok(administrator);
}

export const CSRF_HEADER = 'x-writ-csrf';

/**
 * A cookie travels with requests that another site caused, so by itself it opens nothing: the request says what only a page of the console
 * knows, and where it comes from is the hub itself. Both, because a token may leak and a header may be missing.
 */
async function bySession(deps: PrincipalDeps, request: Inbound, now: number): Promise<Result<AdminPrincipal, BearerFault>> {
  const session = await deps.session(request, now);
  if (session === undefined) return fail({ kind: 'none', reason: undefined });
  const sent = request.header(CSRF_HEADER);
  if (sent === undefined || !sameDigest(sent, session.token)) return fail({ kind: 'bad', reason: 'session_without_its_token' });
  if (!isFromHere(request, deps.issuer)) return fail({ kind: 'bad', reason: 'session_from_elsewhere' });
  const { user, client, scopes, madeBy } = session;
  const maker = madeBy.length === 0 ? {} : { madeBy };
  return ok({ kind: 'session', id: user, client, user, scopes: scopes === 'all' ? 'all' : new Set(scopes), ...maker });
}

/** Browsers say at least one of the two with whatever changes something; a read of the same origin may come without `Origin`. */
function isFromHere(request: Inbound, issuer: string): boolean {
  const origin = request.header('origin');
  const site = request.header('sec-fetch-site');
  if (origin !== undefined && origin !== new URL(issuer).origin) return false;
  if (site !== undefined && site !== 'same-origin') return false;
  return origin !== undefined || site !== undefined || request.method === 'GET' || request.method === 'HEAD';
}

async function byToken(deps: PrincipalDeps, request: Inbound, now: number): Promise<Result<AdminPrincipal, BearerFault>> {
  const token = await provedToken(deps, request, now);
  if (!token.ok) return token;
  const { subject, clientId, userId, scopes } = token.value;
  return ok({ kind: 'token', id: subject, client: clientId, scopes: new Set(scopes), ...(userId === undefined ? {} : { user: userId }) });
}

/** Whether the principal may use a route with this access word. Write does not contain read: a scope is what it says. */
export function mayUse(principal: AdminPrincipal, access: string): boolean {
  return principal.scopes === 'all' || principal.scopes.has(access);
}
