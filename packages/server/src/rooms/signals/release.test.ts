import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { testHouse, type TestHouse } from '../../../testing/house.ts';
import type { House } from '../../house.ts';
import { hubAuthor } from '../audit/author.ts';
import type { Containment } from './contain.store.ts';
import { createKeylessToken } from './person.suite.ts';
import { createReleases } from './release.store.ts';

const SECRET = 'a-long-secret-of-the-worker';
const robot = (id: string, owner?: string) => ({
  id,
  name: id,
  kind: 'service',
  auth: { secrets: [{ value: SECRET }] },
  grants: ['client_credentials'],
  ...(owner === undefined ? {} : { owner }),
});

let hub: TestHouse;
let second: House;
let person: ReturnType<typeof createKeylessToken>;
beforeAll(async () => {
  hub = await testHouse();
  await hub.apply({
    tenants: [
      { id: 'acme', name: 'Acme' },
      { id: 'globex', name: 'Globex' },
    ],
    users: ['ann', 'bob', 'carl'].map((id) => ({ id, email: `${id}@acme.test`, tenants: [{ id: 'acme' }] })),
    resources: [{ id: 'ops', type: 'mcp', uri: 'http://localhost:9000/mcp', scopes: [{ name: 'read' }] }],
    clients: [robot('worker'), robot('robot-of-ann', 'ann'), robot('robot')],
    policies: [
      { id: 'all', effect: 'allow', subject: { any: true }, target: { resources: ['ops'] }, scopes: 'all' },
      {
        id: 'robots',
        effect: 'allow',
        subject: { clients: ['robot', 'robot-of-ann'] },
        target: { resources: ['writ-admin', 'writ-ssf'] },
        scopes: 'all',
      },
    ],
  });
  // Accounts are as old as the database says.
  hub.clock.advance(60_000);
  second = await hub.secondNode();
  person = createKeylessToken(hub);
});
afterAll(() => hub.close());

