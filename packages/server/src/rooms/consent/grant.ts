import type { Detail } from '../resources/detail.ts';
import type { State } from '../tenants/tenant.ts';

/** What a user allowed a client at one resource. At most one live grant per user, client, tenant, resource and redirect URI. */
export type Grant = {
  id: string;
  clientId: string;
  agentId: string;
  userId: string;
  tenantId?: string;
  resourceId: string;
  scopes: readonly string[];
  /** What was allowed in detail (RFC 9396), the last time that it was asked about. */
  authorizationDetails?: readonly Detail[];
  redirectUri: string;
  /** May be refreshed while the user is away; asked for in words on the consent page. */
  persistent: boolean;
  state: State;
  version: number;
  createdAt: number;
  updatedAt: number;
  /** When the user last said yes. */
  consentedAt: number;
  expiresAt?: number;
};
