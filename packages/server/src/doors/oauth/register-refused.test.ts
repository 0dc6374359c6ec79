import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { hubAuthor } from '../../rooms/audit/author.ts';
import { registrationSetting } from '../../rooms/clients/setting.ts';
import { resourceWith } from '../../rooms/clients/world.suite.ts';
import { good, METADATA, OPEN, openRig, REDIRECT, REDIRECTS, type Answer, type Rig } from './register.suite.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await openRig();
});
afterAll(() => rig.room.close());
// Every test finds the limits as they were.
beforeEach(() => rig.room.clock.advance(7_200_000));

const call: Rig['call'] = (...of) => rig.call(...of);
const register: Rig['register'] = (...of) => rig.register(...of);

const RSA_1024_N = Buffer.alloc(128, 0xff).toString('base64url');
const EC = { kty: 'EC', crv: 'P-256', x: Buffer.alloc(32, 1).toString('base64url'), y: Buffer.alloc(32, 2).toString('base64url') };
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
    [
      '139 RSA of 1024 bits behind zeros',
      {
        ...good,
        jwks: { keys: [{ kty: 'RSA', n: Buffer.concat([Buffer.alloc(200), Buffer.alloc(128, 0xff)]).toString('base64url'), e: 'AQAB' }] },
      },
      METADATA,
    ],
    [
      '139 RSA with exponent 1',
      { ...good, jwks: { keys: [{ kty: 'RSA', n: Buffer.alloc(256, 0xff).toString('base64url'), e: 'AQ' }] } },
      METADATA,
    ],
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
    const [clients, asked] = [await rig.countClients(), rig.world.asked.length];
    const answer = await register(body);
    expect(answer).toMatchObject({ status: 400, body: { error, request_id: expect.stringMatching(/^req_/) } });
    expect(answer.headers.get('content-type')).toBe('application/json');
    expect(String(answer.body['error_description'])).toMatch(/^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/);
    expect([await rig.countClients(), rig.world.asked.length]).toEqual([clients, asked]);
    expect((await rig.room.events('client.refused')).at(-1)).toMatchObject({ outcome: 'refused', data: { error } });
  });

  it('143 a megabyte is 413, another media type 400', async () => {
    expect(await register(JSON.stringify({ ...good, pad: 'x'.repeat(1_000_000) }))).toMatchObject({ status: 413 });
    expect(await register('client_name=x', { 'content-type': 'application/x-www-form-urlencoded' })).toMatchObject({
      status: 400,
      body: { error: METADATA },
    });
  });

  it('redirects only to hosts that the hub lists, loopback and apps aside', async () => {
    await rig.desk.settings.put(registrationSetting.parse({ dcr: { redirectHosts: ['*.partner.test'] } }), hubAuthor('test'));
    expect(await register(good)).toMatchObject({ status: 400, body: { error: REDIRECT } });
    expect(await register({ redirect_uris: ['https://a.partner.test/cb'] })).toMatchObject({ status: 201 });
    expect(await register({ redirect_uris: ['http://127.0.0.1:1/cb', 'cursor://a.b/c'] })).toMatchObject({ status: 201 });
    await rig.desk.settings.put(registrationSetting.parse({}), hubAuthor('test'));
  });
});

