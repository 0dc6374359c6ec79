import { sql, type RawBuilder } from 'kysely';
import type { Detail } from '../resources/detail.ts';
import type { State } from '../tenants/tenant.ts';
import type { Grant } from './grant.ts';

/** A row of `grants`, as the driver gives it. */
export type GrantRow = {
  id: string;
  client_id: string;
  agent_id: string;
  user_id: string | null;
  tenant_id: string | null;
  resource_id: string;
  scopes: string[];
  authorization_details: Detail[] | null;
  redirect_uri: string;
  persistent: boolean;
  state: State;
  version: number;
  created_at: number;
  updated_at: number;
  consented_at: number;
  expires_at: number | null;
  under: string | null;
};

export const COLUMNS: RawBuilder<unknown> = sql.raw(
  'id, client_id, agent_id, user_id, tenant_id, resource_id, scopes, authorization_details, redirect_uri, persistent, state, version, created_at, updated_at, consented_at, expires_at, under',
);

export function toGrant(found: GrantRow): Grant {
  return {
    id: found.id,
    clientId: found.client_id,
    agentId: found.agent_id,
    ...(found.user_id === null ? {} : { userId: found.user_id }),
    ...(found.tenant_id === null ? {} : { tenantId: found.tenant_id }),
    resourceId: found.resource_id,
    scopes: found.scopes,
    ...(found.authorization_details === null ? {} : { authorizationDetails: found.authorization_details }),
    redirectUri: found.redirect_uri,
    persistent: found.persistent,
    state: found.state,
    version: found.version,
    createdAt: found.created_at,
    updatedAt: found.updated_at,
    consentedAt: found.consented_at,
    ...(found.expires_at === null ? {} : { expiresAt: found.expires_at }),
    ...(found.under === null ? {} : { under: found.under }),
  };
}
