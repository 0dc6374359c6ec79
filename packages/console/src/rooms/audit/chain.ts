export type ChainNode = { id: string; kind: string; client: string | null; state: string };
export type ChainEdge = { from: string; to: string; jti: string; state: string };
export type Placed = { x: number; y: number; node: ChainNode };

const [WIDTH, HEIGHT, GAP_X, GAP_Y] = [180, 48, 56, 18];

/** How many hops stand between the beginning and each node; a node that is reached twice stands as far right as the longest way. */
function columnsOf(nodes: readonly ChainNode[], edges: readonly ChainEdge[]): ReadonlyMap<string, number> {
  const column = new Map(nodes.map(({ id }) => [id, 0]));
  // As often as there are nodes is enough without a circle, and a circle (an agent that hands back) must not go on for ever.
  for (let round = 0; round < nodes.length; round += 1) {
    let isSettled = true;
    for (const { from, to } of edges) {
      const next = (column.get(from) ?? 0) + 1;
      if (from === to || next <= (column.get(to) ?? 0) || next >= nodes.length) continue;
      column.set(to, next);
      isSettled = false;
    }
    if (isSettled) break;
  }
  return column;
}

/** Places of the nodes from left to right, and a curve for each token. Pixels. */
export function layOut(nodes: readonly ChainNode[], edges: readonly ChainEdge[]) {
  const column = columnsOf(nodes, edges);
  const filled = new Map<number, number>();
  const placed = nodes.map((node): Placed => {
    const at = column.get(node.id) ?? 0;
    const row = filled.get(at) ?? 0;
    filled.set(at, row + 1);
    return { x: at * (WIDTH + GAP_X), y: row * (HEIGHT + GAP_Y), node };
  });
  const byId = new Map(placed.map((one) => [one.node.id, one]));
  const lines = edges.flatMap(({ from, to, jti, state }) => {
    const [start, end] = [byId.get(from), byId.get(to)];
    if (start === undefined || end === undefined || start === end) return [];
    const [x1, y1, x2, y2] = [start.x + WIDTH, start.y + HEIGHT / 2, end.x, end.y + HEIGHT / 2];
    const bend = Math.max(24, Math.abs(x2 - x1) / 2);
    return [{ id: jti, state, path: `M${x1} ${y1} C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}` }];
  });
  return {
    placed,
    lines,
    width: (Math.max(0, ...filled.keys()) + 1) * (WIDTH + GAP_X) - GAP_X + 2,
    height: Math.max(1, ...filled.values()) * (HEIGHT + GAP_Y) - GAP_Y + 2,
  };
}
