import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createSnapshot } from './snapshot.ts';

describe('a snapshot', () => {
  it('is not to be asked before it was read', async () => {
    const snapshot = createSnapshot({ name: 'numbers', load: () => Promise.resolve(1), onError: () => {} });
    expect(() => snapshot.current()).toThrow('numbers: asked before it was read');
    await snapshot.ready();
    expect(snapshot.current()).toBe(1);
  });

  it('is read again when a change arrives while it is being read', async () => {
    let release = (): void => {};
    const gates = [new Promise<void>((resolve) => (release = resolve)), Promise.resolve()];
    let reads = 0;
    const load = async (): Promise<number> => {
      const read = reads;
      reads += 1;
      await gates[read];
      return read;
    };
    const snapshot = createSnapshot({ name: 'numbers', load, onError: () => {} });
    const first = snapshot.ready();
    snapshot.stale();
    release();
    await first;
    expect([snapshot.current(), reads]).toEqual([1, 2]);
  });

  it('keeps the last value while it cannot be read, and goes on trying by itself', async () => {
    let isAway = false;
    let value = 'old';
    const errors: unknown[] = [];
    const load = (): Promise<string> => (isAway ? Promise.reject(new Error('away')) : Promise.resolve(value));
    const snapshot = createSnapshot({ name: 'words', load, onError: (error) => errors.push(error), retryMs: 5 });
    await snapshot.ready();
    isAway = true;
    value = 'new';
    snapshot.stale();
    await expect(snapshot.ready()).rejects.toThrow('away');
    expect(snapshot.current()).toBe('old');
    isAway = false;
    while (snapshot.current() === 'old') await pause(5);
    expect(snapshot.current()).toBe('new');
    expect(errors.length).toBeGreaterThan(0);
  });
});
