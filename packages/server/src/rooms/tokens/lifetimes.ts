import type { Resource } from '../resources/resource.ts';
import type { Tenant } from '../tenants/tenant.ts';

/** How long what is granted lasts, in seconds. A refresh family lives `idle` seconds after each use, and `absolute` at most. */
export type Lifetimes = { accessToken: number; idle: number; absolute: number };

const DAY = 86_400;

/** Ten minutes, thirty days sliding, ninety absolute, unless resource or tenant say otherwise; of two that speak the shorter counts. */
export function lifetimesOf(resource: Pick<Resource, 'settings'>, tenant: Pick<Tenant, 'settings'> | undefined): Lifetimes {
  const said = [resource.settings.accessTokenTtl, tenant?.settings.accessTokenTtl].filter((ttl) => ttl !== undefined);
  const absolute = tenant?.settings.refreshTokenTtl ?? 90 * DAY;
  return {
    accessToken: said.length === 0 ? 600 : Math.min(...said),
    idle: Math.min(tenant?.settings.refreshTokenIdleTtl ?? 30 * DAY, absolute),
    absolute,
  };
}
