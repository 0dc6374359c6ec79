import { afterAll, beforeAll, expect, it } from 'vitest';
import { testHouse, type TestHouse } from '../../../testing/house.ts';
import { hubAuthor } from '../../rooms/audit/author.ts';
import { carryOut } from '../../rooms/streams/carry-out.store.ts';

let hub: TestHouse;
beforeAll(async () => {
  hub = await testHouse();
  await hub.apply({
    users: [{ id: 'ann', email: 'ann@acme.test' }],
    transmitters: [
      {
        id: 'idp',
        issuer: 'https://idp.example',
        delivery: 'push',
        domains: ['acme.test'],
        jwks: { keys: [{ kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo', kid: 'k1' }] },
      },
    ],
  });
});
afterAll(() => hub.close());

it('a word that lets somebody go does nothing to the freeze of an administrator who was a moment sooner', async () => {
  const { hearing, contain } = hub.house.rooms;
  const doing = { transmitter: { id: 'idp' }, user: 'ann', by: hubAuthor('test'), saidAt: hub.clock.now() };
  expect(await carryOut(hearing, { ...doing, deed: 'freeze' })).toBe(true);
  const overtaken = {
    ...hearing,
    contain: async (of: Parameters<typeof contain>[0]) => {
      const answer = await hub.admin('POST', '/admin/v1/users/ann/freeze', { reason: 'leaked' });
      expect(await answer.json()).toMatchObject({ state: 'frozen', moved: true });
      return contain(of);
    },
  };
  expect(await carryOut(overtaken, { ...doing, deed: 'let_go' })).toBe(false);
  expect(await (await hub.admin('GET', '/admin/v1/users/ann')).json()).toMatchObject({ state: 'frozen' });
});

it('lets go, when nobody came between, of whom it stopped', async () => {
  const { hearing } = hub.house.rooms;
  await hub.admin('POST', '/admin/v1/users/ann/unfreeze', { reason: 'found' });
  const doing = { transmitter: { id: 'idp' }, user: 'ann', by: hubAuthor('test'), saidAt: hub.clock.now() };
  expect(await carryOut(hearing, { ...doing, deed: 'freeze' })).toBe(true);
  expect(await carryOut(hearing, { ...doing, deed: 'let_go' })).toBe(true);
  expect(await (await hub.admin('GET', '/admin/v1/users/ann')).json()).toMatchObject({ state: 'active' });
});
