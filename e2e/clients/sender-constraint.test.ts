import { Client, DpopSession, StreamableHTTPClientTransport, UnauthorizedError } from '@modelcontextprotocol/client';
import * as oauth from 'oauth4webapi';
import * as oidc from 'openid-client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ANN, protectSample, startHub } from '../harness.ts';
import type { Hub, Protected } from '../harness.ts';
import { MemoryProvider } from './memory-provider.ts';
import { clientKey, comeBack, REDIRECT, SECRET, strictClients } from './strict.ts';

const INSECURE = { [oauth.allowInsecureRequests]: true };
const ALL = { ...ANN, allow: 'all' } as const;
let hub: Hub;
let guarded: Protected;
let as: oauth.AuthorizationServer;
let key: CryptoKey;

// The hub asks everybody who proves a key for a nonce, so every library has to do the second round.
beforeAll(async () => {
  hub = await startHub();
  const made = await clientKey();
  key = made.key;
  guarded = await protectSample(hub, strictClients(made.jwk));
  await hub.admin('PUT', 'settings/protection', { dpop: { nonce: true } });
  const issuer = new URL(hub.issuer);
  as = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...INSECURE }));
});

afterAll(async () => {
  await guarded?.close();
  await hub?.stop();
});

/** As the library's own examples do it: a request that lacked a nonce is made again with the one that the answer brought. */
async function withNonce<T>(deed: () => Promise<T>): Promise<T> {
  try {
    return await deed();
  } catch (error) {
    if (!oauth.isDPoPNonceError(error)) throw error;
    return deed();
  }
}

describe('oauth4webapi', () => {
  const client: oauth.Client = { client_id: 'key' };
  const auth = (): oauth.ClientAuth => oauth.PrivateKeyJwt({ key, kid: 'strict-1' });

  test('pushes a signed request with a proof, and gets, shows and refreshes tokens that are bound to its key', async () => {
    const DPoP = oauth.DPoP(client, await oauth.generateKeyPair('ES256'));
    const verifier = oauth.generateRandomCodeVerifier();
    const state = oauth.generateRandomState();
    const parameters = {
      client_id: client.client_id,
      response_type: 'code',
      redirect_uri: REDIRECT,
      scope: 'openid incidents:read offline_access',
      state,
      resource: guarded.sample.url,
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    };
    const pushed = await withNonce(async () => {
      const request = await oauth.issueRequestObject(as, client, parameters, { key, kid: 'strict-1' });
      const response = await oauth.pushedAuthorizationRequest(as, client, auth(), { request }, { ...INSECURE, DPoP });
      return oauth.processPushedAuthorizationResponse(as, client, response);
    });
    const url = new URL(as.authorization_endpoint ?? '');
    url.search = new URLSearchParams({ client_id: client.client_id, request_uri: pushed.request_uri }).toString();
    const answer = oauth.validateAuthResponse(as, client, await comeBack(url, ALL), state);
    const tokens = await withNonce(async () => {
      const asked = await oauth.authorizationCodeGrantRequest(as, client, auth(), answer, REDIRECT, verifier, { ...INSECURE, DPoP });
      return oauth.processAuthorizationCodeResponse(as, client, asked);
    });
    expect(tokens.token_type).toBe('dpop');

    const info = await withNonce(async () => {
      const asked = await oauth.userInfoRequest(as, client, tokens.access_token, { ...INSECURE, DPoP });
      return oauth.processUserInfoResponse(as, client, 'ann', asked);
    });
    expect(info.sub).toBe('ann');

    const refreshed = await withNonce(async () => {
      const asked = await oauth.refreshTokenGrantRequest(as, client, auth(), tokens.refresh_token ?? '', { ...INSECURE, DPoP });
      return oauth.processRefreshTokenResponse(as, client, asked);
    });
    expect(refreshed.token_type).toBe('dpop');
    const list = { jsonrpc: '2.0', id: 1, method: 'tools/list', params: {} };
    const headers = new Headers({ 'content-type': 'application/json', accept: 'application/json, text/event-stream' });
    const called = await withNonce(() =>
      oauth.protectedResourceRequest(refreshed.access_token, 'POST', new URL(guarded.sample.url), headers, JSON.stringify(list), {
        ...INSECURE,
        DPoP,
      }),
    );
    expect(called.status).toBe(200);
    const stolen = await fetch(guarded.sample.url, {
      method: 'POST',
      headers: { ...Object.fromEntries(headers), authorization: `Bearer ${refreshed.access_token}` },
      body: JSON.stringify(list),
    });
    expect([stolen.status, stolen.headers.get('www-authenticate')?.slice(0, 26)]).toEqual([401, 'DPoP error="invalid_token"']);
  });

  test('is refused with a refresh token that is bound to another key', async () => {
    const DPoP = oauth.DPoP(client, await oauth.generateKeyPair('ES256'));
    const other = oauth.DPoP(client, await oauth.generateKeyPair('ES256'));
    const ask = (by: oauth.DPoPHandle): Promise<oauth.TokenEndpointResponse> =>
      withNonce(async () => {
        const wanted = { resource: guarded.sample.url, scope: 'incidents:read' };
        const asked = await oauth.clientCredentialsGrantRequest(as, client, auth(), wanted, { ...INSECURE, DPoP: by });
        return oauth.processClientCredentialsResponse(as, client, asked);
      });
    const [mine, theirs] = [await ask(DPoP), await ask(other)];
    const shown = async (token: string, by: oauth.DPoPHandle): Promise<number> => {
      const asked = oauth.protectedResourceRequest(token, 'GET', new URL(guarded.sample.url), undefined, undefined, {
        ...INSECURE,
        DPoP: by,
      });
      return asked.then(
        ({ status }) => status,
        (error: unknown) => (error instanceof oauth.WWWAuthenticateChallengeError ? error.status : 0),
      );
    };
    expect(await shown(mine.access_token, other)).toBe(401);
    expect(await shown(theirs.access_token, DPoP)).toBe(401);
  });

  test('gets a signed answer of introspection, and checks the signature', async () => {
    const basic = oauth.ClientSecretBasic(SECRET);
    const wanted = { resource: guarded.sample.url, scope: 'incidents:read' };
    const own = { client_id: 'basic' };
    const issued = await oauth.clientCredentialsGrantRequest(as, own, basic, wanted, INSECURE);
    const tokens = await oauth.processClientCredentialsResponse(as, own, issued);
    const options = { ...INSECURE, requestJwtResponse: true };
    const response = await oauth.introspectionRequest(as, own, basic, tokens.access_token, options);
    const expected = { ...own, introspection_signed_response_alg: 'ES256' };
    const seen = await oauth.processIntrospectionResponse(as, expected, response);
    await oauth.validateApplicationLevelSignature(as, response, INSECURE);
    expect(seen).toMatchObject({ active: true, client_id: 'basic', scope: 'incidents:read' });
  });
});

