import { useEffect, useMemo, useReducer, useRef, useState, type Dispatch } from 'react';
import { completed } from '../model/arrange.ts';
import type { Canvas } from '../model/draft.ts';
import { edit, opened, type Act, type Editing } from '../model/history.ts';
import { judge, type Judged, type Library } from '../model/judge.ts';
import { facesOf, type Face, type Lit, type Mark } from '../model/scene.ts';

/** The editor's state with what follows from it. While somebody types, judging waits for a pause: it takes longer than a keystroke. */
export function useEditing(canvas: Canvas, library: Library): { state: Editing; act: Dispatch<Act>; judged: Judged } {
  const [state, act] = useReducer(edit, canvas, (first) => opened({ draft: first.draft, layout: completed(first.layout, first.draft) }));
  const settled = useSettled(state.now.draft, state.about.startsWith('field ') || state.about.startsWith('about '));
  const judged = useMemo(() => judge(settled, library), [settled, library]);
  return { state, act, judged };
}

const PAUSE = 200;

/** The value as it is, or, while `moving`, as it was at the last pause. */
function useSettled<T>(value: T, moving: boolean): T {
  const [rested, setRested] = useState(value);
  useEffect(() => {
    const later = setTimeout(() => setRested(value), moving ? PAUSE : 0);
    return () => clearTimeout(later);
  }, [value, moving]);
  return moving ? rested : value;
}

export function useFaces(
  canvas: Canvas,
  judged: Judged,
  { lit, marks }: { lit: Lit | undefined; marks: ReadonlyMap<string, Mark> | undefined },
): ReadonlyMap<string, Face> {
  const before = useRef<ReadonlyMap<string, Face>>(new Map());
  return useMemo(() => {
    const faces = facesOf(canvas, judged.findings, before.current, {
      ...(lit === undefined ? {} : { lit }),
      ...(marks === undefined ? {} : { marks }),
    });
    before.current = faces;
    return faces;
  }, [canvas, judged.findings, lit, marks]);
}
