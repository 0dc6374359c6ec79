import { GRANT_TYPES, TOKEN_TYPES } from '@writ/protocol';
import type { TestHouse } from '../../../testing/house.ts';

const OPS = 'http://localhost:9000/mcp';
const SECRET = 'a-long-secret-of-the-worker';
const AUTHORIZATION = { authorization: `Basic ${Buffer.from(`worker:${SECRET}`).toString('base64')}` };

/** A service of acme that may have whatever the connections hold, and a resource for which it gets the token that it exchanges. */
export const WORKER = {
  tenants: [{ id: 'acme', name: 'Acme' }],
  resources: [{ id: 'ops', type: 'mcp', uri: OPS, scopes: [{ name: 'read' }] }],
  clients: [
    {
      id: 'worker',
      name: 'Worker',
      kind: 'service',
      grants: [GRANT_TYPES.client_credentials, GRANT_TYPES.token_exchange],
      auth: { secrets: [{ value: SECRET }] },
      tenants: ['acme'],
    },
  ],
  policies: [
    {
      id: 'tokens',
      effect: 'allow',
      grants: ['client_credentials'],
      subject: { any: true },
      target: { resources: ['ops'] },
      scopes: 'all',
    },
    {
      id: 'worker',
      effect: 'allow',
      grants: ['token_exchange'],
      subject: { clients: ['worker'] },
      target: { connections: 'all' },
      scopes: 'all',
    },
  ],
};

/** A token of the worker's own; throws with the hub's words where there is none. */
export async function workerToken({ post }: Pick<TestHouse, 'post'>, resource: string = OPS): Promise<string> {
  const answer = await post('/oauth/token', { grant_type: GRANT_TYPES.client_credentials, resource }, AUTHORIZATION);
  const body = await answer.json();
  if (typeof body.access_token !== 'string') throw new Error(`no access token: ${JSON.stringify(body)}`);
  return body.access_token;
}

/** The worker asks for what a connection holds. */
export async function exchange(hub: Pick<TestHouse, 'post'>, connection: string): Promise<Response> {
  const form = {
    grant_type: GRANT_TYPES.token_exchange,
    subject_token: await workerToken(hub),
    subject_token_type: TOKEN_TYPES.access_token,
    resource: `urn:writ:connection:${connection}`,
  };
  return hub.post('/oauth/token', form, AUTHORIZATION);
}
