import { describe, expect, it } from 'vitest';
import { freezeAll, type Progress } from './freeze-all.ts';

async function run(refused: string | undefined, stopAfter: number) {
  const [frozen, told]: [string[], Progress[]] = [[], []];
  const last = await freezeAll(['a', 'b', 'c'], {
    freeze: (one) => {
      if (one === refused) return Promise.resolve(new Error('no'));
      frozen.push(one);
      return Promise.resolve(undefined);
    },
    tell: (progress) => told.push(progress),
    isStopped: () => frozen.length >= stopAfter,
  });
  return { frozen, last, told: told.map(({ done }) => done) };
}

describe('freezing several', () => {
  it('tells after each how far it is', async () => {
    expect(await run(undefined, 9)).toMatchObject({ frozen: ['a', 'b', 'c'], told: [0, 1, 2, 3], last: { done: 3, all: 3 } });
  });

  it('ends at the first that is refused, and says why', async () => {
    const { frozen, last } = await run('b', 9);
    expect([frozen, last.done, last.failed?.message]).toEqual([['a'], 1, 'no']);
  });

  it('ends when somebody says so; what was done stays done', async () => {
    expect(await run(undefined, 2)).toMatchObject({ frozen: ['a', 'b'], last: { done: 2, all: 3 } });
  });
});
