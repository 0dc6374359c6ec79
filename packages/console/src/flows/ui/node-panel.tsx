import { GRAPH_KINDS, type FlowGraph } from '@writ/flow';
import { Copy, Flag, Trash2 } from 'lucide-react';
import { useCallback, useMemo, useState } from 'react';
import { labelOf, type DraftNode } from '../model/draft.ts';
import { fieldsOf } from '../model/form.ts';
import { namesOffered } from '../model/names.ts';
import { readDraft } from '../model/read.ts';
import { kindWord } from '../model/words.ts';
import { useEditor } from './editor-context.ts';
import { FieldsContext, type FieldsOf } from './field.tsx';
import { FieldView } from './field-view.tsx';
import { KindIcon, toneOf } from './kind-icon.tsx';
import { BUTTON, DANGER, HEADING, HINT, INPUT, LABEL, WRONG } from './look.ts';
import { Preview } from './preview.tsx';
import { WaysView } from './ways.tsx';

type Known = FieldsOf['known'];

/** Everything of the node that is selected: its fields, where its branches lead, what is wrong with it. */
export function NodePanel({ id, node, known }: { id: string; node: DraftNode; known: Known }) {
  const { state, act, judged, readOnly } = useEditor();
  const { draft } = state.now;
  const { kind, fields } = node;
  const graph = useMemo(() => judged.graph ?? readDraft(draft).mended, [judged.graph, draft]);
  const set = useCallback<FieldsOf['set']>((place, value) => act({ kind: 'field', node: id, place, value }), [act, id]);
  const names = useOffered(graph, id);
  const of: FieldsOf = { node: id, kind, ...judged, names, readOnly, known, set };
  const own = judged.findings.filter((one) => one.node === id && !fieldsOf(kind).some(({ name }) => one.path.startsWith(name)));
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-5" data-part="node">
      <header className="flex items-start gap-3">
        <span className={`grid size-9 shrink-0 place-items-center rounded-md ${toneOf(kind)}`}>
          <KindIcon kind={kind} size={18} />
        </span>
        <div>
          <h2 className="text-base leading-tight font-semibold">{kindWord(kind)}</h2>
          <p className={HINT}>{GRAPH_KINDS.get(kind)?.says}</p>
        </div>
      </header>
      {own.map(({ message, path, code }) => (
        <p key={`${code}${path}`} className={WRONG}>
          {message}
        </p>
      ))}
      <FieldsContext value={of}>
        <div className="grid min-w-0 grid-cols-[minmax(0,1fr)] gap-3" data-part="fields" key={id}>
          <div className="grid grid-cols-2 gap-2">
            <LabelField id={id} label={labelOf(node)} />
            <IdField id={id} />
          </div>
          {fieldsOf(kind).map((field) => (
            <FieldView key={field.name} field={field} place={[field.name]} value={fields[field.name]} />
          ))}
        </div>
      </FieldsContext>
      <WaysView id={id} node={node} />
      <Preview graph={graph} id={id} />
      <section className="grid gap-2">
        <h3 className={HEADING}>This node</h3>
        <div className="flex flex-wrap gap-2">
          <button type="button" className={BUTTON} disabled={readOnly} onClick={() => act({ kind: 'duplicate', ids: [id] })}>
            <Copy size={14} aria-hidden="true" /> Duplicate
          </button>
          <button
            type="button"
            className={BUTTON}
            disabled={readOnly || draft.start === id}
            onClick={() => act({ kind: 'start', node: id })}
          >
            <Flag size={14} aria-hidden="true" /> Start here
          </button>
          <button type="button" className={DANGER} disabled={readOnly} onClick={() => act({ kind: 'remove', ids: [id] })}>
            <Trash2 size={14} aria-hidden="true" /> Delete
          </button>
        </div>
      </section>
    </div>
  );
}

/** Looked for only when somebody asks. */
function useOffered(graph: FlowGraph | undefined, id: string): FieldsOf['names'] {
  return useCallback((response) => (graph === undefined ? [] : namesOffered(graph, id, response)), [graph, id]);
}

function LabelField({ id, label }: { id: string; label: string }) {
  const { act, readOnly } = useEditor();
  return (
    <label className={LABEL}>
      Name
      <input
        className={`${INPUT} mt-1 font-normal`}
        value={label}
        placeholder={id}
        maxLength={80}
        disabled={readOnly}
        autoComplete="off"
        onChange={({ target }) => act({ kind: 'field', node: id, place: ['label'], value: target.value === '' ? undefined : target.value })}
      />
    </label>
  );
}

/** The id changes everywhere it is named, so only when it is complete. */
function IdField({ id }: { id: string }) {
  const { act, readOnly } = useEditor();
  const [text, setText] = useState(id);
  const give = (): void => {
    if (text !== id) act({ kind: 'rename', node: id, to: text });
    setText(id);
  };
  return (
    <label className={LABEL}>
      Id
      <input
        className={`${INPUT} mt-1 font-mono text-xs leading-5 font-normal`}
        value={text}
        maxLength={40}
        disabled={readOnly}
        autoComplete="off"
        spellCheck={false}
        onChange={({ target }) => setText(target.value)}
        onBlur={give}
        onKeyDown={({ key }) => {
          if (key === 'Enter') give();
        }}
      />
    </label>
  );
}
