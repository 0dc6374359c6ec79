import type { FlowLayout, Json, Purpose } from '@writ/flow';
import { arranged, placeBeside } from './arrange.ts';
import type { Fragment } from './clipboard.ts';
import { pasted } from './clipboard.ts';
import type { Branches, Canvas, Draft, Edges } from './draft.ts';
import { freshId, NODE_ID, renamed } from './ids.ts';
import { withValue, type Place } from './place.ts';
import { newNode, waysOut } from './read.ts';

/** A way out of a node: where something is drawn from. */
export type Way = { readonly from: string; readonly branch: string };

/** Whatever changes the flow or the places of its nodes. Everything here can be undone. */
export type Change =
  /** `after`: on this way out; what followed there follows the new node. `at`: where it was dropped. */
  | { readonly kind: 'add'; readonly node: string; readonly after?: Way; readonly at?: { readonly x: number; readonly y: number } }
  | { readonly kind: 'remove'; readonly ids: readonly string[] }
  | { readonly kind: 'field'; readonly node: string; readonly place: Place; readonly value: Json | undefined }
  | { readonly kind: 'rename'; readonly node: string; readonly to: string }
  | { readonly kind: 'connect'; readonly from: string; readonly branch: string; readonly to: string }
  | { readonly kind: 'disconnect'; readonly from: string; readonly branch: string }
  | { readonly kind: 'start'; readonly node: string }
  | { readonly kind: 'about'; readonly name?: string; readonly description?: string; readonly purpose?: Purpose }
  | { readonly kind: 'move'; readonly places: FlowLayout }
  | { readonly kind: 'arrange' }
  | { readonly kind: 'paste'; readonly fragment: Fragment }
  /** From text, a template or an older version. */
  | { readonly kind: 'replace'; readonly draft: Draft };

/** What the canvas becomes, and which nodes are then selected (absent: as before). */
export type Changed = { readonly canvas: Canvas; readonly selected?: readonly string[] };

/** Pure. A change that cannot be made gives the very same canvas back. */
export function change(canvas: Canvas, what: Change): Changed {
  const { draft, layout } = canvas;
  switch (what.kind) {
    case 'add':
      return add(canvas, what);
    case 'remove':
      return remove(canvas, what.ids);
    case 'field':
      return { canvas: { draft: withField(draft, what), layout } };
    case 'rename':
      return rename(canvas, what.node, what.to);
    case 'connect':
      return { canvas: connect(canvas, what) };
    case 'disconnect':
      return { canvas: { draft: { ...draft, edges: without(draft.edges, what) }, layout } };
    case 'start':
      return draft.nodes[what.node] === undefined ? { canvas } : { canvas: { draft: { ...draft, start: what.node }, layout } };
    case 'about': {
      const { kind: _kind, ...about } = what;
      return { canvas: { draft: { ...draft, ...about }, layout } };
    }
    case 'move':
      return { canvas: { draft, layout: { ...layout, ...what.places } } };
    case 'arrange':
      return { canvas: { draft, layout: arranged(draft) } };
    case 'paste':
      return pasted(canvas, what.fragment);
    case 'replace':
      return { canvas: { draft: { ...what.draft, id: draft.id }, layout: kept(layout, what.draft) } };
  }
}

function add(canvas: Canvas, { node: kind, after, at }: Extract<Change, { kind: 'add' }>): Changed {
  const { draft, layout } = canvas;
  const id = freshId(kind, draft.nodes);
  const node = newNode(kind);
  const nodes = { ...draft.nodes, [id]: node };
  const start = draft.start === '' ? id : draft.start;
  const edges = after === undefined ? draft.edges : onWay(draft.edges, after, id, waysOut(node)[0]?.name);
  const next: Draft = { ...draft, nodes, start, edges };
  const place = at ?? placeBeside(layout, after?.from);
  return { canvas: { draft: next, layout: { ...layout, [id]: place } }, selected: [id] };
}

/** The new node stands on the way; what followed before follows it by its first branch, if it has one. */
function onWay(edges: Edges, { from, branch }: Way, id: string, first: string | undefined): Edges {
  const before = edges[from]?.[branch];
  const on = withLine(edges, from, branch, id);
  return before === undefined || first === undefined ? on : withLine(on, id, first, before);
}

