// The peer: node-oidc-provider with a Postgres adapter that does what its documentation asks of one: upsert, find, consume, destroy, by
// primary key, one JSON column. ES256 JWT access tokens. It keeps no audit record and decides no policy.
import { generateKeyPairSync } from 'node:crypto';
import pg from 'pg';
import { Provider } from 'oidc-provider';

const [port = '9200', databaseUrl = '', tokens = '1'] = process.argv.slice(2);
const issuer = `http://127.0.0.1:${port}`;
const resource = 'http://127.0.0.1:9000/mcp';
const pool = new pg.Pool({ connectionString: databaseUrl, max: 8 });
pool.on('error', () => {});

await pool.query(
  `CREATE TABLE IF NOT EXISTS oidc_payload (id text, type text, payload jsonb, grant_id text, expires_at timestamptz, consumed_at timestamptz, PRIMARY KEY (id, type))`,
);
await pool.query('CREATE INDEX IF NOT EXISTS oidc_payload_grant ON oidc_payload (grant_id)');

class Adapter {
  type: string;
  constructor(type: string) {
    this.type = type;
  }
  async upsert(id: string, payload: Record<string, unknown>, expiresIn?: number): Promise<void> {
    const expires = expiresIn === undefined ? null : new Date(Date.now() + expiresIn * 1000);
    await pool.query({
      name: 'upsert',
      text: `INSERT INTO oidc_payload (id, type, payload, grant_id, expires_at) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (id, type) DO UPDATE SET payload = excluded.payload, grant_id = excluded.grant_id, expires_at = excluded.expires_at`,
      values: [id, this.type, JSON.stringify(payload), payload['grantId'] ?? null, expires],
    });
  }
  async find(id: string): Promise<Record<string, unknown> | undefined> {
    const found = await pool.query({
      name: 'find',
      text: 'SELECT payload, consumed_at FROM oidc_payload WHERE id = $1 AND type = $2 AND (expires_at IS NULL OR expires_at > now())',
      values: [id, this.type],
    });
    const row = found.rows[0];
    return row === undefined
      ? undefined
      : { ...row.payload, ...(row.consumed_at === null ? {} : { consumed: row.consumed_at.getTime() / 1000 }) };
  }
  async consume(id: string): Promise<void> {
    await pool.query({
      name: 'consume',
      text: 'UPDATE oidc_payload SET consumed_at = now() WHERE id = $1 AND type = $2',
      values: [id, this.type],
    });
  }
  async destroy(id: string): Promise<void> {
    await pool.query({ name: 'destroy', text: 'DELETE FROM oidc_payload WHERE id = $1 AND type = $2', values: [id, this.type] });
  }
  async revokeByGrantId(grantId: string): Promise<void> {
    await pool.query({ name: 'revoke', text: 'DELETE FROM oidc_payload WHERE grant_id = $1', values: [grantId] });
  }
  findByUserCode(): Promise<undefined> {
    return Promise.resolve(undefined);
  }
  findByUid(): Promise<undefined> {
    return Promise.resolve(undefined);
  }
}

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const client = {
  client_id: 'client-1',
  client_secret: 'a-long-secret-of-the-client-number-one',
  grant_types: ['client_credentials', 'authorization_code', 'refresh_token'],
  redirect_uris: ['https://client.example/cb'],
  response_types: ['code'],
  token_endpoint_auth_method: 'client_secret_basic',
  id_token_signed_response_alg: 'ES256',
};
await new Adapter('Client').upsert('client-1', client);
await new Adapter('Client').upsert('signer', {
  client_id: 'signer',
  grant_types: ['client_credentials'],
  redirect_uris: [],
  response_types: [],
  token_endpoint_auth_method: 'private_key_jwt',
  jwks: JSON.parse(process.env['BENCH_JWKS'] ?? '{"keys":[]}'),
  id_token_signed_response_alg: 'ES256',
});

const provider = new Provider(issuer, {
  adapter: Adapter,
  jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), alg: 'ES256', use: 'sig', kid: 'peer' }] },
  scopes: ['openid', 'offline_access', 'read'],
  rotateRefreshToken: true,
  features: {
    clientCredentials: { enabled: true },
    devInteractions: { enabled: false },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => resource,
      useGrantedResource: () => true,
      getResourceServerInfo: () => ({ scope: 'read', accessTokenFormat: 'jwt', accessTokenTTL: 600, jwt: { sign: { alg: 'ES256' } } }),
    },
  },
  findAccount: (_context: unknown, sub: string) => ({ accountId: sub, claims: () => ({ sub }) }),
  ttl: { ClientCredentials: 600, AccessToken: 600, RefreshToken: 86_400, Grant: 86_400 },
});

// Refresh tokens to rotate, made by the provider's own models as its code grant would.
const registered = await provider.Client.find('client-1');
for (let index = 0; registered !== undefined && index < Number(tokens); index += 1) {
  const grant = new provider.Grant({ accountId: `user-${index}`, clientId: 'client-1' });
  grant.addOIDCScope('openid offline_access');
  grant.addResourceScope(resource, 'read');
  const grantId = await grant.save();
  const refresh = new provider.RefreshToken({
    accountId: `user-${index}`,
    client: registered,
    grantId,
    gty: 'authorization_code',
    scope: 'openid offline_access read',
    resource,
    claims: {},
    rotations: 0,
    iiat: Math.floor(Date.now() / 1000),
    authTime: Math.floor(Date.now() / 1000),
    sessionUid: `s-${index}`,
    acr: '1',
    amr: ['pwd'],
    expiresWithSession: false,
  });
  console.log(`refresh ${await refresh.save()}`);
}
provider.listen(Number(port), '127.0.0.1', () => console.log('ready'));
