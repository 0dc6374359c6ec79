import { catalogue as known } from '@writ/providers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { testHouse, type TestHouse } from '../../../testing/house.ts';
import { quirksOf, withProvider } from './catalogue.ts';
import { connectionConfig } from './config.ts';
import { toConnectionConfig, type Connection } from './connection.ts';
import { tokenUrlFor } from './oauth-client.ts';
import { readTokenAnswer } from './token-answer.ts';

const connectionOf = (config: object): Connection => ({
  ...connectionConfig.parse({ id: 'a', ...config }),
  hasSecret: true,
  state: 'active',
  version: 1,
  createdAt: 0,
});

describe('a connection that names a provider', () => {
  test('gets what the author left out', () => {
    expect(withProvider(connectionOf({ type: 'oauth', provider: 'github', clientId: 'me' }))).toMatchObject({
      authorizationUrl: 'https://github.com/login/oauth/authorize',
      tokenUrl: 'https://github.com/login/oauth/access_token',
      baseUrl: 'https://api.github.com',
      allowedHosts: ['api.github.com', 'uploads.github.com'],
      test: { method: 'GET', path: '/user' },
    });
    expect(withProvider(connectionOf({ type: 'api_key', provider: 'openai' }))).toMatchObject({
      header: 'authorization',
      prefix: 'Bearer ',
    });
    expect(withProvider(connectionOf({ type: 'api_key', provider: 'openweather' }))).toMatchObject({ query: 'appid', header: undefined });
    expect(withProvider(connectionOf({ type: 'oauth', provider: 'shopify', clientId: 'me', variables: { shop: 'acme' } }))).toMatchObject({
      header: 'x-shopify-access-token',
      prefix: '',
      allowedHosts: ['acme.myshopify.com'],
    });
  });

  test('keeps what the author said, and what belongs to it', () => {
    const own = connectionOf({
      type: 'oauth',
      provider: 'gitlab',
      clientId: 'me',
      authorizationUrl: 'https://git.acme.test/oauth/authorize',
      tokenUrl: 'https://git.acme.test/oauth/token',
      baseUrl: 'https://git.acme.test',
      allowedHosts: ['git.acme.test'],
    });
    // Tokens of the author's own server never reach the one of the catalogue.
    expect(JSON.stringify(withProvider(own))).not.toContain('gitlab.com');
    const key = withProvider(connectionOf({ type: 'api_key', provider: 'openai', header: 'x-key' }));
    expect([key.header, key.prefix, key.query]).toEqual(['x-key', undefined, undefined]);
  });

  test('is written down as the author wrote it', () => {
    const config = { id: 'a', type: 'oauth', provider: 'github', clientId: 'me' };
    const { tokenUrl, allowedHosts } = toConnectionConfig(connectionOf(config));
    expect([tokenUrl, allowedHosts]).toEqual([undefined, []]);
  });

  test('has its answers read as that provider writes them', () => {
    const said = (provider: string, scope: string): unknown => {
      const body = JSON.stringify({ access_token: 't', token_type: 'bearer', scope });
      return readTokenAnswer({ status: 200, body }, quirksOf(provider) ?? {}, 0);
    };
    expect(said('github', 'repo,gist')).toMatchObject({ tokens: { said: ['repo', 'gist'] } });
    expect(said('gitlab', 'api read_user')).toMatchObject({ tokens: { said: ['api', 'read_user'] } });
    const slack = JSON.stringify({ ok: true, authed_user: { access_token: 'xoxp', token_type: 'user', scope: 'chat:write,users:read' } });
    expect(readTokenAnswer({ status: 200, body: slack }, quirksOf('slack') ?? {}, 0)).toMatchObject({
      tokens: { accessToken: 'xoxp', said: ['chat:write', 'users:read'] },
    });
    expect(quirksOf('openai')).toBeUndefined();
  });

  test('is not tried by a call that needs more headers than the secret', () => {
    expect(withProvider(connectionOf({ type: 'api_key', provider: 'anthropic' })).test).toBeUndefined();
  });

  test.each([
    [{ type: 'oauth', provider: 'nobody', clientId: 'me' }, 'provider'],
    [{ type: 'api_key', provider: 'github' }, 'provider'],
    [{ type: 'oauth', provider: 'zendesk', clientId: 'me' }, 'variables.subdomain'],
    [{ type: 'oauth', provider: 'zendesk', clientId: 'me', variables: { subdomain: 'evil.test/' } }, 'variables.subdomain'],
    [{ type: 'oauth', provider: 'github', clientId: 'me', variables: { subdomain: 'a' } }, 'variables.subdomain'],
    [{ type: 'api_key', variables: { subdomain: 'a' } }, 'variables'],
  ])('is refused when it does not fit: %j', (config, field) => {
    const parsed = connectionConfig.safeParse({ id: 'a', ...config });
    expect(parsed.error?.issues.map(({ path }) => path.join('.'))).toContain(field);
  });

  test('can be made of every provider', () => {
    for (const { id, type, variables = [] } of known().values()) {
      const values = Object.fromEntries(variables.map(({ name, example }) => [name, example]));
      const connection = withProvider(
        connectionOf({ type, provider: id, variables: values, ...(type === 'oauth' ? { clientId: 'me' } : {}) }),
      );
      // The settled connection is one that an author could have written.
      const { hasSecret: _h, state: _s, version: _v, createdAt: _c, test: call, ...config } = connection;
      expect(connectionConfig.safeParse(config).error?.issues ?? [], id).toEqual([]);
      expect(call === undefined || URL.canParse(`${connection.baseUrl ?? ''}${call.path}`), id).toBe(true);
    }
  });
});

