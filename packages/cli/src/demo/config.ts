import { sampleResource } from '@writ/sample-mcp';

/** The sample server of the demo, as the hub knows it. */
export const SAMPLE_ID = 'acme-incidents';

/** By which the sample server hears of what is stopped, under its own name. */
export const SAMPLE_CLIENT = { id: `${SAMPLE_ID}-server`, secret: 'demo-secret-of-the-sample-server-for-its-signals' } as const;

/** Who opens the console of the demo. */
export const ADMINISTRATOR = 'ann';

/** Who can log in, with what, and what there is to see. Only `writ dev` seeds it, and only into an empty database. */
export const DEMO_LOGINS = [
  { email: 'ann@acme.test', password: 'correct-horse-9', note: 'SRE and admin' },
  { email: 'bob@acme.test', password: 'quiet-lantern-4', note: 'viewer' },
] as const;

const [ANN, BOB] = DEMO_LOGINS;
const READ = ['incidents:read', 'incidents:comment', 'incidents:write'];
const RISKY = ['deploys:rollback', 'customers:export'];

/**
 * The demo as a config file. An agent that nobody configured gets three of the five scopes of the sample, whoever drives it; the two risky
 * ones only when an SRE drives, and customer data never leaves through a client that nobody verified.
 */
export function demoConfig(sampleUrl: string): Readonly<Record<string, unknown>> {
  const target = { resources: [SAMPLE_ID] };
  return {
    tenants: [{ id: 'acme', name: 'Acme', domains: ['acme.test'], attributes: { plan: 'pro' } }],
    roles: [
      { name: 'admin', description: 'Runs the hub', permissions: ['hub.admin'] },
      { name: 'SRE', description: 'Keeps the services running', permissions: ['incidents.write', 'deploys.rollback'] },
      { name: 'viewer', description: 'Looks, and files what they see', permissions: ['incidents.read'] },
    ],
    users: [
      {
        id: ADMINISTRATOR,
        name: 'Ann',
        email: ANN.email,
        password: { value: ANN.password },
        tenants: [{ id: 'acme', roles: ['SRE', 'admin'] }],
        attributes: { department: 'ops' },
      },
      {
        id: 'bob',
        name: 'Bob',
        email: BOB.email,
        password: { value: BOB.password },
        tenants: [{ id: 'acme', roles: ['viewer'] }],
        attributes: { department: 'sales' },
      },
    ],
    resources: [sampleResource(sampleUrl)],
    clients: [
      {
        id: 'worker',
        name: 'Reconciliation worker',
        kind: 'service',
        grants: ['client_credentials'],
        auth: { method: 'client_secret_basic', secrets: [{ value: WORKER_SECRET }] },
        tags: ['production'],
        owner: ADMINISTRATOR,
        tenants: ['acme'],
      },
      sampleClient(),
    ],
    policies: [
      {
        id: 'people-incidents',
        name: 'People work on incidents through any agent',
        effect: 'allow',
        grants: ['authorization_code', 'device_code'],
        subject: { conditions: [{ key: 'user.tenantIds', operator: 'contains', value: 'acme' }] },
        target,
        scopes: READ,
      },
      {
        id: 'sre-risky',
        name: 'An SRE may let an agent roll back and export',
        effect: 'allow',
        grants: ['authorization_code', 'device_code'],
        subject: { conditions: [{ key: 'user.roles', operator: 'contains', value: 'SRE' }] },
        target,
        scopes: RISKY,
      },
      {
        id: 'no-export-unverified',
        name: 'Customer data never through a client that nobody verified',
        effect: 'deny',
        subject: { conditions: [{ key: 'client.status', operator: 'equals', value: 'unverified' }] },
        target,
        scopes: ['customers:export'],
      },
      {
        id: 'worker-reads',
        name: 'The worker reads incidents and nothing else',
        effect: 'allow',
        grants: ['client_credentials'],
        subject: { clients: ['worker'] },
        target,
        scopes: ['incidents:read'],
      },
    ],
  };
}

/** It gets no token and serves everybody whom the sample serves; what it may is to hear of what is stopped. */
function sampleClient(): Readonly<Record<string, unknown>> {
  return {
    id: SAMPLE_CLIENT.id,
    name: 'Acme Incidents, the server',
    kind: 'service',
    grants: [],
    auth: { method: 'client_secret_basic', secrets: [{ value: SAMPLE_CLIENT.secret }] },
    tags: [`resource-server:${SAMPLE_ID}`],
    owner: ADMINISTRATOR,
  };
}

/** Known to everybody who reads this, like the passwords above: the demo listens on loopback and guards made-up data. */
export const WORKER_SECRET = 'demo-secret-of-the-reconciliation-worker';
