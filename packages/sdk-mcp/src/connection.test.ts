import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { McpServer } from '@modelcontextprotocol/server';
import { createResource } from '@writ/sdk';
import type { Resource } from '@writ/sdk';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Wire } from '../../sdk/src/wire.suite.ts';
import { startWire } from '../../sdk/src/wire.suite.ts';
import { withConnection } from './connection.ts';
import { protectMcp } from './protect.ts';
import type { ProtectedMcp } from './protect.ts';

const URL_ = 'http://localhost:9000/mcp';
const CONNECT_URL = 'https://hub.test/connect/once';
type Said = { status: number; body: Record<string, unknown> };
const REQUIRED: Said = {
  status: 400,
  body: { error: 'connection_required', connection: 'github', connect_url: CONNECT_URL, scope: 'repo' },
};
const GIVEN: Said = { status: 200, body: { access_token: 'gho_canary', token_type: 'Bearer', scope: 'repo', expires_in: 600 } };

let wire: Wire;
let resource: Resource;
let mcp: ProtectedMcp;
let says: Said[];
let asked: { form: URLSearchParams; authorization: string | undefined }[];
let hub: ReturnType<typeof createServer>;

beforeEach(async () => {
  [says, asked] = [[], []];
  hub = createServer((request, response) => {
    void (async () => {
      asked.push({ form: new URLSearchParams(await text(request)), authorization: request.headers.authorization });
      const { status, body } = says.shift() ?? GIVEN;
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    })();
  });
  await new Promise<void>((resolve) => hub.listen(0, '127.0.0.1', resolve));
  wire = await startWire(URL_);
  const address = hub.address();
  // Secrets go to the issuer's own origin or over https; the token endpoint of this test is another port, so the network leads there.
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const toHub: typeof fetch = (url, init) => fetch(url === `${wire.issuer}/oauth/token` ? `http://127.0.0.1:${port}/` : url, init);
  wire.answer('/.well-known/oauth-authorization-server', (response) => {
    const document = { issuer: wire.issuer, jwks_uri: `${wire.issuer}/oauth/jwks`, token_endpoint: `${wire.issuer}/oauth/token` };
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(document));
  });
  const credentials = { clientId: 'notes', clientSecret: 's e:cret' };
  resource = createResource({ issuer: wire.issuer, resource: URL_, scopes: ['notes:read'], credentials, fetch: toHub });
  mcp = protectMcp(resource, { tools: { issues: ['notes:read'] } }, () => {
    const server = new McpServer({ name: 'notes', version: '1.0.0' });
    server.registerTool('issues', { description: 'issues' }, (context) =>
      withConnection(resource, context, { connection: 'github', scopes: ['repo', 'repo'], account: 'work' }, ({ use, scope }) => ({
        content: [{ type: 'text', text: `${use.kind} ${scope.join(' ')}` }],
      })),
    );
    return server;
  });
});
afterEach(async () => {
  await mcp.close();
  resource.close();
  hub.close();
  await wire.stop();
});

type Answering = { action: 'accept' | 'decline' };

async function connect(era: 'modern' | 'legacy', answering?: Answering) {
  const token = await wire.mint({ claims: { scope: 'notes:read' } });
  const shown: string[] = [];
  const capabilities = answering === undefined ? {} : { elicitation: { url: {} } };
  const versionNegotiation = { mode: era === 'modern' ? ({ pin: '2026-07-28' } as const) : ('legacy' as const) };
  const client = new Client({ name: 'test', version: '1' }, { capabilities, versionNegotiation });
  if (answering !== undefined)
    client.setRequestHandler('elicitation/create', ({ params }) => {
      if (params.mode === 'url') shown.push(params.url);
      return answering;
    });
  const transport = new StreamableHTTPClientTransport(new URL(URL_), {
    authProvider: { token: async () => token },
    fetch: (url, init) => mcp.fetch(new Request(url, init)),
  });
  await client.connect(transport);
  return { client, token, shown };
}
const textOf = (result: object): string => JSON.stringify(result);

describe('a tool that uses a connection', () => {
  test('gets a credential for whoever called it, and the credential stays with the tool', async () => {
    const { client, token } = await connect('modern');
    const result = await client.callTool({ name: 'issues' });
    expect(textOf(result)).toContain('header repo');
    expect(textOf(result)).not.toContain('canary');
    expect(Object.fromEntries(asked[0]?.form ?? [])).toEqual({
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      resource: 'urn:writ:connection:github',
      subject_token: token,
      subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      scope: 'repo',
      account: 'work',
    });
    expect(asked[0]?.authorization).toBe(`Basic ${btoa('notes:s+e%3Acret')}`);
  });

  test('has a client that can open pages open the one where the account is connected, and goes on', async () => {
    says.push(REQUIRED);
    const { client, shown } = await connect('modern', { action: 'accept' });
    const result = await client.callTool({ name: 'issues' });
    expect(shown).toEqual([CONNECT_URL]);
    expect(textOf(result)).toContain('header repo');
    expect(asked).toHaveLength(2);
  });

  test('takes a no of the user for an answer', async () => {
    says.push(REQUIRED, REQUIRED, REQUIRED);
    const { client, shown } = await connect('modern', { action: 'decline' });
    const result = await client.callTool({ name: 'issues' });
    expect([result.isError, shown]).toEqual([true, [CONNECT_URL]]);
    expect(textOf(result)).toContain('did not want');
  });

  test.each(['modern', 'legacy'] as const)('tells any other client the address in words (%s)', async (era) => {
    says.push(REQUIRED);
    const { client } = await connect(era);
    const result = await client.callTool({ name: 'issues' });
    expect(result.isError).toBe(true);
    expect(textOf(result)).toContain(CONNECT_URL);
  });

  test('says that only an administrator can connect what nobody else can', async () => {
    const { connect_url: _, ...body } = REQUIRED.body;
    says.push({ status: 400, body });
    const { client } = await connect('modern', { action: 'accept' });
    expect(textOf(await client.callTool({ name: 'issues' }))).toContain('administrator');
  });

  test('says what the hub refused, with the decision that explains it', async () => {
    says.push({ status: 403, body: { error: 'access_denied', error_description: 'Policy says no.', decision_id: 'dec_1' } });
    const { client } = await connect('modern');
    const result = await client.callTool({ name: 'issues' });
    expect(result.isError).toBe(true);
    expect(textOf(result)).toContain('access_denied: Policy says no.');
    expect(textOf(result)).toContain('dec_1');
  });
});
