import '@xyflow/react/dist/base.css';
import './graph.css';
import {
  Controls,
  Handle,
  Position,
  ReactFlow,
  ReactFlowProvider,
  useReactFlow,
  type Edge,
  type Node,
  type NodeProps,
} from '@xyflow/react';
import { AppWindow, Bot, Building2, FileCheck, KeyRound, Plug, Scale, Server, UserRound, UsersRound, type LucideIcon } from 'lucide-react';
import { memo, useCallback, useMemo, useRef, useState, type KeyboardEvent } from 'react';
import type { GraphNode } from './model.ts';
import { BOX, COLUMNS, leftOf, stepFrom, type Box, type Scene } from './place.ts';

const ICONS: Readonly<Record<GraphNode['kind'], LucideIcon>> = {
  agent: Bot,
  client: AppWindow,
  user: UserRound,
  tenant: Building2,
  role: UsersRound,
  resource: Server,
  connection: Plug,
  credential: KeyRound,
  policy: Scale,
  grant: FileCheck,
};
const TONES: Readonly<Record<GraphNode['kind'], string>> = {
  agent: 'bg-wash text-accent',
  client: 'bg-wash text-accent',
  user: 'bg-low-wash text-low',
  tenant: 'bg-low-wash text-low',
  role: 'bg-violet-wash text-violet',
  resource: 'bg-sunk text-ink',
  connection: 'bg-sunk text-ink',
  credential: 'bg-elevated-wash text-elevated',
  policy: 'bg-violet-wash text-violet',
  grant: 'bg-low-wash text-low',
};

type Look = {
  box: Box;
  tone: 'plain' | 'lit' | 'dim' | 'gone' | 'new';
  isFocal: boolean;
  on: (key: string | undefined) => void;
  choose: (key: string) => void;
};
type BoxNode = Node<Look, 'box'>;
type HeadNode = Node<{ title: string }, 'head'>;

/** State beside the kind, where it is not the ordinary one. */
function under({ kind, state }: GraphNode): string {
  return state === undefined || state === 'active' || state === 'enforce' ? kind : `${kind} · ${state}`;
}

const EDGES = {
  plain: 'border-line',
  lit: 'border-accent ring-1 ring-accent',
  dim: 'border-line opacity-35',
  gone: 'border-high border-dashed border-2',
  new: 'border-low border-2',
};

const BoxView = memo(function BoxView({ data: { box, tone, isFocal, on, choose } }: NodeProps<BoxNode>) {
  const { node } = box;
  const Icon = ICONS[node.kind];
  return (
    <>
      <Handle type="target" position={Position.Left} isConnectable={false} />
      <button
        type="button"
        tabIndex={isFocal ? 0 : -1}
        data-box={box.key}
        style={{ width: BOX.width, height: BOX.height }}
        className={`nodrag nopan flex items-center gap-2.5 rounded-lg border bg-sheet px-2.5 text-left ${EDGES[tone]}`}
        onMouseEnter={() => on(box.key)}
        onMouseLeave={() => on(undefined)}
        onFocus={() => on(box.key)}
        onBlur={() => on(undefined)}
        onClick={() => choose(box.key)}
      >
        <span className={`grid size-8 shrink-0 place-items-center rounded-md ${TONES[node.kind]}`}>
          <Icon size={17} aria-hidden="true" />
        </span>
        <span className="min-w-0 flex-1 leading-tight">
          <span className="block truncate text-[0.9rem] font-semibold" title={node.name}>
            {node.name}
          </span>
          <span
            className={`block truncate text-[0.8rem] ${node.state === 'frozen' || node.state === 'locked' ? 'text-elevated' : 'text-soft'}`}
          >
            {under(node)}
            <span className="sr-only">, part of {box.ways.length === 1 ? 'one way' : `${box.ways.length} ways`}</span>
          </span>
        </span>
      </button>
      <Handle type="source" position={Position.Right} isConnectable={false} />
    </>
  );
});

/** What a column holds. */
function HeadView({ data: { title } }: NodeProps<HeadNode>) {
  return <p className="text-[0.86rem] font-semibold text-soft">{title}</p>;
}

const KINDS = { box: BoxView, head: HeadView };

/** Pixels above the boxes. */
const HEAD = 34;

/** Ways that would go, come, or be otherwise. */
export type Marks = ReadonlyMap<string, 'gone' | 'new' | 'other'>;

function markOf(ways: readonly string[], marks: Marks): 'gone' | 'new' | 'other' | undefined {
  const found = ways.map((way) => marks.get(way));
  if (found.length > 0 && found.every((mark) => mark === 'gone')) return 'gone';
  if (found.length > 0 && found.every((mark) => mark === 'new')) return 'new';
  return found.some((mark) => mark !== undefined) ? 'other' : undefined;
}

type DrawingProps = { scene: Scene; marks: Marks; chosen: string | undefined; onChoose: (key: string | undefined) => void };

