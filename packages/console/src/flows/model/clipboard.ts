import type { FlowLayout } from '@writ/flow';
import type { Branches, Canvas, DraftNode, Edges } from './draft.ts';
import { freshId, renamedIn } from './ids.ts';

/** Nodes that were copied, with the lines between them. */
export type Fragment = { readonly nodes: Readonly<Record<string, DraftNode>>; readonly edges: Edges; readonly layout: FlowLayout };

export function copied({ draft, layout }: Canvas, ids: readonly string[]): Fragment {
  const among = new Set(ids);
  const pick = <T>(all: Readonly<Record<string, T>>): Readonly<Record<string, T>> =>
    Object.fromEntries(Object.entries(all).filter(([id]) => among.has(id)));
  const edges = Object.entries(pick(draft.edges)).flatMap(([from, ways]): [string, Branches][] => {
    const inner = Object.entries(ways).filter(([, to]) => among.has(to));
    return inner.length === 0 ? [] : [[from, Object.fromEntries(inner)]];
  });
  return { nodes: pick(draft.nodes), edges: Object.fromEntries(edges), layout: pick(layout) };
}

const ASIDE = 48;

/** The fragment beside what there is, under names of its own; its expressions name the copies, and what is outside as before. */
export function pasted(canvas: Canvas, { nodes, edges, layout }: Fragment): { canvas: Canvas; selected?: readonly string[] } {
  const { draft } = canvas;
  const names = new Map<string, string>();
  const taken: Record<string, unknown> = { ...draft.nodes };
  for (const id of Object.keys(nodes)) {
    const fresh = freshId(id, taken);
    taken[fresh] = true;
    names.set(id, fresh);
  }
  if (names.size === 0) return { canvas };
  const name = (id: string): string => names.get(id) ?? id;
  const added = Object.fromEntries(Object.entries(nodes).map(([id, node]) => [name(id), renamedIn(node, names)]));
  const drawn = Object.entries(edges).map(([from, ways]): [string, Branches] => [
    name(from),
    Object.fromEntries(Object.entries(ways).map(([branch, to]) => [branch, name(to)])),
  ]);
  const places = Object.entries(layout).map(([id, { x, y }]) => [name(id), { x: x + ASIDE, y: y + ASIDE }] as const);
  return {
    canvas: {
      draft: {
        ...draft,
        start: draft.start === '' ? ([...names.values()][0] ?? '') : draft.start,
        nodes: { ...draft.nodes, ...added },
        edges: { ...draft.edges, ...Object.fromEntries(drawn) },
      },
      layout: { ...canvas.layout, ...Object.fromEntries(places) },
    },
    selected: [...names.values()],
  };
}
