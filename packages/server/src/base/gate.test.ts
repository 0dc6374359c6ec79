import { describe, expect, it } from 'vitest';
import { createGate } from './gate.ts';

/** Work that ends when the test says so. */
function held(): { work: () => Promise<string>; end: (value: string) => void; fail: () => void } {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  return { work: () => promise, end: resolve, fail: () => reject(new Error('failed')) };
}

const done = (value: string) => ({ ran: true, value });

describe('a gate', () => {
  it('runs as much at once as it has slots, the rest in the order of asking', async () => {
    const gate = createGate({ slots: 2, queue: 9 });
    const begun: number[] = [];
    const pieces = [held(), held(), held(), held()];
    const all = pieces.map((piece, index) => gate.run(() => (begun.push(index), piece.work())));
    await Promise.resolve();
    expect(begun).toEqual([0, 1]);
    pieces[1]?.end('b');
    await all[1];
    expect(begun).toEqual([0, 1, 2]);
    for (const [index, piece] of pieces.entries()) piece.end(String(index));
    expect(await Promise.all(all)).toEqual([done('0'), done('b'), done('2'), done('3')]);
    expect(begun).toEqual([0, 1, 2, 3]);
    expect(gate.idle()).toBe(true);
  });

  it('turns away what does not fit the queue, and has room again afterwards', async () => {
    const gate = createGate({ slots: 1, queue: 1 });
    const [first, second] = [held(), held()];
    const running = [gate.run(first.work), gate.run(second.work)];
    expect(await gate.run(async () => 'never')).toEqual({ ran: false, reason: 'full' });
    first.end('1');
    second.end('2');
    await Promise.all(running);
    expect(await gate.run(async () => 'again')).toEqual(done('again'));
  });

  it('gives the slot back when work fails', async () => {
    const gate = createGate({ slots: 1, queue: 1 });
    const piece = held();
    const broken = gate.run(piece.work);
    const next = gate.run(async () => 'next');
    piece.fail();
    await expect(broken).rejects.toThrow('failed');
    expect(await next).toEqual(done('next'));
    expect(gate.idle()).toBe(true);
  });

  it('forgets whoever gives up waiting', async () => {
    const gate = createGate({ slots: 1, queue: 1 });
    const piece = held();
    const running = gate.run(piece.work);
    const patience = new AbortController();
    const waiting = gate.run(async () => 'never', patience.signal);
    patience.abort();
    expect(await waiting).toEqual({ ran: false, reason: 'aborted' });
    const next = gate.run(async () => 'next', new AbortController().signal);
    piece.end('1');
    expect([await running, await next]).toEqual([done('1'), done('next')]);
    expect(await gate.run(async () => 'never', patience.signal)).toEqual({ ran: false, reason: 'aborted' });
    expect(gate.idle()).toBe(true);
  });
});
