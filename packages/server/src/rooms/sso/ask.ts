import type { Metadata } from './metadata.ts';
import type { ExternalPage, OidcProvider } from './provider.ts';

/** What the journey wants of this sign-in, as it goes upstream. */
export type SignInAsk = {
  /** `prompt=login`: a session over there is not good enough. */
  login: boolean;
  /** `prompt=select_account`, or "use another account". */
  chooseAccount: boolean;
  /** Seconds. */
  maxAge?: number;
  /** Fills the first field over there. */
  email?: string;
};

export type OidcBinding = { redirectUri: string; state: string; nonce: string; challenge: string };

/** Where the browser is sent (OIDC Core §3.1.2.1). What an administrator added never replaces what binds the answer to this journey. */
export function authorizationRequest(provider: OidcProvider, metadata: Metadata, ask: SignInAsk, binding: OidcBinding): string {
  const url = new URL(metadata.authorizationEndpoint);
  const prompt = ask.login ? 'login' : ask.chooseAccount ? 'select_account' : undefined;
  const said: Record<string, string | undefined> = {
    ...provider.authorizationParams,
    response_type: 'code',
    client_id: provider.clientId,
    redirect_uri: binding.redirectUri,
    scope: provider.scopes.join(' '),
    state: binding.state,
    nonce: binding.nonce,
    code_challenge: binding.challenge,
    code_challenge_method: 'S256',
    prompt,
    max_age: ask.maxAge?.toString(),
    login_hint: ask.email,
    acr_values: provider.secondFactor.acr.length === 0 ? undefined : provider.secondFactor.acr.join(' '),
  };
  for (const [name, value] of Object.entries(said)) if (value !== undefined) url.searchParams.set(name, value);
  return url.href;
}

/** `typ` of our request to an external page: no token of ours can be taken for it, nor it for one. */
export const REQUEST_TYP = 'writ-sign-in-request+jwt';
/** How long a person may take at somebody else's page. */
export const ATTEMPT_MS = 10 * 60_000;

/** What an external page is told, signed by us. Times in seconds. */
export function externalRequest(
  page: ExternalPage,
  ask: SignInAsk,
  of: { issuer: string; journey: string; nonce: string; returnTo: string; now: number },
): Record<string, unknown> {
  const seconds = Math.floor(of.now / 1000);
  return {
    iss: of.issuer,
    aud: page.issuer,
    iat: seconds,
    exp: seconds + ATTEMPT_MS / 1000,
    jti: of.nonce,
    nonce: of.nonce,
    journey: of.journey,
    return_to: of.returnTo,
    ...(page.tenant === undefined ? {} : { tenant: page.tenant }),
    ...(ask.email === undefined ? {} : { login_hint: ask.email }),
    ...(ask.login ? { prompt: 'login' } : {}),
    ...(ask.maxAge === undefined ? {} : { max_age: ask.maxAge }),
  };
}
