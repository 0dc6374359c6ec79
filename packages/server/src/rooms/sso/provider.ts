import type { Voucher } from '../issuers/person.ts';
import type { UserMapping } from '../issuers/issuer.ts';
import type { PublicJwks } from '../issuers/jwks.ts';

/** Upstream levels that count as a second factor here: any of these `acr`, or any of these words in `amr` (RFC 8176). */
export type SecondFactorThere = { acr: readonly string[]; amr: readonly string[] };

type Shared = {
  id: string;
  /** On the button. */
  name: string;
  /** Whose people it signs in; absent: of the whole hub. */
  tenant?: string;
  /** Off: nobody sets out for it, and who is on the way comes back in vain. */
  state: 'on' | 'off';
  /** Of the tenant: whose addresses lead here. None: all of the tenant's domains. */
  domains: readonly string[];
  /** The tenant lets its people in by this only. */
  enforced: boolean;
  /** Who may come in otherwise all the same: somebody has to mend it when the provider is down. */
  exclusions: { users: readonly string[]; roles: readonly string[] };
  users: UserMapping & {
    /** The provider checks every address itself, though it does not say so in `email_verified`. */
    trustEmail: boolean;
  };
  secondFactor: SecondFactorThere;
};

/** How the hub proves itself at the token endpoint. `private_key_jwt`: with the signing key of the hub, found at its jwks_uri. */
export const CLIENT_AUTH = ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'] as const;

/** An OpenID provider, found by discovery from `issuer`. */
export type OidcProvider = Shared & {
  type: 'oidc';
  issuer: string;
  clientId: string;
  clientAuth: (typeof CLIENT_AUTH)[number];
  scopes: readonly string[];
  /** In which an id_token may be signed. */
  algorithms: readonly string[];
  /** Said with each authorization request (`hd`, `domain_hint`). */
  authorizationParams: Readonly<Record<string, string>>;
};

/** A page of somebody else that takes over and returns: told by a JWT of ours what is asked, answering by a JWT of theirs. */
export type ExternalPage = Shared & {
  type: 'external';
  url: string;
  /** `iss` of its answers. */
  issuer: string;
  /** Neither of the two: answers are signed with the secret (HS256). */
  jwksUri?: string;
  jwks?: PublicJwks;
};

export type Provider = OidcProvider | ExternalPage;
/** `hasSecret`: the vault of the hub holds one for it. */
export type StoredProvider = Provider & { hasSecret: boolean; version: number; createdAt: number };

/** What of a provider is believed about people (rooms/issuers). */
export function voucherOf({ id, tenant, users }: Provider): Voucher {
  return { id, users, ...(tenant === undefined ? {} : { tenant }) };
}

/** By which way somebody came, in the words of flows: a session of the tenant's own sign-in is the tenant's, whichever of its providers it was. */
export function byOf({ id, type, tenant }: Provider): string {
  return tenant === undefined ? `${type}:${id}` : `sso:${tenant}`;
}

/** What a button or a flow calls the way to this provider. A tenant may have several. */
export function wayOf(provider: Provider): string {
  return provider.tenant === undefined ? byOf(provider) : `sso:${provider.tenant}/${provider.id}`;
}

/** Our redirect URI at this provider. Each has its own, so that an answer of one is never taken for that of another (RFC 9700 §4.4.2). */
export function callbackOf(issuer: string, providerId: string): string {
  return `${issuer}/journey/callback/${encodeURIComponent(providerId)}`;
}
