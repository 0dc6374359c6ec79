import { describe, expect, it } from 'vitest';
import { createBatch } from './batch.ts';

describe('a batch', () => {
  it('asks what is asked within one turn of the event loop at once, and gives each its own answer', async () => {
    const batches: number[][] = [];
    const double = createBatch<number, number>((all) => {
      batches.push([...all]);
      return Promise.resolve(all.map((one) => one * 2));
    });
    expect(await Promise.all([double(1), double(2), double(3)])).toEqual([2, 4, 6]);
    expect(await double(4)).toBe(8);
    expect(batches).toEqual([[1, 2, 3], [4]]);
  });

  it('takes no more than two hundred at once', async () => {
    const sizes: number[] = [];
    const same = createBatch<number, number>((all) => (sizes.push(all.length), Promise.resolve(all)));
    const asked = Array.from({ length: 450 }, (_, index) => index);
    expect(await Promise.all(asked.map((one) => same(one)))).toEqual(asked);
    expect(sizes).toEqual([200, 200, 50]);
  });

  it('fails all of them with the statement, and none of the next ones', async () => {
    let fails = true;
    const ask = createBatch<string, string>((all) => (fails ? Promise.reject(new Error('gone')) : Promise.resolve(all)));
    const answers = await Promise.allSettled([ask('a'), ask('b')]);
    expect(answers.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    fails = false;
    expect(await ask('c')).toBe('c');
  });

  it('leaves nobody waiting for an answer that does not come', async () => {
    const ask = createBatch<string, string>(() => Promise.resolve([]));
    await expect(ask('a')).rejects.toThrow('not every question was answered');
  });
});
