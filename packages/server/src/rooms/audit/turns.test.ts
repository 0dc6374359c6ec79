import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testHouse, type TestHouse } from '../../../testing/house.ts';
import { AT_ONCE, createTurns } from './turns.store.ts';

let hub: TestHouse;
beforeAll(async () => {
  hub = await testHouse();
});
afterAll(() => hub.close());

const turns = () => createTurns({ db: hub.house.rooms.database.db, clock: hub.clock });
const there = <T>(value: T | undefined): value is T => value !== undefined;
const PATHS = ['/admin/v1/events/verify', '/admin/v1/events/export'];

describe('turns at reading the whole record', () => {
  it('are so many at once and no more, however many come at the same moment on two nodes', async () => {
    const all = await Promise.all([turns(), turns()].flatMap((take) => Array.from({ length: 10 }, () => take())));
    const held = all.filter(there);
    expect(held).toHaveLength(AT_ONCE);
    await held[0]?.end();
    await held[0]?.end();
    const [next, none] = [await turns()(), await turns()()];
    expect([next, none].filter(there)).toHaveLength(1);
    await Promise.all([next, ...held].filter(there).map((turn) => turn.end()));
  });

  it('of a node that died are free again', async () => {
    for (let nth = 0; nth < AT_ONCE; nth += 1) await turns()();
    expect(await turns()()).toBeUndefined();
    hub.clock.advance(90_000);
    const turn = await turns()();
    expect(turn).toBeDefined();
    await turn?.end();
  });

  it('are what exporting and verifying wait for, and are told when to come again', async () => {
    const held = await Promise.all(Array.from({ length: AT_ONCE }, () => turns()()));
    for (const path of PATHS) {
      const answer = await hub.admin('GET', path);
      expect([answer.status, answer.headers.get('retry-after')]).toEqual([429, '30']);
    }
    await Promise.all(held.filter(there).map((turn) => turn.end()));
  });

  it('end with the answer, with a reader that leaves, and not before', async () => {
    for (let nth = 0; nth < 2 * AT_ONCE; nth += 1)
      for (const path of PATHS) expect(await (await hub.admin('GET', path)).text()).not.toContain('too_many');
    const open = await Promise.all(Array.from({ length: AT_ONCE }, () => hub.admin('GET', '/admin/v1/events/export')));
    expect((await hub.admin('GET', '/admin/v1/events/verify')).status).toBe(429);
    for (const answer of open) await answer.body?.cancel();
    expect((await hub.admin('GET', '/admin/v1/events/verify')).status).toBe(200);
  });
});
