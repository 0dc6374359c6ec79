import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testHouse, type TestHouse } from '../../../testing/house.ts';
import { tryKey } from './key-try.store.ts';
import { exchange, WORKER, workerToken } from './worker.suite.ts';

/** Every address that a connection holds, pointed at the machine of the hub itself (attacks 169, 174, 179). Nothing may so much as open a connection there. */

const KEY = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

let hub: TestHouse;
let inside: Server;
let opened = 0;
let port = 0;
beforeAll(async () => {
  inside = createServer((socket) => {
    opened += 1;
    socket.destroy();
  }).listen(0, '127.0.0.1');
  await once(inside, 'listening');
  const address = inside.address();
  port = address !== null && typeof address === 'object' ? address.port : 0;
  hub = await testHouse({ env: { WRIT_ALLOW_LOOPBACK: 'false' } });
  const url = `https://127.0.0.1:${port}`;
  const oauth = { type: 'oauth', authorizationUrl: 'https://p.test/a', clientId: 'hub', scopes: ['read'] };
  const own = { type: 'oauth', clientId: 'hub', scopes: ['read'] };
  const expired = {
    accessToken: { value: 'over' },
    refreshToken: { value: 'renews' },
    expiresAt: '2020-01-01T00:00:00Z',
    scopes: ['read'],
  };
  await hub.apply({
    ...WORKER,
    connections: [
      { ...oauth, id: 'renewed', tokenUrl: `${url}/token` },
      { ...oauth, id: 'revoked', tokenUrl: 'https://p.test/t', revocationUrl: `${url}/revoke` },
      { ...own, id: 'own', grant: 'client_credentials', tokenUrl: `${url}/token`, clientSecret: { value: 'x' } },
      { ...own, id: 'signed', grant: 'jwt_bearer', tokenUrl: `${url}/token`, clientSecret: { value: KEY }, assertion: { alg: 'ES256' } },
      { id: 'called', type: 'api_key', baseUrl: url, test: { path: '/me' } },
      { id: 'shown', type: 'certificate', baseUrl: url, test: { path: '/me' } },
      { id: 'server', type: 'mcp', url: `${url}/mcp` },
    ],
    credentials: [
      { connection: 'renewed', owner: { tenant: 'acme' }, ...expired },
      { connection: 'revoked', owner: { tenant: 'acme' }, ...expired },
      { connection: 'called', owner: { tenant: 'acme' }, value: { value: 'a-key' } },
    ],
  });
});
afterAll(async () => {
  await hub.close();
  inside.close();
});

async function handOut(connection: string): Promise<unknown> {
  const answer = await exchange(hub, connection);
  return { status: answer.status, body: await answer.json() };
}

const known = (id: string) => {
  const found = hub.house.rooms.connections.byId(id);
  if (found === undefined) throw new Error(`no connection ${id}`);
  return found;
};
const idOf = async (connection: string): Promise<string> =>
  (await (await hub.admin('GET', `/admin/v1/credentials?connection=${connection}`)).json()).items[0].id;

const UNAVAILABLE = { status: 503, body: { error: 'temporarily_unavailable' } };

describe('no address of a connection leads inside', () => {
  const ways: readonly [string, () => Promise<unknown>, unknown][] = [
    ['tokenUrl, when a token is renewed', () => handOut('renewed'), UNAVAILABLE],
    ['tokenUrl, when a client gets its own token', () => handOut('own'), UNAVAILABLE],
    ['tokenUrl, when an account signs for itself', () => handOut('signed'), UNAVAILABLE],
    [
      'tokenUrl, when an administrator gets the token',
      async () => (await hub.admin('POST', '/admin/v1/connections/own/connect', { tenant: 'acme' })).status,
      502,
    ],
    [
      'tokenUrl, when an upload is verified',
      async () => {
        const row = {
          connection: 'renewed',
          owner: { tenant: 'acme' },
          label: 'b',
          accessToken: { value: 'a' },
          refreshToken: { value: 'b' },
        };
        return (await hub.admin('POST', '/admin/v1/credentials/import', { credentials: [row], verifyRefresh: true })).status;
      },
      422,
    ],
    [
      'revocationUrl, when an account is disconnected',
      async () => {
        const status = (await hub.admin('DELETE', `/admin/v1/credentials/${await idOf('revoked')}`)).status;
        await hub.settle();
        return status;
      },
      204,
    ],
    [
      'baseUrl, when the hub makes the call',
      async () =>
        (await hub.get('/proxy/called/x', { authorization: `Bearer ${await workerToken(hub, `${hub.issuer}/proxy/called`)}` })).status,
      502,
    ],
    [
      'baseUrl, when a key is tried',
      () => tryKey(hub.house.rooms.outbound, known('called'), { kind: 'api_key', value: 'k' }, hub.clock.now()),
      { ok: false, error: expect.stringContaining('blocked_address') },
    ],
    [
      'url, when an MCP server is asked where its authorization server is',
      () => hub.house.rooms.upstream.servers.forConnecting(known('server')),
      { ok: false },
    ],
  ];
  it.each(ways)('%s', async (_, ask, expected) => {
    const said = await ask();
    if (typeof expected === 'number') expect(said).toBe(expected);
    else expect(said).toMatchObject(Object(expected));
    expect(opened).toBe(0);
  });

  it('and the door that was watched is open: somebody else comes in', async () => {
    await fetch(`http://127.0.0.1:${port}`).catch(() => undefined);
    expect(opened).toBe(1);
  });
});
