import { causeKeys, type GraphEdge, type GraphNode } from './model.ts';

/** Size of a box, in pixels: the drawing keeps to it, so that placing needs no browser. */
export const BOX = { width: 208, height: 52 } as const;
const GAP = { across: 96, down: 18 } as const;

/** For whom, who acts, what makes it, what is reached. */
export const COLUMNS = ['For whom', 'Agent', 'Because of', 'Reaches'] as const;

/** `ways`: the edges that it is part of. */
export type Box = { key: string; node: GraphNode; column: number; x: number; y: number; ways: readonly string[] };
export type Line = { id: string; from: string; to: string; ways: readonly string[]; stopped: boolean };
export type Scene = { boxes: readonly Box[]; lines: readonly Line[]; width: number; height: number };

/** The ways as boxes in four columns, ordered so that lines cross little. The same ways are always placed the same. */
export function sceneOf(edges: readonly GraphEdge[], nodes: ReadonlyMap<string, GraphNode>): Scene {
  const ways = edges.filter(({ kind }) => kind === 'reaches');
  const columns: Map<string, Set<string>>[] = COLUMNS.map(() => new Map());
  const lines = new Map<string, { from: string; to: string; ways: Set<string>; stopped: boolean }>();
  const put = (column: number, key: string, way: string): void => {
    const known = columns[column]?.get(key) ?? new Set();
    columns[column]?.set(key, known.add(way));
  };
  const draw = (from: string, to: string, edge: GraphEdge): void => {
    const line = lines.get(`${from} ${to}`) ?? { from, to, ways: new Set<string>(), stopped: true };
    line.ways.add(edge.id);
    line.stopped &&= edge.refused !== undefined;
    lines.set(`${from} ${to}`, line);
  };
  for (const edge of ways) {
    const whom = edge.for !== undefined && edge.for !== edge.from && !edge.for.startsWith('client:') ? edge.for : undefined;
    if (whom !== undefined) {
      put(0, whom, edge.id);
      draw(whom, edge.from, edge);
    }
    put(1, edge.from, edge.id);
    put(3, edge.to, edge.id);
    for (const cause of causeKeys(edge)) {
      put(2, cause, edge.id);
      draw(edge.from, cause, edge);
      draw(cause, edge.to, edge);
    }
  }
  const placed = boxesOf(columns, nodes);
  return {
    boxes: placed,
    lines: [...lines].map(([id, line]) => ({ id, ...line, ways: [...line.ways] })),
    width: COLUMNS.length * BOX.width + (COLUMNS.length - 1) * GAP.across,
    height: Math.max(0, ...placed.map(({ y }) => y + BOX.height)),
  };
}

function boxesOf(columns: readonly ReadonlyMap<string, ReadonlySet<string>>[], nodes: ReadonlyMap<string, GraphNode>): Box[] {
  const tallest = Math.max(0, ...columns.map(({ size }) => size));
  let rank = new Map<string, number>();
  return columns.flatMap((column, at) => {
    // Beside what the column before shares with it: the middle of the ranks of its ways.
    const sorted = [...column].toSorted(([a, of], [b, other]) => middle(of, rank) - middle(other, rank) || (a < b ? -1 : 1));
    const next = new Map(rank);
    sorted.forEach(([, ways], row) => {
      for (const way of ways) next.set(way, row);
    });
    rank = next;
    const top = ((tallest - sorted.length) * (BOX.height + GAP.down)) / 2;
    return sorted.map(([key, ways], row): Box => ({
      key,
      node: nodes.get(key) ?? unknown(key),
      column: at,
      x: leftOf(at),
      y: Math.round(top + row * (BOX.height + GAP.down)),
      ways: [...ways],
    }));
  });
}

function middle(ways: ReadonlySet<string>, rank: ReadonlyMap<string, number>): number {
  const ranks = [...ways].flatMap((way) => rank.get(way) ?? []);
  return ranks.length === 0 ? 0 : ranks.reduce((sum, one) => sum + one, 0) / ranks.length;
}

function unknown(key: string): GraphNode {
  const id = key.slice(key.indexOf(':') + 1);
  return { key, kind: 'agent', id, name: id };
}

/** Where a column begins. */
export function leftOf(column: number): number {
  return column * (BOX.width + GAP.across);
}

/** Which box an arrow key leads to: the next in the column, or the nearest of the next column that a line leads to. */
export function stepFrom(scene: Scene, key: string, pressed: string): string | undefined {
  const here = scene.boxes.find((box) => box.key === key);
  if (here === undefined) return undefined;
  if (pressed === 'ArrowUp' || pressed === 'ArrowDown') {
    const column = scene.boxes.filter((box) => box.column === here.column);
    return column[column.indexOf(here) + (pressed === 'ArrowDown' ? 1 : -1)]?.key;
  }
  if (pressed !== 'ArrowLeft' && pressed !== 'ArrowRight') return undefined;
  const linked = new Set(
    scene.lines.flatMap(({ from, to }) =>
      pressed === 'ArrowRight' && from === key ? [to] : pressed === 'ArrowLeft' && to === key ? [from] : [],
    ),
  );
  return scene.boxes
    .filter((box) => linked.has(box.key))
    .toSorted(
      (a, b) => Math.abs(a.column - here.column) - Math.abs(b.column - here.column) || Math.abs(a.y - here.y) - Math.abs(b.y - here.y),
    )[0]?.key;
}
