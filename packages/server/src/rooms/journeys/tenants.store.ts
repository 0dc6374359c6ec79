import type { Membership } from '@writ/flow';
import type { Db } from '../../base/db.ts';
import type { Result } from '../../base/result.ts';
import type { Client } from '../clients/client.ts';
import { lastTenantOf } from '../consent/store.ts';
import { rolesInForce } from '../tenants/role.store.ts';
import { tenantsOf } from '../tenants/store.ts';
import { boundTenant } from '../users/bound.ts';
import { findUser } from '../users/store.ts';
import type { User } from '../users/user.ts';
import { membershipOf } from '../flows/facts.ts';
import { clientOf, type Journey, type JourneyRequest } from './journey.ts';
import type { AnswerOf, EffectOf } from './world.ts';
import { ADMIN_RESOURCE_ID } from '../resources/built-in.ts';

export type TenantDeps = {
  db: Db;
  clients: { find(id: string): Promise<Result<Client, unknown>> };
  /** The tenant lets this person in through its own identity provider only. */
  requiresSso(tenantId: string, user: Pick<User, 'id' | 'tenants'>): boolean;
};

/**
 * Tenants of this user that stand, in the order of their names, and within those that the client may act in where it is bound to some; with
 * what the user is there. `required`: to go on without one would be to step out of them.
 */
export async function openTenants(
  deps: TenantDeps,
  { userId, by }: { userId: string; by?: readonly string[] | undefined },
  request: JourneyRequest,
): Promise<{ memberships: readonly Membership[]; domains: ReadonlyMap<string, string>; email: string; required: boolean }> {
  const user = await findUser(deps.db, userId);
  // The hub's own administration belongs to no tenant, and takes no token of one.
  const isOurs = request.kind === 'authorize' && request.resourceId === ADMIN_RESOURCE_ID;
  if (user === undefined || isOurs) return { memberships: [], domains: new Map(), email: '', required: false };
  const clientId = clientOf(request);
  const [found, client, roles] = await Promise.all([
    tenantsOf(
      deps.db,
      user.tenants.map(({ id }) => id),
    ),
    clientId === undefined ? undefined : deps.clients.find(clientId),
    rolesInForce(deps.db),
  ]);
  const bound = client?.ok === true ? client.value.tenants : [];
  // The provider of one tenant vouches for nobody in another.
  const only = boundTenant(by);
  const open = found.filter(
    ({ id, state }) => state === 'active' && (bound.length === 0 || bound.includes(id)) && (only === undefined || only === id),
  );
  return {
    memberships: open.map((tenant) => membershipOf(user, tenant, { roles, sso: deps.requiresSso(tenant.id, user) })),
    domains: new Map(open.flatMap(({ id, domains }) => domains.map((domain) => [domain, id] as const))),
    email: user.emailVerifiedAt === undefined ? '' : user.email,
    required: found.length > 0 || bound.length > 0 || only !== undefined,
  };
}

/** The answer to the flow's question for tenants. An address that nobody has confirmed says nothing about where somebody belongs. */
export async function findTenants(
  deps: TenantDeps,
  effect: EffectOf<'findTenants'>,
  { request, state }: Pick<Journey, 'request' | 'state'>,
): Promise<AnswerOf<'tenantsFound'>> {
  const who = { userId: effect.userId, by: state.proof?.by };
  const { memberships, domains, email, required } = await openTenants(deps, who, request);
  const byDomain = effect.byDomain ? domains.get(email.slice(email.lastIndexOf('@') + 1).toLowerCase()) : undefined;
  const last = async (): Promise<string | undefined> =>
    effect.remembered ? lastTenantOf(deps.db, { userId: effect.userId, clientId: clientOf(request) }) : undefined;
  const preferred = byDomain ?? (await last());
  return { kind: 'tenantsFound', memberships, required, ...(preferred === undefined ? {} : { preferred }) };
}
