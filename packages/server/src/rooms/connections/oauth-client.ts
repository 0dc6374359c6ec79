import { GRANT_TYPES } from '@writ/protocol';
import type { AssertionKey } from './assertion.ts';
import type { Quirks } from './quirks.ts';

/** A provider as we are its client: what an OAuth connection says, with what discovery found. Holds the client secret, so it is never logged. */
export type OAuthServer = {
  /** Whose breaker it shares and what metrics call it: a name from the configuration, never a caller's. */
  name: string;
  /** Undefined: nobody is sent there, the connection has an account of its own. */
  authorizationUrl: string | undefined;
  tokenUrl: string;
  revocationUrl?: string | undefined;
  /** RFC 9207: known, a callback must carry it. */
  issuer?: string | undefined;
  clientId: string;
  clientSecret?: string | undefined;
  /** RFC 7523 §2.1: the account signs for itself, and there is no secret that goes anywhere. */
  assertion?: AssertionKey | undefined;
  /** RFC 8707: the resource that tokens are for (MCP demands it). */
  resource?: string | undefined;
  /** What it says to ask for, where the connection does not say. */
  suggestedScopes?: readonly string[] | undefined;
  quirks: Quirks;
};

/** `words` may be shown to the person who connects; `reason` is for auditors. */
export type ServerFault = { reason: string; words: string };

/** Our redirect URI at one connection's provider. Each has its own, so that a code of one provider is never taken to another (RFC 9700 §4.4.2). */
export function callbackUri(issuer: string, connectionId: string): string {
  return `${issuer}/connect/callback/${encodeURIComponent(connectionId)}`;
}

export type AuthorizationAsk = { redirectUri: string; state: string; challenge: string; scopes: readonly string[]; again: boolean };

/** Where the browser is sent. Parameters that an administrator wrote into the address stay; ours replace those of the same name. */
export function authorizationUrl(server: OAuthServer & { authorizationUrl: string }, ask: AuthorizationAsk): string {
  const { quirks } = server;
  const url = new URL(server.authorizationUrl);
  const said: Record<string, string> = {
    ...quirks.authorizationParams,
    response_type: 'code',
    client_id: server.clientId,
    redirect_uri: ask.redirectUri,
    state: ask.state,
    ...(ask.scopes.length === 0 ? {} : { [quirks.scopeParameter ?? 'scope']: ask.scopes.join(quirks.scopeSeparator ?? ' ') }),
    ...(quirks.pkce === false ? {} : { code_challenge: ask.challenge, code_challenge_method: 'S256' }),
    ...(server.resource === undefined ? {} : { resource: server.resource }),
    // Who connects again wants to be asked again: another account, or what was refused the last time.
    ...(ask.again && quirks.authorizationParams?.['prompt'] === undefined ? { prompt: 'consent' } : {}),
  };
  for (const [name, value] of Object.entries(said)) url.searchParams.set(name, value);
  url.hash = '';
  return url.href;
}

/** Members of a token request; the client's proof is added by whoever sends it. */
export function codeParams(server: OAuthServer, of: { code: string; redirectUri: string; verifier: string }): Record<string, string> {
  return {
    ...server.quirks.tokenParams,
    grant_type: 'authorization_code',
    code: of.code,
    redirect_uri: of.redirectUri,
    ...(server.quirks.pkce === false ? {} : { code_verifier: of.verifier }),
    ...(server.resource === undefined ? {} : { resource: server.resource }),
  };
}

/** RFC 6749 §6. No scope is named: that asks for all that was granted. */
export function refreshParams(server: OAuthServer, refreshToken: string): Record<string, string> {
  return {
    ...server.quirks.tokenParams,
    grant_type: 'refresh_token',
    refresh_token: refreshToken,
    ...(server.resource === undefined ? {} : { resource: server.resource }),
  };
}

