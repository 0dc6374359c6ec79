import { useEffect } from 'react';
import { useEditor } from './editor-context.ts';

/** Undo, redo and save work everywhere; in a box of text, undo is the browser's own. */
export function useKeys(save: () => Promise<void>): void {
  const { act, readOnly } = useEditor();
  useEffect(() => {
    const hear = (event: KeyboardEvent): void => {
      if (!(event.ctrlKey || event.metaKey) || event.altKey || readOnly) return;
      const key = event.key.toLowerCase();
      const typing = event.target instanceof HTMLElement && event.target.matches('input:not([type=checkbox]), textarea');
      if (key === 's') void save();
      else if (key === 'z' && !typing) act({ kind: event.shiftKey ? 'redo' : 'undo' });
      else if (key === 'y' && !typing) act({ kind: 'redo' });
      else return;
      event.preventDefault();
    };
    window.addEventListener('keydown', hear);
    return () => window.removeEventListener('keydown', hear);
  }, [act, readOnly, save]);
}
