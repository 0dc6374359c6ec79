import type { State } from '../tenants/tenant.ts';

/** The states of whatever stands behind a token; absent: it has no such part. */
export type Behind = {
  client: State;
  agent?: State | undefined;
  user?: State | undefined;
  tenant?: State | undefined;
  grant?: State | undefined;
};

/** Why nothing may be issued (`agent_frozen`, `tenant_revoked`, …), or undefined when all parts stand. One question for every way to a token. */
export function standing(behind: Behind): string | undefined {
  for (const part of ['client', 'tenant', 'user', 'agent', 'grant'] as const) {
    const state = behind[part];
    if (state !== undefined && state !== 'active') return `${part}_${state}`;
  }
  return undefined;
}