describe('the catalogue in the admin API', () => {
  let house: TestHouse;
  beforeAll(async () => {
    house = await testHouse();
  });
  afterAll(() => house.close());
  const listed = z.object({ items: z.array(z.looseObject({ id: z.string(), type: z.string(), verified: z.string() })), next: z.null() });
  const list = async (query: string) => listed.parse(await (await house.admin('GET', `/admin/v1/providers${query}`)).json()).items;

  test('lists everything, and finds by type, state of checking and name', async () => {
    expect(await list('')).toHaveLength(known().size);
    expect((await list('?type=basic')).every(({ type }) => type === 'basic')).toBe(true);
    expect((await list('?search=GitHub')).map(({ id }) => id)).toEqual(['github', 'github-token']);
    expect((await list('?verified=metadata')).map(({ id }) => id)).toContain('gmail');
  });

  test('shows one provider, and none of another name', async () => {
    const answer = await house.admin('GET', '/admin/v1/providers/zendesk');
    expect(await answer.json()).toMatchObject({ id: 'zendesk', variables: [{ name: 'subdomain', default: null }], refresh: 'rotates' });
    expect((await house.admin('GET', '/admin/v1/providers/constructor')).status).toBe(404);
  });

  test('refuses a connection that names a provider it does not know, and says where', async () => {
    const answer = await house.admin('PUT', '/admin/v1/connections/crm', { type: 'oauth', provider: 'salesfroce', clientId: 'me' });
    expect([answer.status, await answer.text()]).toEqual([400, expect.stringContaining('salesfroce')]);
  });
});

test('a provider that refreshes elsewhere is asked there, but at its own origin only', () => {
  const figma = { tokenUrl: 'https://api.figma.com/v1/oauth/token', quirks: quirksOf('figma') ?? {} };
  const refresh = { grant_type: 'refresh_token' };
  expect(tokenUrlFor(figma, refresh)).toBe('https://api.figma.com/v1/oauth/refresh');
  expect(tokenUrlFor(figma, { grant_type: 'authorization_code' })).toBe(figma.tokenUrl);
  expect(tokenUrlFor({ ...figma, tokenUrl: 'https://figma.acme.test/token' }, refresh)).toBe('https://figma.acme.test/token');
});
