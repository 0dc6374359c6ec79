import { afterAll, beforeAll, expect, it } from 'vitest';
import { testHouse, type TestHouse } from '../testing/house.ts';

let hub: TestHouse;

beforeAll(async () => {
  hub = await testHouse();
});
afterAll(() => hub.close());

it('answers that it is alive and ready', async () => {
  expect((await hub.get('/live')).status).toBe(200);
  expect((await hub.get('/ready')).status).toBe(200);
});

it('says 404 as JSON for a path that is not there, with the request id', async () => {
  const answer = await hub.get('/nothing');
  expect(answer.status).toBe(404);
  expect(answer.headers.get('x-request-id')).toMatch(/^req_/);
});

it('refuses a foreign Host on a loopback issuer', async () => {
  expect((await hub.house.fetch(new Request('http://evil.example/live'))).status).toBe(421);
});
