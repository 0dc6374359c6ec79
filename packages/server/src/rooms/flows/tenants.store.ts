import { sql } from 'kysely';
import type { FlowEvent } from '@writ/flow';
import { rows, type Db } from '../../base/db.ts';
import type { Result } from '../../base/result.ts';
import type { Client } from '../clients/client.ts';
import type { JourneyRequest } from './journey.ts';

type TenantDeps = { db: Db; clients: { find(id: string): Promise<Result<Client, unknown>> } };
type Membership = { id: string; name: string; active: boolean };

/** Tenants of this user that stand, in the order of their names, and within those that the client may act in where it is bound to some. */
export async function openTenants(
  deps: TenantDeps,
  userId: string,
  request: JourneyRequest,
): Promise<{ open: Membership[]; required: boolean }> {
  const found = await rows(
    deps.db,
    sql<Membership>`SELECT t.id, t.name, t.state = 'active' AS active FROM user_tenants ut JOIN tenants t ON t.id = ut.tenant_id WHERE ut.user_id = ${userId} ORDER BY t.name, t.id`,
  );
  const client = request.kind === 'authorize' ? await deps.clients.find(request.clientId) : undefined;
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
