import { z } from 'zod';
import type { Db } from '../../base/db.ts';
import { authorOf, notFound, preconditionFailed } from '../../base/http/admin.ts';
import type { Problem } from '../../base/http/message.ts';
import { route, type Route } from '../../base/http/route.ts';
import { fail, ok } from '../../base/result.ts';
import type { Author } from '../audit/author.ts';
import { collectionRoutes, type Collection } from '../audit/collection.http.ts';
import type { Audit } from '../audit/store.ts';
import { roleConfig, tenantConfig, toRoleConfig, toTenantConfig, type RoleConfig, type TenantConfig } from './config.ts';
import { findRole, listRoles, putRole, removeRole } from './role.store.ts';
import { findTenant, listTenants, putTenant } from './store.ts';
import type { Role, Tenant } from './tenant.ts';

/** A tenant as the admin API shows it. Times in milliseconds since the epoch. */
export const tenantView = z
  .object({ ...tenantConfig.shape, state: z.enum(['active', 'frozen', 'revoked']), createdAt: z.number() })
  .meta({ id: 'Tenant' });

export function presentTenant(tenant: Tenant): Record<string, unknown> {
  return { ...toTenantConfig(tenant), state: tenant.state, createdAt: tenant.createdAt };
}

const roleView = z.object(roleConfig.shape).meta({ id: 'Role' });

export type TenantRoutesDeps = {
  db: Db;
  audit: Audit;
  /** Revokes a tenant for good, with everything issued under it. */
  revoke(id: string, reason: string, by: Author): Promise<unknown>;
};

/** Why an id cannot be used again; undefined: it can be put. */
export const tenantRevoked: Problem = {
  status: 409,
  type: 'revoked',
  title: 'This tenant was removed',
  field: 'id',
  detail: 'An id is not used again: what was issued under it stays dead. Choose another id.',
};

const tenants: Collection<Tenant, TenantConfig> = {
  kind: 'tenant',
  plural: 'tenants',
  config: tenantConfig,
  view: tenantView,
  writes: { put: ['admin.changed'], remove: ['admin.changed'] },
  present: presentTenant,
  idOf: (tenant) => tenant.id,
  list: listTenants,
  find: findTenant,
  async put(tx, input, by) {
    const before = await findTenant(tx, input.id);
    return before?.state === 'revoked' ? fail(tenantRevoked) : ok(await putTenant(tx, input, by));
  },
};

const roles: Collection<Role, RoleConfig> = {
  kind: 'role',
  plural: 'roles',
  key: 'name',
  config: roleConfig,
  view: roleView,
  writes: { put: ['admin.changed'], remove: ['admin.changed'] },
  present: toRoleConfig,
  idOf: (role) => role.name,
  list: listRoles,
  find: findRole,
  put: async (tx, input, by) => ok(await putRole(tx, input, by)),
  remove: removeRole,
};

export function tenantRoutes(deps: TenantRoutesDeps): Route[] {
  return [...collectionRoutes(deps, tenants), removeTenantRoute(deps), ...collectionRoutes(deps, roles)];
}

function removeTenantRoute(deps: TenantRoutesDeps): Route {
  return route({
    method: 'DELETE',
    path: '/admin/v1/tenants/:id',
    access: 'admin:tenants:write',
    audit: ['tenant.revoked', 'signal.sent'],
    summary: 'Remove a tenant: it is revoked for good, with everything issued under it',
    output: { 204: 'Removed', 404: 'No such id', 412: 'If-Match names another version' },
    async handle(call) {
      const id = call.params['id'] ?? '';
      const found = await findTenant(deps.db, id);
      if (found === undefined || found.state === 'revoked') return notFound('tenant', id);
      const stale = preconditionFailed(call, found.version);
      if (stale !== undefined) return stale;
      await deps.revoke(id, 'removed', authorOf(call));
      return { status: 204, headers: { 'cache-control': 'no-store' } };
    },
  });
}
