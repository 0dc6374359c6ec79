import { describe, expect, it } from 'vitest';
import { layOut } from './chain.ts';

const node = (id: string) => ({ id, kind: 'agent', client: id, state: 'active' });
const edge = (from: string, to: string) => ({ from, to, jti: `${from}${to}`, state: 'good' });

describe('the drawing of a chain', () => {
  it('goes from left to right by hops, and puts what stands side by side below each other', () => {
    const { placed, lines, width, height } = layOut(['ann', 'a', 'b', 'c'].map(node), [
      edge('ann', 'a'),
      edge('a', 'b'),
      edge('a', 'c'),
      edge('ann', 'c'),
    ]);
    expect(placed.map(({ x, y }) => [x, y])).toEqual([
      [0, 0],
      [236, 0],
      [472, 0],
      [472, 66],
    ]);
    expect(lines).toHaveLength(4);
    expect([width, height]).toEqual([654, 116]);
  });

  it('ends for agents that hand back and forth', () => {
    expect(layOut(['a', 'b'].map(node), [edge('a', 'b'), edge('b', 'a'), edge('a', 'a')]).lines).toHaveLength(2);
  });
});
