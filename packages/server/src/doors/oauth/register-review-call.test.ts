import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { httpPeer, type Peer } from '../../base/outbound/peer.suite.ts';
import { findWaiting, holdWaiting } from '../../rooms/journeys/review/store.ts';
import { furnish, openHub, type Hub } from '../journey/hub.suite.ts';

/** What a review calls once people have said yes, it calls once, however many nodes hear of it. */

let hub: Hub;
let service: Peer;
let asked = 0;
let answer = (): void => {};
let came = (): void => {};
const firstCame = new Promise<void>((resolve) => {
  came = resolve;
});
const answered = new Promise<void>((resolve) => {
  answer = resolve;
});
const REVIEW = () => ({
  id: 'with-a-call',
  name: 'With a call',
  purpose: 'registration',
  start: 'review',
  nodes: [
    { id: 'review', kind: 'requestApproval', from: { users: ['rex'] }, expiresIn: 604_800, message: 'One asks to register.' },
    { id: 'call', kind: 'http', method: 'POST', url: `http://127.0.0.1:${String(service.port)}/admit`, timeout: 10_000 },
    { id: 'admitted', kind: 'complete', outputs: { tags: '["called"]' } },
    { id: 'no', kind: 'deny', message: 'No.' },
  ],
  edges: [
    { from: 'review', to: 'call' },
    { from: 'review', branch: 'refused', to: 'no' },
    { from: 'call', to: 'admitted' },
    { from: 'call', branch: 'failed', to: 'no' },
  ],
  assign: { everywhere: true },
});

beforeAll(async () => {
  service = await httpPeer((_, response) => {
    asked += 1;
    came();
    void answered.then(() => response.writeHead(200, { 'content-type': 'application/json' }).end('{}'));
  });
  hub = await openHub({ env: { WRIT_ALLOW_LOOPBACK: 'true' } });
  await furnish(hub);
  await hub.user({ id: 'rex', email: 'rex@acme.test', tenants: [{ id: 'acme' }] });
  await hub.flow(REVIEW());
});
afterAll(async () => {
  await service.close();
  await hub.close();
});

describe('a call that a review makes', () => {
  it('is made by one node, and not again by those that hear of the answer while it is under way', async () => {
    const second = await hub.secondNode();
    const registered = await hub.house.fetch(
      new Request('http://localhost:8787/oauth/register', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ client_name: 'One', redirect_uris: ['https://one.example/cb'], token_endpoint_auth_method: 'none' }),
      }),
    );
    const { client_id: id } = await registered.json();
    const open = (await (await hub.admin('GET', '/admin/v1/approvals?state=pending')).json()).items;
    const by = { initiator: 'human' as const, actor: { user: 'rex' }, origin: { request: 'req_t' } };
    expect(await hub.house.rooms.deciding.decide({ id: open[0].id, userId: 'rex', verdict: 'give', by })).toMatchObject({ ok: true });
    await firstCame;
    await Promise.all([second.rooms.reviews.resumeDue(), hub.house.rooms.reviews.resumeDue()]);
    expect(asked).toBe(1);
    answer();
    await hub.settle();
    expect(asked).toBe(1);
    expect(await (await hub.admin('GET', `/admin/v1/clients/${String(id)}`)).json()).toMatchObject({ state: 'active', tags: ['called'] });
  });

  it('is made again by another node when the one that made it never came back', async () => {
    const before = asked;
    const registered = await hub.house.fetch(
      new Request('http://localhost:8787/oauth/register', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ client_name: 'Two', redirect_uris: ['https://two.example/cb'], token_endpoint_auth_method: 'none' }),
      }),
    );
    const { client_id: id } = await registered.json();
    const { db } = hub.house.rooms.database;
    const waiting = await findWaiting(db, String(id));
    if (waiting === undefined) throw new Error('nothing waits');
    expect(await holdWaiting(db, waiting, hub.clock.now())).toBeDefined();
    expect(await holdWaiting(db, waiting, hub.clock.now())).toBeUndefined();
    const open = (await (await hub.admin('GET', '/admin/v1/approvals?state=pending')).json()).items;
    const by = { initiator: 'human' as const, actor: { user: 'rex' }, origin: { request: 'req_t' } };
    await hub.house.rooms.deciding.decide({ id: open[0].id, userId: 'rex', verdict: 'give', by });
    await hub.settle();
    expect(asked).toBe(before);
    hub.clock.advance(15 * 60_000);
    await hub.house.rooms.reviews.resumeDue();
    await hub.settle();
    expect(asked).toBe(before + 1);
    expect(await (await hub.admin('GET', `/admin/v1/clients/${String(id)}`)).json()).toMatchObject({ state: 'active' });
  });
});
