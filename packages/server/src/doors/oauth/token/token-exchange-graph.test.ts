import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { txnGraph, type TxnGraph } from '../../../rooms/audit/txn.ts';
import { LEDGER, openExchangeWorld, type ExchangeWorld } from './token-exchange.suite.ts';
import { basic, BOOKS, claimsOf } from './world.suite.ts';

let world: ExchangeWorld;
beforeAll(async () => {
  world = await openExchangeWorld();
});
afterAll(() => world.close());

const graph = async (txn: string): Promise<TxnGraph> => txnGraph.parse(await (await world.admin('GET', `/admin/v1/txns/${txn}`)).json());
const text = (token: string, claim: string): string => String(claimsOf(token)[claim]);
const TO_BOOKS = { resource: BOOKS, scope: 'ledger:read' };

describe('the delegation graph of a transaction', () => {
  it('shows from whom to whom each token went, for whom all act, and what was refused', async () => {
    const { access, agentId } = await world.userToken();
    const two = (await world.exchange('ops-server', access, TO_BOOKS)).body['access_token'] ?? '';
    const three = (await world.exchange('books-server', two, { resource: LEDGER })).body['access_token'] ?? '';
    const refused = await world.exchange('books-server', two, { resource: LEDGER, scope: 'entries:write' });
    const found = await graph('txn_1');
    const [second, third] = [text(two, 'agent'), text(three, 'agent')];
    expect(found).toMatchObject({ txn: 'txn_1', tenant: 'acme', principal: 'ann', truncated: false });
    expect(found.nodes).toEqual([
      { id: 'ann', kind: 'user', client: null, state: 'active' },
      { id: agentId, kind: 'agent', client: 'cli', state: 'active' },
      { id: second, kind: 'agent', client: 'ops-server', state: 'active' },
      { id: third, kind: 'agent', client: 'books-server', state: 'active' },
    ]);
    expect(found.edges).toMatchObject([
      { from: 'ann', to: agentId, deed: 'issued', jti: text(access, 'jti'), parent: null, resource: 'ops', state: 'good' },
      {
        from: agentId,
        to: second,
        deed: 'exchanged',
        jti: text(two, 'jti'),
        parent: text(access, 'jti'),
        resource: 'books',
        scopes: ['ledger:read'],
      },
      { from: second, to: third, deed: 'exchanged', jti: text(three, 'jti'), parent: text(two, 'jti'), resource: 'ledger', state: 'good' },
    ]);
    for (const { decision, at, event } of found.edges)
      expect([decision, at, event]).toEqual([expect.stringMatching(/^dec_/), expect.any(String), expect.stringMatching(/^evt_/)]);
    expect(found.refused).toMatchObject([
      {
        client: 'books-server',
        targets: [LEDGER],
        scopes: ['entries:write'],
        reason: 'policy_refused',
        decision: refused.body['decision_id'],
      },
    ]);

    await world.admin('POST', '/admin/v1/clients/ops-server/freeze', { reason: 'test' });
    const stopped = await graph('txn_1');
    expect(stopped.nodes.map(({ state }) => state)).toEqual(['active', 'active', 'frozen', 'active']);
    expect(stopped.edges.map(({ state }) => state)).toEqual(['good', 'stopped', 'stopped']);
    await world.admin('POST', '/admin/v1/clients/ops-server/unfreeze', { reason: 'test' });
    await world.post('/oauth/revoke', { token: two }, basic('ops-server'));
    expect((await graph('txn_1')).edges.map(({ state }) => state)).toEqual(['good', 'revoked', 'revoked']);
    world.clock.advance(600_000);
    expect((await graph('txn_1')).edges.map(({ state }) => state)).toEqual(['expired', 'expired', 'expired']);
  });

  it('of a service begins with its tenant, or with the service itself', async () => {
    const ofTenant = await world.serviceToken('worker', { scope: 'incidents:read' });
    await world.exchange('ops-server', ofTenant, TO_BOOKS);
    expect(await graph(text(ofTenant, 'txn'))).toMatchObject({
      principal: 'acme',
      nodes: [{ id: 'acme', kind: 'tenant' }, { client: 'worker' }, { client: 'ops-server' }],
      edges: [{ from: 'acme', to: text(ofTenant, 'agent') }, { from: text(ofTenant, 'agent') }],
    });
    const alone = await world.serviceToken('loner', { scope: 'incidents:read' });
    expect(await graph(text(alone, 'txn'))).toMatchObject({
      tenant: null,
      nodes: [{ client: 'loner' }],
      edges: [{ from: text(alone, 'agent'), to: text(alone, 'agent') }],
    });
  });

  it('finds a token that was refreshed long after the beginning by what came from it', async () => {
    const { refresh } = await world.userToken();
    world.clock.advance(3 * 3_600_000);
    const later = (await world.refresh(refresh)).body['access_token'] ?? '';
    const two = (await world.exchange('ops-server', later, TO_BOOKS)).body['access_token'] ?? '';
    const { edges } = await graph('txn_1');
    expect(edges.find(({ jti }) => jti === text(later, 'jti'))).toMatchObject({ deed: 'refreshed', from: 'ann' });
    expect(edges.find(({ jti }) => jti === text(two, 'jti'))).toMatchObject({ parent: text(later, 'jti'), from: text(later, 'agent') });
  });

  it('is not there for a transaction that nobody knows', async () => {
    for (const txn of ['txn_nobody', `txn_${'0'.repeat(26)}`, 'x'.repeat(1_000), '%27'])
      expect((await world.admin('GET', `/admin/v1/txns/${txn}`)).status).toBe(404);
  });
});
