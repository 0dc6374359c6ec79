import { flowDocument, type FlowGraph, type FlowLayout, type Json, type Purpose } from '@writ/flow';

export type Fields = { readonly [name: string]: Json };
export type Branches = Readonly<Record<string, string>>;
export type Edges = Readonly<Record<string, Branches>>;

/** A node while it is being drawn: its fields may be wrong or missing, which the flow package only reads when they are right. */
export type DraftNode = { readonly kind: string; readonly fields: Fields };

/** A flow while it is being drawn. `start` is empty where there is no node yet. */
export type Draft = {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly purpose: Purpose;
  readonly start: string;
  readonly nodes: Readonly<Record<string, DraftNode>>;
  readonly edges: Edges;
};

/** What undo goes back to: the flow and, apart from it, where its nodes stand. */
export type Canvas = { readonly draft: Draft; readonly layout: FlowLayout };

export function emptyDraft(id: string, purpose: Purpose): Draft {
  return { id, name: '', description: '', purpose, start: '', nodes: {}, edges: {} };
}

export function draftOf(graph: FlowGraph): Draft {
  const { id, name = '', description = '', purpose, start, edges } = graph;
  const { nodes } = flowDocument(graph);
  const listed = Array.isArray(nodes) ? nodes.flatMap((node: Json) => (isObject(node) ? [nodeOf(node)] : [])) : [];
  return { id, name, description, purpose, start, nodes: Object.fromEntries(listed), edges };
}

function nodeOf(node: Fields): [string, DraftNode] {
  const { id, kind, ...fields } = node;
  return [wordIn(id), { kind: wordIn(kind), fields }];
}

/** The flow as its author would write it: what parseFlow reads. Nodes keep the order of the draft, so that faults by path can be placed. */
export function documentOf(draft: Draft): { readonly [name: string]: Json } {
  const { id, name, description, purpose, start, nodes, edges } = draft;
  return {
    id,
    ...(name === '' ? {} : { name }),
    ...(description === '' ? {} : { description }),
    purpose,
    start,
    nodes: Object.entries(nodes).map(([node, { kind, fields }]) => ({ id: node, kind, ...fields })),
    edges: Object.entries(edges).flatMap(([from, ways]) => Object.entries(ways).map(([branch, to]) => ({ from, branch, to }))),
  };
}

export function isObject(value: Json | undefined): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A text, or an empty one. */
export function wordIn(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}

export function labelOf(node: DraftNode | undefined): string {
  return wordIn(node?.fields['label']);
}

/** What people call a node: its label, else its id. */
export function nameOf(draft: Draft, id: string): string {
  const label = labelOf(draft.nodes[id]);
  return label === '' ? id : label;
}

/** Every drawn line. */
export function linesIn({ edges }: Draft): readonly { readonly from: string; readonly branch: string; readonly to: string }[] {
  return Object.entries(edges).flatMap(([from, ways]) => Object.entries(ways).map(([branch, to]) => ({ from, branch, to })));
}
