import { request } from 'node:http';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as TransportV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Wire } from '../../../packages/sdk/src/wire.suite.ts';
import { startWire, until } from '../../../packages/sdk/src/wire.suite.ts';
import { sampleResource } from './resource-description.ts';
import type { Sample } from './start.ts';
import { startSample } from './start.ts';

let wire: Wire;
let sample: Sample;
beforeEach(async () => {
  wire = await startWire('replaced by the claims of each token');
  sample = await startSample({ port: 0, issuer: wire.issuer, credentials: { adminToken: 'admin' } });
  await until(() => sample.resource.signals.state === 'open');
});
afterEach(async () => {
  await sample.close();
  await wire.stop();
});

type Result = Readonly<Record<string, unknown>>;
type Connected = { names(): Promise<string[]>; call(name: string, args?: Record<string, unknown>): Promise<Result> };

const mint = (scope: string): Promise<string> => wire.mint({ claims: { aud: sample.url, scope } });

async function connectV2(token: string, mode: 'legacy' | { pin: string }): Promise<Connected> {
  const client = new Client({ name: 'test', version: '1' }, { versionNegotiation: { mode } });
  await client.connect(new StreamableHTTPClientTransport(new URL(sample.url), { authProvider: { token: async () => token } }));
  return {
    names: async () => (await client.listTools()).tools.map((tool) => tool.name),
    call: (name, args = {}) => client.callTool({ name, arguments: args }),
  };
}

async function connectV1(token: string): Promise<Connected> {
  const client = new ClientV1({ name: 'test', version: '1' });
  await client.connect(new TransportV1(new URL(sample.url), { requestInit: { headers: { authorization: `Bearer ${token}` } } }));
  return {
    names: async () => (await client.listTools()).tools.map((tool) => tool.name),
    call: (name, args = {}) => client.callTool({ name, arguments: args }),
  };
}

describe.each([
  ['2.x in the 2026-07-28 revision', (token: string) => connectV2(token, { pin: '2026-07-28' })],
  ['2.x in the 2025-11-25 revision', (token: string) => connectV2(token, 'legacy')],
  ['1.x', connectV1],
])('a client of the MCP SDK %s', (_, connect) => {
  test('sees and uses the tools of its scopes', async () => {
    const { names, call } = await connect(await mint('incidents:read incidents:comment'));
    expect(await names()).toEqual(['whoami', 'list_incidents', 'get_incident', 'list_deploys', 'add_comment']);
    expect(JSON.stringify(await call('list_incidents', { state: 'open' }))).toContain('INC-1041');
    await call('add_comment', { id: 'INC-1041', text: 'looking' });
    expect(JSON.stringify(await call('get_incident', { id: 'INC-1041' }))).toContain('looking');
    await expect(call('rollback_deploy', { id: 'dep-208' })).rejects.toThrow(/insufficient.scope/i);
    expect(JSON.stringify(await call('list_deploys', {}))).not.toContain('rolled back');
  });

  test('learns who it is', async () => {
    const { call } = await connect(await mint('customers:export'));
    const text = JSON.stringify(await call('whoami'));
    for (const part of ['ann', 'claude', 'agent-1', 'acme', 'customers:export']) expect(text).toContain(part);
  });
});

test('the risky tools work with their scopes', async () => {
  const { call } = await connectV2(await mint('deploys:rollback customers:export incidents:write'), 'legacy');
  expect(JSON.stringify(await call('rollback_deploy', { id: 'dep-208' }))).toContain('rolled back');
  expect(await call('rollback_deploy', { id: 'dep-208' })).toMatchObject({ isError: true });
  expect(JSON.stringify(await call('export_customers', { incident: 'INC-1041' }))).toContain('Marta Olsen');
  expect(JSON.stringify(await call('open_incident', { title: 'x', service: 'y', severity: 'low' }))).toContain('INC-1042');
  expect(JSON.stringify(await call('set_incident_state', { id: 'INC-1042', state: 'closed' }))).toContain('closed');
});

test('a killed agent is refused by the running server', async () => {
  const { call } = await connectV2(await mint('incidents:read'), 'legacy');
  expect(JSON.stringify(await call('list_incidents'))).toContain('INC-1041');
  wire.signal({ kind: 'agent', subject: 'agent-1', state: 'revoked' });
  await until(() => sample.resource.signals.lastSeq === 1);
  await expect(call('list_incidents')).rejects.toThrow('Unauthorized');
});

/** A raw request, because fetch does not let anyone choose the Host header. */
function status(headers: Record<string, string>): Promise<number> {
  return new Promise((resolve, reject) => {
    const { port } = new URL(sample.url);
    request({ host: '127.0.0.1', port, path: '/mcp', method: 'POST', headers }, (response) => resolve(response.resume().statusCode ?? 0))
      .on('error', reject)
      .end();
  });
}

test('another host name or a foreign page is refused before anything else (DNS rebinding)', async () => {
  expect(await status({ host: 'evil.test' })).toBe(403);
  expect(await status({ host: 'localhost.evil.test:80' })).toBe(403);
  expect(await status({ host: 'localhost', origin: 'https://evil.test' })).toBe(403);
  expect(await status({ host: 'localhost', origin: 'null' })).toBe(403);
  expect(await status({ host: 'localhost' })).toBe(401);
  expect(await status({ host: '127.0.0.1', origin: 'http://localhost:6274' })).toBe(401);
});

test('discovery works under both loopback names, and the challenge is readable for browser clients', async () => {
  for (const name of ['localhost', '127.0.0.1']) {
    const url = sample.url.replace('localhost', name);
    const answer = await fetch(url, { method: 'POST', headers: { origin: 'http://localhost:6274' } });
    expect(answer.status).toBe(401);
    expect(answer.headers.get('access-control-expose-headers')).toContain('www-authenticate');
    const document = /resource_metadata="([^"]+)"/.exec(answer.headers.get('www-authenticate') ?? '')?.[1] ?? '';
    expect(await (await fetch(document)).json()).toMatchObject({ resource: url, authorization_servers: [wire.issuer] });
  }
});

test('a wrong configuration stops the start and frees the port', async () => {
  const { port } = new URL(sample.url);
  await sample.close();
  await expect(startSample({ port: Number(port), issuer: 'ftp://x' })).rejects.toThrow('issuer');
  sample = await startSample({ port: Number(port), issuer: wire.issuer });
});

test('the description names every tool and every scope that a tool needs', () => {
  const { scopes, tools, aliases } = sampleResource('http://localhost:9000/mcp');
  expect(aliases).toEqual(['http://127.0.0.1:9000/mcp']);
  expect(sampleResource('https://incidents.acme.test/mcp').aliases).toEqual([]);
  const known = scopes.map((scope) => scope.name);
  for (const tool of tools) for (const scope of tool.scopes) expect(known).toContain(scope);
  expect(new Set(scopes.map((scope) => scope.risk))).toEqual(new Set(['low', 'elevated', 'high']));
});
