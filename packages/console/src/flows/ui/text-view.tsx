import { exportFlow, parseFlowText, type FlowFault } from '@writ/flow';
import { useRef, useState } from 'react';
import { documentOf, draftOf } from '../model/draft.ts';
import { lineOf, linesByPath } from '../model/json-lines.ts';
import { useEditor } from './editor-context.ts';
import { BUTTON, HINT } from './look.ts';

/**
 * The flow as text, in the order that an export has. What is typed is taken over as soon as it can be read; until then the canvas stays as it
 * was, and the faults stand below with their lines.
 */
export function TextView() {
  const { state, act, judged, readOnly } = useEditor();
  const { draft } = state.now;
  const stable = judged.graph === undefined ? `${JSON.stringify(documentOf(draft), undefined, 2)}\n` : exportFlow(judged.graph);
  const [typed, setTyped] = useState<{ readonly text: string; readonly of: string }>();
  const box = useRef<HTMLTextAreaElement>(null);
  const gutter = useRef<HTMLPreElement>(null);
  // Typed text stands as long as nobody changed the flow elsewhere; what it came to itself is no such change.
  const mine = typed !== undefined && typed.of === stable;
  const text = mine ? typed.text : stable;
  const parsed = mine ? parseFlowText(text) : undefined;
  const faults = parsed?.ok === false ? parsed.faults : [];

  function take(next: string): void {
    const read = parseFlowText(next);
    if (!read.ok) return setTyped({ text: next, of: stable });
    setTyped({ text: next, of: exportFlow(read.graph) });
    return act({ kind: 'replace', draft: { ...draftOf(read.graph), id: draft.id } });
  }

  function toLine(line: number): void {
    const starts = text
      .split('\n')
      .slice(0, line - 1)
      .join('\n').length;
    const at = line === 1 ? 0 : starts + 1;
    box.current?.focus();
    box.current?.setSelectionRange(at, at);
    if (box.current !== null) box.current.scrollTop = Math.max(0, (line - 4) * LINE);
  }

  const lines = text.split('\n').length;
  return (
    <div className="flex h-full min-h-64 flex-col gap-2 max-lg:h-[75svh]">
      <div className="flex min-h-0 flex-1 overflow-hidden rounded-md border border-field bg-sheet font-mono text-xs">
        <pre
          ref={gutter}
          aria-hidden="true"
          className="overflow-hidden border-r border-line bg-sunk px-2 py-2 text-right leading-[18px] text-soft select-none"
        >
          {Array.from({ length: lines }, (_, at) => String(at + 1)).join('\n')}
        </pre>
        <textarea
          ref={box}
          aria-label="The flow as text"
          aria-describedby="text-faults"
          aria-invalid={faults.length > 0}
          className="min-h-0 flex-1 resize-none bg-sheet p-2 leading-[18px] whitespace-pre text-ink"
          value={text}
          readOnly={readOnly}
          spellCheck={false}
          wrap="off"
          onChange={({ target }) => take(target.value)}
          onScroll={({ currentTarget }) => {
            if (gutter.current !== null) gutter.current.scrollTop = currentTarget.scrollTop;
          }}
        />
      </div>
      <div id="text-faults" className="grid gap-1">
        {faults.length === 0 ? (
          <p className={HINT}>Stable text: nodes as they are met from the start. Also what an export and the config hold.</p>
        ) : (
          <TextFaults text={text} faults={faults} onLine={toLine} />
        )}
        {mine && text !== stable ? (
          <button type="button" className={`${BUTTON} justify-self-start`} onClick={() => setTyped(undefined)}>
            {faults.length > 0 ? 'Back to what is drawn' : 'Put in order'}
          </button>
        ) : null}
      </div>
    </div>
  );
}
const LINE = 18;

function TextFaults({ text, faults, onLine }: { text: string; faults: readonly FlowFault[]; onLine: (line: number) => void }) {
  const lines = linesByPath(text);
  return (
    <ul aria-label="Faults in the text" className="max-h-40 overflow-auto">
      {faults.map(({ path, message }) => {
        const line = lineOfFault(message) ?? lineOf(lines, path);
        return (
          <li key={`${path} ${message}`}>
            <button
              type="button"
              className="w-full rounded px-1 py-0.5 text-left text-xs text-high hover:bg-sunk"
              onClick={() => onLine(line)}
            >
              Line {line}
              {path === '' ? '' : ` · ${path}`}: {message}
            </button>
          </li>
        );
      })}
    </ul>
  );
}

/** What the browser's JSON reader says of the place. */
function lineOfFault(message: string): number | undefined {
  const [, line] = /\(line (\d+) column \d+\)/.exec(message) ?? [];
  return line === undefined ? undefined : Number(line);
}
