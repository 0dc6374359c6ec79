import type { State } from '../tenants/tenant.ts';

export type RegistrationType = 'manual' | 'dcr' | 'cimd' | 'workload';
export type AuthMethod = 'none' | 'client_secret_basic' | 'client_secret_post' | 'private_key_jwt';

/** One of a client's secrets: only its SHA-256 is kept. `expiresAt` absent: never. */
export type ClientSecret = { id: string; name: string; digest: string; state: 'active' | 'revoked'; expiresAt?: number; createdAt: number };

/** Links and names that the client says of itself; shown as text, never trusted. */
export type ClientMetadata = { clientUri?: string; logoUri?: string; policyUri?: string; tosUri?: string; softwareId?: string; softwareVersion?: string; contacts?: readonly string[]; applicationType?: 'native' | 'web' };

/** Public keys of a private_key_jwt client. */
export type PublicJwks = { keys: readonly Readonly<Record<string, unknown>>[] };

/** An OAuth client registration. */
export type Client = {
  id: string;
  name: string;
  registrationType: RegistrationType;
  /** From evidence (host on the pack, pinned or registered by an admin), never from a name. */
  status: 'verified' | 'unverified';
  state: State;
  kind: 'app' | 'cli' | 'service' | 'agent';
  public: boolean;
  grants: readonly string[];
  redirectUris: readonly string[];
  authMethod: AuthMethod;
  jwks?: PublicJwks;
  jwksUri?: string;
  secrets: readonly ClientSecret[];
  tags: readonly string[];
  /** User id of whoever answers for it. */
  owner?: string;
  /** Tenants it may act in; empty: no tenant of its own. */
  tenants: readonly string[];
  /** The most it may ever ask for; absent: what policy allows. */
  scopes?: readonly string[];
  /** First-party clients skip the consent page. */
  firstParty: boolean;
  metadata: ClientMetadata;
  settings: { responseIss?: boolean };
  version: number;
  createdAt: number;
};
