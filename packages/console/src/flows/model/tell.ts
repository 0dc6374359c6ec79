import type { Change } from './change.ts';
import { linesIn, nameOf, type Canvas } from './draft.ts';
import { kindWord } from './words.ts';

type Told = Change | { readonly kind: 'copy'; readonly ids: readonly string[] } | { readonly kind: 'nothing'; readonly of: Change['kind'] };

/** What was done, in a sentence, for whoever does not see the canvas. `after` where it differs from what was before. */
export function told({ draft }: Canvas, what: Told, after?: Canvas): string {
  const name = (id: string): string => nameOf(draft, id);
  switch (what.kind) {
    case 'add': {
      const id = Object.keys(after?.draft.nodes ?? {}).find((one) => !Object.hasOwn(draft.nodes, one)) ?? '';
      const where = what.after === undefined ? '' : ` after ${name(what.after.from)}, branch ${what.after.branch}`;
      return `${kindWord(what.node)} added${where}, called ${id}.`;
    }
    case 'remove':
      return `${namesOf(what.ids.map(name))} removed.`;
    case 'rename':
      return `${what.node} is called ${what.to} now.`;
    case 'connect':
      return `${name(what.from)}, branch ${what.branch}, leads to ${name(what.to)} now.`;
    case 'disconnect':
      return `${name(what.from)}, branch ${what.branch}, leads nowhere now.`;
    case 'start':
      return `The flow starts with ${name(what.node)} now.`;
    case 'move':
      return `${namesOf(Object.keys(what.places).map(name))} moved.`;
    case 'arrange':
      return 'All nodes are arranged anew.';
    case 'paste': {
      const count = Object.keys(what.fragment.nodes).length;
      return `${count === 1 ? '1 node' : `${String(count)} nodes`} put in.`;
    }
    case 'replace':
      return `The flow has ${String(Object.keys(what.draft.nodes).length)} nodes and ${String(linesIn(what.draft).length)} lines now.`;
    case 'copy':
      return `${namesOf(what.ids.map(name))} copied.`;
    case 'nothing':
      return what.of === 'rename' ? 'That name is taken or cannot be one.' : 'Nothing to do.';
    case 'field':
    case 'about':
      return '';
  }
}

function namesOf(names: readonly string[]): string {
  return names.length > 3 ? `${String(names.length)} nodes` : names.join(', ');
}
