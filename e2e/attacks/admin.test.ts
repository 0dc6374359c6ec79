import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { basic, header, jsonOf } from './ask.ts';
import type { Answer, Asked } from './ask.ts';
import { PASSWORD, SECRETS } from './furniture.ts';
import { J, mustBe, T } from './outcome.ts';
import type { Outcome } from './outcome.ts';
import { attacks, checkNothingLeaked, honestWork, inWorld } from './runner.ts';
import type { Attack } from './runner.ts';
import type { World } from './world.ts';

const world = inWorld();

const JSON_TYPE = { 'content-type': 'application/json' };
const asAdmin = (at: World, path: string, asked: Asked = {}): Promise<Answer> =>
  at.ask(path, { ...asked, headers: { authorization: `Bearer ${at.hub.adminToken}`, ...asked.headers } });

type Operation = { method: string; path: string };

/** Every operation of the admin API, from its own description, with a made-up id in each place. */
async function operations(at: World): Promise<Operation[]> {
  const description: unknown = await (await at.hub.admin('GET', 'openapi.json')).json();
  const paths =
    typeof description === 'object' && description !== null && 'paths' in description ? Object.entries(Object(description.paths)) : [];
  return paths.flatMap(([path, methods]) =>
    Object.keys(Object(methods))
      .filter((method) => ['get', 'put', 'post', 'delete'].includes(method))
      .map((method) => ({ method: method.toUpperCase(), path: path.replaceAll(/\{[^}]+\}/g, 'made-up') })),
  );
}

const public_ = /openapi\.json|config\.schema\.json/;

/** CVE-2025-61928, CVE-2026-5807, CVE-2025-52894: each operation × each principal that is no administrator. */
describe('admin: 188 who is no administrator', () => {
  const principals: [string, (at: World) => Promise<Record<string, string>>][] = [
    ['nobody', async () => ({})],
    ['a wrong token', async () => ({ authorization: `Bearer ${'x'.repeat(40)}` })],
    ['an empty bearer (CVE-2026-9803)', async () => ({ authorization: 'Bearer' })],
    ['a client by its secret', async () => basic('worker', SECRETS.worker)],
    [
      'a user by an access token for a resource (CVE-2026-44428)',
      async (at) => ({ authorization: `Bearer ${(await at.tokens()).access}` }),
    ],
    [
      'a user by the session cookie',
      async (at) => ({
        cookie: (await at.signedIn()).jar
          .all()
          .map(({ name, value }) => `${name}=${value}`)
          .join('; '),
      }),
    ],
  ];
  it.each(principals)('188 %s is refused by every operation', async (_, headersOf) => {
    const at = world();
    const headers = await headersOf(at);
    const all = (await operations(at)).filter(({ path }) => !public_.test(path));
    expect(all.length).toBeGreaterThan(40);
    const let_in: string[] = [];
    for (const { method, path } of all) {
      at.moveOn();
      const answer = await at.ask(path, {
        method,
        headers: { ...JSON_TYPE, ...headers },
        ...(method === 'GET' || method === 'DELETE' ? {} : { body: '{}' }),
      });
      if (answer.status !== 401 && answer.status !== 403) let_in.push(`${method} ${path}: ${answer.status}`);
    }
    expect(let_in).toEqual([]);
    await honestWork(at);
  });
});

describe('admin: 190 administrators of one thing', () => {
  it('190 a token for reading users neither writes them nor reads anything else (CVE-2026-9795)', async () => {
    const at = world();
    const form = {
      grant_type: 'client_credentials',
      resource: `${at.origin}/admin/v1`,
      scope: 'admin:users:read admin:users:write admin:clients:read',
    };
    const issued = jsonOf(mustBe(200, await at.post('/oauth/token', form, basic('auditor', SECRETS.auditor))));
    expect(issued['scope']).toBe('admin:users:read');
    const headers = { ...JSON_TYPE, authorization: `Bearer ${String(issued['access_token'])}` };
    expect((await at.ask('/admin/v1/users', { headers })).status).toBe(200);
    const let_in: string[] = [];
    for (const { method, path } of (await operations(at)).filter((one) => !public_.test(one.path))) {
      if (method === 'GET' && /^\/admin\/v1\/(users|settings\/accounts)/.test(path)) continue;
      const answer = await at.ask(path, { method, headers, ...(method === 'GET' || method === 'DELETE' ? {} : { body: '{}' }) });
      if (answer.status !== 403) let_in.push(`${method} ${path}: ${answer.status}`);
    }
    expect(let_in).toEqual([]);
  });
});

