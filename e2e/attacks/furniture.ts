import { generateKeyPairSync } from 'node:crypto';

export const RESOURCE = 'http://localhost:9000/mcp';
export const OTHER_RESOURCE = 'https://ledger.example/';
export const CALLBACK = 'https://app.example/cb';
export const PASSWORD = 'correct-horse-9-battery';
export const SECRETS = {
  backend: 'a-long-secret-of-the-backend',
  worker: 'a-long-secret-of-the-worker',
  poster: 'a-long-secret-of-the-poster',
  stopped: 'a-long-secret-of-the-stopped',
  server: 'a-long-secret-of-the-server',
  elsewhere: 'a-long-secret-of-elsewhere',
  'agent-killed': 'a-long-secret-of-agent-killed',
  several: 'a-long-secret-of-several',
  auditor: 'a-long-secret-of-the-auditor',
};

/** Keys of the client `signer` and of a client `cosigner`, who must not be able to speak for it. */
export const KEYS = {
  signer: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  cosigner: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
};

const jwksOf = (name: keyof typeof KEYS, kid: string): object => ({
  keys: [{ ...KEYS[name].publicKey.export({ format: 'jwk' }), kid, alg: 'ES256', use: 'sig' }],
});
const withSecret = (name: keyof typeof SECRETS): object => ({ secrets: [{ value: SECRETS[name] }] });

/** Two tenants, people in them, two resources, a client of every kind, and policies that let the honest ones do their work. */
export function furniture(): object {
  return {
    tenants: [
      { id: 'acme', name: 'Acme' },
      { id: 'globex', name: 'Globex' },
    ],
    roles: [{ name: 'SRE', permissions: ['incidents:delete'] }],
    users: [
      { id: 'ann', email: 'ann@acme.test', name: 'Ann', password: { value: PASSWORD }, tenants: [{ id: 'acme', roles: ['SRE'] }] },
      { id: 'bob', email: 'bob@acme.test', password: { value: PASSWORD }, tenants: [{ id: 'acme' }] },
      { id: 'cyd', email: 'cyd@acme.test', password: { value: PASSWORD }, tenants: [{ id: 'acme' }] },
    ],
    resources: [
      {
        id: 'ops',
        type: 'mcp',
        uri: RESOURCE,
        name: 'Operations',
        scopes: [
          { name: 'incidents:read', title: 'Read incidents', risk: 'low' },
          { name: 'incidents:write', title: 'Write incidents', risk: 'elevated' },
          { name: 'incidents:delete', title: 'Delete incidents', risk: 'high' },
        ],
      },
      { id: 'ledger', type: 'api', uri: OTHER_RESOURCE, scopes: [{ name: 'ledger:read' }], registration: { dcr: { enabled: false } } },
    ],
    clients: clients(),
    policies: [
      {
        id: 'people',
        effect: 'allow',
        grants: ['authorization_code'],
        subject: { any: true },
        target: { resources: ['ops', 'ledger'] },
        scopes: 'all',
      },
      {
        id: 'machines',
        effect: 'allow',
        grants: ['client_credentials'],
        subject: { clients: ['worker', 'signer', 'elsewhere', 'agent-killed', 'several'] },
        target: { resources: ['ops'] },
        scopes: ['incidents:read', 'incidents:write'],
      },
      {
        id: 'auditor-reads-users',
        effect: 'allow',
        grants: ['client_credentials'],
        subject: { clients: ['auditor'] },
        target: { resources: ['writ-admin'] },
        scopes: ['admin:users:read'],
      },
    ],
  };
}

function clients(): object[] {
  const service = { kind: 'service', tenants: ['acme'] };
  return [
    { id: 'web', name: 'Acme Web', public: true, redirectUris: [CALLBACK, 'https://app.example/cb2?x=1'] },
    { id: 'other', name: 'Other App', public: true, redirectUris: ['https://other.example/cb'] },
    { id: 'cli', name: 'Acme CLI', kind: 'cli', public: true, redirectUris: ['http://127.0.0.1/callback'] },
    { id: 'backend', name: 'Acme Backend', redirectUris: ['https://back.example/cb'], auth: withSecret('backend') },
    { id: 'worker', name: 'Worker', ...service, scopes: ['incidents:read'], auth: withSecret('worker') },
    { id: 'poster', name: 'Poster', ...service, auth: { method: 'client_secret_post', ...withSecret('poster') } },
    { id: 'elsewhere', name: 'Elsewhere', kind: 'service', tenants: ['globex'], auth: withSecret('elsewhere') },
    { id: 'stopped', name: 'Stopped', ...service, auth: withSecret('stopped') },
    { id: 'agent-killed', name: 'Killed', ...service, auth: withSecret('agent-killed') },
    { id: 'server', name: 'Server of ops', ...service, tags: ['resource-server:ops'], auth: withSecret('server') },
    { id: 'signer', name: 'Signer', ...service, auth: { method: 'private_key_jwt', jwks: jwksOf('signer', 's-1') } },
    { id: 'cosigner', name: 'Cosigner', ...service, auth: { method: 'private_key_jwt', jwks: jwksOf('cosigner', 'c-1') } },
    {
      id: 'jar',
      name: 'Signs its requests',
      redirectUris: ['https://jar.example/cb'],
      auth: { method: 'private_key_jwt', jwks: jwksOf('signer', 's-1') },
    },
    { id: 'several', name: 'Several', kind: 'service', tenants: ['acme', 'globex'], auth: withSecret('several') },
    { id: 'auditor', name: 'Auditor', kind: 'service', auth: withSecret('auditor') },
    { id: 'capped', name: 'Capped', public: true, scopes: ['incidents:read'], redirectUris: ['https://capped.example/cb'] },
  ];
}
