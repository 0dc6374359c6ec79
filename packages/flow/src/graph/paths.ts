import { draws, linesOf, type FlowGraph } from './graph.ts';
import { meaningOf } from './kinds.ts';

/** Nodes that some way from the start leads to. */
export function reachable(graph: FlowGraph): ReadonlySet<string> {
  return spread([graph.start], (id) => Object.values(graph.edges[id] ?? {}));
}

/** Nodes from which a journey can come to an end. */
export function ending(graph: FlowGraph): ReadonlySet<string> {
  const before = new Map<string, string[]>();
  for (const { from, to } of linesOf(graph)) before.set(to, [...(before.get(to) ?? []), from]);
  const ends = Object.keys(graph.nodes).filter((id) => ['complete', 'deny'].includes(graph.nodes[id]?.kind ?? ''));
  return spread(ends, (id) => before.get(id) ?? []);
}

function spread(from: readonly string[], next: (id: string) => readonly string[]): ReadonlySet<string> {
  const seen = new Set(from);
  for (const id of seen) for (const to of next(id)) seen.add(to);
  return seen;
}

/** What is known on arriving at a node: a ground (`proof`), or that a node has given its outputs (`ran:<node>`). */
export type Tokens = ReadonlySet<string>;

/**
 * What holds at each node that can be reached. `always`: on every way there (forward must-analysis, so that a way round something is
 * found); otherwise on some way.
 */
export function holding(graph: FlowGraph, always: boolean): ReadonlyMap<string, Tokens> {
  const at = new Map<string, Tokens>([[graph.start, new Set<string>()]]);
  const waiting = [graph.start];
  for (let id = waiting.shift(); id !== undefined; id = waiting.shift()) {
    for (const [branch, to] of Object.entries(graph.edges[id] ?? {})) {
      const out = after(graph, id, branch, at.get(id) ?? new Set());
      const known = at.get(to);
      const met = known === undefined ? out : new Set(always ? [...known].filter((token) => out.has(token)) : [...known, ...out]);
      if (known !== undefined && met.size === known.size) continue;
      at.set(to, met);
      waiting.push(to);
    }
  }
  return at;
}

function after(graph: FlowGraph, id: string, branch: string, before: Tokens): Tokens {
  const node = graph.nodes[id];
  if (node === undefined) return before;
  const meaning = meaningOf(node);
  const out = new Set(before);
  for (const ground of meaning.loses(node, branch)) out.delete(ground);
  for (const ground of meaning.gives(node, branch, (name) => draws(graph, id, name))) out.add(ground);
  if (branch === 'failed') out.delete(`ran:${id}`);
  else out.add(`ran:${id}`);
  return out;
}

/** Circles of nodes none of which waits for a person: they would run for ever. One list of ids for each. */
export function restlessLoops(graph: FlowGraph): readonly (readonly string[])[] {
  const restless = (id: string): boolean => {
    const node = graph.nodes[id];
    return node !== undefined && meaningOf(node).asks !== 'person';
  };
  const next = (id: string): readonly string[] => Object.values(graph.edges[id] ?? {}).filter(restless);
  const found: string[][] = [];
  const told = new Set<string>();
  for (const id of Object.keys(graph.nodes).filter(restless)) {
    const beyond = spread(next(id), next);
    if (!beyond.has(id) || told.has(id)) continue;
    const circle = [...beyond].filter((one) => spread(next(one), next).has(id));
    for (const one of circle) told.add(one);
    found.push(circle);
  }
  return found;
}
