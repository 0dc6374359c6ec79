import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createDispatch } from '../../base/http/dispatch.ts';
import { fetchHandler } from '../../base/http/fetch.ts';
import { createRouter } from '../../base/http/router.ts';
import { createLog } from '../../base/log.ts';
import { hubAuthor } from '../../rooms/audit/author.ts';
import { createRegistrations } from '../../rooms/clients/registration.store.ts';
import { openRoom, type Room } from '../../rooms/clients/room.suite.ts';
import { registrationSetting } from '../../rooms/clients/setting.ts';
import { createWorld, ISSUER, openDesk, resourceWith, type Desk, type World } from '../../rooms/clients/world.suite.ts';
import { registerRoutes } from './register.ts';

let room: Room;
let world: World;
let desk: Desk;
let nodes: ((request: Request, ip?: string) => Promise<Response>)[];
const ended: string[] = [];
const resources = [resourceWith({ cimd: { enabled: true, hosts: [] }, dcr: { enabled: true } })];
const limits = { bucket: { size: 30, refillMs: 2_000 }, caps: { perHour: 50, unconsented: 300 } };

beforeAll(async () => {
  room = await openRoom();
  world = createWorld();
  desk = await openDesk(room, room, world);
  const node = (at: ReturnType<Room['node']>) => {
    const registrations = createRegistrations({
      ...at,
      clock: room.clock,
      settings: desk.settings,
      catalogue: { all: () => resources },
      issuer: ISSUER,
      allowLoopback: false,
      limits,
      async endOf(_, id) {
        ended.push(id);
        return { entries: [], changed: [] };
      },
    });
    const dispatch = createDispatch({
      router: createRouter(registerRoutes({ issuer: ISSUER, registrations })),
      clock: room.clock,
      log: createLog('silent'),
      clientAddress: (peer) => peer,
      hostAllowed: () => true,
      isUnavailable: () => false,
      observe: () => {},
    });
    return (request: Request, ip = '203.0.113.1') => fetchHandler(dispatch, ip)(request);
  };
  nodes = [node(room), node(room.node())];
});
afterAll(() => room.close());
beforeEach(() => room.clock.advance(7_200_000));

type Answer = { status: number; body: Record<string, unknown>; headers: Headers };

async function call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}, ip?: string, node = 0): Promise<Answer> {
  const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
  const init = { method, headers: { ...(text === undefined ? {} : { 'content-type': 'application/json' }), ...headers }, ...(text === undefined ? {} : { body: text }) };
  const response = await (nodes[node] ?? fail())(new Request(`${ISSUER}${path}`, init), ip);
  const answered = await response.text();
  return { status: response.status, body: answered === '' ? {} : JSON.parse(answered), headers: response.headers };
}

const fail = (): never => {
  throw new Error('no such node');
};
const register = (body: unknown, headers?: Record<string, string>, ip?: string, node?: number): Promise<Answer> => call('POST', '/oauth/register', body, headers, ip, node);
const REDIRECTS = ['https://app.example/cb'];
const good = { client_name: 'Example', redirect_uris: REDIRECTS };
const countClients = async (): Promise<number> => Number((await sql<{ count: number }>`SELECT count(*) AS count FROM clients`.execute(room.database.db)).rows[0]?.count);

