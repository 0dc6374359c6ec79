import { useReactFlow } from '@xyflow/react';
import { useCallback, type KeyboardEvent } from 'react';
import { NODE_WIDTH } from '../model/arrange.ts';
import { pressed, type Deed } from '../model/keys.ts';
import { useEditor } from './editor-context.ts';

/** All of the flow, but no larger than it is drawn. */
export const FIT = { maxZoom: 1, padding: 0.08 };

/** What lies outside of the canvas. */
export type CanvasActs = {
  readonly onPalette: () => void;
  readonly onPanel: (part: 'fields' | 'ways') => void;
  readonly onHelp: () => void;
};

/** What keys do while a node has the focus. */
export function useCanvasKeys({ onPalette, onPanel, onHelp }: CanvasActs): (event: KeyboardEvent) => void {
  const { state, act, readOnly } = useEditor();
  const { zoomIn, zoomOut, fitView } = useReactFlow();
  const goTo = useGoTo();
  const beside = useCallback(
    (part: Deed['beside']): void => {
      switch (part) {
        case undefined:
          return;
        case 'fields':
        case 'ways':
          return onPanel(part);
        case 'palette':
          return onPalette();
        case 'help':
          return onHelp();
        case 'closer':
          return void zoomIn();
        case 'further':
          return void zoomOut();
        case 'whole':
          return void fitView(FIT);
      }
    },
    [fitView, onHelp, onPalette, onPanel, zoomIn, zoomOut],
  );
  return useCallback(
    (event: KeyboardEvent) => {
      const node = event.target instanceof HTMLElement ? event.target.dataset['node'] : undefined;
      if (node === undefined || event.altKey) return;
      const press = { key: event.key, shift: event.shiftKey, command: event.ctrlKey || event.metaKey };
      const deed = pressed(state, node, press, readOnly);
      if (deed === undefined) return;
      event.preventDefault();
      event.stopPropagation();
      for (const one of deed.acts) act(one);
      if (deed.to !== undefined) goTo(deed.to);
      beside(deed.beside);
    },
    [act, beside, goTo, readOnly, state],
  );
}

/** Brings a node into sight. Says whether it is drawn: one that is far out of sight is drawn only after the canvas has moved there. */
export function useReveal(): (id: string) => boolean {
  const { getNode, getZoom, setCenter } = useReactFlow();
  return useCallback(
    (id) => {
      const face = faceAt(id);
      const node = getNode(id);
      if (node !== undefined && (face === null || !isInSight(face)))
        void setCenter(node.position.x + NODE_WIDTH / 2, node.position.y + 60, { zoom: getZoom() });
      return face !== null;
    },
    [getNode, getZoom, setCenter],
  );
}

/** The same, and puts the focus there: as soon as it is drawn and measured, before which a browser refuses. */
export function useGoTo(): (id: string) => void {
  const reveal = useReveal();
  return useCallback(
    (id: string) => {
      const from = document.activeElement;
      const attempt = (left: number): void => {
        const now = document.activeElement;
        // Whoever went elsewhere meanwhile is not called back.
        if (now !== from && now !== document.body) return;
        const face = faceAt(id);
        face?.focus({ preventScroll: true });
        if (face !== null && document.activeElement === face) {
          if (left < PATIENCE) reveal(id);
          return;
        }
        if (left === PATIENCE || face === null) reveal(id);
        if (left > 0) requestAnimationFrame(() => attempt(left - 1));
      };
      reveal(id);
      attempt(PATIENCE);
    },
    [reveal],
  );
}
/** Frames. */
const PATIENCE = 120;

function faceAt(id: string): HTMLElement | null {
  return document.querySelector<HTMLElement>(`[data-node="${CSS.escape(id)}"]`);
}

function isInSight(face: Element): boolean {
  const pane = face.closest('.canvas');
  if (pane === null) return true;
  const [one, all] = [face.getBoundingClientRect(), pane.getBoundingClientRect()];
  return one.left >= all.left && one.right <= all.right && one.top >= all.top && one.bottom <= all.bottom;
}
