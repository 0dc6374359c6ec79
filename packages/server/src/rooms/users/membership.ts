import { permissionsOf } from '../tenants/role.ts';
import type { Role, Tenant } from '../tenants/tenant.ts';
import type { User } from './user.ts';

/** What a user is in one tenant: the roles there, and every permission that they give. */
export type Membership = { roles: readonly string[]; permissions: readonly string[] };

const NONE: Membership = { roles: [], permissions: [] };

/** Without a user, without a tenant, or in a tenant that is not the user's: nothing. */
export function membershipIn(
  user: Pick<User, 'tenants'> | undefined,
  tenant: Pick<Tenant, 'id'> | undefined,
  roles: readonly Role[],
): Membership {
  const held = tenant === undefined ? undefined : user?.tenants.find(({ id }) => id === tenant.id)?.roles;
  return held === undefined || held.length === 0 ? NONE : { roles: held, permissions: permissionsOf(held, roles) };
}

export function isMember(user: User, tenant: Pick<Tenant, 'id'>): boolean {
  return user.tenants.some(({ id }) => id === tenant.id);
}
