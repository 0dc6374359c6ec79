import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Reply } from '../../base/http/message.ts';
import { createRouter, type Router } from '../../base/http/router.ts';
import { clientRoutes } from './http.ts';
import { registrationRoutes } from './registration.http.ts';
import { openRoom, type Room } from './room.suite.ts';
import { clientSecretRoutes } from './secrets.http.ts';
import { createWorld, jsonAnswer, openDesk, type Desk, type World } from './world.suite.ts';

let room: Room;
let world: World;
let desk: Desk;
let router: Router;
const ended: string[] = [];

beforeAll(async () => {
  room = await openRoom();
  world = createWorld();
  desk = await openDesk(room, room, world);
  router = createRouter([
    ...clientRoutes({
      db: room.database.db,
      audit: room.audit,
      async endOf(_, id) {
        ended.push(id);
        return { entries: [], changed: [] };
      },
    }),
    ...clientSecretRoutes(room),
    ...registrationRoutes({ settings: desk.settings, clock: room.clock }),
  ]);
});
afterAll(() => room.close());

type Answer = { status: number; headers: Reply['headers']; body: Record<string, unknown>; text: string };

/** What the admin door does around a route: principal, and input read by the route's own schemas. */
async function call(method: string, target: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
  const [path = '', query = ''] = target.split('?');
  const found = router.match(method, path);
  if (found === undefined || !('route' in found)) throw new Error(`no route for ${method} ${path}`);
  const { input } = found.route;
  const parsed = [input?.body?.safeParse(body), input?.query?.safeParse(Object.fromEntries(new URLSearchParams(query)))];
  const bad = parsed.find((one) => one?.success === false);
  if (bad?.success === false)
    return { status: 400, headers: {}, body: { issues: bad.error.issues.map(({ path: at }) => at.join('.')) }, text: '' };
  const reply = await found.route.handle({
    request: {
      method,
      path,
      query,
      header: (name) => headers[name],
      body: '',
      ip: '127.0.0.1',
      requestId: 'req_test',
      signal: new AbortController().signal,
    },
    params: found.params,
    now: room.clock.now(),
    body: parsed[0]?.data,
    query: parsed[1]?.data,
    admin: { kind: 'admin-token', id: 'admin', scopes: 'all' },
  });
  const text = typeof reply.body === 'string' ? reply.body : '';
  return { status: reply.status, headers: reply.headers, body: text === '' ? {} : JSON.parse(text), text };
}

const worker = {
  id: 'worker',
  name: 'Reconciliation worker',
  kind: 'service',
  grants: ['client_credentials'],
  auth: { method: 'client_secret_basic', secrets: [{ value: 'a-long-secret-of-the-worker' }] },
  tags: ['production'],
  owner: 'ann',
  tenants: ['acme'],
};
const login = async (secret: string): Promise<boolean> =>
  (
    await desk.authentication.authenticate({
      form: { get: (name) => ({ client_id: 'worker', client_secret: secret })[name] },
      now: room.clock.now(),
    })
  ).ok;

