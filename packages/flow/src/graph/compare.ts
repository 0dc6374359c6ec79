import { linesOf, type FlowGraph } from './graph.ts';
import { inOrder } from './json.ts';
import { flowDocument } from './text.ts';

/** What lies between two versions: nodes by id, lines as `from.branch -> to`. `changed`: the node is there in both and says something else. */
export type FlowDifference = {
  readonly nodes: { readonly added: readonly string[]; readonly removed: readonly string[]; readonly changed: readonly string[] };
  readonly lines: { readonly added: readonly string[]; readonly removed: readonly string[] };
  /** Fields of the flow itself: name, description, purpose, start. */
  readonly fields: readonly string[];
};

export function compareFlows(before: FlowGraph, after: FlowGraph): FlowDifference {
  const [older, newer] = [drawn(before), drawn(after)];
  const [was, is] = [new Set(Object.keys(before.nodes)), new Set(Object.keys(after.nodes))];
  const same = (one: unknown, other: unknown): boolean => textOf(one) === textOf(other);
  return {
    nodes: {
      added: without(is, was),
      removed: without(was, is),
      changed: [...was].filter((id) => is.has(id) && !same(before.nodes[id], after.nodes[id])),
    },
    lines: { added: without(newer, older), removed: without(older, newer) },
    fields: ['name', 'description', 'purpose', 'start'].filter((name) => !same(flowDocument(before)[name], flowDocument(after)[name])),
  };
}

function without(all: ReadonlySet<string>, those: ReadonlySet<string>): readonly string[] {
  return [...all].filter((one) => !those.has(one));
}

function drawn(graph: FlowGraph): ReadonlySet<string> {
  return new Set(linesOf(graph).map(({ from, branch, to }) => `${from}.${branch} -> ${to}`));
}

function textOf(value: unknown): string {
  return value === undefined ? '' : JSON.stringify(inOrder(JSON.parse(JSON.stringify(value))));
}
