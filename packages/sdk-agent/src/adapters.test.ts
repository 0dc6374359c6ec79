// Real clients of other authors against the sample MCP server, with the agent as where their tokens come from.
import { createServer } from 'node:net';
import { createMCPClient } from '@ai-sdk/mcp';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as TransportV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Sample } from '../../../examples/sample-mcp/src/start.ts';
import { startSample } from '../../../examples/sample-mcp/src/start.ts';
import { createAgent } from './agent.ts';
import type { Agent } from './agent.ts';
import { aiSdkTransport } from './ai-sdk.ts';
import { secret } from './auth.ts';
import type { TokenSource } from './guarded-fetch.ts';
import type { Fixture } from './hub.suite.ts';
import { granted, startFixture } from './hub.suite.ts';
import { langChainConnection } from './langchain.ts';
import { mcpAuthProvider, mcpFetch, mcpOAuthProvider } from './mcp.ts';
import type { Token } from './outcome.ts';
import { AgentOutcomeError, outcomeIn } from './outcome.ts';

let hub: Fixture;
let sample: Sample;
let agent: Agent;
let source: TokenSource;
let url: URL;
beforeEach(async () => {
  hub = await startFixture();
  hub.say(async ({ form }) => ({
    body: await granted(hub.wire, { access_token: await hub.wire.mint({ claims: { aud: form.get('resource') } }) }),
  }));
  agent = createAgent({ issuer: hub.issuer, clientId: 'worker', auth: secret('s') });
  const port = await freePort();
  url = new URL(`http://localhost:${port}/mcp`);
  sample = await startSample({ port, issuer: hub.issuer, resource: url.href });
  source = agent.source({ resource: url.href, scope: ['incidents:read'] });
});
afterEach(async () => {
  await sample.close();
  await hub.stop();
});

async function tokenOf(from: TokenSource): Promise<Token> {
  const outcome = await from.get();
  if (outcome.kind !== 'token') throw new Error(outcome.kind);
  return outcome.token;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

const v2 = () => new Client({ name: 'test', version: '1' }, { versionNegotiation: { mode: 'auto' } });
const saying = (words: string) => ({ content: [expect.objectContaining({ text: expect.stringContaining(words) })] });
const CALL = { name: 'list_incidents', arguments: {} };

test('the MCP client of version 2 takes its tokens from the agent, and replaces one that was refused', async () => {
  const client = v2();
  await client.connect(new StreamableHTTPClientTransport(url, { authProvider: mcpAuthProvider(source) }));
  expect((await client.listTools()).tools.map(({ name }) => name)).toContain('list_incidents');
  const dropped: string[] = [];
  const stale: TokenSource = {
    ...source,
    get: async () => (dropped.length === 0 ? { kind: 'token', token: { ...(await tokenOf(source)), accessToken: 'stale' } } : source.get()),
    drop: (token) => void dropped.push(token),
  };
  const again = v2();
  await again.connect(new StreamableHTTPClientTransport(url, { authProvider: mcpAuthProvider(stale) }));
  expect(await again.callTool(CALL)).toMatchObject(saying(''));
  expect(dropped).toEqual(['stale']);
});

test('both versions of the MCP client go through a fetch of the agent, and get demands as outcomes', async () => {
  const client = v2();
  await client.connect(new StreamableHTTPClientTransport(url, { fetch: mcpFetch(agent, source) }));
  await client.callTool(CALL);
  const demand = client.callTool({ name: 'rollback_deploy', arguments: {} });
  await expect(demand).rejects.toMatchObject({ outcome: { kind: 'stepUpRequired', scope: ['deploys:rollback'] } });
  const old = new ClientV1({ name: 'test', version: '1' });
  await old.connect(new TransportV1(url, { fetch: mcpFetch(agent, source) }));
  expect(await old.callTool(CALL)).toMatchObject(saying(''));
});

test('the MCP client of version 1 takes the agent for an OAuth provider', async () => {
  const old = new ClientV1({ name: 'test', version: '1' });
  await old.connect(new TransportV1(url, { authProvider: mcpOAuthProvider(agent, source) }));
  expect((await old.listTools()).tools.map(({ name }) => name)).toContain('list_incidents');
  await old.close();
});

test('what the hub demands reaches the caller of the MCP client with its outcome', async () => {
  hub.say(() => ({ status: 400, body: { error: 'interaction_required', approval_id: 'apr_1', interval: 5 } }));
  const connecting = v2().connect(new StreamableHTTPClientTransport(url, { authProvider: mcpAuthProvider(source) }));
  const error: unknown = await connecting.catch((thrown: unknown) => thrown);
  expect(outcomeIn(error)).toMatchObject({ kind: 'approvalRequired', approval: { id: 'apr_1' } });
  expect(outcomeIn(new Error('something else'))).toBeUndefined();
  const old = new ClientV1({ name: 'test', version: '1' });
  const provider = mcpOAuthProvider(agent, source);
  await expect(old.connect(new TransportV1(url, { authProvider: provider }))).rejects.toThrow(AgentOutcomeError);
  expect(provider.redirectToAuthorization).toThrow('no browser');
});

test('the Vercel AI SDK lists and runs tools through the agent', async () => {
  const client = await createMCPClient({ transport: aiSdkTransport(agent, source) });
  const tools = await client.tools();
  expect(Object.keys(tools)).toContain('list_incidents');
  const ran = await tools['list_incidents']?.execute({}, { toolCallId: '1', messages: [], context: {} });
  expect(ran).toMatchObject(saying(''));
  await client.close();
});

test('LangChain gets a connection whose token is asked for before each request', async () => {
  const { transport, url: address, authProvider } = langChainConnection(agent, source);
  expect({ transport, address }).toEqual({ transport: 'http', address: url.href });
  // What its adapter does with the entry: the client of version 1, with the provider handed through.
  const old = new ClientV1({ name: 'langchain', version: '1' });
  await old.connect(new TransportV1(new URL(address), { authProvider }));
  expect((await old.listTools()).tools.length).toBeGreaterThan(0);
});