/** What neither moves nor is chosen by React Flow. Its size is known, so that a box whose look changes is not measured anew: it would be away for a moment, and a click with it. */
const fixed = (height: number) => ({
  draggable: false,
  selectable: false,
  width: BOX.width,
  height,
  measured: { width: BOX.width, height },
});

function headsOf({ boxes }: Scene): HeadNode[] {
  return COLUMNS.flatMap((title, column): HeadNode[] =>
    boxes.some((box) => box.column === column)
      ? [{ id: `head ${title}`, type: 'head', position: { x: leftOf(column), y: -HEAD }, data: { title }, ...fixed(20) }]
      : [],
  );
}

/** Boxes and lines as they look now. `lit`: the box whose ways are lit. */
function useLooks(
  { scene, marks }: DrawingProps,
  lit: string | undefined,
  data: Pick<Look, 'on' | 'choose'> & { focal: string | undefined },
) {
  const { on, choose, focal } = data;
  const ways = useMemo(() => new Set(scene.boxes.find(({ key }) => key === lit)?.ways), [scene, lit]);
  const heads = useMemo(() => headsOf(scene), [scene]);
  const boxes = useMemo(
    () =>
      scene.boxes.map((box): BoxNode => {
        const mark = markOf(box.ways, marks);
        const isLit = box.ways.some((way) => ways.has(way));
        const tone = lit !== undefined ? (isLit ? 'lit' : 'dim') : mark === 'gone' || mark === 'new' ? mark : 'plain';
        return {
          id: box.key,
          type: 'box',
          position: { x: box.x, y: box.y },
          data: { box, tone, isFocal: box.key === focal, on, choose },
          // What can be neither dragged nor selected would not hear of the pointer.
          style: { pointerEvents: 'all' },
          ...fixed(BOX.height),
        };
      }),
    [scene, marks, ways, lit, focal, on, choose],
  );
  const edges = useMemo(
    () =>
      scene.lines.map(({ id, from, to, ways: of, stopped }): Edge => {
        const isLit = of.some((way) => ways.has(way));
        const look = lit === undefined ? (markOf(of, marks) ?? '') : isLit ? 'lit' : 'dim';
        return { id, source: from, target: to, className: `${look} ${stopped ? 'stopped' : ''}`, selectable: false, focusable: false };
      }),
    [scene, marks, ways, lit],
  );
  return { nodes: useMemo(() => [...heads, ...boxes], [heads, boxes]), edges };
}

function Drawn(props: DrawingProps) {
  const { scene, chosen, onChoose } = props;
  const [over, setOver] = useState<string>();
  const [focal, setFocal] = useState(scene.boxes[0]?.key);
  const frame = useRef<HTMLDivElement>(null);
  const { fitView } = useReactFlow();
  const choose = useCallback((key: string) => onChoose(key === chosen ? undefined : key), [chosen, onChoose]);
  const { nodes, edges } = useLooks(props, over ?? chosen, { on: setOver, choose, focal });
  const onKey = (event: KeyboardEvent): void => {
    const at = focal ?? scene.boxes[0]?.key;
    if (event.key === 'Escape') return onChoose(undefined);
    const next = at === undefined ? undefined : stepFrom(scene, at, event.key);
    if (next === undefined) return;
    event.preventDefault();
    setFocal(next);
    const box = [...(frame.current?.querySelectorAll<HTMLElement>('[data-box]') ?? [])].find(({ dataset }) => dataset['box'] === next);
    box?.focus({ preventScroll: true });
  };
  return (
    <div
      ref={frame}
      role="group"
      aria-label="Drawing of the access graph. Arrow keys follow the lines; the list says the same in words."
      className="graph overflow-hidden rounded-lg border border-line"
      style={{ height: Math.max(240, scene.height + HEAD + 60) }}
      onKeyDown={onKey}
      onFocus={({ target }) => {
        const at = target.dataset['box'];
        if (at !== undefined) setFocal(at);
      }}
    >
      <ReactFlow
        nodes={nodes}
        edges={edges}
        nodeTypes={KINDS}
        nodesDraggable={false}
        nodesConnectable={false}
        nodesFocusable={false}
        edgesFocusable={false}
        disableKeyboardA11y
        deleteKeyCode={null}
        zoomOnScroll={false}
        preventScrolling={false}
        minZoom={0.2}
        maxZoom={1.4}
        onInit={() => void fitView({ padding: { x: 0.06, top: 0.06, bottom: '48px' }, maxZoom: 1 })}
        onPaneClick={() => onChoose(undefined)}
        onlyRenderVisibleElements={false}
      >
        <Controls orientation="horizontal" showInteractive={false} aria-label="Zoom" />
      </ReactFlow>
    </div>
  );
}

/** The graph as it is drawn: whatever the pointer or the keyboard is at, its ways are lit from end to end. */
export function Drawing(props: DrawingProps) {
  return (
    <ReactFlowProvider>
      <Drawn {...props} />
    </ReactFlowProvider>
  );
}
