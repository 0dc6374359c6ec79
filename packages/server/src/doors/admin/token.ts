import { ACCESS_TOKEN_TYP } from '@writ/protocol';
import type { Db } from '../../base/db.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { findAgent } from '../../rooms/agents/store.ts';
import { findClient } from '../../rooms/clients/store.ts';
import { findGrant } from '../../rooms/consent/store.ts';
import { adminResource } from '../../rooms/resources/built-in.ts';
import { findTenant } from '../../rooms/tenants/store.ts';
import type { State } from '../../rooms/tenants/tenant.ts';
import { toAccessToken } from '../../rooms/tokens/access.ts';
import { isAlive } from '../../rooms/tokens/alive.store.ts';
import { isRevoked } from '../../rooms/tokens/revoked.store.ts';
import { standing, type Behind } from '../../rooms/tokens/standing.ts';
import { findUser } from '../../rooms/users/store.ts';
import type { User } from '../../rooms/users/user.ts';
import type { AdminTokenFacts, PrincipalDeps } from './principal.ts';

type Claims = Readonly<Record<string, unknown>>;

export type AdminTokenDeps = {
  db: Db;
  issuer: string;
  /** Of which API of the hub; default: the admin API. */
  audience?: string;
  keys: { verify(jwt: string, expected: { typ: string; now: number; audience: string }): Result<Claims, string> };
};

/**
 * Judges an access token for the admin API. Unlike a resource server elsewhere the hub knows at once what was revoked or frozen, so nothing
 * is taken on trust from the time of issue: not the token itself, and not the client, user, tenant, agent and grant behind it.
 */
export function createAdminTokens({ db, issuer, keys, audience = adminResource(issuer).uri }: AdminTokenDeps): PrincipalDeps['token'] {
  return async (bearer, now) => {
    const verified = keys.verify(bearer, { typ: ACCESS_TOKEN_TYP, now, audience });
    if (!verified.ok) return verified;
    const claims = verified.value;
    const facts = factsOf(claims);
    if (!facts.ok) return facts;
    if (isOfTenant(claims, facts.value)) return fail('tenant_token');
    const jti = textOf(claims, 'jti');
    if (jti === undefined || (await isRevoked(db, jti))) return fail('revoked');
    const person = facts.value.user === undefined ? undefined : await findUser(db, facts.value.user);
    const fallen = standing(await behind(db, claims, facts.value, person));
    if (fallen !== undefined) return fail(fallen);
    return (await pastStands(db, claims, now)) ? facts : fail('chain_fallen');
  };
}

/**
 * A person's roles belong to a tenant, this API to the whole hub: a token that somebody got by what they are in one tenant opens none of
 * it, or the administrator of one tenant would reach the users of all (CVE-2025-64431). Clients are given their scopes by the hub's own policies.
 */
function isOfTenant(claims: Claims, { user }: AdminTokenFacts): boolean {
  return user !== undefined && textOf(claims, 'tenant') !== undefined;
}

function textOf(claims: Claims, name: string): string | undefined {
  const value = claims[name];
  return typeof value === 'string' ? value : undefined;
}

/** A user is named only where one is behind the token, that is, somebody logged in; a client and a user may bear the same id. */
function factsOf(claims: Claims): Result<AdminTokenFacts, string> {
  const [sub, client, scope] = ['sub', 'client_id', 'scope'].map((name) => textOf(claims, name));
  if (sub === undefined || client === undefined || scope === undefined) return fail('claims_missing');
  const user = toAccessToken(claims)?.userId;
  return ok({ sub, client, claims, scopes: scope.split(' '), ...(user === undefined ? {} : { user }) });
}

async function behind(db: Db, claims: Claims, { client, user }: AdminTokenFacts, person: User | undefined): Promise<Behind> {
  const [of, agent, tenant, grant] = await Promise.all([
    findClient(db, client),
    stateOf(textOf(claims, 'agent'), (id) => findAgent(db, id)),
    stateOf(textOf(claims, 'tenant'), (id) => findTenant(db, id)),
    stateOf(textOf(claims, 'grant_id'), (id) => findGrant(db, id)),
  ]);
  return { client: of?.state ?? 'revoked', agent, user: user === undefined ? undefined : (person?.state ?? 'revoked'), tenant, grant };
}

/** A token that was handed on dies with each hop: with everybody in its chain, and with every token that it follows from. */
async function pastStands(db: Db, claims: Claims, now: number): Promise<boolean> {
  const token = toAccessToken(claims);
  if (token === undefined) return false;
  return (token.actors.length === 0 && token.lineage.length === 0) || isAlive(db, token, now);
}

/** What the token names and is not there any more counts as revoked. */
async function stateOf(id: string | undefined, find: (id: string) => Promise<{ state: State } | undefined>): Promise<State | undefined> {
  return id === undefined ? undefined : ((await find(id))?.state ?? 'revoked');
}
