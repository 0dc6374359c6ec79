import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KEY, OAUTH, openCall, openProxyWorld, type ProxyWorld } from './proxy.suite.ts';

let world: ProxyWorld;
beforeAll(async () => {
  world = await openProxyWorld();
});
afterAll(() => world.close());

const lastSeen = () => world.service.seen.at(-1);
const stars = (length: number): string => '*'.repeat(length);

describe('a proxied call', () => {
  it('reaches the service with the key in its header, and nothing of what the caller proves itself with', async () => {
    const headers = {
      cookie: 'a=b',
      dpop: 'x',
      'x-api-key': 'mine',
      x_api_key: 'mine',
      'x-forwarded-for': '1.2.3.4',
      'x-http-method-override': 'DELETE',
      'x-kept': 'yes',
      'proxy-authorization': 'Basic eA==',
      'writ-account': '',
    };
    const answer = await world.call('/proxy/search/anything?q=1&r=%20x', { headers });
    expect([answer.status, await answer.text()]).toEqual([200, 'fine']);
    const seen = lastSeen();
    expect(seen).toMatchObject({
      method: 'GET',
      url: '/anything?q=1&r=%20x',
      headers: { 'x-api-key': KEY, 'x-kept': 'yes', host: `127.0.0.1:${world.service.port}` },
    });
    const proofs = ['authorization', 'cookie', 'dpop', 'x_api_key', 'proxy-authorization', 'writ-account'];
    for (const name of [...proofs, 'x-forwarded-for', 'x-http-method-override']) expect(seen?.headers).not.toHaveProperty(name);
  });

  it('is one entry, with who, by which decision, where to, how it ended and how much', async () => {
    const { result, entries } = await world.during(() =>
      world.call('/proxy/search/upload?secret=no', { method: 'POST', body: 'x'.repeat(1000) }),
    );
    expect(await result.text()).toBe('1000');
    const of = entries.filter(({ type }) => type.startsWith('credential.'));
    expect(of).toHaveLength(1);
    expect(of[0]).toMatchObject({
      tenant: 'acme',
      type: 'credential.used',
      actor: { client: 'worker', agent: expect.any(String) },
      target: { type: 'connection', id: 'search' },
      decision: expect.stringMatching(/^dec_/),
      outcome: 'success',
      data: {
        way: 'proxy',
        owner: 'tenant acme',
        call: { method: 'POST', origin: world.service.url, path: '/upload', status: 200, bytesIn: 1000, bytesOut: 4, streamed: false },
      },
    });
    expect(JSON.stringify(of)).not.toContain('secret=no');
  });

  it.each(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'])('may be %s', async (method) => {
    const body = ['POST', 'PUT', 'PATCH'].includes(method) ? { body: 'b' } : {};
    expect((await world.call('/proxy/search/thing', { method, ...body })).status).toBe(200);
    expect(lastSeen()).toMatchObject({ method, url: '/thing', body: 'b' in body ? 'b' : (body.body ?? '') });
  });

  it.each(['/echo-gzip', '/stream-said'])('by HEAD is over with its head, whatever the head says of a body: %s', async (path) => {
    const token = await world.token();
    const { result, entries } = await world.during(() =>
      fetch(`${world.socket}/proxy/search${path}`, { method: 'HEAD', headers: { authorization: `Bearer ${token}` } }),
    );
    expect(result.status).toBe(200);
    expect(entries.map(({ type }) => type)).toEqual(['credential.used']);
    expect(entries[0]?.data).toMatchObject({ call: { ended: 'done', streamed: false } });
  });

  it('is made with the account that it names, as it stands when the call comes, however many calls one token makes', async () => {
    const token = await world.token();
    const put = (label: string, value: string): Promise<unknown> =>
      world.apply({ credentials: [{ connection: 'search', owner: { tenant: 'acme' }, label, value: { value } }] });
    const by = (label: string): Promise<Response> => world.call('/proxy/search/x', { token, headers: { 'writ-account': label } });
    const usedBy = async (label: string): Promise<unknown> => {
      expect((await by(label)).status).toBe(200);
      return lastSeen()?.headers['x-api-key'];
    };
    await put('one', 'canary-key-of-one');
    await put('two', 'canary-key-of-two');
    expect([await usedBy('one'), await usedBy('two'), await usedBy('')]).toEqual(['canary-key-of-one', 'canary-key-of-two', KEY]);
    await put('one', 'canary-key-anew');
    expect(await usedBy('one')).toBe('canary-key-anew');
    const listed: { items: { id: string; label: string }[] } = await (await world.admin('GET', '/admin/v1/credentials')).json();
    for (const { id, label } of listed.items)
      if (label === 'one' || label === 'two') await world.admin('DELETE', `/admin/v1/credentials/${id}`);
    const seen = world.service.seen.length;
    expect([(await by('one')).status, (await by('two')).status, world.service.seen.length]).toEqual([400, 400, seen]);
  });

  it('passes bytes that are no text, and says how many before it sends them', async () => {
    const body = new Uint8Array([0, 255, 254, 1, 128]);
    const answer = await world.call('/proxy/search/upload', { method: 'PUT', body });
    expect(await answer.text()).toBe('5');
    expect(lastSeen()?.headers['content-length']).toBe('5');
  });

  it('carries the password as Basic, the token as Bearer, the key in the query', async () => {
    await world.call('/proxy/wiki/x');
    expect(lastSeen()?.headers.authorization).toBe(`Basic ${Buffer.from('hub:canary-password-3131').toString('base64')}`);
    await world.call('/proxy/calendar/x');
    expect(lastSeen()?.headers.authorization).toBe(`Bearer ${OAUTH}`);
    await world.call('/proxy/in-query/x?api_key=mine&API%5fKEY=mine&a=1');
    expect(lastSeen()?.url).toBe(`/x?a=1&api_key=${KEY}`);
  });

  it('streams a large answer, with a second entry for what went', async () => {
    const { result, entries } = await world.during(async () => (await (await world.call('/proxy/search/big')).arrayBuffer()).byteLength);
    expect(result).toBe(64 * 64 * 1024);
    expect(entries.map(({ type }) => type)).toEqual(expect.arrayContaining(['credential.used', 'credential.released']));
    expect(entries.find(({ type }) => type === 'credential.released')?.data).toMatchObject({
      call: { bytesOut: 64 * 64 * 1024, ended: 'done' },
    });
  });

  it('is ended at the service when the caller leaves', async () => {
    const { answer, leave } = await openCall(`${world.socket}/proxy/search/events`, { authorization: `Bearer ${await world.token()}` });
    answer.on('error', () => undefined);
    await new Promise((resolve) => answer.once('data', resolve));
    expect(world.service.open.size).toBe(1);
    leave();
    await expect.poll(() => world.service.open.size).toBe(0);
  });

  it.each([
    [
      'agent',
      async (agent: string) => world.admin('POST', `/admin/v1/agents/${agent}/freeze`, { reason: 'test' }),
      async (agent: string) => world.admin('POST', `/admin/v1/agents/${agent}/unfreeze`, { reason: 'test' }),
    ],
    [
      'connection',
      async () => world.admin('POST', '/admin/v1/connections/search/freeze', { reason: 'test' }),
      async () => world.admin('POST', '/admin/v1/connections/search/unfreeze', { reason: 'test' }),
    ],
  ])('that lasts is cut when its %s is frozen', async (_, freeze, thaw) => {
    const token = await world.token();
    const agent = String(JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())['agent']);
    const { answer } = await openCall(`${world.socket}/proxy/search/events`, { authorization: `Bearer ${token}` });
    const ended = new Promise((resolve) => answer.once('error', resolve).once('aborted', resolve));
    await new Promise((resolve) => answer.once('data', resolve));
    expect((await freeze(agent)).status).toBeLessThan(300);
    await ended;
    await expect.poll(() => world.service.open.size).toBe(0);
    expect((await thaw(agent)).status).toBeLessThan(300);
  });
});

