import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { McpServer, Server } from '@modelcontextprotocol/server';
import { createResource } from '@writ/sdk';
import type { Resource } from '@writ/sdk';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Wire } from '../../sdk/src/wire.suite.ts';
import { startWire, until } from '../../sdk/src/wire.suite.ts';
import { protectMcp } from './protect.ts';
import type { ProtectOptions, ProtectedFactory, ProtectedMcp } from './protect.ts';

const URL_ = 'http://localhost:9000/mcp';
const RULES = { tools: { read: ['notes:read'], write: ['notes:read', 'notes:write'], whoami: [] } };
let wire: Wire;
let resource: Resource;
let mcp: ProtectedMcp;
let ran: string[];

const factory: ProtectedFactory = (_, caller) => {
  const server = new McpServer({ name: 'notes', version: '1.0.0' });
  for (const name of ['read', 'write', 'whoami', 'secret']) {
    server.registerTool(name, { description: name }, () => {
      ran.push(name);
      return { content: [{ type: 'text', text: `${name} for ${caller.subject} through ${caller.agent}` }] };
    });
  }
  return server;
};

async function begin(options: ProtectOptions = RULES, make: ProtectedFactory = factory): Promise<void> {
  await mcp?.close();
  mcp = protectMcp(resource, options, make);
}

beforeEach(async () => {
  ran = [];
  wire = await startWire(URL_);
  resource = createResource({
    issuer: wire.issuer,
    resource: URL_,
    scopes: ['notes:read', 'notes:write'],
    credentials: { adminToken: 'admin' },
  });
  await until(() => resource.signals.state === 'open');
  await begin();
});
afterEach(async () => {
  await mcp.close();
  resource.close();
  await wire.stop();
});

const MODERN = { mode: { pin: '2026-07-28' } };
const ERAS = [
  ['2026-07-28', MODERN],
  ['2025-11-25', { mode: 'legacy' }],
] as const;

async function connect(scope: string, versionNegotiation: (typeof ERAS)[number][1] = MODERN) {
  const token = await wire.mint({ claims: { scope } });
  const answers: Response[] = [];
  const client = new Client({ name: 'test', version: '1' }, { versionNegotiation });
  const transport = new StreamableHTTPClientTransport(new URL(URL_), {
    authProvider: { token: async () => token },
    fetch: async (url, init) => {
      const response = await mcp.fetch(new Request(url, init));
      answers.push(response.clone());
      return response;
    },
  });
  await client.connect(transport);
  return { client, answers, token };
}

async function post(body: unknown, scope = 'notes:read', headers: Record<string, string> = {}): Promise<Response> {
  const token = await wire.mint({ claims: { scope } });
  const accept = 'application/json, text/event-stream';
  const raw = typeof body === 'string' ? body : JSON.stringify(body);
  return mcp.fetch(
    new Request(URL_, {
      method: 'POST',
      body: raw,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', accept, ...headers },
    }),
  );
}
const call = (name: unknown, id: unknown = 1): unknown => ({ jsonrpc: '2.0', id, method: 'tools/call', params: { name, arguments: {} } });