describe('admin: 189 lists', () => {
  const lists = (title: string, query: string, outcome: Outcome = J(400, 'invalid_input')): Attack => ({
    number: '189',
    title,
    send: (at) => asAdmin(at, `/admin/v1/users?${query}`),
    outcome,
    entries: [],
  });
  const cursor = (value: unknown): string => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
  attacks(world, [
    lists('a limit of a billion', 'limit=1e9'),
    lists('a limit below one', 'limit=0'),
    lists('a limit that is no number', 'limit=abc'),
    lists('sort=;drop', 'sort=%3Bdrop'),
    lists('a made-up cursor (CVE-2026-33504)', `cursor=${cursor('ann')}`),
    lists('a cursor with SQL (CVE-2026-33503, CVE-2026-33505)', `cursor=${cursor("x' OR '1'='1")}`),
    lists('a cursor that is JSON', `cursor=${cursor({ id: 'ann' })}`),
    lists('a cursor with a NUL', `cursor=${cursor('a\0b')}`),
    lists('a cursor twice', 'cursor=YQ&cursor=Yg'),
    lists('limit twice', 'limit=1&limit=2'),
    {
      number: '189',
      title: 'the cursor of another list',
      async arrange(at) {
        const first = jsonOf(mustBe(200, await asAdmin(at, '/admin/v1/users?limit=1')));
        return () => asAdmin(at, `/admin/v1/clients?cursor=${String(first['next'])}`);
      },
      outcome: J(400, 'invalid_input'),
      entries: [],
    },
  ]);
});

describe('admin: 197 bodies', () => {
  const USER = { id: 'zed', email: 'zed@acme.test', tenants: [] };
  const puts = (title: string, body: string, outcome: Outcome = J(400, 'invalid_input'), number = '197'): Attack => ({
    number,
    title,
    send: (at) => asAdmin(at, '/admin/v1/users/zed', { method: 'PUT', headers: JSON_TYPE, body }),
    outcome,
    entries: [],
  });
  const with_ = (members: string): string => JSON.stringify(USER).replace(/\}$/, `,${members}}`);
  attacks(world, [
    puts('no JSON', '{'),
    puts('a list', '[]'),
    puts('10,000 deep (CVE-2025-6203, CVE-2025-12044)', `${'['.repeat(10_000)}${']'.repeat(10_000)}`),
    puts('5,000 names', `{${Array.from({ length: 5_000 }, (_, at) => `"k${at}":1`).join(',')}}`),
    puts('NaN', with_('"attributes":{"a":NaN}')),
    puts('a name twice (CVE-2026-27896)', with_('"email":"other@acme.test"')),
    puts('a NUL (GHSA-q382-vc8q-7jhj)', with_('"name":"a\\u0000b"')),
    puts('half a surrogate pair', with_('"name":"a\\ud800"')),
    puts('the id of somebody else', JSON.stringify({ ...USER, id: 'ann' })),
    puts('a member nobody knows', with_('"admin":true'), J(400, 'invalid_input'), '188'),
    puts('a state of its own (CVE-2026-56350)', with_('"state":"active"'), J(400, 'invalid_input'), '188'),
    puts('a password hash', with_('"passwordHash":"x"'), J(400, 'invalid_input'), '188'),
    puts('__proto__', with_('"__proto__":{"state":"active"}'), J(400, 'invalid_input'), '026'),
    {
      ...puts('a form', 'a=b', J(415, 'unsupported_media_type')),
      send: (at) =>
        asAdmin(at, '/admin/v1/users/zed', {
          method: 'PUT',
          headers: { 'content-type': 'application/x-www-form-urlencoded' },
          body: 'a=b',
        }),
    },
  ]);

  it('197 none of them made a user, and 2 MB is too much', async () => {
    const answer = await asAdmin(world(), '/admin/v1/users/zed', {
      method: 'PUT',
      headers: JSON_TYPE,
      body: `{"a":"${'a'.repeat(2_000_000)}"}`,
    });
    expect(answer.status).toBe(413);
    expect((await asAdmin(world(), '/admin/v1/users/zed')).status).toBe(404);
  });
});

describe('admin: 187 and 192', () => {
  it('187 ids that name something else, or nothing, or a way out of the path, are 404 (CVE-2025-64431, CVE-2025-27507)', async () => {
    const at = world();
    for (const id of ['made-up', 'web', '..', '%2e%2e', 'a%2fb', '%00', 'x'.repeat(5_000), "'%20OR%201=1", '__proto__', 'constructor']) {
      const answer = await asAdmin(at, `/admin/v1/users/${id}`);
      expect([400, 404]).toContain(answer.status);
    }
  });

  it('192 an id that was removed stays dead: old tokens, cookies and secrets open nothing when the id returns (CVE-2026-55670, CVE-2026-42186)', async () => {
    const at = world();
    const secret = 'a-long-secret-of-the-phoenix';
    at.secrets.add(secret);
    const client = { id: 'phoenix', name: 'Phoenix', kind: 'service', tenants: ['acme'], auth: { secrets: [{ value: secret }] } };
    expect((await at.hub.admin('PUT', 'clients/phoenix', client)).status).toBe(201);
    expect((await at.hub.admin('DELETE', 'clients/phoenix')).status).toBe(204);
    await at.hub.admin('PUT', 'clients/phoenix', { ...client, auth: { secrets: [{ value: 'another-secret-of-the-phoenix' }] } });
    const answer = await at.post('/oauth/token', { grant_type: 'client_credentials', scope: 'incidents:read' }, basic('phoenix', secret));
    expect(answer.status).toBe(401);

    const bob = await at.signedIn('bob');
    expect((await at.hub.admin('DELETE', 'users/bob')).status).toBe(204);
    await at.hub.admin('PUT', 'users/bob', { id: 'bob', email: 'bob@acme.test', password: { value: PASSWORD }, tenants: [{ id: 'acme' }] });
    const shown = await bob.open('/account');
    expect(shown.answer.text).not.toContain('bob@acme.test');
    await honestWork(at);
  });
});

