import { afterAll, beforeAll, expect, it } from 'vitest';
import { isRevoked } from '../../rooms/tokens/revoked.store.ts';
import { claimsIn, openWaiting, type Waiting } from './device.suite.ts';

let hub: Waiting;
beforeAll(async () => {
  hub = await openWaiting();
});
afterAll(() => hub.close());

it('takes the token of a device that renews nothing, when a scope of it is taken from the grant', async () => {
  const device = await hub.startDevice({ client_id: 'radio' });
  const browser = await hub.signedIn('ann');
  await browser.submit(await hub.consentPage(browser, device.complete), 'allow');
  const told = await hub.pollDevice(device.deviceCode, { client_id: 'radio' });
  const { jti, grant_id: grant, scope } = claimsIn(told);
  expect([told.status, told.body['refresh_token']]).toEqual([200, undefined]);
  expect(String(scope).split(' ')).toContain('incidents:write');
  const narrowed = await hub.admin('POST', `/admin/v1/grants/${String(grant)}/narrow`, { remove: ['incidents:write'] });
  expect(narrowed.status).toBe(200);
  expect(await isRevoked(hub.house.rooms.database.db, String(jti))).toBe(true);
});
