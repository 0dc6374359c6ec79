import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { createResource } from '@writ/sdk';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Wire } from '../../../packages/sdk/src/wire.suite.ts';
import { startWire } from '../../../packages/sdk/src/wire.suite.ts';
import { buildPlain } from './plain.ts';

const RESOURCE = 'http://localhost:9002/mcp';
let wire: Wire;
let base: string;
let stop: () => void = () => undefined;
beforeAll(async () => {
  wire = await startWire(RESOURCE);
  const server = buildPlain(createResource({ issuer: wire.issuer, resource: RESOURCE, scopes: ['notes:read'] }));
  stop = () => {
    server.close();
    server.closeAllConnections();
  };
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  base = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
});
afterAll(async () => {
  stop();
  await wire.stop();
});

test('without a framework the metadata, the challenge and the tools are there too', async () => {
  const refused = await fetch(`${base}/mcp`, { method: 'POST' });
  expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([
    401,
    expect.stringContaining('resource_metadata="http://localhost:9002/.well-known/oauth-protected-resource/mcp"'),
  ]);
  expect(await (await fetch(`${base}/.well-known/oauth-protected-resource/mcp`)).json()).toMatchObject({ resource: RESOURCE });
  const client = new Client({ name: 'test', version: '1' }, { versionNegotiation: { mode: 'auto' } });
  const token = await wire.mint({ claims: { scope: '' } });
  await client.connect(new StreamableHTTPClientTransport(new URL(`${base}/mcp`), { authProvider: { token: async () => token } }));
  expect((await client.listTools()).tools.map((tool) => tool.name)).toEqual(['whoami']);
  expect((await client.callTool({ name: 'whoami', arguments: {} })).content).toEqual([{ type: 'text', text: 'ann' }]);
});