type Said = { status: number; body: Record<string, unknown> & { unfreeze?: { id: string; state: string } } };
const said = async (answer: Promise<Response>): Promise<Said> => {
  const response = await answer;
  return { status: response.status, body: await response.json() };
};
const post = (path: string, body: unknown, headers: Record<string, string>, node: House = hub.house): Promise<Said> =>
  said(
    node.fetch(
      new Request(`${hub.issuer}/admin/v1/${path}`, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
    ),
  );
const glass = (path: string, body: unknown): Promise<Said> => said(hub.admin('POST', `/admin/v1/${path}`, body));
const setting = async (secondPerson: string[], askedFor = 86_400): Promise<void> => {
  expect((await hub.admin('PUT', '/admin/v1/settings/containment', { secondPerson, askedFor })).status).toBe(200);
};
const stateOf = async (id = 'acme'): Promise<string> =>
  z.object({ state: z.string() }).parse(await (await hub.admin('GET', `/admin/v1/tenants/${id}`)).json()).state;
const entries = async (type: string): Promise<{ outcome: string; reason?: string; data: Record<string, unknown> }[]> =>
  z
    .object({ items: z.array(z.object({ outcome: z.string(), reason: z.string().optional(), data: z.record(z.string(), z.unknown()) })) })
    .parse(await (await hub.admin('GET', `/admin/v1/events?type=${type}`)).json()).items;
const WHY = { reason: 'keys were changed' };

beforeEach(async () => {
  await setting([]);
  await glass('tenants/acme/unfreeze', WHY);
});

describe('letting go of what takes two people', () => {
  const ask = async (by: Record<string, string>): Promise<string> => {
    const answer = await post('tenants/acme/unfreeze', WHY, by);
    expect(answer).toMatchObject({ status: 202, body: { state: 'frozen', moved: false, unfreeze: { state: 'waiting' } } });
    return answer.body.unfreeze?.id ?? '';
  };

  it('waits for another person, who says why, and is on record with both', async () => {
    await setting(['tenant']);
    await glass('tenants/acme/freeze', { reason: 'leaked' });
    const id = await ask(person('ann'));
    expect(await stateOf()).toBe('frozen');
    expect((await post(`unfreezes/${id}/confirm`, {}, person('bob'))).status).toBe(400);
    expect(await post(`unfreezes/${id}/confirm`, { reason: 'checked' }, person('bob'))).toMatchObject({
      status: 200,
      body: { state: 'confirmed', askedBy: { user: 'ann' }, decidedBy: { user: 'bob' }, decidedFor: 'checked' },
    });
    expect(await stateOf()).toBe('active');
    expect((await entries('unfreeze.confirmed'))[0]).toMatchObject({ outcome: 'success', reason: 'checked', data: { askedBy: 'ann' } });
    expect((await entries('tenant.unfrozen'))[0]).toMatchObject({ outcome: 'success', data: { unfreeze: id, askedBy: 'ann' } });
  });

  it('is not confirmed by who asked: not by their token, their client, nor a link that they made for somebody', async () => {
    await setting(['tenant']);
    await glass('tenants/acme/freeze', { reason: 'leaked' });
    const id = await ask(person('ann'));
    const byLink = await person.throughLinkOf('bob', await person.robot('robot-of-ann', SECRET));
    for (const who of [person('ann'), await person.robot('robot-of-ann', SECRET), byLink])
      expect(await post(`unfreezes/${id}/confirm`, { reason: 'me again' }, who)).toMatchObject({
        status: 403,
        body: { type: expect.stringContaining('same_person') },
      });
    expect(await stateOf()).toBe('frozen');
    expect((await entries('unfreeze.confirmed')).slice(0, 3).map(({ outcome, reason }) => [outcome, reason])).toEqual(
      Array.from({ length: 3 }, () => ['refused', 'same_person']),
    );
    expect((await post(`unfreezes/${id}/confirm`, { reason: 'on duty' }, await person.robot('robot', SECRET))).status).toBe(200);
  });

  it('is not confirmed by an account that was made after the freeze', async () => {
    await setting(['tenant']);
    await glass('tenants/acme/freeze', { reason: 'leaked' });
    await hub.apply({ users: [{ id: 'young', email: 'young@acme.test' }] });
    // Accounts are as old as the database says, whose clock is not this one.
    await sql`UPDATE users SET created_at = ${new Date(hub.clock.now() + 1_000)} WHERE id = 'young'`.execute(hub.house.rooms.database.db);
    const id = await ask(person('ann'));
    expect(await post(`unfreezes/${id}/confirm`, { reason: 'hello' }, person('young'))).toMatchObject({ status: 403 });
    expect((await post(`unfreezes/${id}/refuse`, { reason: 'not now' }, person('bob'))).body).toMatchObject({ state: 'refused' });
    expect((await post(`unfreezes/${id}/confirm`, { reason: 'late' }, person('bob'))).status).toBe(409);
  });

  it('is not confirmed by an account that another hand could have taken since the freeze', async () => {
    await setting(['tenant']);
    await hub.apply({
      users: ['dora', 'eve', 'fred'].map((id) => ({ id, email: `${id}@acme.test`, tenants: [{ id: 'acme' }] })),
      clients: [robot('spare')],
    });
    await hub.apply({
      policies: [{ id: 'spare', effect: 'allow', subject: { clients: ['spare'] }, target: { resources: ['writ-admin'] }, scopes: 'all' }],
    });
    hub.clock.advance(60_000);
    await glass('tenants/acme/freeze', { reason: 'leaked' });
    hub.clock.advance(1_000);
    const id = await ask(person('ann'));
    expect((await hub.admin('POST', '/admin/v1/users/dora/password-link')).status).toBe(201);
    await hub.apply({ users: [{ id: 'eve', email: 'ann@elsewhere.test', tenants: [{ id: 'acme' }] }] });
    expect((await hub.admin('POST', '/admin/v1/clients/spare/secrets', { name: 'mine' })).status).toBe(201);
    for (const who of [person('dora'), person('eve'), await person.robot('spare', SECRET)])
      expect(await post(`unfreezes/${id}/confirm`, { reason: 'another' }, who)).toMatchObject({
        status: 403,
        body: { type: expect.stringContaining('handed_over') },
      });
    expect(await stateOf()).toBe('frozen');
    // Another name, other roles: nobody comes in by these.
    await hub.apply({ users: [{ id: 'fred', name: 'Fred', email: 'fred@acme.test', tenants: [] }] });
    expect((await post(`unfreezes/${id}/confirm`, { reason: 'on duty' }, person('fred'))).status).toBe(200);
  });

  it('is not confirmed by another account that the same login leads to, nor through an agent of who asked', async () => {
    const { db } = hub.house.rooms.database;
    for (const provider of ['one', 'two'])
      await sql`INSERT INTO identity_providers (id, provider) VALUES (${provider}, '{"type": "oidc", "issuer": "https://idp.test"}')`.execute(
        db,
      );
    for (const [provider, user] of [
      ['one', 'ann'],
      ['two', 'bob'],
    ])
      await sql`INSERT INTO provider_users (provider_id, subject, user_id, created_at) VALUES (${provider}, 'sub-1', ${user}, now())`.execute(
        db,
      );
    await setting(['tenant']);
    await glass('tenants/acme/freeze', { reason: 'leaked' });
    const id = await ask(person('ann'));
    for (const who of [person('bob'), person('carl', 'robot-of-ann')])
      expect(await post(`unfreezes/${id}/confirm`, { reason: 'me' }, who)).toMatchObject({
        status: 403,
        body: { type: expect.stringContaining('same_person') },
      });
    await sql`DELETE FROM provider_users`.execute(db);
    await sql`DELETE FROM identity_providers`.execute(db);
    expect((await post(`unfreezes/${id}/confirm`, { reason: 'on duty' }, person('bob'))).status).toBe(200);
  });

  it('is not let go by whoever removes it and makes it anew under its name; of what one may let go nothing is left when it is removed', async () => {
    const makeAnew = async (): Promise<void> => {
      expect((await hub.admin('DELETE', '/admin/v1/clients/phoenix')).status).toBe(204);
      await hub.apply({ clients: [robot('phoenix')] });
    };
    const phoenix = async (): Promise<unknown> => (await hub.admin('GET', '/admin/v1/clients/phoenix')).json();
    const stopped = async (): Promise<string[]> =>
      z
        .object({ items: z.array(z.object({ id: z.string() })) })
        .parse(await (await hub.admin('GET', '/admin/v1/containments?kind=client')).json())
        .items.flatMap(({ id }) => (id === 'phoenix' ? [id] : []));
    await hub.apply({ clients: [robot('phoenix')] });
    await glass('clients/phoenix/freeze', { reason: 'leaked' });
    await makeAnew();
    expect(await phoenix()).toMatchObject({ state: 'active' });
    expect(await stopped()).toEqual([]);
    await setting(['client']);
    await glass('clients/phoenix/freeze', { reason: 'leaked' });
    await post('clients/phoenix/unfreeze', WHY, person('ann'));
    await makeAnew();
    expect(await phoenix()).toMatchObject({ state: 'frozen' });
    expect(await person.tokenFor('phoenix', SECRET, 'http://localhost:9000/mcp')).toBe(401);
    const again = await post('clients/phoenix/unfreeze', WHY, person('ann'));
    expect(again).toMatchObject({ status: 202, body: { state: 'frozen' } });
    expect((await post(`unfreezes/${again.body.unfreeze?.id}/confirm`, { reason: 'on duty' }, person('bob'))).status).toBe(200);
    expect(await person.tokenFor('phoenix', SECRET, 'http://localhost:9000/mcp')).toBe(200);
    expect(await stopped()).toEqual([]);
  });

  it('is asked for once: whoever asks again is told of the same request, and nothing is written', async () => {
    await setting(['tenant']);
    await glass('tenants/acme/freeze', { reason: 'leaked' });
    const before = (await entries('unfreeze.requested')).length;
    const asked = await Promise.all(
      Array.from({ length: 10 }, (_, n) =>
        post('tenants/acme/unfreeze', WHY, person(n % 2 === 0 ? 'ann' : 'carl'), n % 2 === 0 ? hub.house : second),
      ),
    );
    expect(new Set(asked.map(({ body }) => body.unfreeze?.id)).size).toBe(1);
    expect((await entries('unfreeze.requested')).length).toBe(before + 1);
  });

  it('of two who confirm at once on two nodes, one does', async () => {
    await setting(['tenant']);
    await glass('tenants/acme/freeze', { reason: 'leaked' });
    const id = await ask(person('ann'));
    const restored = (await entries('tenant.unfrozen')).length;
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, n) =>
        post(`unfreezes/${id}/confirm`, { reason: `try ${n}` }, person(n % 2 === 0 ? 'bob' : 'carl'), n % 2 === 0 ? hub.house : second),
      ),
    );
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, ...Array.from({ length: 9 }, () => 409)]);
    expect((await entries('tenant.unfrozen')).length).toBe(restored + 1);
  });

  it('ends with an entry when nobody confirms in time, and may be asked anew', async () => {
    await setting(['tenant'], 300);
    await glass('tenants/acme/freeze', { reason: 'leaked' });
    const id = await ask(person('ann'));
    hub.clock.advance(301_000);
    expect((await post(`unfreezes/${id}/confirm`, { reason: 'late' }, person('bob'))).status).toBe(409);
    await hub.house.rooms.releases.endDue();
    expect((await entries('unfreeze.expired'))[0]?.data).toMatchObject({ unfreeze: id });
    expect(await ask(person('ann'))).not.toBe(id);
  });

  it('stays so for what was frozen so, whatever the setting says later; the admin token breaks the glass, and the record says it', async () => {
    await setting(['tenant']);
    await glass('tenants/acme/freeze', { reason: 'leaked' });
    await setting([]);
    const id = await ask(person('ann'));
    expect(await glass('tenants/acme/unfreeze', WHY)).toMatchObject({ status: 200, body: { state: 'active', moved: true } });
    expect((await entries('tenant.unfrozen'))[0]?.data).toMatchObject({ breakGlass: true });
    expect(await (await hub.admin('GET', `/admin/v1/unfreezes/${id}`)).json()).toMatchObject({ state: 'withdrawn' });
    expect((await post(`unfreezes/${id}/confirm`, { reason: 'late' }, person('bob'))).status).toBe(409);
  });

  it('is not for what is not frozen, and one person is enough where nothing else is said', async () => {
    await setting(['tenant']);
    expect(await post('tenants/acme/unfreeze', WHY, person('ann'))).toMatchObject({ status: 200, body: { moved: false } });
    await setting([]);
    await glass('tenants/globex/freeze', { reason: 'leaked' });
    expect(await post('tenants/globex/unfreeze', WHY, person('ann'))).toMatchObject({ status: 200, body: { moved: true } });
    expect((await post('unfreezes/unf_nobody/confirm', WHY, person('ann'))).status).toBe(404);
  });
});

