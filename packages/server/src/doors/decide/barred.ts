import { registrationFault } from '../../rooms/clients/admit.ts';
import { servesTenant } from '../../rooms/connections/connection.ts';
import { isHeld } from '../../rooms/resources/held.ts';
import { declaredBy } from '../../rooms/tenants/role.ts';
import { allowsGrant, type Role } from '../../rooms/tenants/tenant.ts';
import { standing } from '../../rooms/tokens/standing.ts';
import { isMember, type Membership } from '../../rooms/users/membership.ts';
import type { Subject } from './subject.ts';
import type { Asker, Target } from './target.ts';

/**
 * What stands in the way before policy is asked, as at the token endpoint: a deed whose token could not be had any more is not to be done with
 * one that is still about. The word is for the record.
 */
export function barredBy(
  asker: Asker,
  subject: Subject,
  { resource, scopes, connection }: Target,
  membership: Membership,
  roles: readonly Role[],
): string | undefined {
  const { client, agent, user, tenant, token, grant } = subject;
  // A server that is registered for some tenants is told of no other.
  if (asker.kind === 'server' && asker.client.tenants.length > 0 && tenant !== undefined && !asker.client.tenants.includes(tenant.id))
    return 'tenant_not_served';
  const fallen = standing({ client: client.state, agent: agent?.state, user: user?.state, tenant: tenant?.state });
  if (fallen !== undefined) return fallen;
  if (user !== undefined && tenant !== undefined && !isMember(user, tenant)) return 'user_left_tenant';
  if (tenant !== undefined && !allowsGrant(tenant, grant)) return 'grant_not_allowed_in_tenant';
  if (connection !== undefined && connection.state !== 'active') return `connection_${connection.state}`;
  if (connection !== undefined && !servesTenant(connection, tenant?.id)) return 'connection_of_another_tenant';
  // What a token says of scopes and audience is about a resource; before a connection it only shows who there is.
  if (resource === undefined) return undefined;
  if (client.scopes !== undefined && scopes.some((scope) => client.scopes?.includes(scope) === false)) return 'scope_not_assigned';
  if (token !== undefined && token.audience !== resource.uri) return 'token_for_another_audience';
  if (token !== undefined && scopes.some((scope) => !token.scopes.includes(scope))) return 'scope_not_in_token';
  const admission = registrationFault(resource.registration, client);
  if (admission !== undefined) return admission;
  if (user === undefined) return undefined;
  const permissions = { declared: declaredBy(roles), held: new Set(membership.permissions) };
  const lacking = resource.scopes.filter(({ name }) => scopes.includes(name)).some((scope) => !isHeld(scope, permissions));
  return lacking ? 'permission_missing' : undefined;
}
