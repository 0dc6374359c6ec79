import { GRAPH_KINDS } from '@writ/flow';
import { useId, useMemo, useState, type KeyboardEvent, type Ref } from 'react';
import type { Way } from '../model/change.ts';
import { nameOf, type Draft } from '../model/draft.ts';
import { waysOut } from '../model/read.ts';
import { kindWord } from '../model/words.ts';
import { DRAGGED } from './canvas.tsx';
import { useEditor } from './editor-context.ts';
import { KindIcon, toneOf } from './kind-icon.tsx';
import { HINT, INPUT } from './look.ts';

type Kind = { readonly kind: string; readonly word: string; readonly says: string };
const KINDS: readonly Kind[] = [...GRAPH_KINDS].map(([kind, { says }]) => ({ kind, word: kindWord(kind), says }));

type Props = {
  readonly after: string | undefined;
  readonly box: Ref<HTMLInputElement>;
  readonly onAdded: () => void;
  readonly onLeave: () => void;
};

/** Every kind of node: searched, clicked, dragged, or put in by Enter after the node that is selected. */
export function Palette({ after, box, onAdded, onLeave }: Props) {
  const { state, act, readOnly } = useEditor();
  const { draft } = state.now;
  const [sought, setSought] = useState('');
  const [active, setActive] = useState(0);
  const [branch, setBranch] = useState('');
  const list = useId();
  const found = useMemo(() => matchesOf(sought), [sought]);
  const chosen = found[Math.min(active, found.length - 1)];
  const way = wayAfter(draft, after, branch);

  function add(kind: string): void {
    act({ kind: 'add', node: kind, ...(way === undefined ? {} : { after: way }) });
    setSought('');
    setActive(0);
    setBranch('');
    onAdded();
  }

  function keys(event: KeyboardEvent): void {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (step !== 0) setActive((active + step + found.length) % Math.max(1, found.length));
    else if (event.key === 'Enter' && chosen !== undefined && !readOnly) add(chosen.kind);
    else if (event.key === 'Escape') onLeave();
    else return;
    event.preventDefault();
  }

  return (
    <section aria-label="Palette" className="flex h-full min-h-0 flex-col gap-2 p-3">
      <input
        ref={box}
        className={INPUT}
        role="combobox"
        aria-label="Add a node"
        aria-expanded="true"
        aria-controls={list}
        aria-activedescendant={chosen === undefined ? undefined : `${list}-${chosen.kind}`}
        aria-autocomplete="list"
        placeholder="Add a node…"
        value={sought}
        autoComplete="off"
        onChange={({ target }) => {
          setSought(target.value);
          setActive(0);
        }}
        onKeyDown={keys}
      />
      <AfterView draft={draft} after={after} way={way} onBranch={setBranch} />
      <ul id={list} role="listbox" aria-label="Kinds of node" tabIndex={-1} className="-mx-1 min-h-0 flex-1 overflow-auto">
        {found.map(({ kind, word, says }) => (
          <li
            key={kind}
            id={`${list}-${kind}`}
            role="option"
            aria-selected={kind === chosen?.kind}
            title={says}
            draggable={!readOnly}
            onDragStart={(event) => event.dataTransfer.setData(DRAGGED, kind)}
            onClick={() => {
              if (!readOnly) add(kind);
            }}
            ref={(line) => {
              if (kind === chosen?.kind && sought !== '') line?.scrollIntoView({ block: 'nearest' });
            }}
            className="flex cursor-pointer items-start gap-2 rounded-md px-1 py-1 text-sm hover:bg-sunk aria-selected:bg-wash"
          >
            <span className={`grid size-6 shrink-0 place-items-center rounded ${toneOf(kind)}`}>
              <KindIcon kind={kind} size={14} />
            </span>
            <span className="min-w-0">
              <span className="block leading-6">{word}</span>
              <span className="line-clamp-2 text-xs text-soft">{says}</span>
            </span>
          </li>
        ))}
      </ul>
      <span role="status" className="sr-only">
        {sought === '' ? '' : `${String(found.length)} kinds${chosen === undefined ? '' : `, ${chosen.word}: ${chosen.says}`}`}
      </span>
    </section>
  );
}

type AfterProps = { draft: Draft; after: string | undefined; way: Way | undefined; onBranch: (branch: string) => void };

/** On which way the next node is put. */
function AfterView({ draft, after, way, onBranch }: AfterProps) {
  const node = after === undefined ? undefined : draft.nodes[after];
  if (after === undefined || node === undefined) return <p className={HINT}>Put anywhere: no node is selected.</p>;
  const ways = waysOut(node);
  if (way === undefined) return <p className={HINT}>Put aside: nothing follows {nameOf(draft, after)}.</p>;
  if (ways.length === 1) return <p className={HINT}>Put after {nameOf(draft, after)}.</p>;
  return (
    <label className={HINT}>
      Put after {nameOf(draft, after)}, branch
      <select className={`${INPUT} mt-1`} value={way.branch} onChange={({ target }) => onBranch(target.value)}>
        {ways.map(({ name }) => (
          <option key={name} value={name}>
            {name}
            {draft.edges[after]?.[name] === undefined ? '' : ` (before ${nameOf(draft, draft.edges[after]?.[name] ?? '')})`}
          </option>
        ))}
      </select>
    </label>
  );
}

/** The branch that was asked for, else the first that has to be drawn, else the first. */
function wayAfter(draft: Draft, after: string | undefined, branch: string): Way | undefined {
  const node = after === undefined ? undefined : draft.nodes[after];
  if (after === undefined || node === undefined) return undefined;
  const ways = waysOut(node);
  const free = ways.find(({ name, required }) => required && draft.edges[after]?.[name] === undefined);
  const meant = ways.find(({ name }) => name === branch) ?? free ?? ways[0];
  return meant === undefined ? undefined : { from: after, branch: meant.name };
}

function matchesOf(sought: string): readonly Kind[] {
  const wanted = sought.trim().toLowerCase();
  const hit = (text: string): boolean => text.toLowerCase().includes(wanted);
  const byWord = KINDS.filter(({ word, kind }) => hit(word) || hit(kind));
  return [...byWord, ...KINDS.filter((one) => !byWord.includes(one) && wanted.length > 2 && hit(one.says))];
}