describe.each(ERAS)('in revision %s', (_, negotiation) => {
  test('the list shows what the caller may use and nothing else', async () => {
    const names = async (scope: string): Promise<string[]> =>
      (await (await connect(scope, negotiation)).client.listTools()).tools.map((tool) => tool.name);
    expect(await names('')).toEqual(['whoami']);
    expect(await names('notes:read')).toEqual(['read', 'whoami']);
    expect(await names('notes:write')).toEqual(['whoami']);
    expect(await names('notes:read notes:write')).toEqual(['read', 'write', 'whoami']);
  });

  test('an allowed tool runs and knows its caller', async () => {
    const { client } = await connect('notes:read', negotiation);
    expect((await client.callTool({ name: 'read', arguments: {} })).content).toEqual([
      { type: 'text', text: 'read for ann through agent-1' },
    ]);
  });

  test('a tool without its scope is challenged by 403 and never runs', async () => {
    const { client, answers } = await connect('notes:read', negotiation);
    await expect(client.callTool({ name: 'write', arguments: {} })).rejects.toThrow(/insufficient.scope/i);
    const refused = answers.find((answer) => answer.status === 403);
    expect(refused?.headers.get('www-authenticate')).toMatch(
      /^Bearer error="insufficient_scope", .*scope="notes:read notes:write", resource_metadata="http:\/\/localhost:9000\/\.well-known\/oauth-protected-resource\/mcp"$/,
    );
    expect(ran).toEqual([]);
  });

  test('a tool can demand a stronger login of the user', async () => {
    await begin({ ...RULES, stepUp: { read: { acrValues: ['mfa'] } } });
    const { client, answers } = await connect('notes:read', negotiation);
    await expect(client.callTool({ name: 'read', arguments: {} })).rejects.toThrow(/401|unauthorized/i);
    expect(answers.at(-1)?.headers.get('www-authenticate')).toContain('error="insufficient_user_authentication"');
    expect(ran).toEqual([]);
    await client.callTool({ name: 'whoami', arguments: {} });
    expect(ran).toEqual(['whoami']);
  });

  test('a tool that nobody declared does not exist, though the server has it', async () => {
    const { client } = await connect('notes:read notes:write', negotiation);
    await expect(client.callTool({ name: 'secret', arguments: {} })).rejects.toThrow('Tool secret not found');
    expect(ran).toEqual([]);
  });

  test('undeclared tools can be let in on purpose', async () => {
    await begin({ ...RULES, undeclared: 'allow' });
    const { client } = await connect('', negotiation);
    expect((await client.listTools()).tools.map((tool) => tool.name)).toEqual(['whoami', 'secret']);
    await client.callTool({ name: 'secret', arguments: {} });
    expect(ran).toEqual(['secret']);
  });

  test('a low-level server is filtered and guarded like a high-level one', async () => {
    const tool = (name: string) => ({ name, inputSchema: { type: 'object' as const } });
    await begin(RULES, () => {
      const server = new Server({ name: 'low', version: '1' }, { capabilities: { tools: {} } });
      server.setRequestHandler('tools/list', () => ({ tools: [tool('read'), tool('write'), tool('secret')] }));
      server.setRequestHandler('tools/call', (request) => (ran.push(request.params.name), { content: [] }));
      return server;
    });
    const { client } = await connect('notes:read', negotiation);
    expect((await client.listTools()).tools.map((each) => each.name)).toEqual(['read']);
    await expect(client.callTool({ name: 'write', arguments: {} })).rejects.toThrow(/insufficient.scope/i);
    await client.callTool({ name: 'read', arguments: {} });
    expect(ran).toEqual(['read']);
  });

  test('a killed agent is refused at its next request', async () => {
    const { client, token } = await connect('notes:read', negotiation);
    await client.callTool({ name: 'read', arguments: {} });
    const seq = wire.signal({ kind: 'agent', subject: 'agent-1', state: 'frozen' });
    await until(() => resource.signals.lastSeq === seq);
    const answer = await mcp.fetch(new Request(URL_, { method: 'POST', headers: { authorization: `Bearer ${token}` } }));
    expect(answer.status).toBe(401);
    await expect(client.callTool({ name: 'read', arguments: {} })).rejects.toThrow('Unauthorized');
    expect(ran).toEqual(['read']);
  });
});

test('without a token there is a 401 challenge that leads to the metadata', async () => {
  for (const method of ['POST', 'GET', 'DELETE']) {
    const answer = await mcp.fetch(new Request(URL_, { method }));
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toContain('scope="notes:read notes:write", resource_metadata="');
  }
  const url = 'http://localhost:9000/.well-known/oauth-protected-resource/mcp';
  expect(await (await mcp.fetch(new Request(url))).json()).toMatchObject({ resource: URL_, authorization_servers: [wire.issuer] });
});

