import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CREDENTIAL_WAYS, openCredentialWorld } from './credential-ways.suite.ts';
import type { ExchangeWorld } from './token-exchange.suite.ts';
import { openWaysWorld, WAYS, type Way } from './ways.suite.ts';
import { basic, claimsOf, type Answer } from './world.suite.ts';

/**
 * Whoever is stopped gets nothing any more, whichever way. Every way to a token (the table of paths.test.ts, which is complete) is tried after every kind of
 * kill of everybody behind the token, and after the kill was taken back.
 */

let world: ExchangeWorld;
beforeAll(async () => {
  world = await openWaysWorld();
});
afterAll(() => world.close());

const ISSUED = new Set(['token.issued', 'token.refreshed', 'token.exchanged', 'credential.issued']);

type Killed = { kind: string; id: string };

/** Everybody behind what this way leads to, as the record names them, by the plural of the admin API. */
async function behind(way: Way): Promise<Killed[]> {
  const { result, entries } = await world.during(await way.prepare(world));
  expect(result.status).toBe(200);
  const { actor, tenant } = entries.find(({ type }) => ISSUED.has(type)) ?? {};
  const grant = claimsOf(result.body['access_token'])['grant_id'];
  const all = { agents: actor?.agent, clients: actor?.client, users: actor?.user, tenants: tenant, grants: grant, hub: '' };
  return Object.entries(all).flatMap(([kind, id]) => (typeof id === 'string' ? [{ kind, id }] : []));
}

const move = async ({ kind, id }: Killed, verb: 'freeze' | 'unfreeze' | 'revoke'): Promise<void> => {
  const of = kind === 'hub' ? 'hub' : `${kind}/${encodeURIComponent(id)}`;
  const answer = await world.admin('POST', `/admin/v1/${of}/${verb}`, { reason: 'the test' });
  expect(`${kind} ${id} ${verb}: ${answer.status}`).toBe(`${kind} ${id} ${verb}: 200`);
};

/** Asks what was prepared while all was well, and again what is prepared now, and finds nothing issued either time. */
async function refused(prepared: () => Promise<Answer>, who: Killed): Promise<void> {
  const { result, entries } = await world.during(prepared);
  expect({ who, status: result.status }).toEqual({ who, status: expect.toSatisfy((status: number) => status === 400 || status === 401) });
  expect(result.body).not.toHaveProperty('access_token');
  expect(entries.filter(({ type }) => ISSUED.has(type))).toEqual([]);
  expect(entries.filter(({ outcome }) => outcome === 'refused')).not.toEqual([]);
}

describe.each(Object.entries(WAYS))('%s', (name, way) => {
  it('is closed while anybody behind its token is frozen, and open again afterwards', async () => {
    const all = await behind(way);
    expect(all.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['agents', 'clients', 'tenants', 'hub']));
    for (const who of all) {
      world.clock.advance(60_000);
      const prepared = await way.prepare(world);
      await move(who, 'freeze');
      await refused(prepared, who);
      await move(who, 'unfreeze');
      world.clock.advance(60_000);
      const again = await (await way.prepare(world))();
      expect({ who, status: again.status }).toEqual({ who, status: 200 });
    }
  });

  it('gives tokens that introspection denies from the moment when anybody behind them is frozen', async () => {
    world.clock.advance(60_000);
    // An ID-JAG is another hub's to judge.
    if (name.endsWith(' id_jag')) return;
    const token = (await (await way.prepare(world))()).body['access_token'] ?? '';
    const active = async (): Promise<unknown> =>
      (await (await world.post('/oauth/introspect', { token }, basic('capped-server'))).json()).active;
    expect(await active()).toBe(true);
    for (const who of await behind(way)) {
      await move(who, 'freeze');
      expect({ who, active: await active() }).toEqual({ who, active: false });
      await move(who, 'unfreeze');
      expect({ who, active: await active() }).toEqual({ who, active: true });
    }
  });
});

describe('a kill that is final', () => {
  it.each(Object.entries(WAYS))('of the client ends %s', async (_, way) => {
    // Ways share clients, and what is final cannot be taken back: each has a world of its own.
    const shared = world;
    world = await openWaysWorld();
    try {
      const client = (await behind(way)).find(({ kind }) => kind === 'clients') ?? { kind: 'clients', id: 'none' };
      world.clock.advance(60_000);
      const prepared = await way.prepare(world);
      await move(client, 'revoke');
      await refused(prepared, client);
      const back = await world.admin('POST', `/admin/v1/clients/${encodeURIComponent(client.id)}/unfreeze`, { reason: 'the test' });
      expect(back.status).toBe(409);
    } finally {
      await world.close();
      world = shared;
    }
  });
});

describe('a credential of a connection', () => {
  const HANDED = new Set(['credential.issued', 'credential.used']);
  const DONE: Readonly<Record<string, number>> = { proxy: 502 };
  const ways = Object.entries(CREDENTIAL_WAYS);
  let shared: ExchangeWorld;
  beforeAll(async () => {
    shared = world;
    world = await openCredentialWorld();
  });
  afterAll(async () => {
    await world.close();
    world = shared;
  });

  const partsOf = async (prepare: () => Promise<() => Promise<Answer>>): Promise<Killed[]> => {
    const { entries } = await world.during(await prepare());
    const { actor, tenant } = entries.find(({ type }) => HANDED.has(type)) ?? {};
    const all = { agents: actor?.agent, clients: actor?.client, users: actor?.user, tenants: tenant, connections: 'calendar', hub: '' };
    return Object.entries(all).flatMap(([kind, id]) => (typeof id === 'string' ? [{ kind, id }] : []));
  };
  const gets = async (prepared: () => Promise<Answer>): Promise<boolean> => {
    const { entries } = await world.during(prepared);
    return entries.some(({ type }) => HANDED.has(type));
  };

  it.each(ways)(
    'by %s is closed while anybody behind it, its connection or the hub is frozen, and open again afterwards',
    async (name, way) => {
      const all = await partsOf(() => way(world));
      expect(all.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['agents', 'clients', 'users', 'tenants', 'connections', 'hub']));
      for (const who of all) {
        world.clock.advance(60_000);
        const prepared = await way(world);
        await move(who, 'freeze');
        expect({ who, gets: await gets(prepared) }).toEqual({ who, gets: false });
        await move(who, 'unfreeze');
        const again = await (await way(world))();
        expect({ who, status: again.status }).toEqual({ who, status: DONE[name] ?? 200 });
      }
    },
  );

  it('is gone for good with its connection: it leaves the vault, and nobody puts another in its place', async () => {
    const prepared = await Promise.all(ways.map(([, way]) => way(world)));
    await move({ kind: 'connections', id: 'calendar' }, 'revoke');
    for (const ask of prepared) expect(await gets(ask)).toBe(false);
    await world.settle();
    const left: { items: unknown[] } = await (await world.admin('GET', '/admin/v1/credentials?connection=calendar')).json();
    expect(left.items).toEqual([]);
    expect((await world.admin('POST', '/admin/v1/connections/calendar/unfreeze', {})).status).toBe(409);
    const put = await world.admin('POST', '/admin/v1/credentials', {
      connection: 'calendar',
      owner: { tenant: 'acme' },
      value: { value: 'another-key-of-the-calendar' },
    });
    expect(put.status).toBe(400);
  });
});