describe('the secret', () => {
  it.each(['/echo', '/echo-chunked', '/echo-gzip', '/echo-error'])('is blotted out of what %s shows of it', async (path) => {
    const { result, entries } = await world.during(async () => (await world.call(`/proxy/search${path}`)).text());
    expect(result).not.toContain(KEY);
    expect(result).toContain(stars(KEY.length));
    expect(JSON.stringify(entries)).toMatch(/"redacted":[1-9]/);
  });

  it('is blotted out in base64 too', async () => {
    const text = await (await world.call('/proxy/search/echo-base64')).text();
    expect(Buffer.from(text, 'base64').toString()).not.toContain(KEY);
  });

  it('does not come back in a header; nor do cookies and challenges of the service', async () => {
    const answer = await world.call('/proxy/search/echo-header');
    expect([...answer.headers].map(([name, value]) => `${name}: ${value}`).join('\n')).not.toContain(KEY);
    expect(answer.headers.get('x-other')).toBe('kept');
    for (const name of ['x-you-sent', 'set-cookie', 'www-authenticate']) expect(answer.headers.has(name)).toBe(false);
    expect(answer.headers.get('content-security-policy')).toContain('sandbox');
  });

  it('is not sent on by a redirect: the caller gets it, and nobody follows', async () => {
    const count = world.service.seen.length;
    const away = await world.call('/proxy/search/redirect-away');
    expect([away.status, away.headers.get('location')]).toEqual([302, null]);
    const elsewhere = await world.call('/proxy/search/redirect-elsewhere');
    expect([elsewhere.status, elsewhere.headers.get('location')]).toEqual([302, 'https://elsewhere.test/next']);
    const within = await world.call('/proxy/search/redirect-within');
    expect([within.status, within.headers.get('location')]).toEqual([307, 'http://localhost:8787/proxy/search/echo?again=1']);
    expect(world.service.seen.length - count).toBe(3);
  });

  it('stands in no row of the database', async () => {
    const { db } = world.house.rooms.database;
    const tables = await sql<{
      name: string;
    }>`SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'`.execute(db);
    for (const { name } of tables.rows) {
      const found = await sql<{
        n: number;
      }>`SELECT count(*)::int AS n FROM ${sql.table(name)} t WHERE to_jsonb(t)::text LIKE '%canary-%'`.execute(db);
      expect([name, found.rows[0]?.n]).toEqual([name, 0]);
    }
  });
});

