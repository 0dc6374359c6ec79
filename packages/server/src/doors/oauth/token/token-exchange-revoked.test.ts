import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { listSignals } from '../../../rooms/signals/store.ts';
import { LEDGER, openExchangeWorld, type ExchangeWorld } from './token-exchange.suite.ts';
import { basic, BOOKS, claimsOf, OPS, REDIRECT } from './world.suite.ts';

let world: ExchangeWorld;
beforeAll(async () => {
  world = await openExchangeWorld();
});
afterAll(() => world.close());

const TO_BOOKS = { resource: BOOKS, scope: 'ledger:read' };
type Chain = { one: string; two: string; three: string; refresh: string; agents: string[]; grantId: string };

/** ann's program, the server of ops, the server of books: three tokens, each from the one before. */
async function threeHops(): Promise<Chain> {
  const { access, refresh, agentId, grantId } = await world.userToken();
  const two = (await world.exchange('ops-server', access, TO_BOOKS)).body['access_token'] ?? '';
  const three = (await world.exchange('books-server', two, { resource: LEDGER })).body['access_token'] ?? '';
  return { one: access, two, three, refresh, agents: [agentId, ...[two, three].map((token) => String(claimsOf(token)['agent']))], grantId };
}
const alive = async ({ one, two, three }: Chain): Promise<boolean[]> => [
  await world.active(one),
  await world.active(two),
  await world.active(three),
];
const contain = async (kind: string, id: string, deed: string): Promise<void> => {
  expect((await world.admin('POST', `/admin/v1/${kind}/${id}/${deed}`, { reason: 'test' })).status).toBe(200);
};
const jti = (token: string): string => String(claimsOf(token)['jti']);

describe('taking back one hop', () => {
  it('kills what came after it and nothing that came before', async () => {
    const chain = await threeHops();
    expect(await alive(chain)).toEqual([true, true, true]);
    await world.post('/oauth/revoke', { token: chain.two }, basic('ops-server'));
    expect(await alive(chain)).toEqual([true, false, false]);
    const { result, entries } = await world.during(() => world.exchange('books-server', chain.two, { resource: LEDGER }));
    expect([result.status, result.body['error'], entries[0]?.reason]).toEqual([400, 'invalid_request', 'subject_not_alive']);
    expect((await world.exchange('ops-server', chain.one, TO_BOOKS)).status).toBe(200);
  });

  it('at the beginning kills all, also what a refresh family held', async () => {
    const chain = await threeHops();
    await world.post('/oauth/revoke', { token: chain.refresh, client_id: 'cli' });
    expect(await alive(chain)).toEqual([false, false, false]);
  });

  it('is heard by resource servers: the signal names the token, and each that came after names it in its lineage', async () => {
    const chain = await threeHops();
    await world.post('/oauth/revoke', { token: chain.one, client_id: 'cli' });
    const signals = await listSignals(world.house.rooms.database.db, { after: 0, limit: 1_000 });
    expect(signals.at(-1)).toMatchObject({ kind: 'token', subject: jti(chain.one), state: 'revoked' });
    for (const token of [chain.two, chain.three]) expect(claimsOf(token)['lineage']).toContain(jti(chain.one));
  });

  it('by a code that came back kills what was exchanged from its token', async () => {
    const { code } = await world.login();
    const first = (await world.redeem(code)).body['access_token'] ?? '';
    const second = (await world.exchange('ops-server', first, TO_BOOKS)).body['access_token'] ?? '';
    expect(await world.active(second)).toBe(true);
    expect((await world.redeem(code)).body['error']).toBe('invalid_grant');
    expect(await world.active(second)).toBe(false);
  });
});

describe('stopping somebody of the chain', () => {
  it('kills the last token while anybody before it is frozen, and it lives again afterwards', async () => {
    const chain = await threeHops();
    const parts = [
      ...chain.agents.map((id) => ['agents', id] as const),
      ['clients', 'cli'],
      ['clients', 'ops-server'],
      ['clients', 'books-server'],
      ['users', 'ann'],
      ['tenants', 'acme'],
      ['grants', chain.grantId],
    ] as const;
    for (const [kind, id] of parts) {
      await contain(kind, id, 'freeze');
      expect([kind, id, await world.active(chain.three)]).toEqual([kind, id, false]);
      await contain(kind, id, 'unfreeze');
      expect([kind, id, await world.active(chain.three)]).toEqual([kind, id, true]);
    }
  });

  it('in the middle leaves those before it alone', async () => {
    const chain = await threeHops();
    await contain('agents', chain.agents[1] ?? '', 'freeze');
    expect(await alive(chain)).toEqual([true, false, false]);
    await contain('agents', chain.agents[1] ?? '', 'unfreeze');
  });

  it('is known to the SDK by what the token says: each client and agent of the chain stands in act', async () => {
    const chain = await threeHops();
    const [first, second, third] = chain.agents;
    expect(claimsOf(chain.three)).toMatchObject({
      client_id: 'books-server',
      agent: third,
      act: { sub: 'books-server', agent: third, act: { sub: 'ops-server', agent: second, act: { sub: 'cli', agent: first } } },
    });
  });

  it('for good: a client that is removed takes with it what it handed on', async () => {
    await world.apply({
      clients: [
        {
          id: 'passing',
          name: 'Passing',
          kind: 'service',
          auth: { secrets: [{ value: 'a-long-secret-of-the-worker' }] },
          grants: ['token_exchange'],
          tags: ['resource-server:ops'],
        },
      ],
      policies: [{ id: 'passing', effect: 'allow', subject: { clients: ['passing'] }, target: { resources: ['books'] }, scopes: 'all' }],
    });
    const { access } = await world.userToken();
    const two = (await world.exchange('passing', access, TO_BOOKS)).body['access_token'] ?? '';
    const three = (await world.exchange('books-server', two, { resource: LEDGER })).body['access_token'] ?? '';
    expect([await world.active(two), await world.active(three)]).toEqual([true, true]);
    expect((await world.admin('DELETE', '/admin/v1/clients/passing')).status).toBe(204);
    expect([await world.active(access), await world.active(two), await world.active(three)]).toEqual([true, false, false]);
  });
});

