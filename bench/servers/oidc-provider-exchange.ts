// The peer for token exchange: node-oidc-provider in memory with a grant of our own making, for it has none. The grant takes the subject token
// as it comes: it verifies nothing, decides nothing, and keeps no record.
import { generateKeyPairSync } from 'node:crypto';
import { Provider } from 'oidc-provider';

const [port = '9300'] = process.argv.slice(2);
const issuer = `http://127.0.0.1:${port}`;
const resource = 'http://127.0.0.1:9000/mcp';
const GRANT = 'urn:ietf:params:oauth:grant-type:token-exchange';
const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const server = { audience: resource, scope: 'read', accessTokenFormat: 'jwt', accessTokenTTL: 600, jwt: { sign: { alg: 'ES256' } } };

const provider = new Provider(issuer, {
  clients: [
    {
      client_id: 'client-1',
      client_secret: 'a-long-secret-of-the-client-number-one',
      grant_types: [GRANT],
      redirect_uris: [],
      response_types: [],
      id_token_signed_response_alg: 'ES256',
      token_endpoint_auth_method: 'client_secret_basic',
    },
  ],
  jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), alg: 'ES256', use: 'sig', kid: 'peer' }] },
  scopes: ['read'],
  features: {
    devInteractions: { enabled: false },
    resourceIndicators: { enabled: true, getResourceServerInfo: () => server },
  },
  findAccount: (_context: unknown, sub: string) => ({ accountId: sub, claims: () => ({ sub }) }),
  extraTokenClaims: (_context: unknown, token: { extra?: object }) => token.extra,
  ttl: { AccessToken: 600 },
});

provider.registerGrantType(
  GRANT,
  async (context: Context) => {
    const { client } = context.oidc;
    const subject = String(context.oidc.params['subject_token']).split('.')[1] ?? '';
    const { sub, txn } = JSON.parse(Buffer.from(subject, 'base64url').toString());
    const token = new provider.AccessToken({
      accountId: sub,
      client,
      gty: GRANT,
      scope: 'read',
      extra: { txn, act: { sub: client.clientId } },
    });
    token.resourceServer = new provider.ResourceServer(resource, server);
    context.body = {
      access_token: await token.save(),
      issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      token_type: 'Bearer',
      expires_in: token.expiration,
      scope: token.scope,
    };
  },
  ['subject_token', 'subject_token_type', 'resource', 'scope'],
);

type Context = { oidc: { client: { clientId: string }; params: Record<string, unknown> }; body?: object };

provider.listen(Number(port), '127.0.0.1', () => console.log('ready'));
