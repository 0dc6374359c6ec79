import { newFaults, type FlowFault } from './faults.ts';
import type { FlowGraph } from './graph.ts';
import { inOrder, isFields, type Json } from './json.ts';
import { meaningOf } from './kinds.ts';

/** A flow as its author writes it: what parseFlow reads. */
export type FlowDocument = { readonly [name: string]: Json };

/**
 * The flow as a document whose order does not depend on how it was drawn: nodes as they are met from the start, fields by their kind,
 * edges by their node. Equal flows give equal documents.
 */
export function flowDocument(graph: FlowGraph): FlowDocument {
  const { id, name, description, purpose, start } = graph;
  const order = orderOf(graph);
  return {
    id,
    ...(name === undefined ? {} : { name }),
    ...(description === undefined ? {} : { description }),
    purpose,
    start,
    nodes: order.map((at) => nodeDocument(at, graph)),
    edges: order.flatMap((from) => waysOf(graph, from).map(([branch, to]) => ({ from, branch, to }))),
  };
}

/** Stable text: two spaces, a line break at the end. */
export function exportFlow(graph: FlowGraph): string {
  return `${JSON.stringify(flowDocument(graph), undefined, 2)}\n`;
}

/** One line of text that is the same for equal flows and no others; a digest of it names an immutable version. */
export function canonicalFlow(graph: FlowGraph): string {
  return JSON.stringify(inOrder(flowDocument(graph)));
}

/** Breadth first from the start, branches in the order of their kind; what nothing leads to comes last, by name. */
export function orderOf(graph: FlowGraph): readonly string[] {
  const order = [graph.start];
  for (let at = 0; at < order.length; at += 1) {
    for (const [, to] of waysOf(graph, order[at] ?? '')) if (!order.includes(to)) order.push(to);
  }
  const lost = Object.keys(graph.nodes).filter((id) => !order.includes(id));
  return [...order, ...lost.toSorted()];
}

function waysOf(graph: FlowGraph, id: string): readonly (readonly [string, string])[] {
  const node = graph.nodes[id];
  const drawn = graph.edges[id] ?? {};
  const branches = node === undefined ? [] : meaningOf(node).branches(node);
  return branches.flatMap(({ name }) => {
    const to = drawn[name];
    return to === undefined ? [] : [[name, to] as const];
  });
}

function nodeDocument(id: string, graph: FlowGraph): Json {
  const node = graph.nodes[id];
  if (node === undefined) throw new Error(`the flow ${graph.id} has no node ${id}`);
  const { kind, label, ...fields } = node;
  const named = Object.keys(fieldsOf(meaningOf(node).shape.schema));
  const plain: { [name: string]: Json } = JSON.parse(JSON.stringify(fields));
  const inTurn = named.flatMap((name): [string, Json][] => (plain[name] === undefined ? [] : [[name, inOrder(plain[name])]]));
  return { id, kind, ...(label === undefined ? {} : { label }), ...Object.fromEntries(inTurn) };
}

function fieldsOf(schema: { readonly [name: string]: Json }): object {
  const { properties = {} } = schema;
  return isFields(properties) ? properties : {};
}

/** Where nodes stand on the canvas. Kept beside a flow, never in it: moving a box makes no version. */
export type FlowLayout = Readonly<Record<string, { readonly x: number; readonly y: number }>>;

export type ParsedLayout =
  | { readonly ok: true; readonly layout: FlowLayout }
  | { readonly ok: false; readonly faults: readonly FlowFault[] };

/** Positions of nodes that there are; those of others are dropped, because nodes come and go. */
export function parseLayout(input: unknown, graph: FlowGraph): ParsedLayout {
  const faults = newFaults();
  if (!isFields(input)) return { ok: false, faults: [{ path: '', message: 'must be an object of positions by node' }] };
  const places = orderOf(graph).flatMap((id): [string, { x: number; y: number }][] => {
    const given = Object.hasOwn(input, id) ? input[id] : undefined;
    if (given === undefined) return [];
    if (isFields(given) && isPlace(given['x']) && isPlace(given['y']))
      return [[id, { x: Math.round(given['x']), y: Math.round(given['y']) }]];
    faults.add(id, 'must be { x, y } in pixels');
    return [];
  });
  return faults.list.length > 0 ? { ok: false, faults: faults.list } : { ok: true, layout: Object.fromEntries(places) };
}

function isPlace(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && Math.abs(value) < 1_000_000;
}