describe('the doors of the hub itself', () => {
  const userinfo = async (token: string): Promise<number> =>
    (await world.get('/oauth/userinfo', { authorization: `Bearer ${token}` })).status;

  it('userinfo opens for no token that was handed on: identity was released to the client that asked', async () => {
    const { access } = await world.userToken({ identity: ['openid', 'email'] });
    const two = (await world.exchange('ops-server', access, TO_BOOKS)).body['access_token'] ?? '';
    expect([await userinfo(access), await userinfo(two)]).toEqual([200, 403]);
    await world.post('/oauth/revoke', { token: access, client_id: 'cli' });
    expect([await userinfo(access), await userinfo(two)]).toEqual([401, 401]);
  });

  it('the admin API refuses a token whose ancestor was taken back, or whose chain has somebody frozen in it', async () => {
    const aud = `${world.issuer}/admin/v1`;
    await world.apply({
      clients: [
        {
          id: 'robot',
          name: 'Robot',
          kind: 'service',
          auth: { secrets: [{ value: 'a-long-secret-of-the-worker' }] },
          grants: ['client_credentials', 'token_exchange'],
        },
      ],
      policies: [
        {
          id: 'robot',
          effect: 'allow',
          grants: ['token_exchange'],
          subject: { clients: ['robot'] },
          target: { resources: ['writ-admin'] },
          scopes: ['admin:agents:read'],
        },
        { id: 'robot-ops', effect: 'allow', subject: { clients: ['robot'] }, target: { resources: ['ops'] }, scopes: 'all' },
      ],
    });
    const first = await world.serviceToken('robot', { resource: OPS });
    const second =
      (await world.exchange('robot', first, { audience: 'writ-admin', scope: 'admin:agents:read' })).body['access_token'] ?? '';
    expect(claimsOf(second)).toMatchObject({ aud, sub: 'robot' });
    const ask = async (token: string): Promise<number> =>
      (await world.house.fetch(new Request(`${world.issuer}/admin/v1/agents`, { headers: { authorization: `Bearer ${token}` } }))).status;
    expect(await ask(second)).toBe(200);
    const minted = world.house.rooms.keys
      .signer()
      .sign('at+jwt', { ...claimsOf(second), jti: 'tok_x', act: { sub: 'robot', act: { sub: 'stranger', act: { sub: 'robot' } } } });
    expect(await ask(minted)).toBe(200);
    await contain('clients', 'stranger', 'freeze');
    expect(await ask(minted)).toBe(401);
    await contain('clients', 'stranger', 'unfreeze');
    await world.post('/oauth/revoke', { token: first }, basic('robot'));
    expect(await ask(second)).toBe(401);
  });
});

describe('an exchange and a revocation at once', () => {
  it('never leave a living token behind, on one node or two', async () => {
    const second = await world.secondNode();
    for (let round = 0; round < 8; round += 1) {
      const { access } = await world.userToken();
      const nodes = [world.house, second];
      const asked = Array.from({ length: 10 }, (_, n) => world.exchange('ops-server', access, TO_BOOKS, nodes[n % 2]));
      const revoked = world.post('/oauth/revoke', { token: access, client_id: 'cli' });
      const answers = await Promise.all(asked);
      expect((await revoked).status).toBe(200);
      const issued = answers.flatMap(({ body }) => (body['access_token'] === undefined ? [] : [body['access_token']]));
      for (const token of issued) for (const node of nodes) expect(await world.active(token, node)).toBe(false);
      for (const { status, body } of answers) if (status !== 200) expect(body['error']).toBe('invalid_request');
      expect((await world.exchange('ops-server', access, TO_BOOKS, second)).body['error']).toBe('invalid_request');
    }
  });

  it('of a frozen agent refuse every later exchange on the other node too, without waiting', async () => {
    const second = await world.secondNode();
    const { access, agentId } = await world.userToken();
    expect((await world.exchange('ops-server', access, TO_BOOKS, second)).status).toBe(200);
    await contain('agents', agentId, 'freeze');
    expect((await world.exchange('ops-server', access, TO_BOOKS, second)).body['error']).toBe('invalid_request');
    await contain('agents', agentId, 'unfreeze');
  });
});

it('what ends is written down with the chain: events of one txn tell each hop', async () => {
  const { code } = await world.login();
  const first = (await world.redeem(code, { redirect_uri: REDIRECT })).body['access_token'] ?? '';
  await world.exchange('ops-server', first, TO_BOOKS);
  const listed = z.object({ items: z.array(z.object({ type: z.string(), actor: z.object({ chain: z.array(z.string()) }) })) });
  const { items } = listed.parse(await (await world.admin('GET', '/admin/v1/events?txn=txn_1&type=token.exchanged&limit=1')).json());
  expect(items).toMatchObject([{ actor: { chain: ['ops-server', 'cli'] } }]);
});