test('a token in the URL or in the body is no token, and a session id is none either', async () => {
  const token = await wire.mint({ claims: { scope: 'notes:read' } });
  const inUrl = new Request(`${URL_}?access_token=${token}`, { method: 'POST', body: JSON.stringify(call('read')) });
  const inBody = new Request(URL_, { method: 'POST', body: new URLSearchParams({ access_token: token }) });
  const bySession = new Request(URL_, { method: 'POST', body: JSON.stringify(call('read')), headers: { 'mcp-session-id': token } });
  for (const request of [inUrl, inBody, bySession]) expect((await mcp.fetch(request)).status).toBe(401);
  expect(ran).toEqual([]);
});

test('names that every object has are not tools', async () => {
  for (const name of ['constructor', '__proto__', 'toString', '', undefined, null, 7, ['read'], { toString: 'read' }]) {
    const answer = await post(call(name), 'notes:read notes:write');
    expect(await answer.json()).toMatchObject({ error: { code: -32602 } });
  }
  expect(ran).toEqual([]);
});

test('a batch runs as a whole or not at all', async () => {
  const mixed = await post([call('read', 1), call('write', 2)]);
  expect(mixed.status).toBe(403);
  expect(mixed.headers.get('www-authenticate')).toContain('scope="notes:read notes:write"');
  expect(await (await post([call('read', 1), call('secret', 2)])).json()).toMatchObject({ id: 2, error: { code: -32602 } });
  expect(ran).toEqual([]);
});

test('a call sent as a notification, with a strange id, or with spelling tricks does not slip past', async () => {
  await post({ jsonrpc: '2.0', method: 'tools/call', params: { name: 'write' } });
  await post(call('write', { a: 1 }));
  await post({ jsonrpc: '2.0', id: 1, Method: 'tools/call', params: { name: 'write' } });
  await post({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { Name: 'read', name: 'write' } });
  await post('{"jsonrpc":"2.0","id":1,"method":"tools/list","method":"tools/call","params":{"name":"read","name":"write"}}');
  await post('{"jsonrpc":"2.0","id":1,"method":"tools\\u002fcall","params":{"name":"wri\\u0074e"}}');
  expect(ran).toEqual([]);
});

test('a body of another type, too large or broken is refused before anything is parsed twice', async () => {
  expect((await post(call('write'), 'notes:read', { 'content-type': 'text/plain' })).status).toBe(415);
  expect((await post('x'.repeat(5 * 1024 * 1024))).status).toBe(413);
  expect((await post('{')).status).toBe(400);
  expect(ran).toEqual([]);
});

test('scopes that every request needs are asked for first', async () => {
  await begin({ ...RULES, required: ['notes:read'] });
  expect((await post(call('whoami'), '')).status).toBe(403);
  expect((await post(call('whoami'), 'notes:read')).status).toBe(200);
});

test('a tool that needs an unpublished scope is refused at the start', () => {
  expect(() => protectMcp(resource, { tools: { a: ['notes:raed'] } }, factory)).toThrow('a needs notes:raed');
});

test('a filtered list may not be kept by shared caches', async () => {
  await begin(RULES, () => {
    const server = new McpServer({ name: 'x', version: '1' }, { cacheHints: { 'tools/list': { ttlMs: 60_000, cacheScope: 'public' } } });
    server.registerTool('read', {}, () => ({ content: [] }));
    return server;
  });
  const { client, answers } = await connect('notes:read');
  await client.listTools();
  const body = await answers.at(-1)?.text();
  expect(body).toContain('"ttlMs":60000');
  expect(body).toContain('"cacheScope":"private"');
});

test('an open subscription ends when its caller is killed, and others stay', async () => {
  await begin(RULES, (_, caller) => {
    const server = new McpServer({ name: 'x', version: '1' }, { capabilities: { tools: { listChanged: true } } });
    server.registerTool('read', { description: caller.subject }, () => ({ content: [] }));
    return server;
  });
  const dying = await (await connect('notes:read')).client.listen({ toolsListChanged: true });
  let over = false;
  void dying.closed.then(() => (over = true));
  wire.signal({ kind: 'agent', subject: 'someone-else', state: 'revoked' });
  await until(() => resource.signals.lastSeq === 1);
  expect(over).toBe(false);
  wire.signal({ kind: 'agent', subject: 'agent-1', state: 'revoked' });
  await until(() => over);
});