describe('a freeze with an end', () => {
  it('ends by itself, with an entry, on one node only, and not before its time', async () => {
    const until = hub.clock.now() + 3_600_000;
    await glass('tenants/acme/freeze', { reason: 'for an hour', until });
    expect(await (await hub.admin('GET', '/admin/v1/containments?kind=tenant&id=acme')).json()).toMatchObject({
      items: [{ kind: 'tenant', id: 'acme', state: 'frozen', reason: 'for an hour', by: { client: 'writ:admin-token' }, until }],
    });
    expect(await hub.house.rooms.releases.endDue()).toBe(0);
    expect(await stateOf()).toBe('frozen');
    hub.clock.advance(3_600_001);
    const ended = await Promise.all([hub.house.rooms.releases.endDue(), second.rooms.releases.endDue(), hub.house.rooms.releases.endDue()]);
    expect(ended.reduce((sum, n) => sum + n, 0)).toBe(1);
    expect(await stateOf()).toBe('active');
    expect((await entries('tenant.unfrozen'))[0]).toMatchObject({ reason: 'its time is over' });
    expect(await (await hub.admin('GET', '/admin/v1/containments?kind=tenant&id=acme')).json()).toMatchObject({ items: [] });
  });

  it('ends also when it takes two people to let go: whoever froze said so', async () => {
    await setting(['tenant']);
    await glass('tenants/acme/freeze', { reason: 'for an hour', until: hub.clock.now() + 3_600_000 });
    hub.clock.advance(3_600_001);
    expect(await hub.house.rooms.releases.endDue()).toBe(1);
    expect(await stateOf()).toBe('active');
  });

  it('is not ended by the clock once somebody froze it without one, or for longer; for shorter changes nothing', async () => {
    const until = hub.clock.now() + 3_600_000;
    await glass('tenants/acme/freeze', { reason: 'for an hour', until });
    expect(await glass('tenants/acme/freeze', { reason: 'for a minute', until: until - 3_000_000 })).toMatchObject({
      body: { moved: false },
    });
    expect(await glass('tenants/acme/freeze', { reason: 'for two', until: until + 3_600_000 })).toMatchObject({ body: { moved: true } });
    hub.clock.advance(3_600_001);
    expect(await hub.house.rooms.releases.endDue()).toBe(0);
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, n) =>
        post('tenants/acme/freeze', { reason: 'stay' }, person('ann'), n % 2 === 0 ? hub.house : second),
      ),
    );
    expect(answers.filter(({ body }) => body['moved'] === true)).toHaveLength(1);
    hub.clock.advance(3_600_001);
    expect(await hub.house.rooms.releases.endDue()).toBe(0);
    expect(await stateOf()).toBe('frozen');
    await glass('hub/freeze', { reason: 'for a minute', until: hub.clock.now() + 60_000 });
    expect(await glass('hub/freeze', { reason: 'until we know more' })).toMatchObject({ body: { moved: true } });
    hub.clock.advance(60_001);
    expect(await hub.house.rooms.releases.endDue()).toBe(0);
    expect(await glass('hub/unfreeze', WHY)).toMatchObject({ body: { moved: true } });
  });

  it('at the very moment when somebody freezes for good: what they were told is what is so', async () => {
    for (let round = 0; round < 10; round += 1) {
      await glass('tenants/acme/freeze', { reason: 'for a minute', until: hub.clock.now() + 60_000 });
      hub.clock.advance(60_001);
      const [, said] = await Promise.all([second.rooms.releases.endDue(), glass('tenants/acme/freeze', { reason: 'for good' })]);
      expect(await stateOf()).toBe(said.body['state']);
      expect(said.body['state']).toBe('frozen');
      await glass('tenants/acme/unfreeze', WHY);
    }
  });

  it('still takes two where somebody froze it for two between the question and the deed', async () => {
    await glass('tenants/acme/freeze', { reason: 'for a minute', until: hub.clock.now() + 60_000 });
    const { rooms } = hub.house;
    // A node that has not heard of the setting, and is overtaken once it asked.
    const settings = { ready: async () => {}, current: () => ({ secondPerson: [], askedFor: 86_400 }) };
    const contain: Containment = async (of) => {
      await setting(['tenant']);
      expect(await glass('tenants/acme/freeze', { reason: 'leaked' })).toMatchObject({ body: { moved: true } });
      return rooms.contain(of);
    };
    const late = createReleases({ database: rooms.database, audit: rooms.audit, clock: hub.clock, settings, contain });
    const hand = { account: { user: 'ann' }, parties: ['user:ann'], since: 0, breakGlass: false };
    const done = await late.release({ kind: 'tenant', id: 'acme', reason: 'done', by: hubAuthor('test'), hand });
    expect(done).toMatchObject({ ok: true, value: { state: 'frozen', moved: false, waiting: { state: 'waiting' } } });
    expect(await stateOf()).toBe('frozen');
  });

  it('is not ended by the clock once it was revoked, and an end that was yesterday or in two years is refused', async () => {
    await hub.apply({ clients: [robot('doomed')] });
    await glass('clients/doomed/freeze', { reason: 'for an hour', until: hub.clock.now() + 3_600_000 });
    await glass('clients/doomed/revoke', { reason: 'for good' });
    hub.clock.advance(3_600_001);
    expect(await hub.house.rooms.releases.endDue()).toBe(0);
    for (const until of [hub.clock.now() - 1, hub.clock.now() + 800 * 86_400_000])
      expect(await glass('tenants/acme/freeze', { reason: 'x', until })).toMatchObject({ status: 400, body: { field: 'until' } });
  });
});

