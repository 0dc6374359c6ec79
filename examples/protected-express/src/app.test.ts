import { createServer } from 'node:http';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { createResource } from '@writ/sdk';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Wire } from '../../../packages/sdk/src/wire.suite.ts';
import { startWire } from '../../../packages/sdk/src/wire.suite.ts';
import { buildApp } from './app.ts';

const RESOURCE = 'http://localhost:9002/mcp';
let wire: Wire;
let base: string;
const server = createServer();
beforeAll(async () => {
  wire = await startWire(RESOURCE);
  server.on('request', buildApp(createResource({ issuer: wire.issuer, resource: RESOURCE, scopes: ['notes:read', 'notes:write'] })));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  base = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
});
afterAll(async () => {
  server.close();
  server.closeAllConnections();
  await wire.stop();
});

test('MCP and a plain route stand behind the same resource', async () => {
  const token = await wire.mint({ claims: { scope: 'notes:read' } });
  const client = new Client({ name: 'test', version: '1' }, { versionNegotiation: { mode: 'auto' } });
  await client.connect(new StreamableHTTPClientTransport(new URL(`${base}/mcp`), { authProvider: { token: async () => token } }));
  expect((await client.listTools()).tools.map((tool) => tool.name)).toEqual(['list_notes']);
  await expect(client.callTool({ name: 'add_note', arguments: { text: 'x' } })).rejects.toThrow(/insufficient.scope/i);
  const headers = { authorization: `Bearer ${token}` };
  expect(await (await fetch(`${base}/notes`, { headers })).json()).toEqual(['Buy milk']);
  expect((await fetch(`${base}/notes`)).status).toBe(401);
  expect(await (await fetch(`${base}/.well-known/oauth-protected-resource/mcp`)).json()).toMatchObject({ resource: RESOURCE });
});
