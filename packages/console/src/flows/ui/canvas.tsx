import '@xyflow/react/dist/base.css';
import './canvas.css';
import {
  Background,
  BackgroundVariant,
  Controls,
  MarkerType,
  MiniMap,
  ReactFlow,
  useReactFlow,
  type Connection,
  type Edge,
} from '@xyflow/react';
import { memo, useCallback, useMemo, type DragEvent } from 'react';
import type { Face, Lit, SceneLine } from '../model/scene.ts';
import { sceneLines } from '../model/scene.ts';
import { useEditor } from './editor-context.ts';
import { FaceView } from './face.tsx';
import { FIT, useCanvasKeys, type CanvasActs } from './use-canvas-keys.ts';
import { useSceneNodes } from './use-scene-nodes.ts';

const KINDS = { face: FaceView };
const ARROW = { type: MarkerType.ArrowClosed, width: 16, height: 16 } as const;
const READABLE = 0.6;
/** What is dragged from the palette. */
export const DRAGGED = 'application/x-writ-node';

export type CanvasProps = CanvasActs & { readonly faces: ReadonlyMap<string, Face>; readonly lit?: Lit };

/** The flow as it is drawn. Moving a box is told once, when it is let go. */
export function CanvasView({ faces, lit, ...on }: CanvasProps) {
  const { state, act, readOnly } = useEditor();
  const { nodes, onNodesChange } = useSceneNodes(faces);
  const lines = useMemo(() => sceneLines(state.now, lit), [state.now, lit]);
  const edges = useMemo(() => lines.map(edgeOf), [lines]);
  const keys = useCanvasKeys(on);
  const { screenToFlowPosition, fitView, getZoom, setViewport } = useReactFlow();
  const start = state.now.layout[state.now.draft.start];
  // A long flow is shown from its start on, large enough to be read.
  const begin = useCallback(async () => {
    await fitView(FIT);
    if (getZoom() < READABLE && start !== undefined)
      await setViewport({ x: 40 - start.x * READABLE, y: 260 - start.y * READABLE, zoom: READABLE });
  }, [fitView, getZoom, setViewport, start]);
  const drop = useCallback(
    (event: DragEvent) => {
      const kind = event.dataTransfer.getData(DRAGGED);
      if (kind === '' || readOnly) return;
      event.preventDefault();
      const { x, y } = screenToFlowPosition({ x: event.clientX, y: event.clientY });
      act({ kind: 'add', node: kind, at: { x: Math.round(x), y: Math.round(y) } });
    },
    [act, readOnly, screenToFlowPosition],
  );
  const connect = useCallback(
    ({ source, sourceHandle, target }: Connection) => act({ kind: 'connect', from: source, branch: sourceHandle ?? 'next', to: target }),
    [act],
  );
  // A line is changed, or taken away, where its node lists its branches.
  const { onPanel } = on;
  const toWays = useCallback(
    (from: string) => {
      act({ kind: 'select', ids: [from] });
      onPanel('ways');
    },
    [act, onPanel],
  );
  return (
    <div
      className="canvas relative h-full min-h-0"
      role="application"
      aria-label="Canvas of the flow. Arrow keys follow the lines; question mark lists the keys."
      onKeyDown={keys}
      onFocus={({ target }) => {
        const id = target instanceof HTMLElement && target.matches(':focus-visible') ? target.dataset['node'] : undefined;
        if (id !== undefined && !state.selected.includes(id)) act({ kind: 'select', ids: [id] });
      }}
      onDragOver={(event) => event.preventDefault()}
      onDrop={drop}
    >
      {faces.size > 0 ? null : (
        <p className="absolute inset-x-0 top-1/3 z-10 mx-auto max-w-xs text-center text-soft">
          Nothing is drawn yet. Take the first node from the list on the left, or write the flow under Text.
        </p>
      )}
      <Drawn
        nodes={nodes}
        edges={edges}
        readOnly={readOnly}
        onNodesChange={onNodesChange}
        onConnect={connect}
        onInit={begin}
        onEdge={toWays}
        act={act}
      />
    </div>
  );
}

type DrawnProps = Pick<ReturnType<typeof useSceneNodes>, 'nodes' | 'onNodesChange'> & {
  edges: Edge[];
  readOnly: boolean;
  onConnect: (connection: Connection) => void;
  onInit: () => void;
  onEdge: (from: string) => void;
  act: ReturnType<typeof useEditor>['act'];
};

const Drawn = memo(function Drawn({ nodes, edges, readOnly, onNodesChange, onConnect, onInit, onEdge, act }: DrawnProps) {
  // Dots are drawn anew with every pixel that the canvas moves; a large flow can do without.
  const large = nodes.length > 60;
  return (
    <ReactFlow
      nodes={nodes}
      edges={edges}
      nodeTypes={KINDS}
      onNodesChange={onNodesChange}
      onConnect={onConnect}
      onEdgeClick={(_event, { source }) => onEdge(source)}
      onPaneClick={() => act({ kind: 'select', ids: [] })}
      onSelectionDragStop={(_event, moved) => act({ kind: 'move', places: placesOf(moved) })}
      onNodeDragStop={(_event, _node, moved) => act({ kind: 'move', places: placesOf(moved) })}
      nodesDraggable={!readOnly}
      nodesConnectable={!readOnly}
      nodesFocusable={false}
      edgesFocusable={false}
      edgesReconnectable={false}
      disableKeyboardA11y
      deleteKeyCode={null}
      minZoom={0.05}
      maxZoom={2}
      onInit={onInit}
      onlyRenderVisibleElements={large}
    >
      {large ? null : <Background variant={BackgroundVariant.Dots} gap={22} size={1.4} />}
      <MiniMap pannable zoomable ariaLabel="Overview of the flow" />
      <Controls showInteractive={false} aria-label="Zoom" />
    </ReactFlow>
  );
});

/** A line that leads back goes round the nodes and between the rows: a curve would run behind them. */
const ROUND = { type: 'smoothstep', pathOptions: { borderRadius: 10, offset: 18 } } as const;

function edgeOf({ id, from, branch, to, lit, isBack }: SceneLine): Edge {
  const className = `${lit ? 'lit' : ''} ${branch === 'next' ? '' : 'aside'}`;
  return {
    id,
    source: from,
    sourceHandle: branch,
    target: to,
    className,
    markerEnd: ARROW,
    selectable: false,
    ...(isBack ? ROUND : {}),
  };
}

function placesOf(nodes: readonly { id: string; position: { x: number; y: number } }[]) {
  return Object.fromEntries(nodes.map(({ id, position }) => [id, { x: Math.round(position.x), y: Math.round(position.y) }]));
}
