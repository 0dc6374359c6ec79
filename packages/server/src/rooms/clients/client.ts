import type { AuthMethod } from '@writ/protocol';
import type { State } from '../tenants/tenant.ts';
import type { PublicJwks } from '../issuers/jwks.ts';
import type { WorkloadRule } from './workload.ts';
import type { Protections } from './protections.ts';

export type RegistrationType = 'manual' | 'dcr' | 'cimd' | 'workload';

/** One of a client's secrets: only its SHA-256 is kept. `expiresAt` absent: never. `origin` says who listed it: a put replaces its own only. */
export type ClientSecret = {
  id: string;
  name: string;
  digest: string;
  state: 'active' | 'revoked';
  origin: 'config' | 'issued';
  expiresAt?: number;
  createdAt: number;
};

/** Links and names that the client says of itself; shown as text, never trusted. `scope` is what it said it would ask for: no right and no limit. */
export type ClientMetadata = {
  clientUri?: string;
  logoUri?: string;
  policyUri?: string;
  tosUri?: string;
  softwareId?: string;
  softwareVersion?: string;
  contacts?: readonly string[];
  applicationType?: 'native' | 'web';
  scope?: string;
};

/**
 * `alsoPublic`: its document lists `none` beside `private_key_jwt`, so it may come without proof, and counts as public. `responseIss` false:
 * never send `iss` (old Goose). `dpopNonce`: its DPoP proofs hold a nonce of the hub, also where the hub does not ask everybody for one.
 */
export type ClientSettings = Protections & {
  responseIss?: boolean;
  alsoPublic?: boolean;
  dpopNonce?: boolean;
  /** CIBA §4: `ping` calls the client when its user has answered; either way it fetches the token itself. Absent: poll. */
  backchannel?: { delivery: 'poll' | 'ping'; notificationEndpoint?: string };
};

/** An OAuth client registration. */
export type Client = {
  id: string;
  name: string;
  registrationType: RegistrationType;
  /** From evidence (host on the pack, pinned or registered by an admin), never from a name. */
  status: 'verified' | 'unverified';
  state: State;
  /** It is frozen because people were asked whether to let it in, and have not answered. */
  underReview?: true;
  kind: 'app' | 'cli' | 'service' | 'agent';
  /** True when it can act without proving a key or a secret. */
  public: boolean;
  grants: readonly string[];
  redirectUris: readonly string[];
  authMethod: AuthMethod;
  jwks?: PublicJwks;
  jwksUri?: string;
  /** Instead of a key or a secret of its own: whom trusted issuers vouch for. */
  workload?: readonly WorkloadRule[];
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
  settings: ClientSettings;
  /** Same for registrations of one program: name and redirect set, loopback ports aside. Dynamic registrations only. */
  fingerprint?: string;
  version: number;
  createdAt: number;
  /** When a user first consented; until then a dynamic registration may be swept. */
  consentedAt?: number;
};

/**
 * Whether the client may authenticate this way. Basic and post carry the same secret, so a client registered for one may use the other
 * (SDKs disagree about which comes first); a key or the absence of any proof is never interchangeable with a secret.
 */
export function acceptsMethod(client: Client, method: AuthMethod): boolean {
  if (client.authMethod === method) return true;
  if (method === 'none') return client.settings.alsoPublic === true;
  return usesSecret(client.authMethod) && usesSecret(method);
}

export function usesSecret(method: AuthMethod): boolean {
  return method === 'client_secret_basic' || method === 'client_secret_post';
}

/** Whether this secret opens anything at `now`. */
export function isUsable(secret: ClientSecret, now: number): boolean {
  return secret.state === 'active' && (secret.expiresAt === undefined || secret.expiresAt > now);
}

/** Whether an administrator described it, whole; else it registered itself, and what is said of it are its own words. */
export function isWrittenHere({ registrationType }: Pick<Client, 'registrationType'>): boolean {
  return registrationType === 'manual' || registrationType === 'workload';
}
