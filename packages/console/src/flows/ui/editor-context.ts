import { createContext, use, type Dispatch } from 'react';
import type { Act, Editing } from '../model/history.ts';
import type { Judged } from '../model/judge.ts';

/** What every part of the editor sees. `readOnly`: another version is shown, or the session may not write. */
export type EditorView = {
  readonly state: Editing;
  readonly act: Dispatch<Act>;
  readonly judged: Judged;
  readonly readOnly: boolean;
};

export const EditorContext = createContext<EditorView | undefined>(undefined);

export function useEditor(): EditorView {
  const view = use(EditorContext);
  if (view === undefined) throw new Error('outside of an editor');
  return view;
}