describe('closed registration', () => {
  it('142 asks for an initial access token, which an administrator makes, and which ends', async () => {
    await rig.desk.settings.put(registrationSetting.parse({ dcr: { mode: 'closed' } }), hubAuthor('test'));
    const { id, token } = await rig.desk.settings.issueToken(
      { name: 'partner', expiresAt: rig.room.clock.now() + 60_000 },
      hubAuthor('test'),
    );
    const withToken = () => register(good, { authorization: `Bearer ${token}` });
    expect(await register(good)).toMatchObject({ status: 401, body: { error: 'invalid_token' } });
    expect(await register(good, { authorization: 'Bearer wrong' })).toMatchObject({ status: 401, body: { error: 'invalid_token' } });
    expect(await withToken()).toMatchObject({ status: 201 });
    rig.room.clock.advance(60_000);
    expect(await withToken()).toMatchObject({ status: 401 });
    const second = await rig.desk.settings.issueToken({ name: 'next', expiresAt: rig.room.clock.now() + 60_000 }, hubAuthor('test'));
    expect(await rig.desk.settings.revokeToken(second.id, hubAuthor('test'))).toBe(true);
    expect(await rig.desk.settings.revokeToken(id, hubAuthor('test'))).toBe(false);
    expect(await register(good, { authorization: `Bearer ${second.token}` })).toMatchObject({ status: 401 });
    await rig.desk.settings.put(registrationSetting.parse({}), hubAuthor('test'));
  });

  it('142 is closed too when no resource lets dynamic registrations in', async () => {
    rig.resources[0] = resourceWith({ cimd: { enabled: true, hosts: [] }, dcr: { enabled: false } });
    expect(await register(good)).toMatchObject({ status: 401, body: { error: 'invalid_token' } });
    rig.resources[0] = resourceWith(OPEN);
  });

  it.each([
    'Bearer',
    'Bearer ',
    'Bearer  ',
    'Bearer a b',
    'bearer',
    'Basic YTpi',
    'Bearer \u00e4',
    'Bearer ,',
    `Bearer ${'a'.repeat(5_000)}`,
  ])('144 Authorization "%s" is 401', async (authorization) => {
    const { body } = await register(good);
    expect(await register(good, { authorization })).toMatchObject({ status: 401, body: { error: 'invalid_token' } });
    expect(await call('GET', `/oauth/register/${String(body['client_id'])}`, undefined, { authorization })).toMatchObject({
      status: 401,
      body: { error: 'invalid_token' },
    });
  });
});

describe('many registrations', () => {
  it('145 of one address are slowed down with Retry-After, other addresses are not, and the flood fills no log', async () => {
    const before = (await rig.room.events()).length;
    const answers: Answer[] = [];
    for (let n = 0; n < 100; n += 1) answers.push(await register({ ...good, client_name: 'Flood' }, {}, '198.51.100.9'));
    expect(answers.map(({ status }) => status)).toEqual([
      ...Array.from({ length: 30 }, () => 201),
      ...Array.from({ length: 70 }, () => 429),
    ]);
    expect(answers.at(-1)?.headers.get('retry-after')).toMatch(/^\d+$/);
    expect((await rig.room.events()).length).toBe(before + 30);
    expect(await register(good, {}, '198.51.100.10')).toMatchObject({ status: 201 });
    expect(await register(good, {}, '2001:db8::1')).toMatchObject({ status: 201 });
  });

  it('145 of one address end at the hourly number exactly, on both nodes together, also in one IPv6 network', async () => {
    const made = await Promise.all(
      Array.from({ length: 60 }, (_, n) =>
        register({ ...good, client_name: `Crowd ${n}` }, {}, `2001:db8:7:7::${n.toString(16)}`, n % 2 === 0 ? 0 : 1),
      ),
    );
    expect(made.filter(({ status }) => status === 201)).toHaveLength(50);
    expect(made.filter(({ status }) => status === 429)).toHaveLength(10);
    rig.room.clock.advance(3_600_001);
    expect(await register(good, {}, '2001:db8:7:7::1')).toMatchObject({ status: 201 });
  });

  it('145 leave the table bounded', async () => {
    await sql`INSERT INTO clients (id, name, registration_type, public, grants, auth_method, created_at)
      SELECT 'dcr_fill_' || n, 'Fill', 'dcr', true, '{}', 'none', ${new Date(rig.room.clock.now())} FROM generate_series(1, 300) n`.execute(
      rig.room.database.db,
    );
    expect(await register(good, {}, '192.0.2.77')).toMatchObject({ status: 429 });
    await sql`DELETE FROM clients WHERE name = 'Fill'`.execute(rig.room.database.db);
    expect(await register(good, {}, '192.0.2.77')).toMatchObject({ status: 201 });
  });
});