describe('clients as they really register', () => {
  const code = { response_types: ['code'], grant_types: ['authorization_code', 'refresh_token'], token_endpoint_auth_method: 'none' };

  it.each<[string, Record<string, unknown>, object]>([
    ['Claude Code', { ...code, client_name: 'Claude Code (rig2)', redirect_uris: ['http://localhost:54088/callback'], application_type: 'native', scope: 'mcp:read' }, {}],
    ['Codex', { ...code, client_name: 'Codex', redirect_uris: ['http://127.0.0.1:37169/callback'], application_type: 'native', scope: 'mcp:read offline_access' }, {}],
    ['opencode, without application_type', { ...code, client_name: 'OpenCode', client_uri: 'https://opencode.ai', redirect_uris: ['http://127.0.0.1:19876/mcp/oauth/callback'] }, {}],
    ['MCP Inspector', { ...code, client_name: 'MCP Inspector', client_uri: 'https://github.com/modelcontextprotocol/inspector', redirect_uris: ['http://127.0.0.1:6276/oauth/callback'], application_type: 'native' }, {}],
    ['mcp-remote', { ...code, client_name: 'MCP CLI Client', software_id: '2e6dc280-0000-4000-8000-000000000000', software_version: '0.15.1', redirect_uris: ['http://localhost:14870/oauth/callback'], application_type: 'native' }, {}],
    ['mcporter', { ...code, client_name: 'mcporter (127-0-0-1-mcp)', redirect_uris: ['http://127.0.0.1:36095/callback'], scope: 'mcp:read' }, {}],
    ['VS Code, with four redirects', { ...code, client_name: 'Visual Studio Code', redirect_uris: ['https://insiders.vscode.dev/redirect', 'https://vscode.dev/redirect', 'http://127.0.0.1/', 'http://127.0.0.1:33418/'], application_type: 'native' }, {}],
    [
      'Cursor, with cursor:// among three redirects and application_type web',
      { ...code, client_name: 'Cursor', redirect_uris: ['cursor://anysphere.cursor-mcp/oauth/callback', 'https://www.cursor.com/agents/mcp/oauth/callback', 'http://localhost:8787/callback'], application_type: 'web' },
      {},
    ],
    ['a portless loopback client', { ...code, client_name: 'Portless', redirect_uris: ['http://localhost/callback', 'http://127.0.0.1/callback'] }, {}],
  ])('%s gets back what it sent', async (_, sent, differences) => {
    const answer = await register(sent);
    expect(answer.status).toBe(201);
    expect(answer.body).toMatchObject({ ...sent, ...differences });
    expect(answer.body['client_id']).toMatch(/^dcr_[0-9a-v]{26}$/);
    expect(answer.body['client_secret']).toBeUndefined();
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.headers.get('access-control-allow-origin')).toBe('*');
  });

  it('FastMCP, which leaves out token_endpoint_auth_method, is told none', async () => {
    const answer = await register({ client_name: 'FastMCP Client', redirect_uris: ['http://localhost:41233/callback'], grant_types: ['authorization_code', 'refresh_token'], response_types: ['code'], application_type: 'native' });
    expect(answer).toMatchObject({ status: 201, body: { token_endpoint_auth_method: 'none' } });
    expect(answer.body['client_secret']).toBeUndefined();
  });

  it('mcp-remote --device-code keeps its device grant', async () => {
    const grants = ['urn:ietf:params:oauth:grant-type:device_code', 'refresh_token'];
    const answer = await register({ client_name: 'MCP CLI Client', redirect_uris: ['http://localhost:1/oauth/callback'], grant_types: grants, token_endpoint_auth_method: 'none', response_types: [] });
    expect(answer).toMatchObject({ status: 201, body: { grant_types: ['refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'], response_types: [] } });
  });

  it('a web client without a method gets a secret, which works by Basic and by post', async () => {
    const { body } = await register(good);
    expect(body).toMatchObject({ token_endpoint_auth_method: 'client_secret_basic', client_secret_expires_at: 0, grant_types: ['authorization_code', 'refresh_token'] });
    const authorization = `Basic ${Buffer.from(`${String(body['client_id'])}:${String(body['client_secret'])}`).toString('base64')}`;
    const form = (of: Record<string, unknown>) => ({ get: (name: string) => (of[name] === undefined ? undefined : String(of[name])) });
    const now = room.clock.now();
    expect(await desk.authentication.authenticate({ form: form({}), authorization, now })).toMatchObject({ ok: true });
    expect(await desk.authentication.authenticate({ form: form({ client_id: body['client_id'], client_secret: body['client_secret'] }), now })).toMatchObject({ ok: true });
  });

  it('unknown members and unknown grants are left out of the answer, and nothing is fetched', async () => {
    const before = world.asked.length;
    const more = { grant_types: ['authorization_code', 'urn:ietf:params:oauth:grant-type:jwt-bearer', 'implicit'], logo_uri: 'https://app.example/logo.png', 'client_name#de': 'Beispiel', dpop_bound_access_tokens: true, post_logout_redirect_uris: [] };
    const { status, body } = await register({ ...good, ...more });
    expect([status, body['grant_types'], body['logo_uri']]).toEqual([201, ['authorization_code'], 'https://app.example/logo.png']);
    for (const name of ['client_name#de', 'dpop_bound_access_tokens', 'post_logout_redirect_uris']) expect(body).not.toHaveProperty([name]);
    expect(world.asked.length).toBe(before);
  });

  it('is kept without its secrets, and is one row of many', async () => {
    const { body } = await register(good);
    const dump = await sql<{ text: string }>`SELECT (SELECT json_agg(c)::text FROM clients c) || (SELECT json_agg(s)::text FROM client_secrets s) || (SELECT json_agg(e)::text FROM audit_events e) AS text`.execute(room.database.db);
    expect(dump.rows[0]?.text).not.toContain(String(body['client_secret']));
    expect(dump.rows[0]?.text).not.toContain(String(body['registration_access_token']));
    const prints = await sql<{ count: number }>`SELECT count(DISTINCT fingerprint) AS count FROM clients WHERE id = ${String(body['client_id'])} OR name = 'Example'`.execute(room.database.db);
    expect(prints.rows[0]?.count).toBe(1);
  });
});

