import { applyNodeChanges, Position, type NodeChange, type OnNodesChange } from '@xyflow/react';
import { useCallback, useEffect, useState } from 'react';
import type { FlowLayout } from '@writ/flow';
import { heightOf, NODE_WIDTH } from '../model/arrange.ts';
import type { Face } from '../model/scene.ts';
import { useEditor } from './editor-context.ts';
import type { FaceNode } from './face.tsx';

const ORIGIN = { x: 0, y: 0 };

/**
 * The nodes as React Flow keeps them: places while something is dragged are its own; everything else is the editor's state. What did not
 * change stays the same object, or 200 nodes are drawn anew with every keystroke.
 */
export function useSceneNodes(faces: ReadonlyMap<string, Face>): {
  readonly nodes: FaceNode[];
  readonly onNodesChange: OnNodesChange<FaceNode>;
} {
  const { state, act } = useEditor();
  const { selected, now } = state;
  const focal = selected.at(-1) ?? now.draft.start;
  const [nodes, setNodes] = useState<FaceNode[]>(() => merged([], { faces, layout: now.layout, selected, focal }));
  useEffect(() => {
    setNodes((before) => merged(before, { faces, layout: now.layout, selected, focal }));
  }, [faces, now.layout, selected, focal]);
  const onNodesChange = useCallback(
    (changes: NodeChange<FaceNode>[]) => {
      const picks = changes.filter((one) => one.type === 'select');
      if (picks.length > 0) {
        const ids = new Set(selected);
        for (const { id, selected: on } of picks) {
          if (on) ids.add(id);
          else ids.delete(id);
        }
        act({ kind: 'select', ids: [...ids] });
      }
      const others = changes.filter((one) => one.type === 'position' || one.type === 'dimensions');
      if (others.length > 0) setNodes((before) => applyNodeChanges(others, before));
    },
    [act, selected],
  );
  return { nodes, onNodesChange };
}

type Wanted = {
  readonly faces: ReadonlyMap<string, Face>;
  readonly layout: FlowLayout;
  readonly selected: readonly string[];
  readonly focal: string;
};

function merged(before: readonly FaceNode[], { faces, layout, selected, focal }: Wanted): FaceNode[] {
  const old = new Map(before.map((node) => [node.id, node]));
  const chosen = new Set(selected);
  return [...faces].map(([id, face]): FaceNode => {
    const known = old.get(id);
    const [place, on, first] = [layout[id] ?? ORIGIN, chosen.has(id), id === focal];
    const { data, position, selected: was } = known ?? {};
    const still = position?.x === place.x && position.y === place.y;
    if (known !== undefined && data?.face === face && data.focal === first && still && was === on) return known;
    return { ...(known ?? sized(face)), id, type: 'face', data: { face, focal: first }, position: place, selected: on };
  });
}

/** What is out of sight is not drawn, and so never measured: its size and where its lines begin are told beforehand. */
function sized({ ways }: Face): Pick<FaceNode, 'measured' | 'handles'> {
  const handle = { x: 0, width: HANDLE, height: HANDLE };
  return {
    measured: { width: NODE_WIDTH, height: heightOf(ways.length) },
    handles: [
      { ...handle, type: 'target', position: Position.Left, x: -HANDLE / 2, y: 26 - HANDLE / 2 },
      ...ways.map(({ name }, at) => ({
        ...handle,
        id: name,
        type: 'source' as const,
        position: Position.Right,
        x: NODE_WIDTH - HANDLE / 2,
        y: heightOf(0) + 4 + at * 26 + 13 - HANDLE / 2,
      })),
    ],
  };
}
const HANDLE = 11;
