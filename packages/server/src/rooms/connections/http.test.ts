import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sql } from 'kysely';
import { z } from 'zod';
import { testHouse, type TestHouse } from '../../../testing/house.ts';
import { sweepOrphans } from './orphan.store.ts';

const CONFIG = {
  tenants: [{ id: 'acme', name: 'Acme' }],
  users: [{ id: 'ann', email: 'ann@acme.test', tenants: [{ id: 'acme' }] }],
  connections: [
    {
      id: 'calendar',
      name: 'Calendar',
      type: 'oauth',
      authorizationUrl: 'https://cal.test/authorize',
      tokenUrl: 'https://cal.test/token',
      clientId: 'writ',
      clientSecret: { value: 'canary-client-secret' },
      scopes: ['calendar.readonly', 'calendar.events'],
    },
    {
      id: 'search',
      name: 'Search',
      type: 'api_key',
      header: 'x-api-key',
      baseUrl: 'https://api.search.test',
      allowedHosts: ['api.search.test'],
    },
  ],
  credentials: [
    { connection: 'search', owner: { tenant: 'acme' }, value: { value: 'canary-search-key' } },
    {
      connection: 'calendar',
      owner: { user: 'ann' },
      accessToken: { value: 'canary-access' },
      refreshToken: { value: 'canary-refresh' },
      scopes: ['calendar.readonly'],
    },
  ],
  policies: [
    { id: 'read-calendar', effect: 'allow', subject: { any: true }, target: { connections: ['calendar'] }, scopes: ['calendar.readonly'] },
    { id: 'use-search', effect: 'allow', subject: { any: true }, target: { connections: ['search'] }, scopes: 'all' },
  ],
};

const listed = z.object({ items: z.array(z.looseObject({ id: z.string(), state: z.string() })) });
const planned = z.object({ changes: z.array(z.object({ kind: z.string(), id: z.string(), change: z.string() })) });

