import * as oidc from 'openid-client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CookieJar } from '../driver/jar.ts';
import { walk } from '../driver/walk.ts';
import { ANN, protectSample, startHub } from '../harness.ts';
import type { Hub, Protected } from '../harness.ts';
import { clientKey, comeBack, REDIRECT, SECRET, strictClients } from './strict.ts';

const INSECURE = { execute: [oidc.allowInsecureRequests] };
const ALL = { ...ANN, allow: 'all' } as const;
let hub: Hub;
let guarded: Protected;
let key: CryptoKey;

beforeAll(async () => {
  hub = await startHub();
  const made = await clientKey();
  key = made.key;
  guarded = await protectSample(hub, strictClients(made.jwk));
});

afterAll(async () => {
  await guarded?.close();
  await hub?.stop();
});

const discover = (id: string, auth?: oidc.ClientAuth, algorithm: 'oidc' | 'oauth2' = 'oidc'): Promise<oidc.Configuration> =>
  oidc.discovery(new URL(hub.issuer), id, undefined, auth, { ...INSECURE, algorithm });

/** One login from authorization request to tokens, with every check that the library has. */
async function logIn(
  config: oidc.Configuration,
  scope: string,
  options: { par?: boolean; jar?: CookieJar; extra?: Record<string, string> } = {},
) {
  const verifier = oidc.randomPKCECodeVerifier();
  const [state, nonce] = [oidc.randomState(), oidc.randomNonce()];
  const parameters = {
    redirect_uri: REDIRECT,
    scope,
    state,
    nonce,
    code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    ...options.extra,
  };
  const url =
    options.par === true ? await oidc.buildAuthorizationUrlWithPAR(config, parameters) : oidc.buildAuthorizationUrl(config, parameters);
  const callback = await comeBack(url, ALL, options.jar);
  const expectsId = scope.split(' ').includes('openid');
  const tokens = await oidc.authorizationCodeGrant(config, callback, {
    pkceCodeVerifier: verifier,
    expectedState: state,
    ...(expectsId && { expectedNonce: nonce, idTokenExpected: true }),
  });
  return { url, tokens };
}

describe('openid-client', () => {
  test('finds the hub by OpenID and by OAuth metadata, and both say the same', async () => {
    const [byOidc, byOauth] = await Promise.all([discover('basic'), discover('basic', undefined, 'oauth2')]);
    const oauth = byOauth.serverMetadata();
    expect(byOidc.serverMetadata()).toMatchObject({ issuer: hub.issuer, token_endpoint: oauth.token_endpoint, jwks_uri: oauth.jwks_uri });
    expect(oauth.code_challenge_methods_supported).toEqual(['S256']);
  });

  test('registers itself, logs in, refreshes, introspects and revokes', async () => {
    const metadata = {
      client_name: 'Strict by registration',
      redirect_uris: [REDIRECT],
      grant_types: ['authorization_code', 'refresh_token'],
      token_endpoint_auth_method: 'client_secret_post',
    };
    const config = await oidc.dynamicClientRegistration(new URL(hub.issuer), metadata, undefined, INSECURE);
    const { tokens } = await logIn(config, 'openid profile email offline_access incidents:read', {
      extra: { resource: guarded.sample.url },
    });
    expect(tokens.claims()).toMatchObject({ sub: 'ann', iss: hub.issuer });
    expect(tokens.scope?.split(' ')).toContain('incidents:read');
    const refreshed = await oidc.refreshTokenGrant(config, tokens.refresh_token ?? '');
    expect(refreshed.refresh_token).not.toBe(tokens.refresh_token);
    expect(await oidc.tokenIntrospection(config, refreshed.access_token)).toMatchObject({ active: true, sub: 'ann' });
    await oidc.tokenRevocation(config, refreshed.refresh_token ?? '');
    await expect(oidc.refreshTokenGrant(config, refreshed.refresh_token ?? '')).rejects.toMatchObject({ error: 'invalid_grant' });
  });

  test('reads who logged in from userinfo, and logs out', async () => {
    const config = await discover('basic', oidc.ClientSecretBasic(SECRET));
    const jar = new CookieJar();
    const { tokens } = await logIn(config, 'openid profile email', { jar });
    const info = await oidc.fetchUserInfo(config, tokens.access_token, 'ann');
    expect(info).toMatchObject({ sub: 'ann', email: ANN.email, name: 'Ann Archer' });
    const end = oidc.buildEndSessionUrl(config, { id_token_hint: tokens.id_token ?? '' });
    const left = await walk(end.href, ALL, { jar });
    expect(left.steps.at(-1)?.status).toBe(200);
    const again = await walk(oidc.buildAuthorizationUrl(config, { ...PLAIN, prompt: 'none' }).href, ALL, { jar, call: false });
    expect(again.end).toMatchObject({ kind: 'callback', params: { error: 'login_required', iss: hub.issuer } });
  });

  test('pushes its request and logs in', async () => {
    const config = await discover('basic', oidc.ClientSecretBasic(SECRET));
    const { url, tokens } = await logIn(config, 'incidents:read', { par: true, extra: { resource: guarded.sample.url } });
    expect([...url.searchParams.keys()].toSorted()).toEqual(['client_id', 'request_uri']);
    expect(tokens.token_type).toBe('bearer');
  });

  test('is told by the authorization response when the person says no', async () => {
    const config = await discover('basic', oidc.ClientSecretBasic(SECRET));
    const callback = await comeBack(oidc.buildAuthorizationUrl(config, { ...PLAIN, resource: guarded.sample.url }), {
      ...ANN,
      allow: 'deny',
    });
    const refused = oidc.authorizationCodeGrant(config, callback, { pkceCodeVerifier: 'x'.repeat(43), expectedState: 's' });
    await expect(refused).rejects.toMatchObject({ error: 'access_denied' });
    expect(callback.searchParams.get('iss')).toBe(hub.issuer);
  });

  test.each(['basic', 'post', 'key'] as const)('gets a token for itself with the client %s', async (id) => {
    const auth = {
      basic: oidc.ClientSecretBasic(SECRET),
      post: oidc.ClientSecretPost(SECRET),
      key: oidc.PrivateKeyJwt({ key, kid: 'strict-1' }),
    };
    const config = await discover(id, auth[id]);
    const tokens = await oidc.clientCredentialsGrant(config, { resource: guarded.sample.url, scope: 'incidents:read incidents:write' });
    expect(tokens).toMatchObject({ scope: 'incidents:read', token_type: 'bearer', expires_in: expect.any(Number) });
    expect(tokens.refresh_token).toBeUndefined();
  });

  test('is refused with a wrong secret in the words of the RFC', async () => {
    const config = await discover('basic', oidc.ClientSecretBasic('not-the-secret-of-this-client-01'));
    const refused = oidc.clientCredentialsGrant(config, { resource: guarded.sample.url });
    await expect(refused).rejects.toMatchObject({ cause: [{ scheme: 'basic' }] });
  });
});

const PLAIN = {
  redirect_uri: REDIRECT,
  scope: 'openid incidents:read',
  state: 's',
  code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
  code_challenge_method: 'S256',
};
