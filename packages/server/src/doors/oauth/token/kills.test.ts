import { afterAll, beforeAll, describe, expect, it } from 'vitest';
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
  const all = { agents: actor?.agent, clients: actor?.client, users: actor?.user, tenants: tenant, grants: grant };
  return Object.entries(all).flatMap(([kind, id]) => (typeof id === 'string' ? [{ kind, id }] : []));
}

const move = async ({ kind, id }: Killed, verb: 'freeze' | 'unfreeze' | 'revoke'): Promise<void> => {
  const answer = await world.admin('POST', `/admin/v1/${kind}/${encodeURIComponent(id)}/${verb}`, { reason: 'the test' });
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
    expect(all.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['agents', 'clients', 'tenants']));
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
