import type { FlowFault } from './faults.ts';
import { linesOf, type FlowGraph } from './graph.ts';
import { deepFreeze } from './json.ts';
import type { GraphNode } from './kinds.ts';
import { MAX_EXPANDED } from './parse.ts';

export type Expanded = { readonly ok: true; readonly graph: FlowGraph } | { readonly ok: false; readonly faults: readonly FlowFault[] };
type Line = { readonly from: string; readonly branch: string; readonly to: string };

/**
 * The flow with every subflow copied into its place, as `<subflow>/<node>`. `library` finds a flow by id. What is copied is what there is
 * now: a later change of the inner flow changes no version. An inner `complete` leads on to what follows the subflow; an inner `deny` ends
 * the journey.
 */
export function expandFlow(graph: FlowGraph, library: (id: string) => FlowGraph | undefined): Expanded {
  const faults: FlowFault[] = [];
  const expanded = expand(graph, library, [graph.id], faults);
  if (Object.keys(expanded.nodes).length > MAX_EXPANDED)
    faults.push({ path: 'nodes', message: `come to more than ${String(MAX_EXPANDED)} with the subflows` });
  return faults.length > 0 ? { ok: false, faults } : { ok: true, graph: deepFreeze(expanded) };
}

function expand(
  graph: FlowGraph,
  library: (id: string) => FlowGraph | undefined,
  inside: readonly string[],
  faults: FlowFault[],
): FlowGraph {
  let whole = graph;
  for (const [id, node] of Object.entries(graph.nodes)) {
    if (node.kind !== 'subflow') continue;
    const path = `nodes.${id}.flow`;
    const found = library(node.flow);
    if (found === undefined) faults.push({ path, message: `there is no flow ${node.flow}` });
    else if (inside.includes(node.flow)) faults.push({ path, message: `${node.flow} would contain itself` });
    else if (Object.keys(whole.nodes).length <= MAX_EXPANDED)
      whole = copyIn(whole, id, expand(found, library, [...inside, node.flow], faults), faults);
  }
  return whole;
}

function copyIn(graph: FlowGraph, id: string, inner: FlowGraph, faults: FlowFault[]): FlowGraph {
  const after = graph.edges[id]?.['next'];
  if (after === undefined) {
    faults.push({ path: `nodes.${id}`, message: 'has no line for "next": nothing follows the subflow' });
    return graph;
  }
  const inside = (to: string): string => (inner.nodes[to]?.kind === 'complete' ? after : `${id}/${to}`);
  const entry = inside(inner.start);
  const around = (to: string): string => (to === id ? entry : to);
  const lines: readonly Line[] = [
    ...linesOf(graph).filter(({ from }) => from !== id),
    ...linesOf(inner).map(({ from, branch, to }) => ({ from: `${id}/${from}`, branch, to: inside(to) })),
  ].map((line) => ({ ...line, to: around(line.to) }));
  const outer = Object.entries(graph.nodes).filter(([name]) => name !== id);
  const copied = Object.entries(inner.nodes).filter(([, node]) => node.kind !== 'complete');
  const nodes = new Map<string, GraphNode>([...outer, ...copied.map(([name, node]) => [`${id}/${name}`, node] as const)]);
  return { ...graph, start: around(graph.start), nodes: Object.fromEntries(nodes), edges: edgesOf(lines) };
}

function edgesOf(lines: readonly Line[]): FlowGraph['edges'] {
  const edges = new Map<string, [string, string][]>();
  for (const { from, branch, to } of lines) edges.set(from, [...(edges.get(from) ?? []), [branch, to]]);
  return Object.fromEntries([...edges].map(([from, branches]) => [from, Object.fromEntries(branches)]));
}