describe('the client collection', () => {
  it("takes the config file's form, imports an existing id and secret, and shows everything but the secret", async () => {
    const made = await call('PUT', '/admin/v1/clients/worker', worker);
    expect(made).toMatchObject({
      status: 201,
      body: {
        id: 'worker',
        status: 'verified',
        registrationType: 'manual',
        public: false,
        secrets: [{ name: 'secret-1', state: 'active' }],
      },
    });
    expect(made.text).not.toContain('a-long-secret');
    expect(made.text).not.toContain('digest');
    expect(await login('a-long-secret-of-the-worker')).toBe(true);
    const read = await call('GET', '/admin/v1/clients/worker');
    expect(read).toMatchObject({ status: 200, headers: made.headers, body: made.body });
    expect(await call('PUT', '/admin/v1/clients/worker', worker, { 'if-match': '"99"' })).toMatchObject({ status: 412 });
    expect(await call('PUT', '/admin/v1/clients/worker', worker)).toMatchObject({ status: 200, headers: made.headers });
    expect(await call('GET', '/admin/v1/clients/nobody')).toMatchObject({ status: 404 });
  });

  it.each<[string, object, string]>([
    ['an unknown member', { ...worker, secret: 'x' }, ''],
    ['an id that a registration would get', { ...worker, id: 'dcr_mine' }, 'id'],
    ['a URL as id', { ...worker, id: 'https://claude.ai/oauth/x' }, 'id'],
    ['a secret that can be guessed', { ...worker, auth: { secrets: [{ value: 'short' }] } }, 'auth.secrets.0.value'],
    ['a public client with a secret', { ...worker, public: true }, 'auth.method'],
    ['a public client with client_credentials', { id: 'p', name: 'P', public: true, grants: ['client_credentials'] }, 'grants'],
    ['authorization_code without a redirect URI', { id: 'p', name: 'P', public: true }, 'redirectUris'],
    [
      'a wildcard redirect',
      { id: 'p', name: 'P', public: true, redirectUris: ['https://a.example/cb', 'https://*.example/cb'] },
      'redirectUris.1',
    ],
    [
      'keys beside the address of keys',
      { id: 'p', name: 'P', kind: 'service', auth: { method: 'private_key_jwt', jwks: { keys: [] }, jwksUri: 'https://a.example/k' } },
      'auth.jwksUri',
    ],
    ['a signing client without keys', { id: 'p', name: 'P', kind: 'service', auth: { method: 'private_key_jwt' } }, 'auth'],
    [
      'two secrets of one name',
      {
        ...worker,
        auth: {
          secrets: [
            { name: 'a', value: 'a-long-secret-one' },
            { name: 'a', value: 'a-long-secret-two' },
          ],
        },
      },
      'auth.secrets',
    ],
    [
      'keys by http',
      { id: 'p', name: 'P', kind: 'service', auth: { method: 'private_key_jwt', jwksUri: 'http://a.example/k' } },
      'auth.jwksUri',
    ],
  ])('refuses %s by the name of the field', async (_, body, field) => {
    const answer = await call('PUT', '/admin/v1/clients/p', body);
    expect(answer.status).toBe(400);
    expect(answer.body['issues']).toContain(field);
  });

  it('filters the list and pages through it', async () => {
    for (let n = 0; n < 5; n += 1)
      await call('PUT', `/admin/v1/clients/c${n}`, {
        ...worker,
        id: `c${n}`,
        tags: n % 2 === 0 ? ['even'] : [],
        owner: 'ben',
        tenants: [],
      });
    const idsOf = ({ body }: Answer): unknown => (Array.isArray(body['items']) ? body['items'].map((one: { id: string }) => one.id) : []);
    expect(idsOf(await call('GET', '/admin/v1/clients?tag=even'))).toEqual(['c0', 'c2', 'c4']);
    expect(idsOf(await call('GET', '/admin/v1/clients?tenant=acme'))).toEqual(['worker']);
    expect(
      idsOf(await call('GET', '/admin/v1/clients?name=RECONC&owner=ann&registrationType=manual&state=active&status=verified&kind=service')),
    ).toEqual(['worker']);
    const first = await call('GET', '/admin/v1/clients?owner=ben&limit=3');
    expect(idsOf(first)).toEqual(['c0', 'c1', 'c2']);
    expect(idsOf(await call('GET', `/admin/v1/clients?owner=ben&limit=3&cursor=${String(first.body['next'])}`))).toEqual(['c3', 'c4']);
    expect(await call('GET', '/admin/v1/clients?tag=%00')).toMatchObject({ status: 400 });
    expect(await call('GET', '/admin/v1/clients?limit=1000000000')).toMatchObject({ status: 400 });
  });

  it('removes a client with everything that hangs on it', async () => {
    expect(await call('DELETE', '/admin/v1/clients/c0')).toMatchObject({ status: 204 });
    expect(ended).toEqual(['c0']);
    expect(await call('DELETE', '/admin/v1/clients/c0')).toMatchObject({ status: 404 });
  });

  it('lets an administrator verify and tag what registered by itself, and nothing that is written whole', async () => {
    const url = 'https://vendor.example/oauth/client.json';
    world.answers.set(url, () => jsonAnswer({ client_id: url, client_name: 'Vendor', redirect_uris: ['https://vendor.example/cb'] }));
    await desk.directory.find(url);
    const path = `/admin/v1/clients/${encodeURIComponent(url)}`;
    expect(await call('PATCH', path, { status: 'verified', tags: ['partner'], scopes: ['a'] })).toMatchObject({
      status: 200,
      body: { status: 'verified', tags: ['partner'], scopes: ['a'] },
    });
    expect(await desk.directory.find(url)).toMatchObject({ value: { status: 'verified', tags: ['partner'] } });
    expect(await call('PATCH', path, { scopes: null })).toMatchObject({ status: 200, body: { tags: ['partner'] } });
    expect(await call('PATCH', path, { name: 'Mine' })).toMatchObject({ status: 400 });
    expect(await call('PATCH', path, { tags: [] }, { 'if-match': '"1"' })).toMatchObject({ status: 412 });
    expect(await call('PATCH', '/admin/v1/clients/worker', { tags: [] })).toMatchObject({ status: 409 });
    expect(await call('PATCH', '/admin/v1/clients/nobody', { tags: [] })).toMatchObject({ status: 404 });
    expect(await call('DELETE', path)).toMatchObject({ status: 204 });
  });
});