const RSA_1024_N = Buffer.alloc(128, 0xff).toString('base64url');
const EC = { kty: 'EC', crv: 'P-256', x: Buffer.alloc(32, 1).toString('base64url'), y: Buffer.alloc(32, 2).toString('base64url') };
const REDIRECT = 'invalid_redirect_uri';
const METADATA = 'invalid_client_metadata';

describe('a registration that is refused', () => {
  it.each<[string, unknown, string]>([
    ['135 no redirect_uris', { client_name: 'x' }, REDIRECT],
    ['135 empty redirect_uris', { redirect_uris: [] }, REDIRECT],
    ['135 redirect_uris that is no list', { redirect_uris: 'https://app.example/cb' }, REDIRECT],
    ['135 a redirect URI that is no text', { redirect_uris: [null] }, REDIRECT],
    ['136 http to another host (MCPJam probe)', { redirect_uris: ['http://evil.example/callback'] }, REDIRECT],
    ['136 a fragment', { redirect_uris: ['https://app.example/cb#x'] }, REDIRECT],
    ['136 user information', { redirect_uris: ['https://a@app.example/cb'] }, REDIRECT],
    ['136 a wildcard', { redirect_uris: ['https://*.example/cb'] }, REDIRECT],
    ['136 javascript', { redirect_uris: ['javascript:alert(1)'] }, REDIRECT],
    ['136 data', { redirect_uris: ['data:text/html,x'] }, REDIRECT],
    ['136 a bare scheme', { redirect_uris: ['myapp:'] }, REDIRECT],
    ['136 one bad among good ones', { redirect_uris: [...REDIRECTS, 'javascript:alert(1)'] }, REDIRECT],
    ['137 a logo by http', { ...good, logo_uri: 'http://app.example/logo.png' }, METADATA],
    ['137 a client page by javascript', { ...good, client_uri: 'javascript:alert(1)' }, METADATA],
    ['137 terms by data', { ...good, tos_uri: 'data:text/html,x' }, METADATA],
    ['137 a policy page with markup', { ...good, policy_uri: 'https://app.example/"><script>' }, METADATA],
    ['138 a control character in the name', { ...good, client_name: 'a\u0001b' }, METADATA],
    ['138 a bidirectional mark in the name', { ...good, client_name: 'a\u202eb' }, METADATA],
    ['138 a name of 65 characters', { ...good, client_name: 'a'.repeat(65) }, METADATA],
    ['138 the name of the hub', { ...good, client_name: 'Writ' }, METADATA],
    ['138 the host of the hub', { ...good, client_name: 'hub.example' }, METADATA],
    ['138 a name that is a list', { ...good, client_name: ['a'] }, METADATA],
    ['139 jwks and jwks_uri', { ...good, jwks: { keys: [EC] }, jwks_uri: 'https://app.example/jwks' }, METADATA],
    ['139 a private key', { ...good, jwks: { keys: [{ ...EC, d: 'AQ' }] } }, METADATA],
    ['139 a symmetric key', { ...good, jwks: { keys: [{ kty: 'oct', k: 'AQ' }] } }, METADATA],
    ['139 RSA of 1024 bits', { ...good, jwks: { keys: [{ kty: 'RSA', n: RSA_1024_N, e: 'AQAB' }] } }, METADATA],
    ['139 RSA of 1024 bits behind zeros', { ...good, jwks: { keys: [{ kty: 'RSA', n: Buffer.concat([Buffer.alloc(200), Buffer.alloc(128, 0xff)]).toString('base64url'), e: 'AQAB' }] } }, METADATA],
    ['139 RSA with exponent 1', { ...good, jwks: { keys: [{ kty: 'RSA', n: Buffer.alloc(256, 0xff).toString('base64url'), e: 'AQ' }] } }, METADATA],
    ['139 a key with alg none', { ...good, jwks: { keys: [{ ...EC, alg: 'none' }] } }, METADATA],
    ['139 a curve nobody asked for', { ...good, jwks: { keys: [{ ...EC, crv: 'secp256k1' }] } }, METADATA],
    ['139 id tokens without signature', { ...good, id_token_signed_response_alg: 'none' }, METADATA],
    ['139 assertions without signature', { ...good, token_endpoint_auth_signing_alg: 'none' }, METADATA],
    ['139 assertions by HMAC', { ...good, token_endpoint_auth_signing_alg: 'HS256' }, METADATA],
    ['139 private_key_jwt without keys', { ...good, token_endpoint_auth_method: 'private_key_jwt' }, METADATA],
    ['140 keys at a private address', { ...good, jwks_uri: 'https://10.0.0.1/jwks' }, METADATA],
    ['140 keys at the metadata service', { ...good, jwks_uri: 'http://169.254.169.254/latest' }, METADATA],
    ['140 keys at the metadata service by https', { ...good, jwks_uri: 'https://169.254.169.254/latest' }, METADATA],
    ['140 keys at an internal name', { ...good, jwks_uri: 'https://metadata.google.internal/x' }, METADATA],
    ['140 keys at localhost', { ...good, jwks_uri: 'https://localhost/jwks' }, METADATA],
    ['140 keys at a mapped loopback address', { ...good, jwks_uri: 'https://[::ffff:127.0.0.1]/jwks' }, METADATA],
    ['140 keys at a decimal loopback address', { ...good, jwks_uri: 'https://2130706433/jwks' }, METADATA],
    ['140 keys at port 25', { ...good, jwks_uri: 'https://app.example:25/jwks' }, METADATA],
    ['140 a logo at a private address', { ...good, logo_uri: 'https://192.168.0.1/logo.png' }, METADATA],
    ['140 a sector identifier inside', { ...good, sector_identifier_uri: 'https://127.0.0.1/s' }, METADATA],
    ['141 client_credentials', { ...good, grant_types: ['authorization_code', 'client_credentials'] }, METADATA],
    ['141 token exchange', { ...good, grant_types: ['urn:ietf:params:oauth:grant-type:token-exchange'] }, METADATA],
    ['141 a scope of the admin API', { ...good, scope: 'mcp:read admin:clients:write' }, METADATA],
    ['143 an open brace', '{', METADATA],
    ['143 a list', '[]', METADATA],
    ['143 a prototype', '{"__proto__":{"a":1},"redirect_uris":["https://app.example/cb"]}', METADATA],
    ['143 2,000 levels', `{"redirect_uris":["https://app.example/cb"],"x":${'['.repeat(2_000)}${']'.repeat(2_000)}}`, METADATA],
    ['143 the same member twice', '{"redirect_uris":["https://app.example/cb"],"redirect_uris":["https://evil.example/cb"]}', METADATA],
    ['143 a NUL', { ...good, software_id: 'a\u0000b' }, METADATA],
    ['143 half of a surrogate pair', `{"redirect_uris":["https://app.example/cb"],"software_id":"\\ud800"}`, METADATA],
    ['143 a number', '7', METADATA],
    ['143 nothing', '', METADATA],
    ['an implicit client', { ...good, response_types: ['token'] }, METADATA],
    ['a method we do not have', { ...good, token_endpoint_auth_method: 'tls_client_auth' }, METADATA],
    ['only grants we do not have', { ...good, grant_types: ['implicit'] }, METADATA],
  ])('%s: 400 as JSON, nothing stored, nothing fetched', async (_, body, error) => {
    const [clients, asked] = [await countClients(), world.asked.length];
    const answer = await register(body);
    expect(answer).toMatchObject({ status: 400, body: { error, request_id: expect.stringMatching(/^req_/) } });
    expect(answer.headers.get('content-type')).toBe('application/json');
    expect(String(answer.body['error_description'])).toMatch(/^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/);
    expect([await countClients(), world.asked.length]).toEqual([clients, asked]);
    expect((await room.events('client.refused')).at(-1)).toMatchObject({ outcome: 'refused', data: { error } });
  });

  it('143 a megabyte is 413, another media type 400', async () => {
    expect(await register(JSON.stringify({ ...good, pad: 'x'.repeat(1_000_000) }))).toMatchObject({ status: 413 });
    expect(await register('client_name=x', { 'content-type': 'application/x-www-form-urlencoded' })).toMatchObject({ status: 400, body: { error: METADATA } });
  });

  it('redirects only to hosts that the hub lists, loopback and apps aside', async () => {
    await desk.settings.put(registrationSetting.parse({ dcr: { redirectHosts: ['*.partner.test'] } }), hubAuthor('test'));
    expect(await register(good)).toMatchObject({ status: 400, body: { error: REDIRECT } });
    expect(await register({ redirect_uris: ['https://a.partner.test/cb'] })).toMatchObject({ status: 201 });
    expect(await register({ redirect_uris: ['http://127.0.0.1:1/cb', 'cursor://a.b/c'] })).toMatchObject({ status: 201 });
    await desk.settings.put(registrationSetting.parse({}), hubAuthor('test'));
  });
});

