// What a hub holds while it is measured: tenants, clients, 1,000 rules, agents, refresh families.
import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto';
import { query } from './database.ts';

export const RESOURCE = 'http://127.0.0.1:9000/mcp';
/** Where tokens come from that are exchanged: they live for a day, so that they outlive the benchmark. */
export const FRONT = 'http://127.0.0.1:9001/mcp';
export const EXCHANGER = 'exchanger';
/** The service of the connection `service`. */
export const SERVICE_PORT = 9471;
export const CONNECTION = 'urn:writ:connection:service';
export const SECRET = 'a-long-secret-of-every-client-of-the-benchmark';

/** Signs for the client `signer`, and for the platform of the client `pod`. */
export const KEY = generateKeyPairSync('ec', { namedCurve: 'P-256' });
export const JWKS = { keys: [{ ...KEY.publicKey.export({ format: 'jwk' }), kid: 'bench', alg: 'ES256', use: 'sig' }] };
export const PLATFORM = 'https://platform.bench.test';

export type World = { clients: number; tenants: number; families: number };

const digest = (text: string): string => createHash('sha256').update(text).digest('base64url');
export const clientId = (index: number): string => `client-${index}`;

/** As much as the admin API is made for: resource, rules, one user, one client to copy the others from. */
export function configOf(): object {
  return {
    tenants: [{ id: 'tenant-0', name: 'Tenant 0' }],
    users: [{ id: 'user-0', email: 'user-0@tenant-0.test', name: 'User 0', tenants: [{ id: 'tenant-0', roles: [] }] }],
    resources: [
      { id: 'front', type: 'mcp', uri: FRONT, scopes: [{ name: 'read' }], settings: { accessTokenTtl: 86_400 } },
      { id: 'ops', type: 'mcp', uri: RESOURCE, scopes: [{ name: 'read' }, { name: 'write' }, { name: 'admin', risk: 'high' }] },
    ],
    clients: [
      {
        id: clientId(0),
        name: 'Client 0',
        kind: 'service',
        grants: ['client_credentials', 'authorization_code', 'refresh_token'],
        redirectUris: ['https://client.example/cb'],
        auth: { method: 'client_secret_basic', secrets: [{ env: 'BENCH_CLIENT_SECRET' }] },
        tags: ['production'],
        tenants: ['tenant-0'],
      },
      {
        id: EXCHANGER,
        name: 'Server of front',
        kind: 'service',
        grants: ['urn:ietf:params:oauth:grant-type:token-exchange'],
        auth: { method: 'client_secret_basic', secrets: [{ env: 'BENCH_CLIENT_SECRET' }] },
        tags: ['resource-server:front'],
      },
      {
        id: 'signer',
        name: 'Signer',
        kind: 'service',
        auth: { method: 'private_key_jwt', jwks: JWKS },
        tags: ['production'],
        tenants: ['tenant-0'],
      },
      {
        id: 'pod',
        name: 'Pod',
        kind: 'service',
        workload: [{ issuer: 'platform', subject: 'system:serviceaccount:prod:pod' }],
        tags: ['production'],
        tenants: ['tenant-0'],
      },
    ],
    issuers: [{ id: 'platform', issuer: PLATFORM, preset: 'kubernetes', jwks: JWKS }],
    connections: [{ id: 'service', type: 'api_key', header: 'x-api-key', baseUrl: `http://127.0.0.1:${SERVICE_PORT}` }],
    credentials: [{ connection: 'service', owner: { tenant: 'tenant-0' }, value: { env: 'BENCH_CLIENT_SECRET' } }],
    policies: rules(),
  };
}

/**
 * A thousand rules of three conditions, as a hub with many teams would have them: nearly all speak of other resources, clients or tenants; seven
 * reach this target for everybody and are evaluated on every request, two of them match.
 */
function rules(): object[] {
  const grants = ['client_credentials', 'authorization_code'];
  const target = { resources: ['ops'] };
  const conditions = (team: number): object[] => [
    { key: 'client.tags', operator: 'contains', value: `team-${team}` },
    { key: 'client.registrationType', operator: 'in', value: ['manual', 'workload'] },
    { key: 'tenant.id', operator: 'notEquals', value: `tenant-x${team}` },
  ];
  const rule = (id: string, more: object): object => ({ id, effect: 'allow', grants, target, scopes: ['read'], ...more });
  return [
    rule('everyone-reads', { subject: { conditions: [{ key: 'client.tags', operator: 'contains', value: 'production' }] } }),
    rule('everyone-enters', { subject: { any: true }, target: { resources: ['front'] } }),
    rule('front-hands-on', { subject: { clients: [EXCHANGER] }, grants: ['token_exchange'] }),
    rule('service', {
      subject: { clients: [EXCHANGER, clientId(0)] },
      grants: ['token_exchange'],
      target: { connections: ['service'] },
      scopes: 'all',
    }),
    rule('nobody-administers', { effect: 'deny', subject: { any: true }, scopes: ['admin'] }),
    ...Array.from({ length: 6 }, (_, team) => rule(`team-${team}`, { subject: { conditions: conditions(team) } })),
    ...Array.from({ length: 492 }, (_, index) => rule(`one-client-${index}`, { subject: { clients: [`other-${index}`] } })),
    ...Array.from({ length: 500 }, (_, index) =>
      rule(`one-tenant-${index}`, {
        subject: { conditions: [{ key: 'tenant.id', operator: 'equals', value: `other-${index}` }, ...conditions(index)] },
      }),
    ),
  ];
}

