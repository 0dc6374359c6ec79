import type { State } from '../tenants/tenant.ts';

/** Whom an agent acts for: a user, a tenant, or nobody but the client itself. */
export type Principal = { kind: 'user' | 'tenant' | 'client'; id: string };

/** One record per client × principal, made on the first grant. `dormant` is derived from `lastUsedAt`, never stored. */
export type Agent = {
  id: string;
  clientId: string;
  principal: Principal;
  tenantId?: string;
  state: State;
  version: number;
  createdAt: number;
  lastUsedAt?: number;
};
