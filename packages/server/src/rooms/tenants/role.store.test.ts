import { afterAll, beforeAll, expect, it } from 'vitest';
import { testHouse, type TestHouse } from '../../../testing/house.ts';
import { isHeld } from '../resources/held.ts';
import { rolesInForce } from './role.store.ts';

let hub: TestHouse;

beforeAll(async () => {
  hub = await testHouse();
});
afterAll(() => hub.close());

const declared = async (): Promise<ReadonlySet<string>> =>
  new Set((await rolesInForce(hub.house.rooms.database.db)).flatMap((role) => role.permissions));
const isOpen = async (): Promise<boolean> =>
  isHeld({ name: 'incidents:comment', kind: 'permission' }, { declared: await declared(), held: new Set() });

it('keeps a scope closed when the role that declared it is changed or removed', async () => {
  expect(await isOpen()).toBe(true);
  await hub.apply({ roles: [{ name: 'scribe', permissions: ['incidents:comment'] }] });
  expect(await isOpen()).toBe(false);
  await hub.apply({ roles: [{ name: 'scribe', permissions: ['incidents:annotate'] }] });
  expect(await isOpen()).toBe(false);
  expect((await hub.admin('DELETE', '/admin/v1/roles/scribe')).status).toBe(204);
  expect(await isOpen()).toBe(false);
});

it('gives what nobody holds any more to nobody', async () => {
  const answer = await hub.admin('PUT', '/admin/v1/users/eve', {
    id: 'eve',
    email: 'eve@acme.test',
    tenants: [{ id: 'acme', roles: [''] }],
  });
  expect(answer.status).toBe(400);
});