/** The connection itself is the account: RFC 6749 §4.4, or RFC 7523 §2.1 with what it has signed. */
export function serviceParams(server: OAuthServer, scopes: readonly string[], assertion?: string): Record<string, string> {
  const { quirks, resource } = server;
  return {
    ...quirks.tokenParams,
    ...(assertion === undefined ? { grant_type: 'client_credentials' } : { grant_type: GRANT_TYPES.jwt_bearer, assertion }),
    ...(scopes.length === 0 ? {} : { scope: scopes.join(quirks.scopeSeparator ?? ' ') }),
    ...(resource === undefined ? {} : { resource }),
  };
}

export function revocationParams(
  server: OAuthServer,
  tokens: { accessToken: string; refreshToken?: string | undefined },
): Record<string, string> {
  const { refreshToken } = tokens;
  return refreshToken === undefined || server.quirks.revoke === 'access'
    ? { token: tokens.accessToken, token_type_hint: 'access_token' }
    : { token: refreshToken, token_type_hint: 'refresh_token' };
}

/** A few refresh elsewhere than they issue. Never at another origin: an author's own server has this provider's quirks, and not its addresses. */
export function tokenUrlFor(
  { tokenUrl, quirks }: Pick<OAuthServer, 'tokenUrl' | 'quirks'>,
  params: Readonly<Record<string, string>>,
): string {
  const { refreshUrl } = quirks;
  const isOther = refreshUrl !== undefined && params['grant_type'] === 'refresh_token';
  return isOther && new URL(refreshUrl).origin === new URL(tokenUrl).origin ? refreshUrl : tokenUrl;
}

export type SentRequest = { headers: Record<string, string>; body: string };

/**
 * A request to the token or revocation endpoint with the client's proof. `basic64` encodes base64 (the language itself has no encoder). RFC 6749
 * §2.3.1: id and secret are form-encoded before Basic; without that, a secret with a colon or a percent sign would be another one.
 */
export function clientRequest(
  server: OAuthServer,
  params: Readonly<Record<string, string>>,
  basic64: (text: string) => string,
): SentRequest {
  const { quirks, clientId, clientSecret } = server;
  const method = clientSecret === undefined ? 'none' : (quirks.tokenAuth ?? 'basic');
  // RFC 7521 §4.1: who signs an assertion need not be known as a client, and some refuse a client_id that is none of theirs.
  const isNamed = method !== 'basic' && (server.assertion === undefined || quirks.tokenAuth === 'none');
  const members: Record<string, string> = {
    ...params,
    ...(isNamed ? { client_id: clientId } : {}),
    ...(method === 'post' && clientSecret !== undefined ? { client_secret: clientSecret } : {}),
  };
  const isJson = quirks.tokenBody === 'json';
  const headers: Record<string, string> = {
    accept: 'application/json',
    'content-type': isJson ? 'application/json' : 'application/x-www-form-urlencoded',
    ...(method === 'basic' ? { authorization: `Basic ${basic64(`${formEncoded(clientId)}:${formEncoded(clientSecret ?? '')}`)}` } : {}),
  };
  return { headers, body: isJson ? JSON.stringify(members) : new URLSearchParams(members).toString() };
}

function formEncoded(text: string): string {
  return new URLSearchParams([['', text]]).toString().slice(1);
}

/** What came back in the browser. RFC 6749 §4.1.2; `code` and `error` are the caller's text. */
export type CallbackParams = {
  state?: string | undefined;
  code?: string | undefined;
  error?: string | undefined;
  description?: string | undefined;
  iss?: string | undefined;
};

/**
 * Whether the callback may come from this provider (RFC 9207 §2.4): a named issuer must be the one we know, and one we know must be named unless
 * the provider is known to leave it out.
 */
export function isFrom(server: Pick<OAuthServer, 'issuer' | 'quirks'>, iss: string | undefined): boolean {
  if (iss === undefined) return server.issuer === undefined || server.quirks.omitsIss === true;
  return server.issuer === undefined || iss === server.issuer;
}