describe('the whole hub', () => {
  const token = async (node: House = hub.house): Promise<number> =>
    (
      await node.fetch(
        new Request(`${hub.issuer}/oauth/token`, {
          method: 'POST',
          headers: {
            authorization: `Basic ${Buffer.from(`worker:${SECRET}`).toString('base64')}`,
            'content-type': 'application/x-www-form-urlencoded',
          },
          body: 'grant_type=client_credentials',
        }),
      )
    ).status;

  it('stops every agent at once, keeps the way in for whoever lets it go, and says why to administrators', async () => {
    expect(await token()).toBe(200);
    expect((await glass('hub/freeze', {})).status).toBe(400);
    expect(await glass('hub/freeze', { reason: 'keys leaked' })).toMatchObject({ status: 200, body: { state: 'frozen', moved: true } });
    expect(await token()).toBe(401);
    await second.rooms.feed.poll();
    await second.rooms.settled();
    expect(await token(second)).toBe(401);
    expect((await entries('token.refused'))[0]).toMatchObject({ reason: 'hub_frozen' });
    expect(await (await hub.admin('GET', '/admin/v1/hub')).json()).toMatchObject({ state: 'frozen', stop: { reason: 'keys leaked' } });
    // Whoever hears of it by shared signals still can, and whoever steers gets in and lets it go.
    expect(await person.tokenFor('robot', SECRET, `${hub.issuer}/ssf`)).toBe(200);
    expect(await person.tokenFor('robot', SECRET, 'http://localhost:9000/mcp')).toBe(401);
    const steers = await person.robot('robot', SECRET);
    expect(await glass('hub/freeze', { reason: 'again' })).toMatchObject({ body: { moved: false } });
    expect(await post('hub/unfreeze', { reason: 'new keys' }, steers)).toMatchObject({
      status: 200,
      body: { state: 'active', moved: true },
    });
    expect(await token()).toBe(200);
    const signals = z
      .object({ items: z.array(z.object({ kind: z.string(), subject: z.string(), state: z.string() })) })
      .parse(await (await hub.admin('GET', '/admin/v1/signals?order=newest&limit=2')).json());
    expect(signals.items).toEqual(
      [
        { kind: 'hub', subject: 'hub', state: 'restored' },
        { kind: 'hub', subject: 'hub', state: 'frozen' },
      ].map((one) => expect.objectContaining(one)),
    );
  });

  it('of twenty that stop it at once one does, and it ends by its time too', async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => glass('hub/freeze', { reason: 'race', until: hub.clock.now() + 60_000 })),
    );
    expect(answers.filter(({ body }) => body['moved'] === true)).toHaveLength(1);
    hub.clock.advance(60_001);
    expect(await hub.house.rooms.releases.endDue()).toBe(1);
    expect(await token()).toBe(200);
    const freed = await Promise.all(Array.from({ length: 5 }, () => glass('hub/unfreeze', { reason: 'race' })));
    expect(freed.filter(({ body }) => body['moved'] === true)).toHaveLength(0);
  });
});

it('what is stopped is listed with its reason, newest first, page by page, and leaves the list when it goes on', async () => {
  for (const id of ['worker', 'robot-of-ann']) {
    hub.clock.advance(10);
    await glass(`clients/${id}/freeze`, { reason: `why ${id}` });
  }
  const list = z.object({ items: z.array(z.object({ id: z.string(), reason: z.string() })), next: z.string().nullable() });
  const first = list.parse(await (await hub.admin('GET', '/admin/v1/containments?state=frozen&limit=1')).json());
  expect(first.items).toEqual([{ id: 'robot-of-ann', reason: 'why robot-of-ann' }]);
  const next = list.parse(await (await hub.admin('GET', `/admin/v1/containments?state=frozen&limit=1&cursor=${first.next ?? ''}`)).json());
  expect(next.items).toEqual([{ id: 'worker', reason: 'why worker' }]);
  for (const id of ['worker', 'robot-of-ann']) await glass(`clients/${id}/unfreeze`, WHY);
  expect(list.parse(await (await hub.admin('GET', '/admin/v1/containments?state=frozen')).json()).items).toEqual([]);
});
