import * as oauth from 'oauth4webapi';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ANN, protectSample, startHub } from '../harness.ts';
import type { Hub, Protected } from '../harness.ts';
import { clientKey, comeBack, REDIRECT, SECRET, strictClients } from './strict.ts';

const INSECURE = { [oauth.allowInsecureRequests]: true };
let hub: Hub;
let guarded: Protected;
let as: oauth.AuthorizationServer;
let key: CryptoKey;

beforeAll(async () => {
  hub = await startHub();
  const made = await clientKey();
  key = made.key;
  guarded = await protectSample(hub, strictClients(made.jwk));
  const issuer = new URL(hub.issuer);
  as = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...INSECURE }));
});

afterAll(async () => {
  await guarded?.close();
  await hub?.stop();
});

/** Authorization code with PKCE and `iss`, through the pages; answers what `processAuthorizationCodeResponse` accepted. */
async function codeGrant(client: oauth.Client, auth: oauth.ClientAuth, scope: string, through: 'url' | 'par' = 'url') {
  const redeemed = await redeem(client, auth, scope, through);
  return redeemed.tokens;
}

async function redeem(client: oauth.Client, auth: oauth.ClientAuth, scope: string, through: 'url' | 'par' = 'url') {
  const verifier = oauth.generateRandomCodeVerifier();
  const [state, nonce] = [oauth.generateRandomState(), oauth.generateRandomNonce()];
  const parameters = new URLSearchParams({
    client_id: client.client_id,
    response_type: 'code',
    redirect_uri: REDIRECT,
    scope,
    state,
    nonce,
    resource: guarded.sample.url,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
  });
  const url = new URL(as.authorization_endpoint ?? '');
  if (through === 'par') {
    const pushed = await oauth.processPushedAuthorizationResponse(
      as,
      client,
      await oauth.pushedAuthorizationRequest(as, client, auth, parameters, INSECURE),
    );
    url.search = new URLSearchParams({ client_id: client.client_id, request_uri: pushed.request_uri }).toString();
  } else url.search = parameters.toString();
  const callback = await comeBack(url, { ...ANN, allow: 'all' });
  const answer = oauth.validateAuthResponse(as, client, callback, state);
  const response = await oauth.authorizationCodeGrantRequest(as, client, auth, answer, REDIRECT, verifier, INSECURE);
  const openid = scope.split(' ').includes('openid');
  const checks = openid ? { expectedNonce: nonce, requireIdToken: true } : {};
  return { tokens: await oauth.processAuthorizationCodeResponse(as, client, response, checks), answer, verifier };
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

/** The resource side, as the same library judges an RFC 9068 access token. */
function verify(token: string): Promise<oauth.JWTAccessTokenClaims> {
  const request = new Request(guarded.sample.url, { headers: { authorization: `Bearer ${token}` } });
  return oauth.validateJwtAccessToken(as, request, guarded.sample.url, INSECURE);
}

describe('oauth4webapi', () => {
  test('finds the hub from the protected resource', async () => {
    const resource = new URL(guarded.sample.url);
    const answer = await oauth.resourceDiscoveryRequest(resource, INSECURE);
    const found = await oauth.processResourceDiscoveryResponse(resource, answer);
    expect(found.authorization_servers).toEqual([hub.issuer]);
    expect(as.authorization_response_iss_parameter_supported).toBe(true);
  });

  test('accepts the access token as RFC 9068 says it, bound to one audience and no more than was allowed', async () => {
    const tokens = await codeGrant({ client_id: 'basic' }, oauth.ClientSecretBasic(SECRET), 'openid incidents:read offline_access');
    const claims = await verify(tokens.access_token);
    expect(claims).toMatchObject({ sub: 'ann', client_id: 'basic', aud: guarded.sample.url, scope: 'incidents:read', tenant: 'acme' });
    expect(claims).toMatchObject({
      agent: expect.any(String),
      grant_id: expect.any(String),
      txn: expect.any(String),
      jti: expect.any(String),
    });
    expect(oauth.getValidatedIdTokenClaims(tokens)).toMatchObject({ sub: 'ann', aud: 'basic' });
  });

  test('registers as the RFC says and reads its registration back', async () => {
    const wanted = {
      redirect_uris: [REDIRECT],
      client_name: 'Strict',
      token_endpoint_auth_method: 'client_secret_post',
      unknown_member: 'ignored',
    };
    const made = await oauth.processDynamicClientRegistrationResponse(await oauth.dynamicClientRegistrationRequest(as, wanted, INSECURE));
    expect(made).toMatchObject({ redirect_uris: [REDIRECT], client_name: 'Strict', token_endpoint_auth_method: 'client_secret_post' });
    expect(made).not.toHaveProperty('unknown_member');
    const read = await fetch(text(made['registration_client_uri']), {
      headers: { authorization: `Bearer ${text(made['registration_access_token'])}` },
    });
    expect(await read.json()).toMatchObject({ client_id: made.client_id, redirect_uris: [REDIRECT] });
    const tokens = await codeGrant(made, oauth.ClientSecretPost(text(made.client_secret)), 'incidents:read');
    expect(await verify(tokens.access_token)).toMatchObject({ client_id: made.client_id });
  });

  test('pushes, exchanges, refreshes and introspects with a key instead of a secret', async () => {
    const client = { client_id: 'key' };
    const auth = oauth.PrivateKeyJwt({ key, kid: 'strict-1' });
    const tokens = await codeGrant(client, auth, 'incidents:read incidents:write offline_access', 'par');
    const narrower = { ...INSECURE, additionalParameters: { scope: 'incidents:read' } };
    const answer = await oauth.refreshTokenGrantRequest(as, client, auth, tokens.refresh_token ?? '', narrower);
    const refreshed = await oauth.processRefreshTokenResponse(as, client, answer);
    expect(refreshed.scope).toBe('incidents:read');
    const asked = await oauth.introspectionRequest(as, client, auth, refreshed.access_token, INSECURE);
    expect(await oauth.processIntrospectionResponse(as, client, asked)).toMatchObject({
      active: true,
      scope: 'incidents:read',
      client_id: 'key',
    });
  });

  test('revokes, and the token is not active any more', async () => {
    const client = { client_id: 'post' };
    const auth = oauth.ClientSecretPost(SECRET);
    const response = await oauth.clientCredentialsGrantRequest(as, client, auth, { resource: guarded.sample.url }, INSECURE);
    const tokens = await oauth.processClientCredentialsResponse(as, client, response);
    expect(await verify(tokens.access_token)).toMatchObject({ sub: 'post', client_id: 'post', scope: 'incidents:read' });
    await oauth.processRevocationResponse(await oauth.revocationRequest(as, client, auth, tokens.access_token, INSECURE));
    const asked = await oauth.introspectionRequest(as, client, auth, tokens.access_token, INSECURE);
    expect(await oauth.processIntrospectionResponse(as, client, asked)).toEqual({ active: false });
  });

  test('a code that comes back without proof ends nothing, and with proof ends what it gave', async () => {
    const client = { client_id: 'basic' };
    const auth = oauth.ClientSecretBasic(SECRET);
    const { tokens, answer, verifier } = await redeem(client, auth, 'incidents:read offline_access');
    const again = async (redirect: string, proof: string): Promise<void> => {
      const response = await oauth.authorizationCodeGrantRequest(as, client, auth, answer, redirect, proof, INSECURE);
      await expect(oauth.processAuthorizationCodeResponse(as, client, response)).rejects.toMatchObject({ error: 'invalid_grant' });
    };
    const active = async (): Promise<boolean> => {
      const asked = await oauth.introspectionRequest(as, client, auth, tokens.access_token, INSECURE);
      return (await oauth.processIntrospectionResponse(as, client, asked)).active;
    };
    await again(`${REDIRECT}?invalid=1`, verifier);
    await again(REDIRECT, oauth.generateRandomCodeVerifier());
    expect(await active()).toBe(true);
    await again(REDIRECT, verifier);
    expect(await active()).toBe(false);
  });

  test('is refused a resource that nobody knows by invalid_target', async () => {
    const client = { client_id: 'basic' };
    const wanted = { resource: 'http://localhost:1/nobody' };
    const response = await oauth.clientCredentialsGrantRequest(as, client, oauth.ClientSecretBasic(SECRET), wanted, INSECURE);
    await expect(oauth.processClientCredentialsResponse(as, client, response)).rejects.toMatchObject({
      error: 'invalid_target',
      status: 400,
    });
  });
});