describe('closed registration', () => {
  it('142 asks for an initial access token, which an administrator makes, and which ends', async () => {
    await desk.settings.put(registrationSetting.parse({ dcr: { mode: 'closed' } }), hubAuthor('test'));
    const { id, token } = await desk.settings.issueToken({ name: 'partner', expiresAt: room.clock.now() + 60_000 }, hubAuthor('test'));
    const withToken = () => register(good, { authorization: `Bearer ${token}` });
    expect(await register(good)).toMatchObject({ status: 401, body: { error: 'invalid_token' } });
    expect(await register(good, { authorization: 'Bearer wrong' })).toMatchObject({ status: 401, body: { error: 'invalid_token' } });
    expect(await withToken()).toMatchObject({ status: 201 });
    room.clock.advance(60_000);
    expect(await withToken()).toMatchObject({ status: 401 });
    const second = await desk.settings.issueToken({ name: 'next', expiresAt: room.clock.now() + 60_000 }, hubAuthor('test'));
    expect(await desk.settings.revokeToken(second.id, hubAuthor('test'))).toBe(true);
    expect(await desk.settings.revokeToken(id, hubAuthor('test'))).toBe(false);
    expect(await register(good, { authorization: `Bearer ${second.token}` })).toMatchObject({ status: 401 });
    await desk.settings.put(registrationSetting.parse({}), hubAuthor('test'));
  });

  it('142 is closed too when no resource lets dynamic registrations in', async () => {
    resources[0] = resourceWith({ cimd: { enabled: true, hosts: [] }, dcr: { enabled: false } });
    expect(await register(good)).toMatchObject({ status: 401, body: { error: 'invalid_token' } });
    resources[0] = resourceWith({ cimd: { enabled: true, hosts: [] }, dcr: { enabled: true } });
  });

  it.each(['Bearer', 'Bearer ', 'Bearer  ', 'Bearer a b', 'bearer', 'Basic YTpi', 'Bearer \u00e4', 'Bearer ,', `Bearer ${'a'.repeat(5_000)}`])('144 Authorization "%s" is 401', async (authorization) => {
    const { body } = await register(good);
    expect(await register(good, { authorization })).toMatchObject({ status: 401, body: { error: 'invalid_token' } });
    expect(await call('GET', `/oauth/register/${String(body['client_id'])}`, undefined, { authorization })).toMatchObject({ status: 401, body: { error: 'invalid_token' } });
  });
});

