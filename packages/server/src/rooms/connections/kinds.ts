export const CONNECTION_TYPES = ['oauth', 'api_key', 'basic', 'certificate', 'mcp', 'reference'] as const;
export type ConnectionType = (typeof CONNECTION_TYPES)[number];

/** Whose credentials a connection hands out. `user` covers a user in a tenant too. */
export const OWNER_KINDS = ['user', 'agent', 'tenant'] as const;
export type OwnerKind = (typeof OWNER_KINDS)[number];

/** How tokens of an OAuth connection are had. Default: a person connects an account. */
export const CONNECTION_GRANTS = ['authorization_code', 'client_credentials', 'jwt_bearer'] as const;
export type ConnectionGrant = (typeof CONNECTION_GRANTS)[number];

/** Whether the connection is its own account, so that no person connects it. */
export function isOwnAccount({ grant }: { grant?: ConnectionGrant | undefined }): boolean {
  return grant === 'client_credentials' || grant === 'jwt_bearer';
}
