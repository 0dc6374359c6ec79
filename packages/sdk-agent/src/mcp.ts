import type { Agent } from './agent.ts';
import type { TokenSource } from './guarded-fetch.ts';
import { throwingFetch } from './guarded-fetch.ts';
import type { Token } from './outcome.ts';
import { AgentOutcomeError } from './outcome.ts';

/** What the hub demands instead of a token reaches the caller of the MCP client as this error, with the outcome in it. */
async function tokenOf(source: TokenSource): Promise<Token> {
  const outcome = await source.get();
  if (outcome.kind === 'token') return outcome.token;
  throw new AgentOutcomeError(outcome);
}

/** The `authProvider` of transports in version 2 of the MCP TypeScript SDK. */
export type McpAuthProvider = { token(): Promise<string>; onUnauthorized(): Promise<void> };

/**
 * For `new StreamableHTTPClientTransport(url, { authProvider })` of `@modelcontextprotocol/client`. A refused token is replaced once per
 * request. For tokens bound to a key use `mcpFetch`, since only a fetch sees the request that the proof is about.
 */
export function mcpAuthProvider(source: TokenSource): McpAuthProvider {
  let last: string | undefined;
  return {
    async token() {
      const { accessToken } = await tokenOf(source);
      last = accessToken;
      return accessToken;
    },
    async onUnauthorized() {
      if (last !== undefined) source.drop(last);
    },
  };
}

/**
 * For `new StreamableHTTPClientTransport(url, { fetch })`, in versions 1 and 2 of the SDK: adds the token and, where it is bound to a key, the
 * proof; demands of the server (scopes, another login) are thrown with their outcome.
 */
export function mcpFetch(agent: Agent, source: TokenSource): typeof fetch {
  return throwingFetch(agent.fetch(source));
}

/** The part of the SDK's `OAuthClientProvider` (version 1) that a client without a browser needs. */
export type McpOAuthProvider = {
  readonly redirectUrl: undefined;
  readonly clientMetadata: { readonly redirect_uris: string[]; readonly client_name: string };
  clientInformation(): { client_id: string };
  tokens(): Promise<{ access_token: string; token_type: string }>;
  saveTokens(): void;
  prepareTokenRequest(): Promise<never>;
  redirectToAuthorization(): never;
  saveCodeVerifier(): void;
  codeVerifier(): never;
};

/**
 * For clients that take only an `OAuthClientProvider`: version 1 of the SDK and what is built on it. The SDK asks for the token before each
 * request; the hub is asked by the agent and never by the SDK, which would know only errors.
 */
export function mcpOAuthProvider(agent: Agent, source: TokenSource): McpOAuthProvider {
  let last: string | undefined;
  const noBrowser = (): never => {
    throw new Error('this agent has no browser');
  };
  return {
    redirectUrl: undefined,
    clientMetadata: { redirect_uris: [], client_name: agent.clientId },
    clientInformation: () => ({ client_id: agent.clientId }),
    async tokens() {
      const { accessToken } = await tokenOf(source);
      last = accessToken;
      return { access_token: accessToken, token_type: 'Bearer' };
    },
    saveTokens: () => undefined,
    // The SDK comes here when the server refused the token. The next request brings another; this one ends as refused.
    async prepareTokenRequest() {
      if (last !== undefined) source.drop(last);
      const outcome = await source.get();
      if (outcome.kind !== 'token') throw new AgentOutcomeError(outcome);
      throw new Error('the server refused the token; it was replaced, try again');
    },
    redirectToAuthorization: noBrowser,
    saveCodeVerifier: () => undefined,
    codeVerifier: noBrowser,
  };
}
