export const CONNECTION_TYPES = ['oauth', 'api_key', 'basic', 'certificate', 'mcp', 'reference'] as const;
export type ConnectionType = (typeof CONNECTION_TYPES)[number];

/** Whose credentials a connection hands out. `user` covers a user in a tenant too. */
export const OWNER_KINDS = ['user', 'agent', 'tenant'] as const;
export type OwnerKind = (typeof OWNER_KINDS)[number];
