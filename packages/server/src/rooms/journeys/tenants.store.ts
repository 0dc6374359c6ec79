import type { FlowEvent } from '@writ/flow';
import type { Db } from '../../base/db.ts';
import type { Result } from '../../base/result.ts';
import type { Client } from '../clients/client.ts';
import { ADMIN_RESOURCE_ID } from '../resources/built-in.ts';
import { tenantsOf } from '../users/membership.store.ts';
import type { JourneyRequest } from './journey.ts';

type TenantDeps = { db: Db; clients: { find(id: string): Promise<Result<Client, unknown>> } };

/** Tenants of this user that stand, in the order of their names, and within those that the client may act in where it is bound to some. */
export async function openTenants(
  deps: TenantDeps,
  userId: string,
  request: JourneyRequest,
): Promise<{ open: { id: string; name: string }[]; required: boolean }> {
  // The hub's own administration belongs to no tenant, and takes no token of one.
  if (request.kind === 'authorize' && request.resourceId === ADMIN_RESOURCE_ID) return { open: [], required: false };
  const found = await tenantsOf(deps.db, userId);
  const client = request.kind === 'sign-in' ? undefined : await deps.clients.find(request.clientId);
  const bound = client?.ok === true ? client.value.tenants : [];
  return {
    open: found.filter((tenant) => tenant.active && (bound.length === 0 || bound.includes(tenant.id))),
    required: found.length > 0 || bound.length > 0,
  };
}

/** The answer to the flow's question for tenants. */
export async function tenantsFor(deps: TenantDeps, userId: string, request: JourneyRequest): Promise<FlowEvent> {
  const { open, required } = await openTenants(deps, userId, request);
  return { kind: 'tenantsFound', tenants: open.map((tenant) => tenant.id), required };
}
