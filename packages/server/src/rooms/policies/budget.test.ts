import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { engines, freshDatabase } from '../../../testing/database.ts';
import { openDatabase, type Database } from '../../base/db.ts';
import { retryAfter, slotAt, slotMs, usedIn, type Uses } from './budget.ts';
import { listUses, sweepBudgets, takeBudget } from './budget.store.ts';

const NOW = Date.UTC(2026, 10, 21, 12);
const slot = (at: number, window = 60): string => String(slotAt(at, window));

describe('uses by slot', () => {
  it('count until no part of their slot lies in the window', () => {
    const uses: Uses = { [slot(NOW)]: 3, [slot(NOW - 60_000)]: 2, [slot(NOW - 61_000)]: 7 };
    expect(usedIn(uses, NOW, 60)).toBe(5);
    expect(usedIn(uses, NOW + 999, 60)).toBe(5);
    expect(usedIn(uses, NOW + 1_000, 60)).toBe(3);
  });

  it('say when one more is allowed: when enough of the oldest are gone', () => {
    const uses: Uses = { [slot(NOW - 30_000)]: 1, [slot(NOW - 10_000)]: 4 };
    expect(retryAfter(uses, 6, NOW, 60)).toBe(0);
    expect(retryAfter(uses, 5, NOW, 60)).toBe(31);
    expect(retryAfter(uses, 2, NOW, 60)).toBe(51);
  });

  it('have slots of a millisecond at least, and never fewer than the window has sixtieths', () => {
    expect(slotMs(1)).toBe(17);
    expect(slotMs(3_600)).toBe(60_000);
  });
});

for (const engine of engines()) {
  describe(`budgets on ${engine}`, () => {
    let nodes: readonly [Database, Database];
    let drop: () => Promise<void>;
    beforeAll(async () => {
      const fresh = await freshDatabase(engine);
      nodes = [openDatabase(fresh.url), openDatabase(fresh.url)];
      drop = fresh.drop;
    });
    afterAll(async () => {
      for (const node of nodes) await node.close();
      await drop();
    });
    const node = (n = 0): Database => (n % 2 === 0 ? nodes[0] : nodes[1]);
    const take = (rule: string, of: { limit?: number; now?: number; agent?: string; window?: number; n?: number } = {}) =>
      takeBudget(node(of.n).db, {
        rule,
        kind: 'calls',
        limit: of.limit ?? 5,
        window: of.window ?? 60,
        agent: of.agent ?? 'agt_1',
        now: of.now ?? NOW,
      });

    it('give exactly their limit to any number that ask two nodes at once', async () => {
      const taken = await Promise.all(Array.from({ length: 100 }, (_, n) => take('race', { limit: 30, n, now: NOW + n })));
      expect(taken.filter(({ ok }) => ok)).toHaveLength(30);
    });

    it('never let a window see more than the limit, however uses are spread', async () => {
      const at: number[] = [];
      for (let step = 0; step < 150; step += 1) {
        const now = NOW + step * 1_931;
        if ((await take('spread', { now })).ok) at.push(now);
      }
      for (const from of at) expect(at.filter((one) => one >= from && one < from + 60_000).length).toBeLessThanOrEqual(5);
      expect(at.length).toBeGreaterThanOrEqual(5 * Math.floor((150 * 1_931) / 61_000));
    });

    it('do not forget what a node with a faster clock counted', async () => {
      await take('clocks', { limit: 2, now: NOW + 5_000 });
      await take('clocks', { limit: 2, now: NOW, n: 1 });
      expect(await take('clocks', { limit: 2, now: NOW + 59_000 })).toEqual({ ok: false, retryAfter: expect.any(Number) });
    });

    it('are apart by agent and by window, and by kind', async () => {
      expect(await take('apart', { limit: 1 })).toEqual({ ok: true });
      expect(await take('apart', { limit: 1, agent: 'agt_2' })).toEqual({ ok: true });
      expect(await take('apart', { limit: 1, window: 120 })).toEqual({ ok: true });
      expect(await take('apart', { limit: 1 })).toMatchObject({ ok: false });
      expect(await listUses(node().db, { rule: 'apart', window: 60 }, { limit: 10 })).toEqual([
        { agent: 'agt_1', kind: 'calls', uses: { [slot(NOW)]: 1 } },
        { agent: 'agt_2', kind: 'calls', uses: { [slot(NOW)]: 1 } },
      ]);
    });

    it('keep no more slots than count, and go when none does', async () => {
      for (let second = 0; second < 90; second += 1) await take('grow', { limit: 1_000, now: NOW + second * 1_000 });
      const [found] = await listUses(node().db, { rule: 'grow', window: 60 }, { limit: 1 });
      expect(Object.keys(found?.uses ?? {}).length).toBeLessThanOrEqual(61);
      await sweepBudgets(node().db, NOW + 89_000 + 61_000);
      expect(await listUses(node().db, { rule: 'grow', window: 60 }, { limit: 1 })).toHaveLength(1);
      await sweepBudgets(node().db, NOW + 89_000 + 63_000);
      expect(await listUses(node().db, { rule: 'grow', window: 60 }, { limit: 1 })).toHaveLength(0);
    });

    it('give back what was taken in a transaction that came to nothing', async () => {
      const undone = new Error('undone');
      const doomed = node()
        .db.transaction()
        .execute(async (tx) => {
          await takeBudget(tx, { rule: 'undone', kind: 'calls', limit: 1, window: 60, agent: 'agt_1', now: NOW });
          throw undone;
        });
      await expect(doomed).rejects.toBe(undone);
      expect(await take('undone', { limit: 1 })).toEqual({ ok: true });
    });
  });
}
