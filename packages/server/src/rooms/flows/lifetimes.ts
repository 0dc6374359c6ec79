import type { Resource } from '../resources/resource.ts';
import type { Tenant } from '../tenants/tenant.ts';
import type { Lifetimes } from './view.ts';

const DAY = 86_400;

/** How long tokens of this resource live in this tenant, in seconds: the shorter of what the two say, else the hub's own. */
export function lifetimesOf(resource: Resource, tenant: Tenant | undefined): Lifetimes {
  const said = [resource.settings.accessTokenTtl, tenant?.settings.accessTokenTtl].filter((ttl) => ttl !== undefined);
  return {
    accessToken: said.length === 0 ? 600 : Math.min(...said),
    idle: tenant?.settings.refreshTokenIdleTtl ?? 30 * DAY,
    absolute: tenant?.settings.refreshTokenTtl ?? 90 * DAY,
  };
}