/** The others, by SQL: ten thousand calls of the admin API would be measured elsewhere. Client n belongs to tenant n modulo tenants. */
export async function fill(url: string, { clients, tenants, families }: World): Promise<string[]> {
  await query(url, `INSERT INTO tenants (id, name) SELECT 'tenant-' || n, 'Tenant ' || n FROM generate_series(1, $1::int) n`, [
    tenants - 1,
  ]);
  await query(
    url,
    `INSERT INTO clients (id, name, registration_type, status, kind, public, grants, redirect_uris, auth_method, tags, tenants)
     SELECT 'client-' || n, 'Client ' || n, registration_type, status, kind, public, grants, redirect_uris, auth_method, tags, ARRAY['tenant-' || (n % $2::int)]
     FROM clients, generate_series(1, $1::int) n WHERE id = 'client-0'`,
    [clients - 1, tenants],
  );
  await query(
    url,
    `INSERT INTO client_secrets (id, client_id, name, digest, origin)
     SELECT 'sec-' || n, 'client-' || n, s.name, s.digest, s.origin FROM client_secrets s, generate_series(1, $1::int) n WHERE s.client_id = 'client-0'`,
    [clients - 1],
  );
  const tokens = await addFamilies(url, families);
  await query(url, 'ANALYZE');
  return tokens;
}

/** Grants of many users to client 0, each with a refresh family; answers their tokens. */
async function addFamilies(url: string, count: number): Promise<string[]> {
  const made = Array.from({ length: count }, (_, index) => {
    const n = index + 1;
    const tail = n.toString(32).padStart(26, '0');
    const secret = randomBytes(32).toString('base64url');
    const facts = {
      userId: `user-${n}`,
      tenantId: 'tenant-0',
      agentId: `agt_${tail}`,
      grantId: `grt_${tail}`,
      resourceId: 'ops',
      scopes: ['read', 'write'],
      identityScopes: ['openid'],
      persistent: true,
      sessionId: `ses_${tail}`,
      authTime: 1_700_000_000,
      acr: 'urn:writ:acr:pwd',
      amr: ['pwd'],
      txn: `txn_${tail}`,
    };
    return {
      n,
      agent: facts.agentId,
      grant: facts.grantId,
      family: `fam_${tail}`,
      facts,
      hash: digest(secret),
      token: `fam_${tail}.${secret}`,
    };
  });
  const input = `json_to_recordset($1::json) AS f(n int, agent text, "grant" text, family text, facts jsonb, hash text)`;
  const steps = [
    `INSERT INTO users (id, email, email_key, name) SELECT 'user-' || n, 'user-' || n || '@tenant-0.test', 'user-' || n || '@tenant-0.test', 'User ' || n FROM ${input}`,
    `INSERT INTO user_tenants (user_id, tenant_id) SELECT 'user-' || n, 'tenant-0' FROM ${input}`,
    `INSERT INTO agents (id, client_id, principal_kind, principal_id, tenant_id, created_at) SELECT agent, 'client-0', 'user', 'user-' || n, 'tenant-0', now() FROM ${input}`,
    `INSERT INTO grants (id, client_id, agent_id, user_id, tenant_id, resource_id, scopes, redirect_uri, persistent, created_at, updated_at)
     SELECT "grant", 'client-0', agent, 'user-' || n, 'tenant-0', 'ops', '{read,write}', 'https://client.example/cb', true, now(), now() FROM ${input}`,
    `INSERT INTO families (id, client_id, agent_id, grant_id, user_id, tenant_id, facts, hash, rotated_at, idle_expires_at, expires_at, created_at)
     SELECT family, 'client-0', agent, "grant", 'user-' || n, 'tenant-0', facts, hash, now(), now() + interval '30 days', now() + interval '90 days', now() FROM ${input}`,
  ];
  for (const step of steps) await query(url, step, [JSON.stringify(made)]);
  return made.map(({ token }) => token);
}
