import { once } from 'node:events';
import { generateKeyPairSync } from 'node:crypto';
import { errors, Provider } from 'oidc-provider';
import { CALLBACK, KEYS, RESOURCE, SECRETS } from '../attacks/furniture.ts';

/** node-oidc-provider, a certified server of another author, with the same clients and the same paths as the hub under test. */
export type Oracle = {
  issuer: string;
  /** An unused code of `web`, bound to this challenge. */
  code(codeChallenge: string): Promise<string>;
  /** A refresh token of `web`. */
  refresh(): Promise<string>;
  close(): Promise<void>;
};

const SCOPE = 'incidents:read incidents:write';

export async function startOracle(port: number): Promise<Oracle> {
  const issuer = `http://localhost:${port}`;
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const provider = new Provider(issuer, {
    clients: clients(),
    jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), alg: 'ES256', use: 'sig', kid: 'oracle' }] },
    scopes: ['openid', 'offline_access', ...SCOPE.split(' ')],
    cookies: { keys: ['oracle'] },
    pkce: { required: () => true },
    routes: {
      authorization: '/oauth/authorize',
      token: '/oauth/token',
      pushed_authorization_request: '/oauth/par',
      registration: '/oauth/register',
      introspection: '/oauth/introspect',
      revocation: '/oauth/revoke',
      userinfo: '/oauth/userinfo',
      jwks: '/oauth/jwks',
    },
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      introspection: { enabled: true },
      revocation: { enabled: true },
      registration: { enabled: true },
      pushedAuthorizationRequests: { enabled: true },
      requestObjects: { enabled: true },
      dPoP: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => RESOURCE,
        useGrantedResource: () => true,
        getResourceServerInfo(_context: unknown, resource: string) {
          if (resource !== RESOURCE) throw new errors.InvalidTarget();
          return { scope: SCOPE, accessTokenFormat: 'jwt', accessTokenTTL: 600, jwt: { sign: { alg: 'ES256' } } };
        },
      },
    },
    interactions: { url: () => '/interaction' },
    findAccount: (_context: unknown, sub: string) => ({ accountId: sub, claims: () => ({ sub }) }),
    renderError(context: { type: string; body: string }, out: { error: string }) {
      context.type = 'html';
      context.body = out.error;
    },
    ttl: {
      ClientCredentials: 600,
      AccessToken: 600,
      RefreshToken: 86_400,
      Grant: 86_400,
      AuthorizationCode: 60,
      Interaction: 600,
      Session: 600,
      IdToken: 600,
    },
  });
  provider.on('server_error', () => undefined);
  const server = provider.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const granted = async () => {
    const client = await provider.Client.find('web');
    const grant = new provider.Grant({ accountId: 'ann', clientId: 'web' });
    grant.addOIDCScope('openid offline_access');
    grant.addResourceScope(RESOURCE, SCOPE);
    const now = Math.floor(Date.now() / 1000);
    const common = { accountId: 'ann', client, grantId: await grant.save(), gty: 'authorization_code', resource: RESOURCE, claims: {} };
    return { ...common, authTime: now, iiat: now, sessionUid: 's', acr: '1', amr: ['pwd'], expiresWithSession: false, rotations: 0 };
  };
  return {
    issuer,
    async code(codeChallenge) {
      const facts = { scope: SCOPE, redirectUri: CALLBACK, codeChallenge, codeChallengeMethod: 'S256' };
      return new provider.AuthorizationCode({ ...(await granted()), ...facts }).save();
    },
    refresh: async () => new provider.RefreshToken({ ...(await granted()), scope: `openid offline_access ${SCOPE}` }).save(),
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function clients(): object[] {
  const code = { grant_types: ['authorization_code', 'refresh_token'], response_types: ['code'], id_token_signed_response_alg: 'ES256' };
  const service = { grant_types: ['client_credentials'], response_types: [], redirect_uris: [], id_token_signed_response_alg: 'ES256' };
  const open = { ...code, token_endpoint_auth_method: 'none' };
  const jwks = { keys: [{ ...KEYS.signer.publicKey.export({ format: 'jwk' }), kid: 's-1', alg: 'ES256', use: 'sig' }] };
  return [
    { client_id: 'jar', redirect_uris: ['https://jar.example/cb'], token_endpoint_auth_method: 'private_key_jwt', jwks, ...code },
    { client_id: 'web', redirect_uris: [CALLBACK, 'https://app.example/cb2?x=1'], ...open },
    { client_id: 'other', redirect_uris: ['https://other.example/cb'], ...open },
    { client_id: 'cli', redirect_uris: ['http://127.0.0.1/callback'], application_type: 'native', ...open },
    { client_id: 'backend', redirect_uris: ['https://back.example/cb'], client_secret: SECRETS.backend, ...code },
    { client_id: 'worker', client_secret: SECRETS.worker, ...service },
    { client_id: 'server', client_secret: SECRETS.server, ...service },
  ];
}
