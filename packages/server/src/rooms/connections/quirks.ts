/**
 * What is odd about one provider's OAuth, as data: everything that RFC 6749 leaves open, and where providers do otherwise. A provider without
 * quirks is spoken to as the RFCs say. No member holds code, so a quirk is reviewed like a fact.
 */
export type Quirks = {
  /** How the client proves itself at the token endpoint; default `basic` with a secret, `none` without. */
  readonly tokenAuth?: 'basic' | 'post' | 'none';
  readonly tokenBody?: 'form' | 'json';
  /** Where it refreshes, when that is not the token endpoint; at the same origin. */
  readonly refreshUrl?: string;
  readonly scopeSeparator?: ' ' | ',';
  /** Between scopes in answers, where it is another than in requests (GitHub). */
  readonly answerSeparator?: ',';
  /** Name of the scope parameter at the authorization endpoint (Slack asks for the user's scopes under another). */
  readonly scopeParameter?: string;
  /** The provider answers an error to a code challenge. */
  readonly pkce?: false;
  /** Said with each authorization request (`access_type=offline`, `prompt=consent`). */
  readonly authorizationParams?: Readonly<Record<string, string>>;
  /** Said with each token request (`audience=…`). */
  readonly tokenParams?: Readonly<Record<string, string>>;
  /** The member of the answer that holds the tokens, where they do not stand at the top. */
  readonly answerIn?: string;
  /** Words for `token_type` that mean a bearer token here. */
  readonly bearerWords?: readonly string[];
  /** Seconds a token lives when the answer does not say. */
  readonly lifetime?: number;
  /** False: refresh requests with a scope are refused. */
  readonly scopeOnRefresh?: boolean;
  /** Errors that mean the same as `invalid_grant`. */
  readonly deadWords?: readonly string[];
  /** What a scope is called in answers, by what it is called in requests. */
  readonly scopeAliases?: Readonly<Record<string, string>>;
  /** Which token ends the whole access at the revocation endpoint; default `refresh` where there is one. */
  readonly revoke?: 'refresh' | 'access';
  /** The callback carries no `iss` although the provider's metadata names an issuer. */
  readonly omitsIss?: true;
};

/** Errors at refresh that mean: this grant is over, ask the person again. */
const DEAD_WORDS = new Set([
  'invalid_grant',
  'bad_refresh_token',
  'invalid_refresh_token',
  'token_revoked',
  'token_expired',
  'expired_token',
  'access_denied',
]);

export function isDeadWord(error: string, quirks: Quirks): boolean {
  return DEAD_WORDS.has(error) || quirks.deadWords?.includes(error) === true;
}
