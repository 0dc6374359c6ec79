import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { ANN, protectSample, startHub } from '../harness.ts';
import type { Hub, Protected } from '../harness.ts';

/** As wide as names may be, without a place to break a line. */
export const WIDE = {
  client: 'W'.repeat(64),
  tenant: 'Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft'.padEnd(200, 'm'),
  email: `${'a'.repeat(64)}@${'b'.repeat(63)}.${'c'.repeat(63)}.${'d'.repeat(50)}.test`.padEnd(250, 'x'),
  host: `${'agents'.repeat(10)}.${'of-a-very-long-company-name'.repeat(2)}.example`,
};

/** People of the tests; all have Ann's password. */
export const BOB = { email: 'bob@acme.test', password: ANN.password };
export const WIM = { email: WIDE.email, password: ANN.password };

export const VERIFIER = 'a-verifier-that-is-long-enough-for-rfc-7636-and-no-secret';

export type World = {
  hub: Hub;
  guarded: Protected;
  /** A client's loopback listener: says thanks, and remembers what it was called with. */
  callback: { url: string; called: URLSearchParams[] };
  /** The address a client opens in the browser. `more` adds or replaces parameters. */
  authorize(clientId: string, more?: Record<string, string>): string;
  /** Registers a client as strangers do (RFC 7591) and answers its id. */
  register(name: string): Promise<string>;
  /** What an admin path answered; throws unless it is done. */
  made(path: string, body?: object): Promise<Record<string, unknown>>;
  close(): Promise<void>;
};

export async function openWorld(): Promise<World> {
  const hub = await startHub();
  const callback = await listen();
  const guarded = await protectSample(hub, { clients: clients(), policies: [BARRED] });
  await hub.apply({
    tenants: [{ id: 'wide', name: WIDE.tenant }],
    users: [person('bob', BOB.email, 'Bob Baker', ['acme', 'wide']), person('wim', WIM.email, undefined, ['wide'])],
  });
  return {
    hub,
    guarded,
    callback,
    authorize: (clientId, more = {}) =>
      `${hub.issuer}/oauth/authorize?${new URLSearchParams({ ...request(clientId, callback.url, guarded), ...more }).toString()}`,
    async register(name) {
      const metadata = { client_name: name, redirect_uris: [callback.url], token_endpoint_auth_method: 'none' };
      const headers = { 'content-type': 'application/json' };
      const answer = await fetch(`${hub.issuer}/oauth/register`, { method: 'POST', headers, body: JSON.stringify(metadata) });
      return String((await answer.json()).client_id);
    },
    async made(path, body) {
      const answer = await hub.admin('POST', path, body);
      if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`);
      return answer.json();
    },
    async close() {
      await callback.close();
      await guarded.close();
      await hub.stop();
    },
  };
}

const person = (id: string, email: string, name: string | undefined, tenants: string[]): object => ({
  id,
  email,
  ...(name !== undefined && { name }),
  password: { value: ANN.password },
  tenants: tenants.map((tenant) => ({ id: tenant, roles: [] })),
});

function clients(): object[] {
  const app = { kind: 'app', public: true, grants: ['authorization_code', 'refresh_token'] };
  return [
    { ...app, id: 'desk', name: 'Acme Desk', kind: 'cli', redirectUris: ['http://127.0.0.1/callback'] },
    { ...app, id: 'hosted', name: 'Acme Helper', redirectUris: ['https://helper.example/callback'] },
    { ...app, id: 'hints', name: 'No scopes named', redirectUris: ['https://hints.example/callback'] },
    { ...app, id: 'barred', name: 'Barred', redirectUris: ['https://barred.example/callback'] },
    { ...app, id: 'wide', name: WIDE.client, redirectUris: [`https://${WIDE.host}/callback`] },
  ];
}

const BARRED = {
  id: 'barred',
  effect: 'deny',
  subject: { clients: ['barred'] },
  target: { resources: 'all' },
  scopes: 'all',
};

const request = (clientId: string, redirectUri: string, { resource }: Protected): Record<string, string> => ({
  response_type: 'code',
  client_id: clientId,
  redirect_uri: redirectUri,
  scope: resource.scopes.map(({ name }) => name).join(' '),
  resource: resource.uri,
  code_challenge: createHash('sha256').update(VERIFIER).digest('base64url'),
  code_challenge_method: 'S256',
  state: 'kept',
});

async function listen(): Promise<World['callback'] & { close(): Promise<void> }> {
  const called: URLSearchParams[] = [];
  const server = createServer((asked, response) => {
    const { pathname, searchParams } = new URL(asked.url ?? '/', 'http://127.0.0.1');
    if (pathname !== '/callback') return void response.writeHead(204).end();
    called.push(searchParams);
    response.writeHead(200, { 'content-type': 'text/html' }).end('<title>Thanks</title><p>You can close this.');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: `http://127.0.0.1:${address.port}/callback`,
    called,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
