import { describe, expect, it } from 'vitest';
import type { GraphEdge, GraphNode } from './model.ts';
import { sceneOf, stepFrom } from './place.ts';

const edge = (of: Partial<GraphEdge> & Pick<GraphEdge, 'id' | 'from' | 'to'>): GraphEdge => ({
  kind: 'reaches',
  by: [],
  conditions: [],
  ...of,
});
const node = (key: string): [string, GraphNode] => [key, { key, kind: 'agent', id: key, name: key }];
const NODES = new Map(['user:ann', 'agent:a', 'agent:b', 'policy:p', 'grant:g', 'resource:crm'].map(node));
const WAYS = [
  edge({
    id: '1',
    from: 'agent:a',
    to: 'resource:crm',
    for: 'user:ann',
    by: [
      { kind: 'consent', id: 'g', sentence: '' },
      { kind: 'policy', id: 'p', sentence: '' },
    ],
  }),
  edge({
    id: '2',
    from: 'agent:b',
    to: 'resource:crm',
    for: 'user:ann',
    by: [{ kind: 'policy', id: 'p', sentence: '' }],
    refused: { what: 'agent', id: 'b', state: 'frozen', sentence: '' },
  }),
];

describe('the drawing', () => {
  it('has whom, agents, causes and targets in a column each, every box once and none on another', () => {
    const { boxes } = sceneOf(WAYS, NODES);
    expect(boxes.map(({ key, column }) => `${column} ${key}`)).toEqual([
      '0 user:ann',
      '1 agent:a',
      '1 agent:b',
      '2 grant:g',
      '2 policy:p',
      '3 resource:crm',
    ]);
    expect(new Set(boxes.map(({ x, y }) => `${x} ${y}`)).size).toBe(boxes.length);
  });

  it('knows of each line which ways it is part of, and that it stands still only where all of them do', () => {
    const { lines } = sceneOf(WAYS, NODES);
    const find = (from: string, to: string) => lines.find((line) => line.from === from && line.to === to);
    expect(find('policy:p', 'resource:crm')).toMatchObject({ ways: ['1', '2'], stopped: false });
    expect(find('agent:b', 'policy:p')).toMatchObject({ ways: ['2'], stopped: true });
  });

  it('leads the arrow keys along lines and columns, and nowhere beyond them', () => {
    const scene = sceneOf(WAYS, NODES);
    expect(stepFrom(scene, 'user:ann', 'ArrowRight')).toBe('agent:a');
    expect(stepFrom(scene, 'agent:a', 'ArrowDown')).toBe('agent:b');
    expect(stepFrom(scene, 'agent:b', 'ArrowRight')).toBe('policy:p');
    expect(stepFrom(scene, 'resource:crm', 'ArrowRight')).toBeUndefined();
    expect(stepFrom(scene, 'user:ann', 'ArrowUp')).toBeUndefined();
  });

  it('draws nothing of nothing', () => expect(sceneOf([], NODES)).toMatchObject({ boxes: [], lines: [], height: 0 }));
});
