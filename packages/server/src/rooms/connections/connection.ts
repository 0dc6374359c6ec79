import type { ConnectionConfig } from './config.ts';

export const CONNECTION_TYPES = ['oauth', 'api_key', 'basic', 'certificate', 'mcp', 'reference'] as const;
export type ConnectionType = (typeof CONNECTION_TYPES)[number];

/** Whose credentials a connection hands out. `user` covers a user in a tenant too. */
export const OWNER_KINDS = ['user', 'agent', 'tenant'] as const;
export type OwnerKind = (typeof OWNER_KINDS)[number];

/** A downstream service, as its author described it; our own secret there is in the vault and not in the value. */
export type Connection = Omit<ConnectionConfig, 'clientSecret'> & {
  /** Whether the vault holds our client secret for it. */
  hasSecret: boolean;
  /** Frozen: nothing of it is handed out, connected or refreshed. */
  state: 'active' | 'frozen';
  version: number;
  createdAt: number;
};

/** RFC 8693 §2.1 `resource` of a hand-out. */
export function connectionUrn(id: string): string {
  return `urn:writ:connection:${id}`;
}

/** An access token with scopes, as opposed to a secret that is handed out whole. */
export function hasScopes({ type }: Pick<Connection, 'type'>): boolean {
  return type === 'oauth' || type === 'mcp';
}

/** A connection may be for some tenants only. To all others, and without a tenant, there is none of this id. */
export function servesTenant({ tenants }: Pick<Connection, 'tenants'>, tenant: string | undefined): boolean {
  return tenants.length === 0 || (tenant !== undefined && tenants.includes(tenant));
}
