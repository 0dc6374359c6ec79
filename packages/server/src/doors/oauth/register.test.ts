import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { setClientState } from '../../rooms/clients/store.ts';
import { ISSUER } from '../../rooms/clients/world.suite.ts';
import { good, METADATA, openRig, REDIRECT, REDIRECTS, type Answer, type Rig } from './register.suite.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await openRig();
});
afterAll(() => rig.room.close());
// Every test finds the limits as they were.
beforeEach(() => rig.room.clock.advance(7_200_000));

const call: Rig['call'] = (...of) => rig.call(...of);
const register: Rig['register'] = (...of) => rig.register(...of);

describe('clients as they really register', () => {
  const code = { response_types: ['code'], grant_types: ['authorization_code', 'refresh_token'], token_endpoint_auth_method: 'none' };

  it.each<[string, Record<string, unknown>, object]>([
    [
      'Claude Code',
      {
        ...code,
        client_name: 'Claude Code (rig2)',
        redirect_uris: ['http://localhost:54088/callback'],
        application_type: 'native',
        scope: 'mcp:read',
      },
      {},
    ],
    [
      'Codex',
      {
        ...code,
        client_name: 'Codex',
        redirect_uris: ['http://127.0.0.1:37169/callback'],
        application_type: 'native',
        scope: 'mcp:read offline_access',
      },
      {},
    ],
    [
      'opencode, without application_type',
      { ...code, client_name: 'OpenCode', client_uri: 'https://opencode.ai', redirect_uris: ['http://127.0.0.1:19876/mcp/oauth/callback'] },
      {},
    ],
    [
      'MCP Inspector',
      {
        ...code,
        client_name: 'MCP Inspector',
        client_uri: 'https://github.com/modelcontextprotocol/inspector',
        redirect_uris: ['http://127.0.0.1:6276/oauth/callback'],
        application_type: 'native',
      },
      {},
    ],
    [
      'mcp-remote',
      {
        ...code,
        client_name: 'MCP CLI Client',
        software_id: '2e6dc280-0000-4000-8000-000000000000',
        software_version: '0.15.1',
        redirect_uris: ['http://localhost:14870/oauth/callback'],
        application_type: 'native',
      },
      {},
    ],
    [
      'mcporter',
      { ...code, client_name: 'mcporter (127-0-0-1-mcp)', redirect_uris: ['http://127.0.0.1:36095/callback'], scope: 'mcp:read' },
      {},
    ],
    [
      'VS Code, with four redirects',
      {
        ...code,
        client_name: 'Visual Studio Code',
        redirect_uris: [
          'https://insiders.vscode.dev/redirect',
          'https://vscode.dev/redirect',
          'http://127.0.0.1/',
          'http://127.0.0.1:33418/',
        ],
        application_type: 'native',
      },
      {},
    ],
    [
      'Cursor, with cursor:// among three redirects and application_type web',
      {
        ...code,
        client_name: 'Cursor',
        redirect_uris: [
          'cursor://anysphere.cursor-mcp/oauth/callback',
          'https://www.cursor.com/agents/mcp/oauth/callback',
          'http://localhost:8787/callback',
        ],
        application_type: 'web',
      },
      {},
    ],
    [
      'a portless loopback client',
      { ...code, client_name: 'Portless', redirect_uris: ['http://localhost/callback', 'http://127.0.0.1/callback'] },
      {},
    ],
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
    const answer = await register({
      client_name: 'FastMCP Client',
      redirect_uris: ['http://localhost:41233/callback'],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      application_type: 'native',
    });
    expect(answer).toMatchObject({ status: 201, body: { token_endpoint_auth_method: 'none' } });
    expect(answer.body['client_secret']).toBeUndefined();
  });

  it('mcp-remote --device-code keeps its device grant', async () => {
    const grants = ['urn:ietf:params:oauth:grant-type:device_code', 'refresh_token'];
    const answer = await register({
      client_name: 'MCP CLI Client',
      redirect_uris: ['http://localhost:1/oauth/callback'],
      grant_types: grants,
      token_endpoint_auth_method: 'none',
      response_types: [],
    });
    expect(answer).toMatchObject({
      status: 201,
      body: { grant_types: ['refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'], response_types: [] },
    });
  });

  it('a web client without a method gets a secret, which works by Basic and by post', async () => {
    const { body } = await register(good);
    expect(body).toMatchObject({
      token_endpoint_auth_method: 'client_secret_basic',
      client_secret_expires_at: 0,
      grant_types: ['authorization_code', 'refresh_token'],
    });
    const authorization = `Basic ${Buffer.from(`${String(body['client_id'])}:${String(body['client_secret'])}`).toString('base64')}`;
    const form = (of: Record<string, string>) => ({ get: (name: string) => of[name] });
    const now = rig.room.clock.now();
    expect(await rig.desk.authentication.authenticate({ form: form({}), authorization, now })).toMatchObject({ ok: true });
    expect(
      await rig.desk.authentication.authenticate({
        form: form({ client_id: String(body['client_id']), client_secret: String(body['client_secret']) }),
        now,
      }),
    ).toMatchObject({ ok: true });
  });

  it('unknown members and unknown grants are left out of the answer, and nothing is fetched', async () => {
    const before = rig.world.asked.length;
    const more = {
      grant_types: ['authorization_code', 'urn:ietf:params:oauth:grant-type:jwt-bearer', 'implicit'],
      logo_uri: 'https://app.example/logo.png',
      'client_name#de': 'Beispiel',
      post_logout_redirect_uris: [],
    };
    const { status, body } = await register({ ...good, ...more });
    expect([status, body['grant_types'], body['logo_uri']]).toEqual([201, ['authorization_code'], 'https://app.example/logo.png']);
    for (const name of ['client_name#de', 'post_logout_redirect_uris']) expect(body).not.toHaveProperty([name]);
    expect(rig.world.asked.length).toBe(before);
  });

  it('may have the hub insist on protections, and reads them back', async () => {
    const asked = {
      dpop_bound_access_tokens: true,
      require_pushed_authorization_requests: true,
      require_signed_request_object: false,
      request_object_signing_alg: 'ES256',
    };
    const { status, body } = await register({ ...good, ...asked });
    expect([status, body['dpop_bound_access_tokens'], body['require_pushed_authorization_requests']]).toEqual([201, true, true]);
    expect(body).not.toHaveProperty('require_signed_request_object');
    expect(body['request_object_signing_alg']).toBe('ES256');
    expect(await register({ ...good, dpop_bound_access_tokens: 'yes' })).toMatchObject({
      status: 400,
      body: { error: 'invalid_client_metadata' },
    });
  });

  it('is kept without its secrets, and is one row of many', async () => {
    const { body } = await register(good);
    const dump = await sql<{
      text: string;
    }>`SELECT (SELECT json_agg(c)::text FROM clients c) || (SELECT json_agg(s)::text FROM client_secrets s) || (SELECT json_agg(e)::text FROM audit_events e) AS text`.execute(
      rig.room.database.db,
    );
    expect(dump.rows[0]?.text).not.toContain(String(body['client_secret']));
    expect(dump.rows[0]?.text).not.toContain(String(body['registration_access_token']));
    const prints = await sql<{
      count: number;
    }>`SELECT count(DISTINCT fingerprint) AS count FROM clients WHERE id = ${String(body['client_id'])} OR name = 'Example'`.execute(
      rig.room.database.db,
    );
    expect(prints.rows[0]?.count).toBe(1);
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
    const changed = await call(
      'PUT',
      path(made),
      { client_id: made.body['client_id'], client_secret: secret, client_name: 'Renamed', redirect_uris: ['https://new.example/cb'] },
      bearer(made),
    );
    expect(changed).toMatchObject({
      status: 200,
      body: { client_name: 'Renamed', redirect_uris: ['https://new.example/cb'], token_endpoint_auth_method: 'client_secret_basic' },
    });
    expect((await rig.room.events('client.changed')).at(-1)).toMatchObject({ target: { id: made.body['client_id'] } });
    expect(await rig.desk.directory.find(String(made.body['client_id']))).toMatchObject({
      ok: true,
      value: { name: 'Renamed', status: 'unverified' },
    });
    expect(await call('DELETE', path(made), undefined, bearer(made))).toMatchObject({ status: 204, body: {} });
    expect(rig.ended).toContain(made.body['client_id']);
    expect(await call('GET', path(made), undefined, bearer(made))).toMatchObject({ status: 401 });
    const form = { get: (name: string) => ({ client_id: String(made.body['client_id']), client_secret: String(secret) })[name] };
    expect(await rig.desk.authentication.authenticate({ form, now: rig.room.clock.now() })).toMatchObject({
      ok: false,
      error: { status: 401, error: 'invalid_client' },
    });
  });

  it('may be read, and neither replaced nor withdrawn, while its client is frozen', async () => {
    const made = await register(good);
    const id = String(made.body['client_id']);
    await rig.room.database.db.transaction().execute((tx) => setClientState(tx, id, 'frozen', 'test'));
    expect((await call('GET', path(made), undefined, bearer(made))).status).toBe(200);
    const elsewhere = { client_id: id, redirect_uris: ['https://elsewhere.example/cb'] };
    expect(await call('PUT', path(made), elsewhere, bearer(made))).toMatchObject({ status: 401, body: { error: 'invalid_token' } });
    expect((await call('DELETE', path(made), undefined, bearer(made))).status).toBe(401);
    expect((await rig.room.events('client.refused')).at(-1)).toMatchObject({ reason: 'client_frozen', actor: { client: id } });
    expect(rig.ended).not.toContain(id);
    await rig.room.database.db.transaction().execute((tx) => setClientState(tx, id, 'active', 'test'));
    expect((await call('DELETE', path(made), undefined, bearer(made))).status).toBe(204);
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
    for (const body of [
      good,
      { ...own, client_id: 'other' },
      { ...own, client_secret: 'chosen' },
      { ...own, token_endpoint_auth_method: 'none' },
      { ...own, grant_types: ['client_credentials'] },
    ]) {
      expect(await call('PUT', path(made), body, bearer(made))).toMatchObject({ status: 400, body: { error: METADATA } });
    }
    expect(await call('PUT', path(made), { ...own, redirect_uris: ['http://evil.example/'] }, bearer(made))).toMatchObject({
      status: 400,
      body: { error: REDIRECT },
    });
    expect(await call('GET', path(made), undefined, bearer(made))).toMatchObject({
      body: { client_name: 'Example', redirect_uris: REDIRECTS },
    });
  });

  it('writes nothing when nothing changes, and of two who withdraw at once one succeeds', async () => {
    const made = await register(good);
    const before = (await rig.room.events()).length;
    expect(await call('PUT', path(made), { ...good, client_id: made.body['client_id'] }, bearer(made))).toMatchObject({ status: 200 });
    expect((await rig.room.events()).length).toBe(before);
    const answers = await Promise.all(
      ([0, 1] as const).flatMap((node) =>
        Array.from({ length: 5 }, () => call('DELETE', path(made), undefined, bearer(made), undefined, node)),
      ),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([204, ...Array.from({ length: 9 }, () => 401)]);
    expect((await rig.room.events('client.removed')).filter(({ target }) => target?.id === made.body['client_id'])).toHaveLength(1);
  });
});
