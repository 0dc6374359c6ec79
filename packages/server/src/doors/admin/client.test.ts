import { afterAll, beforeAll, expect, it } from 'vitest';
import { ADMIN_TOKEN, testHouse, type TestHouse } from '../../../testing/house.ts';
import { adminClient, type AdminClient } from '../../../../admin-api/src/index.ts';

let hub: TestHouse;
let admin: AdminClient;

beforeAll(async () => {
  hub = await testHouse();
  admin = adminClient({ url: hub.issuer, token: () => ADMIN_TOKEN, fetch: (input, init) => hub.house.fetch(new Request(input, init)) });
});
afterAll(() => hub.close());

it('puts, reads, lists and removes by the typed client', async () => {
  const put = await admin('putTenantsById', { path: { id: 'a/b' }, body: { name: 'Slash' } });
  expect(put).toMatchObject({ ok: false, status: 400, problem: { field: 'id' } });
  const made = await admin('putTenantsById', { path: { id: 'acme' }, body: { name: 'Acme' }, idempotencyKey: 'k' });
  expect(made).toMatchObject({ ok: true, status: 201, value: { id: 'acme', state: 'active' }, etag: '"1"' });
  const stale = await admin('putTenantsById', { path: { id: 'acme' }, body: { name: 'Other' }, ifMatch: '"7"' });
  expect(stale).toMatchObject({ ok: false, status: 412 });
  const list = await admin('getTenants', { query: { limit: 1 } });
  expect(list.ok && list.value.items.map((tenant) => tenant.name)).toEqual(['Acme']);
  expect(await admin('deleteTenantsById', { path: { id: 'acme' } })).toMatchObject({ ok: true, status: 204, value: undefined });
});

it('tells a refusal as a value with the request id', async () => {
  const stranger = adminClient({ url: hub.issuer, token: 'nobody', fetch: (input, init) => hub.house.fetch(new Request(input, init)) });
  expect(await stranger('getAgents')).toMatchObject({
    ok: false,
    status: 401,
    problem: { type: 'urn:writ:problem:unauthenticated' },
    requestId: expect.stringMatching(/^req_/),
  });
});

it('keeps the id of a removed tenant for good (192)', async () => {
  const again = await admin('putTenantsById', { path: { id: 'acme' }, body: { name: 'Somebody else' } });
  expect(again).toMatchObject({ ok: false, status: 409, problem: { field: 'id' } });
  const applied = await admin('postApply', { body: { tenants: [{ id: 'acme', name: 'Somebody else' }] } });
  expect(applied).toMatchObject({ ok: false, status: 400, problem: { field: 'tenants[0].id' } });
  expect(await admin('deleteTenantsById', { path: { id: 'acme' } })).toMatchObject({ ok: false, status: 404 });
});
