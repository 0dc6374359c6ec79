import type { Tenant } from '../../../rooms/tenants/tenant.ts';

const DAY_S = 86_400;

/** How long a refresh family lives: while it is used, and at most. PRODUCT §3: 30 days sliding, 90 absolute, unless the tenant says otherwise. */
export function lifetimesOf(tenant: Tenant | undefined): { idleMs: number; absoluteMs: number } {
  const idle = tenant?.settings.refreshTokenIdleTtl ?? 30 * DAY_S;
  const absolute = tenant?.settings.refreshTokenTtl ?? 90 * DAY_S;
  return { idleMs: Math.min(idle, absolute) * 1000, absoluteMs: absolute * 1000 };
}