function withLine(edges: Edges, from: string, branch: string, to: string): Edges {
  return { ...edges, [from]: { ...edges[from], [branch]: to } };
}

function without(edges: Edges, { from, branch }: Way): Edges {
  const { [branch]: _gone, ...left } = edges[from] ?? {};
  const { [from]: _all, ...others } = edges;
  return Object.keys(left).length === 0 ? others : { ...others, [from]: left };
}

function connect({ draft, layout }: Canvas, { from, branch, to }: Extract<Change, { kind: 'connect' }>): Canvas {
  const node = draft.nodes[from];
  if (node === undefined || draft.nodes[to] === undefined) return { draft, layout };
  if (!waysOut(node).some(({ name }) => name === branch)) return { draft, layout };
  return { draft: { ...draft, edges: withLine(draft.edges, from, branch, to) }, layout };
}

/** Nodes go with their lines; what led to one leads to what followed it by `next`, so that taking a step out leaves no hole. */
function remove({ draft, layout }: Canvas, ids: readonly string[]): Changed {
  const gone = new Set(ids);
  const beyond = (to: string): string | undefined => {
    const seen = new Set<string>();
    let at: string | undefined = to;
    while (at !== undefined && gone.has(at) && !seen.has(at)) {
      seen.add(at);
      at = draft.edges[at]?.['next'];
    }
    return at !== undefined && gone.has(at) ? undefined : at;
  };
  const edges = Object.entries(draft.edges).flatMap(([from, ways]): [string, Branches][] => {
    if (gone.has(from)) return [];
    const left = Object.entries(ways).flatMap(([branch, to]): [string, string][] => {
      const at = beyond(to);
      return at === undefined || (at === from && to !== from) ? [] : [[branch, at]];
    });
    return left.length === 0 ? [] : [[from, Object.fromEntries(left)]];
  });
  const nodes = Object.fromEntries(Object.entries(draft.nodes).filter(([id]) => !gone.has(id)));
  const start = beyond(draft.start) ?? Object.keys(nodes)[0] ?? '';
  const places = Object.fromEntries(Object.entries(layout).filter(([id]) => !gone.has(id)));
  return { canvas: { draft: { ...draft, nodes, edges: Object.fromEntries(edges), start }, layout: places }, selected: [] };
}

/** A branch that is called otherwise keeps its line; one that is there no more loses it. */
function withField(draft: Draft, { node: id, place, value }: Extract<Change, { kind: 'field' }>): Draft {
  const node = draft.nodes[id];
  if (node === undefined) return draft;
  const next = { kind: node.kind, fields: withValue(node.fields, place, value) };
  const nodes = { ...draft.nodes, [id]: next };
  const [was, is] = [waysOut(node), waysOut(next)].map((ways) => ways.map(({ name }) => name));
  const drawn = draft.edges[id];
  if (drawn === undefined || was === undefined || is === undefined || is.join() === was.join()) return { ...draft, nodes };
  const names = new Map(was.map((name, at) => [name, is.length === was.length ? is[at] : is.find((one) => one === name)]));
  const left = Object.entries(drawn).flatMap(([branch, to]): [string, string][] => {
    const now = names.get(branch);
    return now === undefined ? [] : [[now, to]];
  });
  return { ...draft, nodes, edges: { ...draft.edges, [id]: Object.fromEntries(left) } };
}

function rename(canvas: Canvas, from: string, to: string): Changed {
  const { draft, layout } = canvas;
  if (!NODE_ID.test(to) || draft.nodes[from] === undefined || Object.hasOwn(draft.nodes, to)) return { canvas };
  const places = Object.fromEntries(Object.entries(layout).map(([id, place]) => [id === from ? to : id, place]));
  return { canvas: { draft: renamed(draft, from, to), layout: places }, selected: [to] };
}

/** Places of nodes that are there still; new ones are put beside what leads to them, or all anew where nothing is left. */
function kept(layout: FlowLayout, draft: Draft): FlowLayout {
  const known = Object.entries(layout).filter(([id]) => Object.hasOwn(draft.nodes, id));
  const fresh = arranged(draft);
  return known.length === 0 ? fresh : { ...fresh, ...Object.fromEntries(known) };
}
