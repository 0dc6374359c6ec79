import type { Purpose } from './facts.ts';
import type { GraphNode } from './kinds.ts';
import { meaningOf } from './kinds.ts';
import type { Branch } from './meaning.ts';

/** A flow as frozen data: nodes by id, and for each the node that follows by branch. Positions on a canvas are no part of it. */
export type FlowGraph = {
  readonly id: string;
  readonly name?: string;
  readonly description?: string;
  readonly purpose: Purpose;
  readonly start: string;
  readonly nodes: Readonly<Record<string, GraphNode>>;
  readonly edges: Readonly<Record<string, Readonly<Record<string, string>>>>;
};

/** Every drawn line: from which node, by which branch, to which. */
export function linesOf(graph: FlowGraph): readonly { readonly from: string; readonly branch: string; readonly to: string }[] {
  return Object.entries(graph.edges).flatMap(([from, branches]) => Object.entries(branches).map(([branch, to]) => ({ from, branch, to })));
}

export function draws(graph: FlowGraph, id: string, branch: string): boolean {
  return graph.edges[id]?.[branch] !== undefined;
}

export function branchesOf(node: GraphNode): readonly Branch[] {
  return meaningOf(node).branches(node);
}

/** The subflow that a node was copied in with, as `login/`; empty for nodes of the flow itself. */
export function placeOf(id: string): string {
  return id.slice(0, id.lastIndexOf('/') + 1);
}