describe('managing a registration', () => {
  const path = (of: Answer): string => `/oauth/register/${String(of.body['client_id'])}`;
  const bearer = (of: Answer): Record<string, string> => ({ authorization: `Bearer ${String(of.body['registration_access_token'])}` });

  it('is for whoever holds its token: read, replace, withdraw', async () => {
    const made = await register(good);
    expect(made.body['registration_client_uri']).toBe(`${ISSUER}${path(made)}`);
    const read = await call('GET', path(made), undefined, bearer(made));
    const { client_secret: secret, ...rest } = made.body;
    expect(read).toMatchObject({ status: 200, body: rest });
    expect(read.body['client_secret']).toBeUndefined();
    const changed = await call('PUT', path(made), { client_id: made.body['client_id'], client_secret: secret, client_name: 'Renamed', redirect_uris: ['https://new.example/cb'] }, bearer(made));
    expect(changed).toMatchObject({ status: 200, body: { client_name: 'Renamed', redirect_uris: ['https://new.example/cb'], token_endpoint_auth_method: 'client_secret_basic' } });
    expect((await room.events('client.changed')).at(-1)).toMatchObject({ target: { id: made.body['client_id'] } });
    expect(await desk.directory.find(String(made.body['client_id']))).toMatchObject({ ok: true, value: { name: 'Renamed', status: 'unverified' } });
    expect(await call('DELETE', path(made), undefined, bearer(made))).toMatchObject({ status: 204, body: {} });
    expect(ended).toContain(made.body['client_id']);
    expect(await call('GET', path(made), undefined, bearer(made))).toMatchObject({ status: 401 });
    const form = { get: (name: string) => ({ client_id: String(made.body['client_id']), client_secret: String(secret) })[name] };
    expect(await desk.authentication.authenticate({ form, now: room.clock.now() })).toMatchObject({ ok: false, error: { status: 401, error: 'invalid_client' } });
  });

  it('146 is not for the token of another client, no token, or a part of the token', async () => {
    const [mine, theirs] = [await register(good), await register(good)];
    const token = String(mine.body['registration_access_token']);
    for (const headers of [bearer(theirs), {}, { authorization: `Bearer ${token.slice(0, -1)}` }, { authorization: `Bearer ${token}x` }]) {
      expect(await call('GET', path(mine), undefined, headers)).toMatchObject({ status: 401, body: { error: 'invalid_token' } });
      expect(await call('PUT', path(mine), { ...good, client_id: mine.body['client_id'] }, headers)).toMatchObject({ status: 401 });
      expect(await call('DELETE', path(mine), undefined, headers)).toMatchObject({ status: 401 });
    }
    expect(await call('GET', '/oauth/register/nobody', undefined, bearer(mine))).toMatchObject({ status: 401 });
    expect(await call('GET', '/oauth/register/%00', undefined, bearer(mine))).toMatchObject({ status: 404 });
  });

  it('146 may not change the id, the secret, or how the client proves itself, nor anything to what may not be registered', async () => {
    const made = await register(good);
    const own = { ...good, client_id: made.body['client_id'] };
    for (const body of [good, { ...own, client_id: 'other' }, { ...own, client_secret: 'chosen' }, { ...own, token_endpoint_auth_method: 'none' }, { ...own, grant_types: ['client_credentials'] }]) {
      expect(await call('PUT', path(made), body, bearer(made))).toMatchObject({ status: 400, body: { error: METADATA } });
    }
    expect(await call('PUT', path(made), { ...own, redirect_uris: ['http://evil.example/'] }, bearer(made))).toMatchObject({ status: 400, body: { error: REDIRECT } });
    expect(await call('GET', path(made), undefined, bearer(made))).toMatchObject({ body: { client_name: 'Example', redirect_uris: REDIRECTS } });
  });

  it('writes nothing when nothing changes, and of two who withdraw at once one succeeds', async () => {
    const made = await register(good);
    const before = (await room.events()).length;
    expect(await call('PUT', path(made), { ...good, client_id: made.body['client_id'] }, bearer(made))).toMatchObject({ status: 200 });
    expect((await room.events()).length).toBe(before);
    const answers = await Promise.all([0, 1].flatMap((node) => Array.from({ length: 5 }, () => call('DELETE', path(made), undefined, bearer(made), undefined, node))));
    expect(answers.map(({ status }) => status).sort()).toEqual([204, ...Array.from({ length: 9 }, () => 401)]);
    expect((await room.events('client.removed')).filter(({ target }) => target?.id === made.body['client_id'])).toHaveLength(1);
  });
});

