import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import { connect, type AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import canonicalize from 'canonicalize';
import { sql } from 'kysely';
import { testHouse, type TestHouse } from '../../../testing/house.ts';
import { nodeListener } from '../../base/http/listener.ts';
import type { AuditEvent } from '../../rooms/audit/event.ts';

export const SECRET = 'a-long-secret-of-the-worker';
/** The key of the service; whatever shows it beside the service itself leaks. */
export const KEY = 'canary-key-9f2e7c41';
export const OAUTH = 'canary-token-51c0ffee77';

/** What the service saw, and what it does: by its path. */
export type Seen = { method: string; url: string; headers: IncomingMessage['headers']; raw: string[]; body: string };
export type Service = { url: string; port: number; seen: Seen[]; open: Set<ServerResponse>; close(): Promise<void> };

export async function startService(): Promise<Service> {
  const seen: Seen[] = [];
  const open = new Set<ServerResponse>();
  const server = createServer((request, response) => {
    void (async () => {
      const [path = ''] = (request.url ?? '').split('?');
      // This one answers before it has read anything.
      if (path === '/early') return void response.writeHead(413).end('too much');
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      const { method = '', url = '', headers, rawHeaders: raw } = request;
      seen.push({ method, url, headers, raw, body: Buffer.concat(chunks).toString('utf8') });
      answer(path, headers, Buffer.concat(chunks), response, open);
    })().catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = address(server.address());
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    seen,
    open,
    close: async () => {
      for (const one of open) one.destroy();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function address(of: AddressInfo | string | null): AddressInfo {
  if (of === null || typeof of === 'string') throw new Error('not listening');
  return of;
}

function answer(
  path: string,
  headers: IncomingMessage['headers'],
  body: Buffer,
  response: ServerResponse,
  open: Set<ServerResponse>,
): void {
  const echo = JSON.stringify(headers);
  const show = (status: number, more: Record<string, string | string[]>, text: string | Buffer): void =>
    void response.writeHead(status, more).end(text);
  switch (path) {
    case '/echo':
      return show(200, { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(echo)) }, echo);
    case '/echo-chunked': {
      // In pieces of seven bytes, so that the key is never whole in one of them.
      response.writeHead(200, { 'content-type': 'text/plain' });
      for (let at = 0; at < echo.length; at += 7) response.write(echo.slice(at, at + 7));
      return void response.end();
    }
    case '/echo-gzip':
      return show(200, { 'content-encoding': 'gzip' }, gzipSync(echo));
    case '/echo-base64':
      return show(200, {}, Buffer.from(String(headers['x-api-key'])).toString('base64'));
    case '/echo-error':
      return show(500, { 'content-type': 'text/html' }, `<p>bad key ${String(headers['x-api-key'])}</p>`);
    case '/echo-header':
      return show(
        200,
        {
          'x-you-sent': String(headers['x-api-key']),
          'x-other': 'kept',
          'set-cookie': ['a=1', 'b=2'],
          'www-authenticate': 'Bearer resource_metadata="https://evil.test"',
        },
        'ok',
      );
    case '/redirect-away':
      return show(302, { location: `https://evil.test/?key=${String(headers['x-api-key'])}` }, '');
    case '/redirect-elsewhere':
      return show(302, { location: 'https://elsewhere.test/next' }, '');
    case '/redirect-within':
      return show(307, { location: '/echo?again=1' }, '');
    case '/unauthorized':
      return show(401, { 'www-authenticate': 'Bearer' }, 'no');
    case '/brotli-unknown':
      return show(200, { 'content-encoding': 'zstd' }, 'xx');
    case '/reset':
      return void response.destroy();
    case '/half':
      response.writeHead(200, { 'content-length': '1000' });
      response.write('half');
      return void setImmediate(() => response.destroy());
    case '/upload':
      return show(200, {}, String(body.length));
    case '/big':
      response.writeHead(200, {});
      for (let at = 0; at < 64; at += 1) response.write(Buffer.alloc(64 * 1024, 'x'));
      return void response.end();
    case '/stream-said':
      return show(200, { 'content-type': 'text/event-stream' }, '');
    case '/events': {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('data: first\n\n');
      open.add(response);
      return void response.once('close', () => open.delete(response));
    }
    default:
      return show(200, { 'content-type': 'text/plain' }, 'fine');
  }
}

export type ProxyWorld = TestHouse & {
  service: Service;
  /** A listening hub on the same house. */
  socket: string;
  token(more?: Record<string, string>, client?: string): Promise<string>;
  call(path: string, init?: RequestInit & { token?: string }): Promise<Response>;
  during<T>(deed: () => Promise<T>): Promise<{ result: T; entries: AuditEvent[] }>;
  raw(head: string): Promise<string>;
};

export async function openProxyWorld(): Promise<ProxyWorld> {
  const service = await startService();
  const hub = await testHouse({ env: { WRIT_ALLOW_LOOPBACK: 'true' } });
  await hub.apply(configFor(service));
  const server = createServer(nodeListener(hub.house.dispatch));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = address(server.address());
  const { db } = hub.house.rooms.database;
  const events = async (): Promise<AuditEvent[]> =>
    (await sql<{ body: string }>`SELECT body FROM audit_events ORDER BY id`.execute(db)).rows.map(({ body }) => readEntry(body));
  const token: ProxyWorld['token'] = async (more = {}, client = 'worker') => {
    const form = { grant_type: 'client_credentials', resource: `${hub.issuer}/proxy/search`, ...more };
    const answered = await hub.post('/oauth/token', form, {
      authorization: `Basic ${Buffer.from(`${client}:${SECRET}`).toString('base64')}`,
    });
    const { access_token: access } = await answered.json();
    if (typeof access !== 'string') throw new Error('no token');
    return access;
  };
  /** For the connection that the path names; of what nobody gets a token for, one for another. */
  const tokenFor = (path: string): Promise<string> => {
    const [, name = ''] = /^\/proxy\/([a-z-]+)\//.exec(path) ?? [];
    return token(['globex-only', 'nowhere', ''].includes(name) ? {} : { resource: `${hub.issuer}/proxy/${name}` });
  };
  return {
    ...hub,
    service,
    socket: `http://127.0.0.1:${port}`,
    token,
    async call(path, { token: own, headers, ...init } = {}) {
      const authorization = `Bearer ${own ?? (await tokenFor(path))}`;
      return fetch(`http://127.0.0.1:${port}${path}`, {
        redirect: 'manual',
        ...init,
        headers: { authorization, ...Object.fromEntries(new Headers(headers)) },
      });
    },
    async during(deed) {
      await hub.settle();
      const before = new Set((await events()).map(({ id }) => id));
      const result = await deed();
      return { result, entries: (await events()).filter(({ id }) => !before.has(id)) };
    },
    async raw(head) {
      const socket = connect(port, '127.0.0.1');
      socket.write(head);
      let text = '';
      socket.on('data', (chunk) => (text += chunk.toString('latin1')));
      await once(socket, 'close');
      return text;
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await service.close();
      await hub.close();
    },
  };
}

/** Entries whose writer vouches for their order are looked at here. */
function readEntry(body: string): AuditEvent {
  const event: AuditEvent = JSON.parse(body);
  if (canonicalize(event) !== body) throw new Error(`not the canonical text of an entry: ${body}`);
  return event;
}

/** Asks through a socket and hands over the answer while it lasts. */
export function openCall(url: string, headers: Record<string, string>): Promise<{ answer: IncomingMessage; leave(): void }> {
  return new Promise((resolve, reject) => {
    const asked = httpRequest(url, { headers }, (answer) => resolve({ answer, leave: () => asked.destroy() }));
    asked.on('error', reject);
    asked.end();
  });
}

function configFor({ url }: Service): Record<string, unknown> {
  const client = (id: string, more: object = {}) => ({
    id,
    name: id,
    kind: 'service',
    auth: { secrets: [{ value: SECRET }] },
    tenants: ['acme'],
    ...more,
  });
  const key = (id: string, more: object = {}) => ({ id, type: 'api_key', header: 'X-Api-Key', baseUrl: url, ...more });
  return {
    tenants: [
      { id: 'acme', name: 'Acme' },
      { id: 'globex', name: 'Globex' },
    ],
    resources: [{ id: 'ops', type: 'mcp', uri: 'http://localhost:9000/mcp', scopes: [{ name: 'read' }] }],
    clients: [client('worker'), client('stranger'), client('foreigner', { tenants: ['globex'] })],
    connections: [
      key('search'),
      key('narrow', { baseUrl: `${url}/v1`, allowedMethods: ['GET'], allowedPaths: ['/v1/items/*', '/v1/about'] }),
      key('elsewhere', { allowedHosts: ['api.elsewhere.test'] }),
      key('in-query', { header: undefined, query: 'api_key' }),
      key('empty'),
      key('globex-only', { tenants: ['globex'] }),
      key('away', { baseUrl: 'https://169.254.169.254/latest' }),
      key('nobody-there', { baseUrl: 'http://127.0.0.1:1' }),
      { id: 'wiki', type: 'basic', baseUrl: url },
      {
        id: 'calendar',
        type: 'oauth',
        authorizationUrl: 'https://p.test/a',
        tokenUrl: 'https://p.test/t',
        clientId: 'hub',
        scopes: ['read', 'write'],
        baseUrl: url,
      },
    ],
    credentials: [
      ...['search', 'narrow', 'elsewhere', 'in-query', 'away', 'nobody-there'].map((connection) => ({
        connection,
        owner: { tenant: 'acme' },
        value: { value: KEY },
      })),
      { connection: 'globex-only', owner: { tenant: 'globex' }, value: { value: KEY } },
      { connection: 'wiki', owner: { tenant: 'acme' }, username: 'hub', password: { value: 'canary-password-3131' } },
      { connection: 'calendar', owner: { tenant: 'acme' }, accessToken: { value: OAUTH }, scopes: ['read', 'write'] },
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
        subject: { clients: ['worker', 'foreigner'] },
        target: { connections: 'all' },
        scopes: 'all',
      },
    ],
  };
}
