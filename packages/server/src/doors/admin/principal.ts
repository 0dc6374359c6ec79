import { digest, sameDigest } from '../../base/digest.ts';
import { bearerIn, type Inbound } from '../../base/http/message.ts';
import type { AdminPrincipal } from '../../base/http/route.ts';
import { fail, ok, type Result } from '../../base/result.ts';

/** What an access token of this hub for the admin API says, once signature, audience, time and revocation are checked. */
export type AdminTokenFacts = { sub: string; client: string; user?: string | undefined; scopes: readonly string[] };

export type PrincipalDeps = {
  /** WRIT_ADMIN_TOKEN, or the one made for this run. */
  adminToken: string | undefined;
  /** Judges a JWT of this hub whose audience must be the admin API; the error is the reason for the audit entry. */
  token(bearer: string, now: number): Promise<Result<AdminTokenFacts, string>>;
  /** The administrator's console session behind the request's cookie. Judged for reading only. */
  session(request: Inbound, now: number): Promise<{ id: string; user: string } | undefined>;
};

/** `none`: nothing was presented. `bad`: something was, and it is no good; the reason is for audit. */
export type NoPrincipal = { presented: false } | { presented: true; reason: string };

/** Ids that no client can have: a colon is in no client id of an author, and no URL begins like this. */
const ADMIN_TOKEN: AdminPrincipal = { kind: 'admin-token', id: 'writ:admin-token', scopes: 'all' };

/** The administrator that a bearer proves, if it is the admin token. Hashed first, the comparison takes the same time whatever the first difference. */
export function byAdminToken(adminToken: string | undefined, bearer: string | undefined): AdminPrincipal | undefined {
  if (adminToken === undefined || bearer === undefined) return undefined;
  return sameDigest(digest(bearer), digest(adminToken)) ? ADMIN_TOKEN : undefined;
}

/** Who calls: by the admin token, by a token of the hub, or (reading only) by the console's session cookie. */
export async function principalOf(deps: PrincipalDeps, request: Inbound, now: number): Promise<Result<AdminPrincipal, NoPrincipal>> {
  if (request.header('authorization') !== undefined) return byBearer(deps, bearerIn(request), now);
  // A cookie travels with requests that another site caused; with reads only, such a request changes nothing and its answer is not readable there.
  if (request.method !== 'GET' && request.method !== 'HEAD') return fail({ presented: false });
  const session = await deps.session(request, now);
  return session === undefined
    ? fail({ presented: false })
    : ok({ kind: 'session', id: 'writ:console', scopes: 'all', user: session.user });
}

async function byBearer(deps: PrincipalDeps, bearer: string | undefined, now: number): Promise<Result<AdminPrincipal, NoPrincipal>> {
  if (bearer === undefined) return fail({ presented: true, reason: 'malformed_authorization' });
  const administrator = byAdminToken(deps.adminToken, bearer);
  if (administrator !== undefined) return ok(administrator);
  const facts = await deps.token(bearer, now);
  if (!facts.ok) return fail({ presented: true, reason: facts.error });
  const { sub, client, user, scopes } = facts.value;
  return ok({ kind: 'token', id: sub, client, scopes: new Set(scopes), ...(user === undefined ? {} : { user }) });
}

/** Whether the principal may use a route with this access word. Write does not contain read: a scope is what it says. */
export function mayUse(principal: AdminPrincipal, access: string): boolean {
  return principal.scopes === 'all' || principal.scopes.has(access);
}