describe('audit: 195 and 199', () => {
  it('195 entries are neither changed nor removed, and one that was altered is named by verify', async () => {
    const at = world();
    await expect(at.database.query(`UPDATE audit_events SET outcome = 'success'`)).rejects.toThrow(/append-only/);
    await expect(at.database.query('DELETE FROM audit_events')).rejects.toThrow(/append-only/);
    await expect(at.database.query('TRUNCATE audit_events')).rejects.toThrow(/append-only/);
    const before = jsonOf({ ...(await asAdmin(at, '/admin/v1/events/verify')) });
    expect(before).toMatchObject({ ok: true });
    await at.database.query('ALTER TABLE audit_events DISABLE TRIGGER audit_events_append_only');
    await at.database.query(`UPDATE audit_events SET body = replace(body, '"ann"', '"eve"') WHERE tenant = 'acme' AND seq = 3`);
    const after = jsonOf(await asAdmin(at, '/admin/v1/events/verify'));
    expect(after['ok']).toBe(false);
    expect(JSON.stringify(after['firstBroken'])).toContain('3');
    await at.database.query(`UPDATE audit_events SET body = replace(body, '"eve"', '"ann"') WHERE tenant = 'acme' AND seq = 3`);
    await at.database.query('ALTER TABLE audit_events ENABLE TRIGGER audit_events_append_only');
    expect(jsonOf(await asAdmin(at, '/admin/v1/events/verify'))).toMatchObject({ ok: true });
  });

  /** GHSA-8fpg-xm3f-6cx3: what cannot be checked or written down does not pass. CVE-2020-15223: a revocation that failed was answered 200. */
  it('196 the database takes no writes: nothing is issued, a revocation is not claimed (157), and what needs no write goes on', async () => {
    const at = world();
    const { access, refresh } = await at.tokens();
    const name = new URL(at.database.url).pathname.slice(1);
    const readOnly = async (on: boolean) => {
      await at.database.query(`ALTER DATABASE ${name} SET default_transaction_read_only = ${on ? 'on' : 'off'}`);
      await at.database.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND application_name = 'writ'`, [
        name,
      ]);
    };
    await readOnly(true);
    const asked = { grant_type: 'client_credentials', scope: 'incidents:read' };
    const refused: Answer[] = [];
    // The first answer may still come from a connection that was just cut.
    for (let times = 0; times < 3; times += 1) refused.push(await at.post('/oauth/token', asked, basic('worker', SECRETS.worker)));
    refused.push(await at.post('/oauth/token', { grant_type: 'refresh_token', client_id: 'web', refresh_token: refresh }));
    refused.push(await at.post('/oauth/revoke', { token: access, client_id: 'web' }));
    for (const answer of refused) {
      expect({ status: answer.status, error: jsonOf(answer)['error'] }).toEqual({ status: 503, error: 'temporarily_unavailable' });
      expect(Number(header(answer, 'retry-after'))).toBeGreaterThan(0);
    }
    expect((await at.ask('/oauth/jwks')).status).toBe(200);
    expect((await at.ask('/.well-known/openid-configuration')).status).toBe(200);
    expect((await at.ask('/live')).status).toBe(200);
    // A session of our own could not undo it: it is read-only as well, unless it says otherwise.
    await at.database.query(`SET default_transaction_read_only = off; ALTER DATABASE ${name} SET default_transaction_read_only = off`);
    await at.database.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND application_name = 'writ'`, [
      name,
    ]);
    await eventually(async () => (await at.post('/oauth/token', asked, basic('worker', SECRETS.worker))).status === 200);
    expect(jsonOf(await at.post('/oauth/introspect', { token: access }, basic('server', SECRETS.server)))).toMatchObject({ active: true });
    await honestWork(at);
  });

  it('199 control characters in names, agents and scopes stay inside one entry and one log line (GO-2026-5935)', async () => {
    const at = world();
    const nasty = 'a\u001b[31mb\u2028c';
    await at.post(
      '/oauth/token',
      { grant_type: 'client_credentials', scope: 'x\r\ny' },
      { ...basic('worker', SECRETS.worker), 'user-agent': 'evil\tagent\u00ff' },
    );
    T('unsupported_grant_type').check(await at.post('/oauth/token', { grant_type: nasty }, basic('worker', SECRETS.worker)), at.origin);
    const found = await at.database.query(`SELECT body FROM audit_events ORDER BY id DESC LIMIT 3`);
    for (const { body } of found) for (const character of '\n\r\u001b') expect(String(body)).not.toContain(character);
    expect(at.hub.said()).not.toContain('\u001b[31mb');
    expect(header(await at.ask('/live'), 'x-request-id')).toMatch(/^req_/);
  });
});

async function eventually(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await sleep(20);
}

checkNothingLeaked(world);
