import { digest, sameDigest } from '../../base/digest.ts';
import type { Inbound } from '../../base/http/message.ts';
import type { AdminPrincipal } from '../../base/http/route.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { presentedIn, type HolderFault, type Holding, type Presented } from '../../rooms/tokens/presented.http.ts';

/** What an access token of this hub for the admin API says, once signature, audience, time and revocation are checked. */
export type AdminTokenFacts = {
  sub: string;
  client: string;
  user?: string | undefined;
  scopes: readonly string[];
  claims: Readonly<Record<string, unknown>>;
};

/** `client`: as which the session acts. `token`: what a page of the console sends along to show that the request is its own. */
export type ConsoleSession = { user: string; client: string; scopes: 'all' | readonly string[]; token: string; madeBy: readonly string[] };

export type PrincipalDeps = {
  /** WRIT_ADMIN_TOKEN, or the one made for this run. */
  adminToken: string | undefined;
  /** Judges a JWT of this hub whose audience must be the admin API; the error is the reason for the audit entry. */
  token(bearer: string, now: number): Promise<Result<AdminTokenFacts, string>>;
  /** Whether a token that is bound to a key comes from whoever holds the key. */
  holding: Holding;
  /** The administrator's console session behind the request's cookie, and what it may do. */
  session(request: Inbound, now: number): Promise<ConsoleSession | undefined>;
  issuer: string;
};

/** `none`: nothing was presented. `bad`: something was, and it is no good; the reason is for audit. `holder`: the token would be good in other hands. */
export type NoPrincipal = { presented: false } | { presented: true; reason: string; holder?: HolderFault };

/** Ids that no client can have: a colon is in no client id of an author, and no URL begins like this. */
const ADMIN_TOKEN: AdminPrincipal = { kind: 'admin-token', id: 'writ:admin-token', scopes: 'all' };

/** The administrator that a bearer proves, if it is the admin token. Hashed first, the comparison takes the same time whatever the first difference. */
export function byAdminToken(adminToken: string | undefined, bearer: string | undefined): AdminPrincipal | undefined {
  if (adminToken === undefined || bearer === undefined) return undefined;
  return sameDigest(digest(bearer), digest(adminToken)) ? ADMIN_TOKEN : undefined;
}

/** Who calls: by the admin token, by a token of the hub, or by the console's session. */
export async function principalOf(deps: PrincipalDeps, request: Inbound, now: number): Promise<Result<AdminPrincipal, NoPrincipal>> {
  if (request.header('authorization') !== undefined) return byToken(deps, request, presentedIn(request), now);
  return bySession(deps, request, now);
}

export const CSRF_HEADER = 'x-writ-csrf';

/**
 * A cookie travels with requests that another site caused, so by itself it opens nothing: the request says what only a page of the console
 * knows, and where it comes from is the hub itself. Both, because a token may leak and a header may be missing.
 */
async function bySession(deps: PrincipalDeps, request: Inbound, now: number): Promise<Result<AdminPrincipal, NoPrincipal>> {
  const session = await deps.session(request, now);
  if (session === undefined) return fail({ presented: false });
  const sent = request.header(CSRF_HEADER);
  if (sent === undefined || !sameDigest(sent, session.token)) return fail({ presented: true, reason: 'session_without_its_token' });
  if (!isFromHere(request, deps.issuer)) return fail({ presented: true, reason: 'session_from_elsewhere' });
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

async function byToken(
  deps: PrincipalDeps,
  request: Inbound,
  presented: Presented | undefined,
  now: number,
): Promise<Result<AdminPrincipal, NoPrincipal>> {
  if (presented === undefined) return fail({ presented: true, reason: 'malformed_authorization' });
  const administrator = presented.scheme === 'Bearer' ? byAdminToken(deps.adminToken, presented.token) : undefined;
  if (administrator !== undefined) return ok(administrator);
  const facts = await deps.token(presented.token, now);
  if (!facts.ok) return fail({ presented: true, reason: facts.error });
  const { sub, client, user, scopes, claims } = facts.value;
  const held = await deps.holding(request, presented, claims, now);
  if (!held.ok) return fail({ presented: true, reason: held.error.reason, holder: held.error });
  return ok({ kind: 'token', id: sub, client, scopes: new Set(scopes), ...(user === undefined ? {} : { user }) });
}

/** Whether the principal may use a route with this access word. Write does not contain read: a scope is what it says. */
export function mayUse(principal: AdminPrincipal, access: string): boolean {
  return principal.scopes === 'all' || principal.scopes.has(access);
}
