// An MCP server that knows nothing but an API key, and the official MCP client, which is given the address of its proxy at the hub. It finds the hub by
// itself, sends its user there, and speaks to the server with a key that it never has.
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { text } from 'node:stream/consumers';
import { once } from 'node:events';
import { Client, StreamableHTTPClientTransport, UnauthorizedError } from '@modelcontextprotocol/client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { MemoryProvider } from '../clients/memory-provider.ts';
import { walk } from '../driver/walk.ts';
import { openWorld, PASSWORD } from './world.ts';
import type { World } from './world.ts';

const KEY = 'the-key-of-the-notes-server';

let world: World;
let server: Server;
const heard: { key: unknown; authorization: unknown }[] = [];

/** As much of an MCP server as a client needs: it answers initialize, lists one tool and runs it. */
function answerTo({ method, id }: { method?: string; id?: unknown }): object | undefined {
  const said = (result: object): object => ({ jsonrpc: '2.0', id, result });
  switch (method) {
    case 'initialize':
      return said({ protocolVersion: '2025-06-18', capabilities: { tools: {} }, serverInfo: { name: 'notes', version: '1' } });
    case 'tools/list':
      return said({ tools: [{ name: 'read_note', inputSchema: { type: 'object' } }] });
    case 'tools/call':
      return said({ content: [{ type: 'text', text: 'buy coffee' }] });
    default:
      return undefined;
  }
}

beforeAll(async () => {
  server = createServer((request, response) => {
    void (async () => {
      heard.push({ key: request.headers['x-api-key'], authorization: request.headers.authorization });
      const body = await text(request);
      if (request.headers['x-api-key'] !== KEY) return void response.writeHead(401).end();
      if (request.method !== 'POST') return void response.writeHead(405).end();
      const answer = answerTo(JSON.parse(body));
      if (answer === undefined) return void response.writeHead(202).end();
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
    })();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  world = await openWorld();
  await world.hub.apply({
    clients: [
      {
        id: 'editor',
        name: 'Editor',
        kind: 'cli',
        public: true,
        redirectUris: [new MemoryProvider('x').redirectUrl],
        grants: ['authorization_code', 'refresh_token'],
      },
    ],
    connections: [{ id: 'notes', name: 'Notes', type: 'api_key', header: 'x-api-key', baseUrl: `http://127.0.0.1:${port}/mcp` }],
    credentials: [{ connection: 'notes', owner: { tenant: 'acme' }, value: { value: KEY } }],
    policies: [{ id: 'editor', effect: 'allow', subject: { clients: ['editor'] }, target: { connections: ['notes'] }, scopes: 'all' }],
  });
});
afterAll(async () => {
  server?.close();
  server?.closeAllConnections();
  await world?.close();
});

test('a client that is given the address of a proxy finds the hub, logs its user in, and uses the server with a key that it never has', async () => {
  const provider = new MemoryProvider('Editor');
  provider.information = { client_id: 'editor' };
  const address = new URL(`${world.hub.issuer}/proxy/notes`);
  const transport = new StreamableHTTPClientTransport(address, { authProvider: provider });
  await expect(new Client({ name: 'editor', version: '1' }).connect(transport)).rejects.toThrow(UnauthorizedError);
  const url = provider.opened.at(-1);
  expect(url?.searchParams.get('resource')).toBe(address.href);
  expect(heard).toEqual([]);
  const { end } = await walk(url?.href ?? '', { email: 'ann@acme.test', password: PASSWORD, allow: 'all', stay: true }, { call: false });
  if (end.kind !== 'callback') throw new Error(end.page.text);
  await transport.finishAuth(new URL(end.url).searchParams);
  const client = new Client({ name: 'editor', version: '1' });
  await client.connect(new StreamableHTTPClientTransport(address, { authProvider: provider }));
  expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(['read_note']);
  expect(JSON.stringify(await client.callTool({ name: 'read_note', arguments: {} }))).toContain('buy coffee');
  await client.close();
  expect(new Set(heard.map(({ key }) => key))).toEqual(new Set([KEY]));
  expect(heard.every(({ authorization }) => authorization === undefined)).toBe(true);
  const form = { grant_type: 'refresh_token', refresh_token: provider.kept?.refresh_token ?? '', client_id: 'editor' };
  const renewed = await fetch(`${world.hub.issuer}/oauth/token`, { method: 'POST', body: new URLSearchParams(form) });
  expect([renewed.status, await renewed.json()]).toMatchObject([200, { scope: expect.stringContaining('call') }]);
  const [used] = await world.events('credential.used');
  expect(used).toMatchObject({ actor: { user: 'ann', client: 'editor' }, target: { type: 'connection', id: 'notes' } });
});
