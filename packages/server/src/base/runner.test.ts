import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createRunner, type Errand } from './runner.ts';

const NEVER = 3_600_000;

/** A runner over errands that end when the test says so. */
function world(pauseMs = NEVER) {
  const errands: Errand[] = [];
  const faults: (string | undefined)[] = [];
  let aborted = false;
  let looks = 0;
  const runner = createRunner({
    pauseMs,
    due() {
      looks += 1;
      return Promise.resolve([...errands]);
    },
    onError: (_, key) => void faults.push(key),
    abort() {
      aborted = true;
      return Promise.resolve();
    },
  });
  return { runner, errands, faults, looks: () => looks, aborted: () => aborted };
}

describe('a runner', () => {
  it('works on what is due, side by side, and on one thing once at a time', async () => {
    const { runner, errands } = world();
    const slow = Promise.withResolvers<void>();
    const begun: string[] = [];
    errands.push({ key: 'slow', work: () => (begun.push('slow'), slow.promise) });
    errands.push({ key: 'quick', work: () => (begun.push('quick'), Promise.resolve()) });
    const first = runner.run();
    await nextTurn();
    const second = runner.run();
    await nextTurn();
    expect(begun).toEqual(['slow', 'quick', 'quick']);
    slow.resolve();
    await Promise.all([first, second]);
    await runner.run();
    expect(begun).toEqual(['slow', 'quick', 'quick', 'slow', 'quick']);
  });

  it('goes on when an errand goes wrong, and says which', async () => {
    const { runner, errands, faults, looks } = world(1);
    errands.push({ key: 'bad', work: () => Promise.reject(new Error('a test')) });
    await runner.run();
    expect(faults).toEqual(['bad']);
    runner.start();
    await expect.poll(looks, { timeout: 25_000 }).toBeGreaterThan(3);
    await runner.stop();
    expect(new Set(faults)).toEqual(new Set(['bad']));
  });

  it('looks again when the look itself goes wrong, and names no errand', async () => {
    const faults: unknown[] = [];
    const runner = createRunner({
      pauseMs: 1,
      due: () => Promise.reject(new Error('a test')),
      onError: (_, key) => void faults.push(key),
      abort: () => Promise.resolve(),
    });
    runner.start();
    await expect.poll(() => faults.length, { timeout: 25_000 }).toBeGreaterThan(2);
    await runner.stop();
    expect(faults.every((key) => key === undefined)).toBe(true);
  });

  it('has ended what was under way when it has stopped, and begins nothing more', async () => {
    const { runner, errands, aborted } = world();
    const slow = Promise.withResolvers<void>();
    let ended = false;
    errands.push({ key: 'slow', work: () => slow.promise.then(() => void (ended = true)) });
    const running = runner.run();
    await nextTurn();
    const stopped = runner.stop().then(() => ended);
    await expect.poll(aborted, { timeout: 25_000 }).toBe(true);
    slow.resolve();
    expect(await stopped).toBe(true);
    await running;
    ended = false;
    await runner.run();
    expect(ended).toBe(false);
  });
});
