import { describe, expect, it } from 'vitest';
import { heardOf, isListening, percentile, spreadOf, type Listener } from './listener.ts';
import type { Signal } from './signal.ts';

const SIGNAL: Signal = {
  seq: 7,
  id: 'sig_7',
  at: 10_000,
  kind: 'agent',
  subject: 'agt_1',
  state: 'frozen',
  reason: 'test',
  tenantId: 'acme',
};
const listener = (receiver: string, more: Partial<Listener & { at: number; tenants: readonly string[] }> = {}) => ({
  receiver,
  instance: 'a',
  began: 0,
  seq: 0,
  openedAt: 0,
  seenAt: 20_000,
  tenants: [],
  at: undefined,
  ...more,
});

describe('who has heard of a signal', () => {
  it('is told apart: who acted and how soon, who listens in silence, who is away', () => {
    const heard = heardOf(
      SIGNAL,
      [
        listener('quick', { at: 10_040 }),
        listener('silent'),
        listener('gone', { closedAt: 15_000 }),
        listener('lost', { seenAt: -100_000 }),
      ],
      21_000,
    );
    expect(heard.map(({ receiver, state, ms }) => [receiver, state, ms])).toEqual([
      ['quick', 'acknowledged', 40],
      ['silent', 'silent', null],
      ['gone', 'away', null],
      ['lost', 'away', null],
    ]);
    expect(spreadOf(heard)).toEqual({ acknowledged: 1, silent: 1, away: 2, p50: 40, p95: 40, slowest: 40 });
  });

  it('leaves out whoever began later, and who serves other tenants alone', () => {
    const heard = heardOf(
      SIGNAL,
      [listener('later', { began: 7 }), listener('globex', { tenants: ['globex'] }), listener('acme', { tenants: ['acme'] })],
      21_000,
    );
    expect(heard.map(({ receiver }) => receiver)).toEqual(['acme']);
  });

  it('never takes less than no time, whichever clock ran ahead', () => {
    expect(heardOf(SIGNAL, [listener('ahead', { at: 9_000 })], 21_000)[0]?.ms).toBe(0);
  });
});

describe('a spread', () => {
  it('is by nearest rank, and of nothing there is none', () => {
    const hundred = Array.from({ length: 100 }, (_, index) => index + 1);
    expect([percentile(hundred, 0.5), percentile(hundred, 0.95), percentile([3], 0.95), percentile([], 0.5)]).toEqual([
      50,
      95,
      3,
      undefined,
    ]);
  });

  it('knows who listens by signs of life, not by a stream that nobody closed', () => {
    expect([isListening(listener('a'), 100_000), isListening(listener('a'), 200_000)]).toEqual([true, false]);
  });
});
