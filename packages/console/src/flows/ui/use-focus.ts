import { useCallback, useEffect, useRef, useState, type RefObject } from 'react';
import type { Finding } from '../model/judge.ts';
import type { DockTab } from './dock.tsx';
import { useEditor } from './editor-context.ts';
import { useGoTo, useReveal } from './use-canvas-keys.ts';

export type Focus = {
  readonly tab: DockTab;
  readonly setTab: (tab: DockTab) => void;
  readonly palette: RefObject<HTMLInputElement | null>;
  readonly toPanel: (part: 'fields' | 'ways') => void;
  readonly toPalette: () => void;
  /** To the node that is selected next, or is selected. */
  readonly toAdded: () => void;
  readonly toNode: () => void;
  readonly toFinding: (finding: Finding) => void;
};

/** Where the focus goes between canvas, palette and the column beside. */
export function useFocus(): Focus {
  const { state, act } = useEditor();
  const [tab, setTab] = useState<DockTab>('flow');
  const palette = useRef<HTMLInputElement>(null);
  const added = useRef(false);
  const selected = state.selected.at(-1);
  const [reveal, goTo] = [useReveal(), useGoTo()];
  useSelectedTab(selected, setTab);
  useEffect(() => {
    if (!added.current || selected === undefined) return;
    added.current = false;
    goTo(selected);
  }, [goTo, selected]);
  return {
    tab,
    setTab,
    palette,
    toPanel: useCallback((part) => {
      setTab('node');
      requestAnimationFrame(() => focusIn(part));
    }, []),
    toPalette: useCallback(() => {
      // At once where it is shown: whoever types on must not type onto the canvas.
      palette.current?.focus();
      if (document.activeElement === palette.current) return;
      setTab('node');
      requestAnimationFrame(() => palette.current?.focus());
    }, []),
    toAdded: useCallback(() => {
      added.current = true;
    }, []),
    toNode: useCallback(() => goTo(selected ?? state.now.draft.start), [goTo, selected, state.now.draft.start]),
    toFinding: useCallback(
      ({ node, path }) => {
        if (node === undefined) return;
        act({ kind: 'select', ids: [node] });
        setTab('node');
        reveal(node);
        requestAnimationFrame(() => focusPlace(path));
      },
      [act, reveal],
    ),
  };
}

/** A node that is newly selected shows its fields, unless something else of the whole flow is being looked at. */
function useSelectedTab(selected: string | undefined, setTab: (next: (tab: DockTab) => DockTab) => void): void {
  useEffect(() => {
    setTab((tab) => {
      if (selected === undefined) return tab === 'node' ? 'flow' : tab;
      return tab === 'flow' || tab === 'checks' ? 'node' : tab;
    });
  }, [selected, setTab]);
}

const CONTROLS = 'input, select, textarea, button';

function focusIn(part: 'fields' | 'ways'): void {
  const within = document.querySelector(`[data-part="${part}"]`);
  const owed = within?.querySelector<HTMLElement>('select[data-owed=true]');
  (owed ?? within?.querySelector<HTMLElement>(CONTROLS))?.focus();
}

/** The control of the field that a finding is about; of a branch, its menu. */
function focusPlace(path: string): void {
  const all = [...document.querySelectorAll<HTMLElement>('[data-place]')];
  const field =
    all.find(({ dataset }) => dataset['place'] === path) ?? all.find(({ dataset }) => path.startsWith(dataset['place'] ?? '\u0000'));
  const control = field?.querySelector<HTMLElement>(CONTROLS);
  if (control === undefined || control === null) focusIn('ways');
  else control.focus();
}