describe('openid-client', () => {
  test('signs its request and does the round for the nonce by itself', async () => {
    const config = await oidc.discovery(new URL(hub.issuer), 'key', undefined, oidc.PrivateKeyJwt({ key, kid: 'strict-1' }), {
      execute: [oidc.allowInsecureRequests],
    });
    const DPoP = oidc.getDPoPHandle(config, await oidc.randomDPoPKeyPair());
    const verifier = oidc.randomPKCECodeVerifier();
    const parameters = {
      redirect_uri: REDIRECT,
      scope: 'openid incidents:read',
      state: 'state-of-openid-client',
      resource: guarded.sample.url,
      dpop_jkt: await DPoP.calculateThumbprint(),
      code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    };
    const url = await oidc.buildAuthorizationUrlWithJAR(config, parameters, { key, kid: 'strict-1' });
    expect([...url.searchParams.keys()].toSorted()).toEqual(['client_id', 'request']);
    const callback = await comeBack(url, ALL);
    const checks = { pkceCodeVerifier: verifier, expectedState: parameters.state };
    const tokens = await oidc.authorizationCodeGrant(config, callback, checks, undefined, { DPoP });
    expect(tokens.token_type).toBe('dpop');
    expect(await oidc.fetchUserInfo(config, tokens.access_token, 'ann', { DPoP })).toMatchObject({ sub: 'ann' });
    expect(await oidc.tokenIntrospection(config, tokens.access_token)).toMatchObject({
      token_type: 'DPoP',
      cnf: { jkt: await DPoP.calculateThumbprint() },
    });
  });
});

class ProvingProvider extends MemoryProvider {
  readonly #session: DpopSession;

  constructor(name: string, session: DpopSession) {
    super(name);
    this.#session = session;
    Object.assign(this.clientMetadata, { dpop_bound_access_tokens: true });
  }

  dpop(): DpopSession {
    return this.#session;
  }
}

describe('the DPoP session of the MCP SDK', () => {
  test('registers for bound tokens, logs in, and calls tools that no bearer token opens', async () => {
    const provider = new ProvingProvider('Proving agent', await DpopSession.create());
    const connect = async (): Promise<Client> => {
      const client = new Client({ name: 'proving', version: '1' });
      await client.connect(new StreamableHTTPClientTransport(new URL(guarded.sample.url), { authProvider: provider }));
      return client;
    };
    expect(await connect().catch((error: unknown) => error)).toBeInstanceOf(UnauthorizedError);
    const callback = await comeBack(provider.opened.at(-1) ?? new URL('x:'), ALL);
    const transport = new StreamableHTTPClientTransport(new URL(guarded.sample.url), { authProvider: provider });
    await transport.finishAuth(callback.searchParams);
    expect(provider.kept?.token_type.toLowerCase()).toBe('dpop');
    const client = await connect();
    expect((await client.listTools()).tools.length).toBeGreaterThan(0);
    await client.close();
    const stolen = await fetch(guarded.sample.url, {
      method: 'POST',
      headers: { authorization: `Bearer ${provider.kept?.access_token ?? ''}` },
    });
    expect(stolen.status).toBe(401);
    expect(await stolen.text()).toContain('bound to a key');
  });
});
