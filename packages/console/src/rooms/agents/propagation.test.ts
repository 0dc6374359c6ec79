import { describe, expect, it } from 'vitest';
import { propagationOf } from './propagation.ts';

const at = (second: number): string => new Date(Date.UTC(2026, 0, 1, 12, 0, second)).toISOString();
const sent = (seq: number, agent: string, second: number, state = 'frozen') => ({
  time: at(second),
  actor: {},
  target: { type: 'agent', id: agent },
  data: { seq, state },
});
const heard = (client: string, seq: number, second: number) => ({ time: at(second), actor: { client }, target: null, data: { seq } });

describe('how a signal went round', () => {
  it('takes the newest signal about the agent, and of each listener the first word that covers it', () => {
    const found = propagationOf(
      'agt_1',
      [sent(7, 'agt_1', 10), sent(5, 'agt_1', 1, 'restored'), sent(8, 'agt_2', 11)],
      [heard('b', 8, 12), heard('a', 7, 11), heard('a', 8, 15), heard('c', 6, 12), heard('d', 9, 5)],
    );
    expect(found).toEqual({
      state: 'frozen',
      seq: 7,
      at: at(10),
      receivers: [
        { client: 'a', seconds: 1 },
        { client: 'b', seconds: 2 },
      ],
      slowest: 2,
    });
  });

  it('knows nothing of an agent that no signal names', () => {
    expect(propagationOf('agt_3', [sent(1, 'agt_1', 1)], [])).toBeUndefined();
  });
});
