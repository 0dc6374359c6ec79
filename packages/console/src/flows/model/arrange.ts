import { graphlib, layout as place } from '@dagrejs/dagre';
import type { FlowLayout } from '@writ/flow';
import { linesIn, type Draft } from './draft.ts';
import { waysOut } from './read.ts';

/** How large a node is drawn, in pixels. The face keeps to it, so that layout needs no browser. */
export const NODE_WIDTH = 216;
const HEAD = 52;
const ROW = 26;

export function heightOf(ways: number): number {
  return HEAD + ways * ROW + (ways > 0 ? 8 : 0);
}

type Spot = { readonly x: number; readonly y: number };

/** Every node from left to right by the lines between them; the same flow is always placed the same. */
export function arranged(draft: Draft): FlowLayout {
  const graph = new graphlib.Graph({ multigraph: true });
  graph.setGraph({ rankdir: 'LR', nodesep: 32, ranksep: 48, marginx: 24, marginy: 24 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const [id, node] of Object.entries(draft.nodes)) graph.setNode(id, { width: NODE_WIDTH, height: heightOf(waysOut(node).length) });
  for (const { from, branch, to } of linesIn(draft)) {
    if (graph.hasNode(from) && graph.hasNode(to)) graph.setEdge(from, to, { weight: branch === 'next' ? 3 : 1 }, branch);
  }
  place(graph);
  const spots = Object.entries(draft.nodes).map(([id, node]): Box => {
    const { x = 0, y = 0 } = graph.node(id);
    const height = heightOf(waysOut(node).length);
    return { id, x: Math.round(x - NODE_WIDTH / 2), y: Math.round(y - height / 2), height };
  });
  return Object.fromEntries(folded(spots).map(({ id, x, y }) => [id, { x, y }]));
}

type Box = Spot & { readonly id: string; readonly height: number };

const COLUMN = NODE_WIDTH + 48;
/** More columns than this are folded into rows, like the lines of a text: nobody reads a flow through a slit, and the canvas between list and fields is narrow. */
const MOST_COLUMNS = 3;

function folded(boxes: readonly Box[]): readonly Box[] {
  const columnOf = ({ x }: Spot): number => Math.round((x - 24) / COLUMN);
  const columns = Math.max(0, ...boxes.map(columnOf)) + 1;
  if (columns <= MOST_COLUMNS) return boxes;
  const perRow = Math.max(MOST_COLUMNS, Math.ceil(Math.sqrt(columns)));
  const rowOf = (box: Box): number => Math.floor(columnOf(box) / perRow);
  let down = 24;
  return Array.from({ length: Math.ceil(columns / perRow) }, (_, row) => {
    const inRow = boxes.filter((box) => rowOf(box) === row);
    const top = Math.min(...inRow.map(({ y }) => y));
    const placed = inRow.map((box) => ({ ...box, x: box.x - row * perRow * COLUMN, y: box.y - top + down }));
    down = Math.max(down, ...placed.map(({ y, height }) => y + height)) + 96;
    return placed;
  }).flat();
}

/** A free spot to the right of a node; below everything where there is none. */
export function placeBeside(layout: FlowLayout, id: string | undefined): Spot {
  const beside = id === undefined ? undefined : layout[id];
  const all = Object.values(layout);
  if (beside === undefined) return all.length === 0 ? { x: 24, y: 24 } : { x: 24, y: Math.max(...all.map(({ y }) => y)) + 160 };
  const spot = { x: beside.x + NODE_WIDTH + 64, y: beside.y };
  const meets = ({ x, y }: Spot): boolean => all.some((one) => Math.abs(one.x - x) < NODE_WIDTH && Math.abs(one.y - y) < 120);
  let y = spot.y;
  while (meets({ x: spot.x, y })) y += 60;
  return { x: spot.x, y };
}

/** The layout with a place for every node: those that nobody placed where dagre would put them. */
export function completed(layout: FlowLayout, draft: Draft): FlowLayout {
  return Object.keys(draft.nodes).every((id) => layout[id] !== undefined) ? layout : { ...arranged(draft), ...layout };
}
