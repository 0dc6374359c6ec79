import { once } from 'node:events';
import { createServer } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '../harness.ts';
import { startProvider } from './provider.ts';
import type { Provider } from './provider.ts';
import { openWorld } from './world.ts';
import type { World } from './world.ts';

type McpServer = { url: string; metadata: Record<string, unknown> | undefined; challenge: boolean; close(): Promise<void> };

/** The front of an MCP server, as far as discovery goes. */
async function startMcp(port: number): Promise<McpServer> {
  const origin = `http://localhost:${port}`;
  const mcp: McpServer = { url: `${origin}/mcp`, metadata: undefined, challenge: true, close: async () => undefined };
  const server = createServer((request, response) => {
    if (request.url === '/.well-known/oauth-protected-resource/mcp' && mcp.metadata !== undefined) {
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(mcp.metadata));
      return;
    }
    const challenge = `Bearer realm="x", resource_metadata="${origin}/.well-known/oauth-protected-resource/mcp", scope="calendar.read"`;
    response.writeHead(request.url === '/mcp' ? 401 : 404, mcp.challenge ? { 'www-authenticate': challenge } : {}).end();
  }).listen(port, '127.0.0.1');
  await once(server, 'listening');
  mcp.close = async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  };
  return mcp;
}

let world: World;
let mcp: McpServer;
let provider: Provider;
beforeAll(async () => {
  world = await openWorld();
  mcp = await startMcp(await freePort());
  provider = await startProvider(await freePort(), { redirectUris: ['http://localhost/unused'], resource: mcp.url });
  await world.hub.apply({ connections: [{ id: 'tools', name: 'Tools', type: 'mcp', url: mcp.url }] });
  mcp.metadata = { resource: mcp.url, authorization_servers: [provider.issuer], scopes_supported: ['mail.read'] };
});
afterAll(async () => {
  await world.close();
  await provider.close();
  await mcp.close();
});

const attempt = async (label: string) => {
  const ann = await world.person('ann');
  return ann.press(await ann.open(await world.link({ connection: 'tools', user: 'ann', label })), 'continue');
};

describe('an MCP server as a connection', () => {
  test('is asked where its authorization server is; we register there once, and connect', async () => {
    const end = await attempt('one');
    expect(end.page.title).toBe('Tools is connected');
    const upstream = new URL(end.way.find((url) => url.startsWith(`${provider.issuer}/auth`)) ?? '');
    expect(upstream.searchParams.get('resource')).toBe(mcp.url);
    expect(upstream.searchParams.get('code_challenge_method')).toBe('S256');
    expect(upstream.searchParams.get('scope')?.split(' ')).toContain('calendar.read');
    expect((await attempt('two')).page.title).toBe('Tools is connected');
    expect(provider.registered).toBe(1);
  });

  test('a token is refreshed where it came from, although the server names another by now', async () => {
    const [credential] = await world.credentials('connection=tools');
    await world.database.query(`UPDATE credentials SET connected_at = connected_at - interval '1 hour'`);
    mcp.metadata = { resource: mcp.url, authorization_servers: ['http://localhost:1'] };
    const before = provider.asked['refresh_token'] ?? 0;
    expect(await world.refresh(credential?.['id'])).toMatchObject({ result: 'fresh' });
    expect(provider.asked['refresh_token']).toBe(before + 1);
  });

  test.each<[string, Record<string, unknown> | undefined]>([
    ['no metadata', undefined],
    ['metadata of another resource', { resource: 'http://localhost:1/mcp', authorization_servers: ['ISSUER'] }],
    ['metadata of a sibling path', { resource: 'URL-other', authorization_servers: ['ISSUER'] }],
    ['an authorization server that is not there', { resource: 'URL', authorization_servers: ['http://localhost:1'] }],
    ['an authorization server that says to be another', { resource: 'URL', authorization_servers: ['ISSUER/'] }],
    ['an address inside', { resource: 'URL', authorization_servers: ['http://169.254.169.254'] }],
    ['no list', { resource: 'URL', authorization_servers: 'ISSUER' }],
  ])('%s: nobody is sent anywhere', async (_, metadata) => {
    const text = JSON.stringify(metadata ?? null)
      .replaceAll('ISSUER', provider.issuer)
      .replaceAll('URL', mcp.url);
    mcp.metadata = JSON.parse(text) ?? undefined;
    const end = await attempt('never');
    expect([end.status, end.url.includes('/connect/')]).toEqual([400, true]);
    expect(end.page.forms.length).toBe(1);
  });

  test.each([
    ['named by an administrator', 'named', { issuer: 'https://auth.elsewhere.test' }, 0],
    ['that it named first', 'first', {}, 1],
  ])('our own secret goes to no authorization server but the one %s', async (_, id, more, begun) => {
    const secret = { clientId: 'by-hand', clientSecret: { value: 'canary-by-hand' } };
    await world.hub.apply({ connections: [{ id, type: 'mcp', url: mcp.url, ...secret, ...more }] });
    const other = await startProvider(await freePort(), { redirectUris: ['http://localhost/unused'], resource: mcp.url });
    try {
      const sent: string[] = [];
      for (const { issuer } of [provider, other]) {
        mcp.metadata = { resource: mcp.url, authorization_servers: [issuer] };
        const ann = await world.person('ann');
        const { way } = await ann.press(await ann.open(await world.link({ connection: id, user: 'ann' })), 'continue');
        sent.push(...way.filter((url) => url.startsWith(`${issuer}/auth`)).map(() => issuer));
      }
      expect(sent).toEqual([provider.issuer].slice(0, begun));
    } finally {
      await other.close();
    }
  });

  test('our own metadata document says what we are', async () => {
    const answer = await fetch(`${world.hub.issuer}/connect/client/tools`);
    expect(await answer.json()).toMatchObject({
      client_id: `${world.hub.issuer}/connect/client/tools`,
      redirect_uris: [`${world.hub.issuer}/connect/callback/tools`],
      token_endpoint_auth_method: 'none',
    });
  });
});