describe('many registrations', () => {
  it('145 of one address are slowed down with Retry-After, other addresses are not, and the flood fills no log', async () => {
    const before = (await room.events()).length;
    const answers: Answer[] = [];
    for (let n = 0; n < 100; n += 1) answers.push(await register({ ...good, client_name: 'Flood' }, {}, '198.51.100.9'));
    expect(answers.map(({ status }) => status)).toEqual([...Array.from({ length: 30 }, () => 201), ...Array.from({ length: 70 }, () => 429)]);
    expect(answers.at(-1)?.headers.get('retry-after')).toMatch(/^\d+$/);
    expect((await room.events()).length).toBe(before + 30);
    expect(await register(good, {}, '198.51.100.10')).toMatchObject({ status: 201 });
    expect(await register(good, {}, '2001:db8::1')).toMatchObject({ status: 201 });
  });

  it('145 of one address end at the hourly number exactly, on both nodes together, also in one IPv6 network', async () => {
    const made = await Promise.all(
      Array.from({ length: 60 }, (_, n) => register({ ...good, client_name: `Crowd ${n}` }, {}, `2001:db8:7:7::${n.toString(16)}`, n % 2)),
    );
    expect(made.filter(({ status }) => status === 201)).toHaveLength(50);
    expect(made.filter(({ status }) => status === 429)).toHaveLength(10);
    room.clock.advance(3_600_001);
    expect(await register(good, {}, '2001:db8:7:7::1')).toMatchObject({ status: 201 });
  });

  it('145 leave the table bounded', async () => {
    await sql`INSERT INTO clients (id, name, registration_type, public, grants, auth_method, created_at)
      SELECT 'dcr_fill_' || n, 'Fill', 'dcr', true, '{}', 'none', ${new Date(room.clock.now())} FROM generate_series(1, 300) n`.execute(room.database.db);
    expect(await register(good, {}, '192.0.2.77')).toMatchObject({ status: 429 });
    await sql`DELETE FROM clients WHERE name = 'Fill'`.execute(room.database.db);
    expect(await register(good, {}, '192.0.2.77')).toMatchObject({ status: 201 });
  });
});
