import type { State } from '../tenants/tenant.ts';

/** Whom an agent acts for: a user, a tenant, or nobody but the client itself. */
export type Principal = { kind: 'user' | 'tenant' | 'client'; id: string };

export type Pause = 'alone' | 'beneath';

/** The `stateReason` of an agent that its person has paused. */
export const BY_USER = 'by_user';

/** One record per client × principal, made on the first grant. `dormant` is derived from `lastUsedAt`, never stored. */
export type Agent = {
  id: string;
  clientId: string;
  principal: Principal;
  tenantId?: string;
  state: State;
  /** Why it is not active: the words of whoever stopped it, or a word of the hub (`by_user`). */
  stateReason?: string;
  /** The person it acts for has paused it: that alone holds it, or it does so beneath an administrator's freeze. */
  pause?: Pause;
  version: number;
  createdAt: number;
  lastUsedAt?: number;
};
