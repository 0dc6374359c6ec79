import { GRAPH_KINDS, parseFlow, type Branch, type FlowFault, type FlowGraph, type GraphNode } from '@writ/flow';
import { documentOf, type Draft, type DraftNode, type Fields } from './draft.ts';
import { splitNodePath, withValue, type Place } from './place.ts';
import { fieldsOf } from './form.ts';
import { formAt, sampleOf, starter } from './sample.ts';

/** The node as the flow package reads it, or what is wrong with it by path. */
export type ReadNode = { readonly node?: GraphNode; readonly faults: readonly FlowFault[] };

const READ = new WeakMap<DraftNode, ReadNode>();

/** Reads a node by itself. Remembered by identity: a keystroke in one node must not read all others again. */
export function readNode(draft: DraftNode): ReadNode {
  const known = READ.get(draft);
  if (known !== undefined) return known;
  const read = readFresh(draft);
  READ.set(draft, read);
  return read;
}

function readFresh({ kind, fields }: DraftNode): ReadNode {
  const faults: FlowFault[] = [];
  const add = (path: string, message: string): undefined => void faults.push({ path, message });
  const node = GRAPH_KINDS.get(kind)?.read({ list: faults, add }, fields, '');
  return node === undefined ? { faults } : { node, faults };
}

const MENDED = new WeakMap<DraftNode, DraftNode>();

/** The node with something readable wherever it cannot be read: so that it has branches, and the rest of the flow can be judged. */
export function mended(draft: DraftNode): DraftNode {
  const known = MENDED.get(draft);
  if (known !== undefined) return known;
  let now = draft;
  for (let turn = 0; turn < 4 && readNode(now).node === undefined; turn += 1) now = mendOnce(now);
  MENDED.set(draft, now);
  return now;
}

function mendOnce(draft: DraftNode): DraftNode {
  const fields = readNode(draft).faults.reduce<Fields>((fields, { path }) => {
    const form = path === 'label' ? undefined : formAt(draft.kind, path);
    return withValue(fields, placeOf(path), form === undefined ? undefined : sampleOf(form));
  }, draft.fields);
  return { kind: draft.kind, fields };
}

function placeOf(path: string): Place {
  return path
    .split(/\.|(?=\[)/)
    .filter((one) => one !== '')
    .map((one) => (/^\[\d+\]$/.test(one) ? Number(one.slice(1, -1)) : one));
}

/** A node as it is put on the canvas: filled in where that can be guessed, and with what stands for the fields that may be left out. */
export function newNode(kind: string): DraftNode {
  const fields = starter(kind);
  const { node } = readNode(mended({ kind, fields }));
  const { kind: _kind, ...read }: Fields = JSON.parse(JSON.stringify(node ?? {}));
  const required = fieldsOf(kind).filter((one) => one.required);
  const presets = Object.entries(read).filter(([name]) => !required.some((one) => one.name === name));
  return { kind, fields: { ...Object.fromEntries(presets), ...fields } };
}

/** The ways out of a node, also of one that is not filled in yet. */
export function waysOut(draft: DraftNode): readonly Branch[] {
  const { node } = readNode(mended(draft));
  return node === undefined ? [] : (GRAPH_KINDS.get(node.kind)?.branches(node) ?? []);
}

export type ReadDraft = {
  /** There where the whole flow can be read. */
  readonly graph?: FlowGraph;
  /** The flow with what cannot be read mended, to judge the rest by; absent where even that is no flow. */
  readonly mended?: FlowGraph;
  /** By node and path where they belong to a node. */
  readonly faults: readonly (FlowFault & { readonly node?: string })[];
};

export function readDraft(draft: Draft): ReadDraft {
  const parsed = parseFlow(documentOf(draft));
  if (parsed.ok) return { graph: parsed.graph, mended: parsed.graph, faults: [] };
  const ids = Object.keys(draft.nodes);
  const faults = parsed.faults.map(({ path, message }) => {
    const at = splitNodePath(path);
    const node = at === undefined ? undefined : ids[at.index];
    return node === undefined || at === undefined ? { path, message } : { path: at.rest, message, node };
  });
  const nodes = Object.fromEntries(Object.entries(draft.nodes).map(([id, node]) => [id, mended(node)]));
  const again = parseFlow(documentOf({ ...draft, nodes }));
  return again.ok ? { mended: again.graph, faults } : { faults };
}
