import { change, type Change } from './change.ts';
import { copied, type Fragment } from './clipboard.ts';
import type { Canvas } from './draft.ts';
import { pathOf } from './place.ts';
import { told } from './tell.ts';

/** The editor's whole state: what is drawn, what was, what is selected, and the sentence that was said last (for those who do not see). */
export type Editing = {
  readonly past: readonly Canvas[];
  readonly now: Canvas;
  readonly future: readonly Canvas[];
  readonly selected: readonly string[];
  readonly clip?: Fragment;
  /** `turn` tells two equal sentences apart. */
  readonly said: { readonly turn: number; readonly text: string };
  /** What the last change was about: keystrokes in one field are one step back. */
  readonly about: string;
};

export type Act =
  | Change
  | { readonly kind: 'select'; readonly ids: readonly string[] }
  | { readonly kind: 'copy'; readonly ids: readonly string[] }
  | { readonly kind: 'pasteClip' }
  | { readonly kind: 'duplicate'; readonly ids: readonly string[] }
  | { readonly kind: 'undo' }
  | { readonly kind: 'redo' }
  | { readonly kind: 'say'; readonly text: string }
  /** Another flow, or another state of it from the hub: nothing to go back to. */
  | { readonly kind: 'open'; readonly canvas: Canvas };

const LONGEST = 200;

export function opened(canvas: Canvas): Editing {
  return { past: [], now: canvas, future: [], selected: [], said: { turn: 0, text: '' }, about: '' };
}

export function edit(state: Editing, act: Act): Editing {
  switch (act.kind) {
    case 'open':
      return opened(act.canvas);
    case 'select':
      return { ...state, selected: act.ids, about: '' };
    case 'say':
      return say(state, act.text);
    case 'copy': {
      if (act.ids.length === 0) return state;
      return say({ ...state, clip: copied(state.now, act.ids) }, told(state.now, act));
    }
    case 'pasteClip':
      return state.clip === undefined ? state : changed(state, { kind: 'paste', fragment: state.clip });
    case 'duplicate':
      return act.ids.length === 0 ? state : changed(state, { kind: 'paste', fragment: copied(state.now, act.ids) });
    case 'undo':
      return back(state);
    case 'redo':
      return forth(state);
    default:
      return changed(state, act);
  }
}

function changed(state: Editing, what: Change): Editing {
  const { canvas, selected = state.selected } = change(state.now, what);
  if (canvas === state.now) return say(state, told(state.now, { ...what, kind: 'nothing', of: what.kind }));
  const about = aboutOf(what);
  const onward = about !== '' && about === state.about;
  const past = onward ? state.past : [...state.past, state.now].slice(-LONGEST);
  const next: Editing = { ...state, past, now: canvas, future: [], selected: there(canvas, selected), about };
  // Who types hears what they type already.
  return what.kind === 'field' || what.kind === 'about' ? next : say(next, told(state.now, what, canvas));
}

function aboutOf(what: Change): string {
  switch (what.kind) {
    case 'field':
      return `field ${what.node} ${pathOf(what.place)}`;
    case 'about':
      return `about ${Object.keys(what).join(' ')}`;
    case 'move':
      return `move ${Object.keys(what.places).join(' ')}`;
    case 'replace':
      return 'replace';
    default:
      return '';
  }
}

function back(state: Editing): Editing {
  const before = state.past.at(-1);
  if (before === undefined) return say(state, 'There is nothing to undo.');
  const future = [state.now, ...state.future];
  const next = { ...state, past: state.past.slice(0, -1), now: before, future, selected: there(before, state.selected), about: '' };
  return say(next, 'Undone.');
}

function forth(state: Editing): Editing {
  const [after, ...future] = state.future;
  if (after === undefined) return say(state, 'There is nothing to do again.');
  const next = { ...state, past: [...state.past, state.now], now: after, future, selected: there(after, state.selected), about: '' };
  return say(next, 'Done again.');
}

function there({ draft }: Canvas, ids: readonly string[]): readonly string[] {
  return ids.filter((id) => Object.hasOwn(draft.nodes, id));
}

function say(state: Editing, text: string): Editing {
  return { ...state, said: { turn: state.said.turn + 1, text } };
}
