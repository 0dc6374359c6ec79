import { linesIn, type Draft } from './draft.ts';
import { waysOut } from './read.ts';

export type Step = 'onward' | 'back' | 'above' | 'below' | 'first' | 'last';

/**
 * Where the focus goes from a node: onward by its first line that is drawn, back to what leads here, above and below among those that the
 * same node leads to, or, where there is no other, among those that the eye sees in one column. The same node: there is no way.
 */
export function walk(draft: Draft, at: string, step: Step): string {
  const ids = Object.keys(draft.nodes);
  if (!Object.hasOwn(draft.nodes, at)) return draft.start;
  switch (step) {
    case 'first':
      return draft.start;
    case 'last':
      return reached(draft).at(-1) ?? at;
    case 'onward':
      return outOf(draft, at)[0] ?? at;
    case 'back':
      return linesIn(draft).find(({ from, to }) => to === at && from !== at)?.from ?? at;
    case 'above':
    case 'below': {
      const row = siblings(draft, at);
      const among = row.length > 1 ? row : ids;
      const next = among.indexOf(at) + (step === 'below' ? 1 : -1);
      return among[(next + among.length) % among.length] ?? at;
    }
  }
}

/** Where the lines of a node lead, in the order of its branches. */
export function outOf(draft: Draft, id: string): readonly string[] {
  const node = draft.nodes[id];
  const ways = node === undefined ? [] : waysOut(node);
  const to = ways.flatMap(({ name }) => draft.edges[id]?.[name] ?? []);
  return [...new Set(to)].filter((one) => one !== id);
}

function siblings(draft: Draft, at: string): readonly string[] {
  const before = linesIn(draft).find(({ from, to }) => to === at && from !== at)?.from;
  return before === undefined ? [] : outOf(draft, before);
}

/** Every node as it is met from the start; what nothing leads to comes last. */
export function reached(draft: Draft): readonly string[] {
  const seen = new Set(Object.hasOwn(draft.nodes, draft.start) ? [draft.start] : []);
  for (const id of seen) for (const to of outOf(draft, id)) if (Object.hasOwn(draft.nodes, to)) seen.add(to);
  return [...seen, ...Object.keys(draft.nodes).filter((id) => !seen.has(id))];
}
