/**
 * What is odd about one provider's OAuth, as data: everything that RFC 6749 leaves open, and where providers do otherwise. A member that is
 * absent means: as the RFCs say.
 */
export type ProviderQuirks = {
  /** How the client proves itself at the token endpoint. */
  readonly tokenAuth?: 'basic' | 'post' | 'none';
  readonly tokenBody?: 'form' | 'json';
  readonly scopeSeparator?: ' ' | ',';
  /** Between scopes in answers, where it is another than in requests. */
  readonly answerSeparator?: ',';
  /** Name of the scope parameter at the authorization endpoint. */
  readonly scopeParameter?: string;
  /** A code challenge is answered with an error. */
  readonly pkce?: false;
  readonly authorizationParams?: Readonly<Record<string, string>>;
  readonly tokenParams?: Readonly<Record<string, string>>;
  /** The member of the token answer that holds the tokens. */
  readonly answerIn?: string;
  /** Words for `token_type` that mean a bearer token. */
  readonly bearerWords?: readonly string[];
  /** Seconds a token lives when the answer does not say. */
  readonly lifetime?: number;
  /** False: refresh requests with a scope are refused. */
  readonly scopeOnRefresh?: boolean;
  /** Errors that mean the same as `invalid_grant`. */
  readonly deadWords?: readonly string[];
  /** Which token ends the whole access at the revocation endpoint. */
  readonly revoke?: 'refresh' | 'access';
  /** The callback carries no `iss` (RFC 9207) although the provider names an issuer. */
  readonly omitsIss?: true;
};

/** Something the author of a connection fills in: it stands as `{name}` in addresses. */
export type Variable = {
  readonly name: string;
  readonly title: string;
  /** Of the whole value. Narrow: what it lets through becomes part of a host that secrets are sent to. */
  readonly pattern: string;
  readonly example: string;
  readonly default?: string;
};

/** A scope worth naming; a provider knows more. `writes`: more than reading. */
export type ProviderScope = { readonly name: string; readonly title: string; readonly writes?: true };

/**
 * Why an entry is believed. `metadata`: the addresses were compared with a recorded copy of what this issuer publishes. `documentation`: those that
 * `read` names were read on this page, or in this repository, of the provider's own. `program`: another free program, kept by others, has the same hosts.
 */
export type Evidence =
  | { readonly kind: 'metadata'; readonly issuer: string }
  | { readonly kind: 'documentation'; readonly url: string; readonly read: readonly ('authorizationUrl' | 'tokenUrl')[] }
  | { readonly kind: 'program'; readonly name: string };

type Known = {
  readonly id: string;
  readonly name: string;
  readonly category: string;
  readonly docs: string;
  readonly variables?: readonly Variable[];
  /** Where its API is: an origin, so that paths are whole. */
  readonly baseUrl: string;
  readonly allowedHosts: readonly string[];
  readonly allowedPaths?: readonly string[];
  /** Headers that every call needs and that are no secret (a version). */
  readonly headers?: Readonly<Record<string, string>>;
  /** A call that changes nothing and answers 2xx to a good credential. */
  readonly test?: { readonly method: 'GET' | 'POST'; readonly path: string };
  /** What somebody who sets it up should know; a sentence or two. */
  readonly notes?: string;
  readonly evidence: readonly Evidence[];
};

export type OAuthProvider = Known & {
  readonly type: 'oauth';
  readonly authorizationUrl: string;
  readonly tokenUrl: string;
  /** Where another than the token endpoint refreshes. */
  readonly refreshUrl?: string;
  /** Of RFC 7009; a provider with something of its own has none. */
  readonly revocationUrl?: string;
  readonly userinfoUrl?: string;
  readonly issuer?: string;
  readonly pkce: 'required' | 'supported' | 'unknown' | 'refused';
  /** `rotates`: each refresh brings a new refresh token and ends the old one. `none`: no refresh tokens; tokens last, or the person comes again. */
  readonly refresh: 'rotates' | 'keeps' | 'none';
  readonly quirks: ProviderQuirks;
  /** Asked for always, so that there is a refresh token at all. */
  readonly alwaysScopes?: readonly string[];
  readonly scopes?: readonly ProviderScope[];
  /** Where calls carry the token, when it is not `Authorization: Bearer`. */
  readonly header?: string;
  readonly prefix?: string;
};

export type KeyProvider = Known & {
  readonly type: 'api_key' | 'basic';
  /** API key: the header it goes into, with the prefix before it; or the query parameter. */
  readonly header?: string;
  readonly prefix?: string;
  readonly query?: string;
  /** Basic: what the two halves are, in words. */
  readonly username?: string;
  readonly password?: string;
  /** Where people make a key. */
  readonly makeAt?: string;
};

export type Provider = OAuthProvider | KeyProvider;

export type Verified = 'metadata' | 'documentation' | 'unverified';

/**
 * How far an entry was checked: both addresses, or it was not. That other programs agree is worth knowing, and is no verification: they may copy one
 * another.
 */
export function verifiedBy({ evidence }: Pick<Provider, 'evidence'>): Verified {
  if (evidence.some(({ kind }) => kind === 'metadata')) return 'metadata';
  const read = new Set(evidence.flatMap((one) => (one.kind === 'documentation' ? one.read : [])));
  return read.has('authorizationUrl') && read.has('tokenUrl') ? 'documentation' : 'unverified';
}
