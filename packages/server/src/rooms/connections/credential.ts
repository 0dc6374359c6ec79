/** What is sealed. */
export type Secret =
  | { kind: 'oauth'; accessToken: string; refreshToken?: string; tokenType?: string; extra?: Record<string, string> }
  | { kind: 'api_key'; value: string }
  | { kind: 'basic'; username: string; password: string }
  /** PEM. */
  | { kind: 'certificate'; certificate: string; privateKey: string }
  /** `env:NAME`, `file:/path`, `vault:<path>#<field>`, `awssm:<region>/<id>#<field>`: read when it is handed out. */
  | { kind: 'reference'; url: string };

/** A user in a tenant, a user, an agent or a tenant. */
export type Owner = { user?: string | undefined; tenant?: string | undefined; agent?: string | undefined };

/**
 * active: handed out. failed: the service refuses it, somebody has to connect again (`failure` says why, in words that may be shown).
 * locked: an administrator holds it back. revoked: given up; the row stays for its history only.
 */
export type CredentialState = 'active' | 'failed' | 'locked' | 'revoked';

/** One secret of the vault without the secret: connection × owner × label. Times in milliseconds since the epoch. */
export type Credential = {
  id: string;
  connection: string;
  owner: Owner;
  /** Which of several accounts; '' where there is one. */
  label: string;
  kind: Secret['kind'];
  /** `flow`: a key that a call of a flow brought. `service`: a token that the hub got for an account of its own when it was needed. */
  origin: 'admin' | 'connect' | 'import' | 'flow' | 'service';
  /** Scopes that the service says it gave. */
  granted: readonly string[];
  /** Scopes that were asked for. */
  asked: readonly string[];
  /** Whether it can be renewed without a person. */
  refreshable: boolean;
  expiresAt?: number;
  state: CredentialState;
  failure?: string;
  version: number;
  /** When the account was connected (or the key stored) last: the newest of an owner's accounts is the one meant by none. */
  connectedAt: number;
  createdAt: number;
};

/** How an owner is named in explanations and entries. */
export function ownerWords({ user, tenant, agent }: Owner): string {
  if (agent !== undefined) return `agent ${agent}`;
  if (user === undefined) return `tenant ${tenant ?? ''}`;
  return tenant === undefined ? `user ${user}` : `user ${user} in tenant ${tenant}`;
}

/** Whose data key seals it: the tenant's, or the hub's for those of users and agents outside of any. */
export function keyTenantOf({ tenant }: Owner): string {
  return tenant ?? '';
}

/** Owners in the order in which their credentials are tried. */
export function ownersFor(of: Owner, kinds: readonly ('user' | 'agent' | 'tenant')[] = ['user', 'agent', 'tenant']): Owner[] {
  const { user, tenant, agent } = of;
  const owners: Owner[] = [];
  if (user !== undefined && kinds.includes('user')) {
    if (tenant !== undefined) owners.push({ user, tenant });
    owners.push({ user });
  }
  if (agent !== undefined && kinds.includes('agent')) owners.push({ agent });
  if (tenant !== undefined && kinds.includes('tenant')) owners.push({ tenant });
  return owners;
}
