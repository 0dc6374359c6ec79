import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testHouse, type TestHouse } from '../../../testing/house.ts';
import { hubAuthor } from '../../rooms/audit/author.ts';

let hub: TestHouse;
beforeAll(async () => {
  hub = await testHouse();
  await hub.apply({
    resources: [
      { id: 'ops', type: 'mcp', uri: 'http://localhost:9000/mcp', scopes: [{ name: 'incidents:read' }, { name: 'incidents:write' }] },
      {
        id: 'inner',
        type: 'api',
        uri: 'https://inner.test',
        scopes: [{ name: 'secret:plans' }],
        registration: { cimd: { enabled: false, hosts: [] }, dcr: { enabled: false } },
      },
    ],
  });
});
afterAll(() => hub.close());

const OAUTH = '/.well-known/oauth-authorization-server';
const OIDC = '/.well-known/openid-configuration';

describe('metadata', () => {
  it('is the same document at both paths, built from the issuer whatever the Host header says', async () => {
    const oauth = await hub.get(OAUTH, { 'x-forwarded-host': 'evil.example', forwarded: 'host=evil.example' });
    const oidc = await hub.get(OIDC, { host: 'localhost:9999' });
    const document = await oauth.text();
    expect(await oidc.text()).toBe(document);
    expect(JSON.parse(document)).toMatchObject({
      issuer: hub.issuer,
      token_endpoint: `${hub.issuer}/oauth/token`,
      jwks_uri: `${hub.issuer}/oauth/jwks`,
    });
    expect(document).not.toContain('evil');
    expect(oauth.headers.get('content-type')).toBe('application/json');
  });

  it('names no endpoint that the hub does not have', async () => {
    const document: Record<string, unknown> = await (await hub.get(OAUTH)).json();
    const named = Object.entries(document).filter(([name]) => /_endpoint$|^jwks_uri$/.test(name));
    expect(named.length).toBeGreaterThan(8);
    const paths = new Set(hub.house.routes.map(({ path }) => path));
    for (const [, url] of named) expect(paths).toContain(String(url).slice(hub.issuer.length));
  });

  it('says what MCP clients look for, and outright what is not supported', async () => {
    expect(await (await hub.get(OAUTH)).json()).toMatchObject({
      response_types_supported: ['code'],
      response_modes_supported: ['query'],
      code_challenge_methods_supported: ['S256'],
      grant_types_supported: expect.arrayContaining(['authorization_code', 'refresh_token', 'client_credentials']),
      token_endpoint_auth_methods_supported: expect.arrayContaining(['none', 'private_key_jwt']),
      token_endpoint_auth_signing_alg_values_supported: expect.arrayContaining(['ES256', 'RS256']),
      authorization_response_iss_parameter_supported: true,
      client_id_metadata_document_supported: true,
      id_token_signing_alg_values_supported: ['ES256'],
      request_parameter_supported: true,
      require_pushed_authorization_requests: false,
      dpop_signing_alg_values_supported: expect.arrayContaining(['ES256', 'EdDSA', 'PS256']),
      request_uri_parameter_supported: false,
    });
  });

  it('lists the scopes that a stranger may come for, and no others', async () => {
    const { scopes_supported: scopes }: { scopes_supported: string[] } = await (await hub.get(OAUTH)).json();
    expect(scopes).toEqual(['incidents:read', 'incidents:write', 'openid', 'profile', 'email', 'offline_access']);
  });

  for (const path of [
    `${OAUTH}/mcp`,
    `${OIDC}/mcp`,
    `${OAUTH}/tenants/acme/mcp`,
    '/mcp/.well-known/openid-configuration',
    `${OAUTH}/`,
    `/${OAUTH}`,
    `${OAUTH};x`,
    '/.well-known%2foauth-authorization-server',
  ]) {
    it(`161 answers 404 for ${path}`, async () => {
      expect((await hub.house.fetch(new Request(`${hub.issuer}${path}`))).status).toBe(404);
    });
  }

  it('lets a page of any origin read it, and read that there is nothing at longer paths', async () => {
    for (const path of [OAUTH, OIDC, `${OAUTH}/mcp`, '/oauth/jwks']) {
      const answer = await hub.get(path, { origin: 'https://inspector.test' });
      expect([path, answer.headers.get('access-control-allow-origin'), answer.headers.get('access-control-allow-credentials')]).toEqual([
        path,
        '*',
        null,
      ]);
      const asked = new Request(`${hub.issuer}${path}`, {
        method: 'OPTIONS',
        headers: {
          origin: 'https://inspector.test',
          'access-control-request-method': 'GET',
          'access-control-request-headers': 'mcp-protocol-version',
        },
      });
      const preflight = await hub.house.fetch(asked);
      expect(preflight.headers.get('access-control-allow-headers')).toMatch(/MCP-Protocol-Version/);
    }
  });
});

describe('the JWKS', () => {
  it('162 holds public halves only and may be kept for 15 minutes', async () => {
    const answer = await hub.get('/oauth/jwks');
    expect(answer.headers.get('cache-control')).toBe('public, max-age=900');
    expect(answer.headers.get('pragma')).toBeNull();
    const { keys }: { keys: Record<string, unknown>[] } = await answer.json();
    expect(keys).toHaveLength(2);
    for (const key of keys) for (const member of ['d', 'k', 'p', 'q', 'dp', 'dq', 'qi']) expect(key).not.toHaveProperty(member);
  });

  it('162 still holds the key that signed a token when it was rotated away meanwhile', async () => {
    const signer = hub.house.rooms.keys.signer();
    await hub.house.rooms.keys.rotate(hubAuthor('test'), { force: true });
    const { keys }: { keys: { kid: string }[] } = await (await hub.get('/oauth/jwks')).json();
    expect(keys.map(({ kid }) => kid)).toContain(signer.kid);
    expect(keys).toHaveLength(3);
  });

  it('answers 304 to whoever has it, until it changes', async () => {
    const etag = (await hub.get('/oauth/jwks')).headers.get('etag') ?? '';
    for (const known of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const answer = await hub.get('/oauth/jwks', { 'if-none-match': known });
      expect([known, answer.status, await answer.text()]).toEqual([known, 304, '']);
    }
    await hub.house.rooms.keys.rotate(hubAuthor('test'), { force: true });
    expect((await hub.get('/oauth/jwks', { 'if-none-match': etag })).status).toBe(200);
  });
});