describe('connections and credentials in the admin API', () => {
  let house: TestHouse;
  const seen: string[] = [];
  const ask = async (method: string, path: string, body?: unknown) => {
    const answer = await house.admin(method, `/admin/v1/${path}`, body);
    const text = await answer.text();
    seen.push(text);
    const read: unknown = text === '' ? undefined : JSON.parse(text);
    return { status: answer.status, body: read };
  };
  beforeAll(async () => {
    house = await testHouse();
    await house.apply(CONFIG);
  });
  afterAll(() => house.close());
  const idOf = async (query: string): Promise<string> => {
    const { body } = await ask('GET', `credentials?${query}`);
    const [first] = listed.parse(body).items;
    if (first === undefined) throw new Error(`no credential with ${query}`);
    return first.id;
  };

  test('a config with connections, credentials and policies that name them applies, and again changes nothing', async () => {
    const again = await ask('POST', 'plan', CONFIG);
    expect(again.status).toBe(200);
    expect(planned.parse(again.body).changes.filter(({ change }) => change !== 'none')).toEqual([]);
  });

  test('what is exported holds no secret, applied again changes nothing, and takes no secret away', async () => {
    const exported = await ask('GET', 'export');
    expect(exported.body).toMatchObject({
      connections: [{ id: 'calendar' }, { id: 'search' }],
      credentials: [{ connection: expect.any(String) }, { connection: expect.any(String) }],
    });
    const again = await ask('POST', 'apply', exported.body);
    expect(again.status).toBe(200);
    expect(planned.parse(again.body).changes.filter(({ change }) => change !== 'none')).toEqual([]);
    expect((await ask('GET', 'connections/calendar')).body).toMatchObject({ hasSecret: true });
  });

  test('a changed secret is a change that does not say what it was or is', async () => {
    const [search, calendar] = CONFIG.credentials;
    const changed = { ...CONFIG, credentials: [{ ...search, value: { value: 'canary-other-key' } }, calendar] };
    const plan = planned.parse((await ask('POST', 'plan', changed)).body);
    expect(plan.changes.filter(({ change }) => change !== 'none')).toMatchObject([
      { kind: 'credential', id: 'search/@acme', change: 'change' },
    ]);
  });

  test.each([
    ['a policy for a scope the connection has not', { policies: [{ ...CONFIG.policies[0], scopes: ['calendar.delete'] }] }, 'policies[0]'],
    ['a policy for no connection', { policies: [{ ...CONFIG.policies[0], target: { connections: ['mail'] } }] }, 'policies[0].target'],
    [
      'a key for an OAuth connection',
      { credentials: [{ connection: 'calendar', owner: { tenant: 'acme' }, value: { value: 'k' } }] },
      'credentials[0].connection',
    ],
    [
      'a credential of nobody',
      { credentials: [{ connection: 'search', owner: { user: 'zoe' }, value: { value: 'k' } }] },
      'credentials[0].owner.user',
    ],
    ['a credential without owner', { credentials: [{ connection: 'search', owner: {}, value: { value: 'k' } }] }, 'credentials[0].owner'],
    [
      'two secrets in one',
      { credentials: [{ connection: 'search', owner: { user: 'ann' }, value: { value: 'k' }, password: { value: 'p' } }] },
      'credentials[0].password',
    ],
    ['no secret where there is none yet', { credentials: [{ connection: 'search', owner: { user: 'ann' } }] }, 'credentials[0].value'],
    [
      'a reference to the hub’s own',
      { credentials: [{ connection: 'search', owner: { user: 'ann' }, reference: 'env:WRIT_KEK' }] },
      'credentials[0].reference',
    ],
    ['an OAuth connection without token endpoint', { connections: [{ id: 'x', type: 'oauth', clientId: 'c' }] }, 'connections[0].tokenUrl'],
    [
      'an address with a user in it',
      { connections: [{ ...CONFIG.connections[0], tokenUrl: 'https://a:b@cal.test/' }] },
      'connections[0].tokenUrl',
    ],
    ['a plain address', { connections: [{ ...CONFIG.connections[0], tokenUrl: 'http://cal.test/' }] }, 'connections[0].tokenUrl'],
    ['a header that steers the request', { connections: [{ ...CONFIG.connections[1], header: 'Host' }] }, 'connections[0].header'],
    ['another type under its credentials', { connections: [{ id: 'search', type: 'basic' }] }, 'connections[0].type'],
  ])('%s is refused by name', async (_, config, field) => {
    const answer = await ask('POST', 'apply', config);
    expect(answer).toMatchObject({ status: 400, body: { field: expect.stringContaining(field) } });
  });

  test('credentials are listed by connection, owner and state, and never with their secret', async () => {
    expect(listed.parse((await ask('GET', 'credentials?user=ann')).body).items).toMatchObject([
      {
        connection: 'calendar',
        owner: { user: 'ann' },
        kind: 'oauth',
        granted: ['calendar.readonly'],
        refreshable: true,
        state: 'active',
        failure: null,
      },
    ]);
    expect(listed.parse((await ask('GET', 'credentials?tenant=acme&connection=search')).body).items).toHaveLength(1);
    expect(listed.parse((await ask('GET', 'credentials?state=failed')).body).items).toEqual([]);
  });

  test('a credential is put by an id of one’s own or without, belongs to one slot for ever, and is gone when it is removed', async () => {
    const body = { connection: 'search', owner: { user: 'ann' }, value: { value: 'canary-of-ann' } };
    expect(await ask('PUT', 'credentials/ann-search', body)).toMatchObject({ status: 201, body: { id: 'ann-search' } });
    expect(await ask('PUT', 'credentials/ann-search', body)).toMatchObject({ status: 200 });
    expect(await ask('POST', 'credentials', body)).toMatchObject({ status: 200, body: { id: 'ann-search' } });
    expect(await ask('PUT', 'credentials/other', body)).toMatchObject({ status: 400, body: { field: 'id' } });
    expect(await ask('PUT', 'credentials/ann-search', { ...body, owner: { tenant: 'acme' } })).toMatchObject({
      status: 400,
      body: { field: 'id' },
    });
    const labelled = { ...body, label: 'second' };
    expect(await ask('PUT', 'credentials/ann-search', labelled)).toMatchObject({ status: 400, body: { field: 'id' } });
    expect(await ask('DELETE', 'credentials/ann-search')).toMatchObject({ status: 204 });
    expect(await ask('GET', 'credentials/ann-search')).toMatchObject({ status: 404 });
    expect(await ask('DELETE', 'credentials/ann-search')).toMatchObject({ status: 404 });
  });

  test('a locked credential stays locked whatever is put into it, until it is unlocked', async () => {
    const id = await idOf('tenant=acme');
    expect(await ask('POST', `credentials/${id}/lock`, { reason: 'an incident' })).toMatchObject({
      body: { state: 'locked', moved: true },
    });
    expect(await ask('POST', `credentials/${id}/lock`)).toMatchObject({ body: { state: 'locked', moved: false } });
    const put = await ask('POST', 'credentials', { connection: 'search', owner: { tenant: 'acme' }, value: { value: 'canary-new-key' } });
    expect(put).toMatchObject({ status: 200, body: { id, state: 'locked' } });
    expect(await ask('POST', `credentials/${id}/unlock`)).toMatchObject({ body: { state: 'active', moved: true } });
    expect(await ask('POST', 'credentials/nobody/lock')).toMatchObject({ status: 404 });
  });

  test('a frozen connection is known as frozen to the node at once; one with credentials is not removed', async () => {
    expect(await ask('POST', 'connections/search/freeze', { reason: 'the key leaked' })).toMatchObject({
      body: { state: 'frozen', moved: true },
    });
    expect(house.house.rooms.connections.byId('search')).toMatchObject({ state: 'frozen' });
    expect(await ask('POST', 'connections/search/unfreeze')).toMatchObject({ body: { state: 'active', moved: true } });
    expect(await ask('DELETE', 'connections/search')).toMatchObject({ status: 409, body: { type: expect.stringContaining('in_use') } });
    expect(await ask('DELETE', 'connections/nothing')).toMatchObject({ status: 404 });
    await ask('PUT', 'connections/empty', { type: 'api_key' });
    expect(await ask('DELETE', 'connections/empty')).toMatchObject({ status: 204 });
  });

  test('of a removed user nobody gets anything, and the vault forgets it; with the last of a removed tenant goes its key', async () => {
    await house.apply({
      tenants: [{ id: 'gone', name: 'Gone' }],
      users: [{ id: 'zed', email: 'zed@gone.test', tenants: [{ id: 'gone' }] }],
      credentials: [
        { connection: 'search', owner: { user: 'zed' }, value: { value: 'canary-of-zed' } },
        { connection: 'search', owner: { user: 'zed', tenant: 'gone' }, value: { value: 'canary-of-zed' } },
        { connection: 'search', owner: { tenant: 'gone' }, value: { value: 'canary-of-gone' } },
      ],
    });
    const { vault, database, disconnecting } = house.house.rooms;
    const keysOf = async () => (await sql`SELECT 1 FROM data_keys WHERE tenant = 'gone'`.execute(database.db)).rows.length;
    expect(await keysOf()).toBe(1);
    await ask('POST', 'users/zed/revoke');
    expect(await vault.find({ connection: 'search', user: 'zed', tenant: 'gone' })).toMatchObject({
      credential: { owner: { tenant: 'gone' } },
    });
    await sweepOrphans({ db: database.db, disconnecting });
    expect(listed.parse((await ask('GET', 'credentials?user=zed')).body).items).toEqual([]);
    expect(await keysOf()).toBe(1);
    await ask('POST', 'tenants/gone/revoke');
    expect(await vault.find({ connection: 'search', tenant: 'gone' })).toHaveProperty('missing');
    await sweepOrphans({ db: database.db, disconnecting });
    expect(await keysOf()).toBe(0);
    expect((await ask('GET', 'events?type=credential.removed&limit=200')).body).toMatchObject({
      items: expect.arrayContaining([expect.objectContaining({ tenant: 'gone' })]),
    });
  });

  test('none of it, nor any entry about it, said a secret', async () => {
    const events = await ask('GET', 'events?limit=200');
    expect(JSON.stringify(events.body)).toContain('credential.stored');
    expect(seen.filter((text) => text.includes('canary'))).toEqual([]);
  });
});
