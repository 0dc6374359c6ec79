import type { Act, Editing } from './history.ts';
import { reached, walk, type Step } from './walk.ts';

/** A key that was pressed while a node had the focus. */
export type Press = { readonly key: string; readonly shift: boolean; readonly command: boolean };

/** What a key comes to: acts, a node that the focus goes to, or something beside the flow. */
export type Deed = {
  readonly acts: readonly Act[];
  readonly to?: string;
  readonly beside?: 'fields' | 'ways' | 'palette' | 'help' | 'closer' | 'further' | 'whole';
};

const STEPS: Readonly<Record<string, Step>> = {
  ArrowRight: 'onward',
  ArrowLeft: 'back',
  ArrowUp: 'above',
  ArrowDown: 'below',
  Home: 'first',
  End: 'last',
};
const MOVES: Readonly<Record<string, readonly [number, number]>> = {
  ArrowRight: [24, 0],
  ArrowLeft: [-24, 0],
  ArrowUp: [0, -24],
  ArrowDown: [0, 24],
};
const BESIDE: Readonly<Record<string, NonNullable<Deed['beside']>>> = {
  Enter: 'fields',
  e: 'fields',
  c: 'ways',
  '?': 'help',
  '+': 'closer',
  '-': 'further',
  '0': 'whole',
};

/** Every act of the mouse on a node has a key here. Undefined: the key means nothing. What has the focus is meant, also where something else is selected. */
export function pressed(state: Editing, node: string, press: Press, readOnly: boolean): Deed | undefined {
  const ids = state.selected.includes(node) ? state.selected : [node];
  const deed = press.command
    ? (further(state, node, ids, press.key) ?? command(state, ids, press.key.toLowerCase(), readOnly))
    : plain(state, node, ids, press);
  const changes = deed?.acts.some(({ kind }) => kind !== 'select' && kind !== 'copy') ?? false;
  return readOnly && (changes || deed?.beside === 'palette') ? undefined : deed;
}

/** Along a line, and what was selected stays so. */
function further({ now }: Editing, node: string, ids: readonly string[], key: string): Deed | undefined {
  const step = STEPS[key];
  if (step === undefined) return undefined;
  const to = walk(now.draft, node, step);
  return { acts: [{ kind: 'select', ids: [...ids.filter((id) => id !== to), to] }], to };
}

function command({ now }: Editing, ids: readonly string[], letter: string, readOnly: boolean): Deed | undefined {
  switch (letter) {
    case 'a':
      return { acts: [{ kind: 'select', ids: reached(now.draft) }] };
    case 'c':
      return { acts: [{ kind: 'copy', ids }] };
    case 'x':
      return {
        acts: readOnly
          ? []
          : [
              { kind: 'copy', ids },
              { kind: 'remove', ids },
            ],
      };
    case 'v':
      return { acts: [{ kind: 'pasteClip' }] };
    case 'd':
      return { acts: [{ kind: 'duplicate', ids }] };
    default:
      return undefined;
  }
}

function plain({ now, selected }: Editing, node: string, ids: readonly string[], { key, shift }: Press): Deed | undefined {
  const meant: readonly Act[] = selected.includes(node) ? [] : [{ kind: 'select', ids }];
  const [step, move, beside] = [STEPS[key], MOVES[key], BESIDE[key]];
  if (shift && move !== undefined) return { acts: [...meant, moved(now.layout, ids, move)] };
  if (step !== undefined) {
    const to = walk(now.draft, node, step);
    return { acts: [{ kind: 'select', ids: [to] }], to };
  }
  if (beside !== undefined) return { acts: meant, beside };
  if (key === ' ') return { acts: meant };
  if (key === 'a' || key === 'Insert') return { acts: meant, beside: 'palette' };
  if (key !== 'Delete' && key !== 'Backspace') return undefined;
  const back = walk(now.draft, node, 'back');
  const after = ids.includes(back) ? walk(now.draft, node, 'onward') : back;
  const left = ids.includes(after) ? [] : [after];
  return {
    acts: [
      { kind: 'remove', ids },
      { kind: 'select', ids: left },
    ],
    ...(left[0] === undefined ? {} : { to: left[0] }),
  };
}

function moved(layout: Editing['now']['layout'], ids: readonly string[], [right, down]: readonly [number, number]): Act {
  const places = ids.map((id) => {
    const { x = 0, y = 0 } = layout[id] ?? {};
    return [id, { x: x + right, y: y + down }] as const;
  });
  return { kind: 'move', places: Object.fromEntries(places) };
}