describe('secrets', () => {
  it('are shown once when they are made, and end when they are rotated or revoked', async () => {
    const made = await call('POST', '/admin/v1/clients/worker/secrets', { name: 'blue' });
    expect(made).toMatchObject({ status: 201, body: { id: expect.stringMatching(/^sec_/), client: 'worker' } });
    const [id, secret] = [String(made.body['id']), String(made.body['secret'])];
    expect(await login(secret)).toBe(true);
    expect((await call('GET', '/admin/v1/clients/worker')).text).not.toContain(secret);
    const next = await call('POST', `/admin/v1/clients/worker/secrets/${id}/rotate`, { overlap: 60 });
    expect([next.status, await login(secret), await login(String(next.body['secret']))]).toEqual([201, true, true]);
    room.clock.advance(60_000);
    expect([await login(secret), await login(String(next.body['secret']))]).toEqual([false, true]);
    expect(await call('DELETE', `/admin/v1/clients/worker/secrets/${String(next.body['id'])}`)).toMatchObject({ status: 204 });
    expect(await login(String(next.body['secret']))).toBe(false);
    expect(await call('DELETE', `/admin/v1/clients/worker/secrets/${String(next.body['id'])}`)).toMatchObject({ status: 404 });
    expect(await call('DELETE', `/admin/v1/clients/c1/secrets/${id}`)).toMatchObject({ status: 404 });
  });

  it('that the config file lists do not come back by applying it again after a rotation', async () => {
    const before = await call('GET', '/admin/v1/clients/worker');
    const listed: { id: string; name: string }[] = Array.isArray(before.body['secrets']) ? before.body['secrets'] : [];
    const first = listed.find(({ name }) => name === 'secret-1')?.id;
    expect(await call('POST', `/admin/v1/clients/worker/secrets/${String(first)}/rotate`, {})).toMatchObject({ status: 201 });
    expect(await login('a-long-secret-of-the-worker')).toBe(false);
    await call('PUT', '/admin/v1/clients/worker', worker);
    expect(await login('a-long-secret-of-the-worker')).toBe(false);
  });

  it('are ten at most, and none where the client uses none', async () => {
    await call('PUT', '/admin/v1/clients/public', { id: 'public', name: 'Public', public: true, redirectUris: ['http://127.0.0.1/cb'] });
    expect(await call('POST', '/admin/v1/clients/public/secrets', {})).toMatchObject({ status: 409 });
    expect(await call('POST', '/admin/v1/clients/nobody/secrets', {})).toMatchObject({ status: 404 });
    const answers = await Promise.all(Array.from({ length: 15 }, () => call('POST', '/admin/v1/clients/c1/secrets', {})));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(9);
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(6);
  });
});

describe('the registration setting', () => {
  it('is read, replaced, and in force on this node at once and on the others by the feed', async () => {
    const node = room.node();
    await node.feed.poll();
    const other = await openDesk(room, node, world);
    const open = await call('GET', '/admin/v1/registration');
    expect(open).toMatchObject({
      status: 200,
      body: { dcr: { mode: 'open', redirectHosts: [] }, cimd: { enabled: true, hosts: [], verifiedHosts: [] } },
    });
    const wanted = { ...open.body, cimd: { enabled: false, hosts: ['*.Partner.test'], verifiedHosts: [] } };
    expect(await call('PUT', '/admin/v1/registration', wanted)).toMatchObject({
      status: 200,
      body: { cimd: { hosts: ['*.partner.test'] } },
    });
    expect(desk.settings.current().cimd.enabled).toBe(false);
    await node.feed.poll();
    await other.settings.ready();
    expect(other.settings.current().cimd.enabled).toBe(false);
    expect(await call('PUT', '/admin/v1/registration', { cimd: { hosts: ['*'] } })).toMatchObject({ status: 400 });
  });

  it('has initial access tokens that are listed without themselves', async () => {
    const made = await call('POST', '/admin/v1/registration/tokens', { name: 'partner', ttl: 600 });
    expect(made.status).toBe(201);
    const listed = await call('GET', '/admin/v1/registration/tokens');
    expect(listed.body).toMatchObject({ items: [{ id: made.body['id'], name: 'partner' }] });
    expect(listed.text).not.toContain(String(made.body['token']));
    expect(await desk.settings.accepts(String(made.body['token']))).toBe(true);
    expect(await call('DELETE', `/admin/v1/registration/tokens/${String(made.body['id'])}`)).toMatchObject({ status: 204 });
    expect(await desk.settings.accepts(String(made.body['token']))).toBe(false);
    expect(await call('DELETE', '/admin/v1/registration/tokens/nothing')).toMatchObject({ status: 404 });
  });
});
