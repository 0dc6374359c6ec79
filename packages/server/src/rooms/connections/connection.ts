import type { State } from '../tenants/tenant.ts';
import { connectionConfig, type ConnectionConfig } from './config.ts';

/** A downstream service, as its author described it; our own secret there is in the vault and not in the value. */
export type Connection = Omit<ConnectionConfig, 'clientSecret'> & {
  /** Whether the vault holds our client secret for it. */
  hasSecret: boolean;
  /** Frozen: nothing of it is handed out, connected or refreshed. Revoked: the same for good, and its credentials leave the vault. */
  state: State;
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

/** The header that takes a key or token, and what stands before it there: as RFC 6750 §2.1 has it, unless the author or the catalogue says otherwise. */
export function placeOf({ header, prefix }: Pick<Connection, 'header' | 'prefix'>): { header: string; prefix: string } {
  return { header: header ?? 'authorization', prefix: prefix ?? (header === undefined ? 'Bearer ' : '') };
}

/** A connection may be for some tenants only. To all others, and without a tenant, there is none of this id. */
export function servesTenant({ tenants }: Pick<Connection, 'tenants'>, tenant: string | undefined): boolean {
  return tenants.length === 0 || (tenant !== undefined && tenants.includes(tenant));
}

/** The stored connection in the same form, without its secret. */
export function toConnectionConfig(connection: Connection): ConnectionConfig {
  const { hasSecret: _secret, state: _state, version: _version, createdAt: _at, ...config } = connection;
  return connectionConfig.parse(config);
}
