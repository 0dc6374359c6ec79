import type { Detail } from '../resources/detail.ts';
import type { State } from '../tenants/tenant.ts';

/**
 * What a user allowed a client at one resource, or an administrator for everybody in a tenant. At most one live grant per user (or tenant), client,
 * tenant, resource and redirect URI.
 */
export type Grant = {
  id: string;
  clientId: string;
  agentId: string;
  /** Absent: the grant is the tenant's. */
  userId?: string;
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
  /** The tenant's grant that this user's follows from, and ends with. */
  under?: string;
};

/** Whether these scopes are all within what was allowed. */
export function covers(grant: Pick<Grant, 'scopes'>, scopes: readonly string[]): boolean {
  return scopes.every((name) => grant.scopes.includes(name));
}

/** Whether its end has come. From then on it opens nothing, whether or not somebody has written that down yet. */
export function isOver({ expiresAt }: Pick<Grant, 'expiresAt'>, now: number): boolean {
  return expiresAt !== undefined && now >= expiresAt;
}

/** Members of a tenant who hold it allow and refuse clients for everybody in it. */
export const MANAGE_CONSENT = 'consent.manage';
