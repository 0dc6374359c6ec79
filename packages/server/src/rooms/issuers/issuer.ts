import type { PublicJwks } from './jwks.ts';

/**
 * What the assertions of an issuer are good for: a workload proving which client it is (RFC 7523 §2.2), the jwt-bearer grant for a workload or a
 * user (RFC 7523 §2.1), the grant of an identity provider for one of our resources (ID-JAG).
 */
export const PURPOSES = ['client_assertion', 'jwt_bearer', 'id_jag'] as const;
export type Purpose = (typeof PURPOSES)[number];

export const PRESETS = ['kubernetes', 'aws', 'aws_sts', 'gcp', 'azure', 'github', 'gitlab', 'spiffe'] as const;
export type Preset = (typeof PRESETS)[number];

/** A glob, or several of which one must fit. */
export type Pattern = string | readonly string[];

/** By claim name; `a/b` goes into an object. All must fit. A claim that is missing fits nothing. */
export type ClaimPatterns = Readonly<Record<string, Pattern>>;

/** How the people of an issuer become users here. */
export type UserMapping = {
  /** Make a user who was not here before. */
  jit: boolean;
  /** `email`: a user of the tenant who has the asserted address is the same person; `none`: only who came through this issuer before. */
  link: 'email' | 'none';
  /** The claims that hold address and name. */
  email: string;
  name: string;
  /** Attribute of the user → claim. */
  attributes: Readonly<Record<string, string>>;
  /** Roles in the tenant. What a mapping can give it also takes away; other roles are left alone. */
  roles: readonly { claim: string; value: Pattern; role: string }[];
  /** Whether `auth_time`, `acr` and `amr` are believed, so that policy may count a second factor which was shown over there. */
  believeLogin: boolean;
};

/** An issuer whose assertions this hub takes. Seconds where a time. */
export type Issuer = {
  id: string;
  /** `iss` to the letter; for SPIFFE the trust domain (`spiffe://prod.example`), whose tokens need no `iss`. */
  issuer: string;
  /** Absent: for the whole hub. Given: whoever it vouches for acts in this tenant and no other. */
  tenant?: string;
  preset?: Preset;
  purposes: readonly Purpose[];
  /** Absent: this hub's issuer or token endpoint. */
  audiences?: readonly string[];
  algorithms: readonly string[];
  /** Neither of the two: found by discovery from `issuer`. */
  jwksUri?: string;
  jwks?: PublicJwks;
  /** Conditions on every assertion, whatever it is for. */
  claims: ClaimPatterns;
  /** Longest life of an assertion. */
  maxLifetime: number;
  /** Longest time since it was issued. */
  maxAge: number;
  /** Purposes for which one assertion may come back until it expires; for all others it is good once. Never for people. */
  reusable: readonly Purpose[];
  /** Whether clients that cannot prove themselves may bring an ID-JAG. */
  publicClients: boolean;
  users?: UserMapping;
};

export type StoredIssuer = Issuer & { version: number; createdAt: number };

/** One who is vouched for: the assertion is genuine, for us, and of this moment. Whether it was used before is asked last, see replay.store.ts. */
export type Vouched = {
  issuer: Issuer;
  purpose: Purpose;
  subject: string;
  claims: Readonly<Record<string, unknown>>;
  /** What is burnt: the `jti`, or the digest of the whole where it has none. */
  id: string;
  /** Milliseconds: until when it has to be remembered. */
  expiresAt: number;
};

/** What is in the way: `reason` for audit and metrics, `sentence` for whoever writes the trust. */
export type Obstacle = { reason: string; sentence: string };
