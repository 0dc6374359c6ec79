import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openWorld } from './world.ts';
import type { World } from './world.ts';

const SECRET = 'a-long-secret-of-the-robot';
const RESOURCE = 'http://localhost:9000/mcp';

/** What happens to accounts at other services when whoever holds them, or the connection itself, is stopped. */
let world: World;
let agent: string;
beforeAll(async () => {
  world = await openWorld();
  const { hub } = world;
  await hub.apply({
    resources: [{ id: 'ops', type: 'mcp', uri: RESOURCE, scopes: [{ name: 'read' }] }],
    clients: [{ id: 'robot', name: 'Robot', kind: 'service', tenants: ['globex'], auth: { secrets: [{ value: SECRET }] } }],
    policies: [{ id: 'robot', effect: 'allow', subject: { clients: ['robot'] }, target: { resources: ['ops'] }, scopes: 'all' }],
  });
  const asked = await fetch(`${hub.issuer}/oauth/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(`robot:${SECRET}`).toString('base64')}` },
    body: new URLSearchParams({ grant_type: 'client_credentials', resource: RESOURCE }),
  });
  if (asked.status !== 200) throw new Error(`the robot got no token: ${asked.status}`);
  agent = String((await hub.items('agents?client=robot'))[0]?.['id']);
  const token = (owner: object, value: string): object => ({ connection: 'calendar', owner, accessToken: { value } });
  await hub.apply({
    credentials: [
      token({ user: 'bob' }, 'a-token-of-bob'),
      token({ tenant: 'globex' }, 'a-token-of-globex'),
      token({ agent }, 'a-token-of-the-robot'),
      { ...token({ user: 'ida' }, 'a-token-of-ida'), connection: 'twin' },
    ],
  });
});
afterAll(() => world.close());

const move = async (path: string): Promise<void> => {
  const answer = await world.hub.admin('POST', path, { reason: 'a test' });
  expect({ path, status: answer.status }).toEqual({ path, status: 200 });
};

/** Waits until the service was told of this many more tokens, and nothing is left to be told. */
async function told(before: number, more: number): Promise<void> {
  const left = async (): Promise<number> => (await world.database.query('SELECT 1 FROM upstream_revocations')).length;
  while (world.provider.revoked < before + more || (await left()) > 0) await sleep(50);
  expect(world.provider.revoked).toBe(before + more);
}

describe('accounts at other services', () => {
  it('are held back by a freeze, of which no service is told', async () => {
    const { revoked } = world.provider;
    const before = await world.credentials();
    expect(before).toHaveLength(4);
    for (const path of ['users/bob', 'tenants/globex', `agents/${agent}`, 'connections/twin', 'hub']) {
      await move(`${path}/freeze`);
      await move(`${path}/unfreeze`);
    }
    expect(await world.credentials()).toEqual(before);
    expect(world.provider.revoked).toBe(revoked);
    expect(await world.events('credential.removed')).toEqual([]);
  });

  it.each([
    ['a user', () => 'users/bob', 'user=bob'],
    ['an agent', () => `agents/${agent}`, 'connection=calendar&agent='],
    ['a tenant', () => 'tenants/globex', 'tenant=globex'],
    ['a connection', () => 'connections/twin', 'connection=twin'],
  ])('leave the vault when %s is revoked, and their service takes the tokens back', async (_, path, filter) => {
    const { revoked } = world.provider;
    const [held] = await world.credentials(filter.endsWith('=') ? `${filter}${agent}` : filter);
    await move(`${path()}/revoke`);
    await told(revoked, 1);
    expect((await world.hub.admin('GET', `credentials/${String(held?.['id'])}`)).status).toBe(404);
    const entries = (await world.events('credential.removed')).filter(({ target }) =>
      JSON.stringify(target).includes(String(held?.['id'])),
    );
    expect(entries.map(({ reason }) => reason).toSorted()).toEqual(['disconnected', 'upstream_told']);
  });

  it('are nothing that a revoked connection takes any more, and it can be removed', async () => {
    const put = await world.hub.admin('POST', 'credentials', {
      connection: 'twin',
      owner: { user: 'ida' },
      accessToken: { value: 'another' },
    });
    expect(put.status).toBe(400);
    expect((await fetch(await world.link({ connection: 'twin', user: 'ida' }), { redirect: 'manual' })).status).toBe(400);
    expect((await world.hub.admin('POST', 'connections/twin/unfreeze', {})).status).toBe(409);
    expect((await world.hub.admin('DELETE', 'connections/twin')).status).toBe(204);
  });
});