describe('no call is made', () => {
  const expectNoCall = async (
    ask: () => Promise<Response>,
    expected: { status: number; error: string; reason?: string },
  ): Promise<void> => {
    const count = world.service.seen.length;
    const { result, entries } = await world.during(ask);
    const body = await result.json();
    expect({ status: result.status, error: body.error }).toEqual({ status: expected.status, error: expected.error });
    expect(body.request_id).toEqual(expect.any(String));
    expect(JSON.stringify(body)).not.toContain('canary');
    expect(world.service.seen.length).toBe(count);
    expect(entries.filter(({ type }) => type === 'credential.used')).toEqual([]);
    if (expected.reason !== undefined) expect(entries.find(({ type }) => type === 'credential.refused')?.reason).toBe(expected.reason);
  };

  it.each([
    ['dots', '/proxy/search/a/%2e%2e/b', 'path_dots'],
    ['dots and a parameter', '/proxy/search/a/..;x/b', 'path_dots'],
    ['an encoded slash', '/proxy/search/a%2fb', 'path_encoded_separator'],
    ['an encoded backslash', '/proxy/search/a%5Cb', 'path_encoded_separator'],
    ['a line break', '/proxy/search/a%0d%0aX: y', 'path_encoded_separator'],
    ['dots encoded twice', '/proxy/search/%252e%252e/b', 'path_double_encoded'],
    ['an empty segment', '/proxy/search//evil.test/x', 'path_empty_segment'],
  ])('for a path with %s', async (_, path, reason) => {
    // As it stands on the wire: what a URL parser would tidy is what is tried here.
    const count = world.service.seen.length;
    const { result, entries } = await world.during(async () =>
      world.raw(
        `GET ${path.replace(' ', '%20')} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${await world.token()}\r\nconnection: close\r\n\r\n`,
      ),
    );
    expect(result).toMatch(/^HTTP\/1\.1 400 /);
    expect(world.service.seen.length).toBe(count);
    expect(entries.find(({ type }) => type === 'credential.refused')?.reason).toBe(reason);
  });

  it.each([
    ['to another host in the request line', 'GET http://evil.test/proxy/search/x HTTP/1.1\r\nhost: localhost'],
    ['to the name with a host behind it', 'GET /proxy/search@evil.test/x HTTP/1.1\r\nhost: localhost'],
    ['to the name spelled otherwise', 'GET /proxy/s%65arch/x HTTP/1.1\r\nhost: localhost'],
    ['by dots that leave the proxy', 'GET /proxy/search/../../admin/v1/users HTTP/1.1\r\nhost: localhost'],
  ])('%s', async (_, head) => {
    const count = world.service.seen.length;
    const answer = await world.raw(`${head}\r\nauthorization: Bearer ${await world.token()}\r\nconnection: close\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 (400|404) /);
    expect(world.service.seen.length).toBe(count);
  });

  it('beyond the methods, paths and hosts of the connection', async () => {
    await expectNoCall(() => world.call('/proxy/narrow/items/1', { method: 'DELETE' }), {
      status: 403,
      error: 'access_denied',
      reason: 'method_not_allowed',
    });
    await expectNoCall(() => world.call('/proxy/narrow/admin'), { status: 403, error: 'access_denied', reason: 'path_not_allowed' });
    await expectNoCall(() => world.call('/proxy/elsewhere/x'), { status: 403, error: 'access_denied', reason: 'host_not_allowed' });
    expect((await world.call('/proxy/narrow/items/1')).status).toBe(200);
    expect(lastSeen()?.url).toBe('/v1/items/1');
    expect((await world.call('/proxy/narrow/about')).status).toBe(200);
  });

  it('to an address that the hub does not call', async () => {
    const { result, entries } = await world.during(() => world.call('/proxy/away/x'));
    expect([result.status, (await result.json()).error]).toEqual([502, 'bad_gateway']);
    expect(entries.find(({ type }) => type === 'credential.used')).toMatchObject({ outcome: 'failed', reason: 'blocked_address' });
  });

  it('without policy, without an account, of another tenant', async () => {
    const gone = await world.token();
    const deny = { id: 'gone', effect: 'deny', subject: { clients: ['worker'] }, target: { connections: ['search'] }, scopes: 'all' };
    await world.apply({ policies: [deny] });
    await expectNoCall(() => world.call('/proxy/search/x', { token: gone }), {
      status: 403,
      error: 'access_denied',
      reason: 'policy_refused',
    });
    await world.admin('DELETE', '/admin/v1/policies/gone');
    await expectNoCall(() => world.call('/proxy/empty/x'), { status: 400, error: 'connection_required', reason: 'not_connected' });
    await expectNoCall(() => world.call('/proxy/globex-only/x'), { status: 404, error: 'invalid_target', reason: 'unknown_connection' });
    await expectNoCall(() => world.call('/proxy/nowhere/x'), { status: 404, error: 'invalid_target', reason: 'unknown_connection' });
    const foreigner = await world.token({}, 'foreigner');
    await expectNoCall(() => world.call('/proxy/search/x', { token: foreigner }), {
      status: 400,
      error: 'connection_required',
      reason: 'not_connected',
    });
    await expectNoCall(() => world.call('/proxy/search/x', { headers: { 'writ-account': 'other' } }), {
      status: 400,
      error: 'connection_required',
      reason: 'not_connected',
    });
  });

  it('without a token, with a broken one, with a revoked one, with the admin token', async () => {
    const bare = await fetch(`${world.socket}/proxy/search/x`);
    expect([bare.status, bare.headers.get('www-authenticate')]).toEqual([
      401,
      `Bearer realm="writ", resource_metadata="${world.issuer}/.well-known/oauth-protected-resource/proxy/search"`,
    ]);
    await expectNoCall(() => world.call('/proxy/search/x', { token: 'nonsense' }), {
      status: 401,
      error: 'invalid_token',
      reason: 'token_not_a_jws',
    });
    const token = await world.token();
    await world.post(
      '/oauth/revoke',
      { token },
      { authorization: `Basic ${Buffer.from('worker:a-long-secret-of-the-worker').toString('base64')}` },
    );
    await expectNoCall(() => world.call('/proxy/search/x', { token }), { status: 401, error: 'invalid_token', reason: 'token_not_alive' });
  });

  it('to its end with a body beyond the bound', async () => {
    const { result, entries } = await world.during(() =>
      world.call('/proxy/search/upload', { method: 'POST', body: Buffer.alloc(65 * 1024 * 1024) }),
    );
    expect([result.status, (await result.json()).error]).toEqual([413, 'invalid_request']);
    expect(entries.find(({ type }) => type === 'credential.used')).toMatchObject({ outcome: 'failed', reason: 'too_large' });
  });

  it('beyond the budget, which calls and exchanges share', async () => {
    const rule = {
      id: 'two',
      effect: 'require',
      subject: { any: true },
      target: { connections: ['search'] },
      scopes: 'all',
      require: { budget: { calls: 2, window: 600 } },
    };
    await world.apply({ policies: [rule] });
    const statuses = [];
    for (let round = 0; round < 3; round += 1) statuses.push((await world.call('/proxy/search/x')).status);
    await world.admin('DELETE', '/admin/v1/policies/two');
    expect(statuses).toEqual([200, 200, 403]);
  });

  it('with an account that can do more than policy lets the caller do', async () => {
    const deny = { id: 'no-write', effect: 'deny', subject: { any: true }, target: { connections: ['calendar'] }, scopes: ['write'] };
    await world.apply({ policies: [deny] });
    await expectNoCall(() => world.call('/proxy/calendar/x'), { status: 403, error: 'access_denied', reason: 'policy_conveyed_scopes' });
    await world.admin('DELETE', '/admin/v1/policies/no-write');
  });
});

describe('a service that fails', () => {
  it('is told in our words, and is an entry', async () => {
    for (const [path, status] of [
      ['/proxy/search/reset', 502],
      ['/proxy/nobody-there/x', 502],
      ['/proxy/search/brotli-unknown', 502],
      ['/proxy/search/half', 502],
    ] as const) {
      const { result, entries } = await world.during(() => world.call(path));
      expect([path, result.status]).toEqual([path, status]);
      expect(await result.json()).toMatchObject({ error: 'bad_gateway', request_id: expect.any(String) });
      expect(entries.find(({ type }) => type === 'credential.used')).toMatchObject({ outcome: 'failed' });
    }
  });

  it('keeps its own status, and its challenge to itself', async () => {
    const answer = await world.call('/proxy/search/unauthorized');
    expect([answer.status, answer.headers.get('www-authenticate'), answer.headers.get('via')]).toEqual([401, null, '1.1 writ']);
  });
});
