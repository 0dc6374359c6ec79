import { useReactFlow } from '@xyflow/react';
import { useCallback, useEffect, useRef, type KeyboardEvent } from 'react';
import { NODE_WIDTH } from '../model/arrange.ts';
import { reached, walk, type Step } from '../model/walk.ts';
import type { CanvasProps } from './canvas.tsx';
import { useEditor } from './editor-context.ts';

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

type Keys = Pick<CanvasProps, 'onPalette' | 'onPanel' | 'onHelp'> & { readonly focal: string };

/** What keys do while a node has the focus. Every act of the mouse has one here. */
export function useCanvasKeys({ focal, onPalette, onPanel, onHelp }: Keys): (event: KeyboardEvent) => void {
  const { state, act, readOnly } = useEditor();
  const { getNode, getZoom, setCenter, zoomIn, zoomOut, fitView } = useReactFlow();
  const wanted = useRef<string>(undefined);

  const look = useCallback(
    (id: string) => {
      const face = document.querySelector<HTMLElement>(`[data-node="${CSS.escape(id)}"]`);
      const node = getNode(id);
      const pane = face?.closest('.canvas');
      if (node !== undefined && (face === null || pane === null || pane === undefined || !within(face, pane)))
        void setCenter(node.position.x + NODE_WIDTH / 2, node.position.y + 60, { zoom: getZoom() });
      face?.focus({ preventScroll: true });
      return face !== null;
    },
    [getNode, getZoom, setCenter],
  );
  // A node that was out of sight is drawn only after the canvas has moved there.
  useEffect(() => {
    const id = wanted.current;
    if (id === undefined || !state.selected.includes(id)) return undefined;
    if (look(id)) {
      wanted.current = undefined;
      return undefined;
    }
    const later = requestAnimationFrame(() => {
      wanted.current = undefined;
      look(id);
    });
    return () => cancelAnimationFrame(later);
  });

  return useCallback(
    (event: KeyboardEvent) => {
      const node = event.target instanceof HTMLElement ? event.target.dataset['node'] : undefined;
      const ids = state.selected.length > 0 ? state.selected : [focal];
      const { key, shiftKey } = event;
      const command = event.ctrlKey || event.metaKey;
      if (node === undefined || event.altKey) return;
      const go = (id: string): void => {
        wanted.current = id;
        act({ kind: 'select', ids: shiftKey && key === ' ' ? [...ids, id] : [id] });
      };
      const does = command ? commands(key.toLowerCase()) : plain(key);
      if (does === undefined) return;
      event.preventDefault();
      event.stopPropagation();
      does();

      function commands(letter: string): (() => void) | undefined {
        if (letter === 'a') return () => act({ kind: 'select', ids: reached(state.now.draft) });
        if (letter === 'c') return () => act({ kind: 'copy', ids });
        if (readOnly) return undefined;
        if (letter === 'x') return () => [act({ kind: 'copy', ids }), act({ kind: 'remove', ids })];
        if (letter === 'v') return () => act({ kind: 'pasteClip' });
        if (letter === 'd') return () => act({ kind: 'duplicate', ids });
        return undefined;
      }

      function plain(key: string): (() => void) | undefined {
        const step = STEPS[key];
        const move = MOVES[key];
        if (shiftKey && move !== undefined) return readOnly ? undefined : () => moveBy(move);
        if (step !== undefined) return () => go(walk(state.now.draft, node ?? focal, step));
        if (key === 'Enter' || key === 'e') return () => onPanel('fields');
        if (key === ' ') return () => go(node ?? focal);
        if (key === 'c') return () => onPanel('ways');
        if (key === '?') return onHelp;
        if (key === '+') return () => void zoomIn();
        if (key === '-') return () => void zoomOut();
        if (key === '0') return () => void fitView({ maxZoom: 1, padding: 0.12 });
        if (readOnly) return undefined;
        if (key === 'a' || key === 'Insert') return onPalette;
        if (key === 'Delete' || key === 'Backspace') return () => remove();
        return undefined;
      }

      function moveBy([right, down]: readonly [number, number]): void {
        const places = ids.map((id) => {
          const { x = 0, y = 0 } = state.now.layout[id] ?? {};
          return [id, { x: x + right, y: y + down }] as const;
        });
        act({ kind: 'move', places: Object.fromEntries(places) });
      }

      function remove(): void {
        const after = walk(state.now.draft, node ?? focal, 'back');
        act({ kind: 'remove', ids });
        if (!ids.includes(after)) go(after);
      }
    },
    [act, fitView, focal, onHelp, onPalette, onPanel, readOnly, state, zoomIn, zoomOut],
  );
}

function within(face: Element, pane: Element): boolean {
  const [one, all] = [face.getBoundingClientRect(), pane.getBoundingClientRect()];
  return one.left >= all.left && one.right <= all.right && one.top >= all.top && one.bottom <= all.bottom;
}
