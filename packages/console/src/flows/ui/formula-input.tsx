import { useId, useMemo, useRef, useState, type KeyboardEvent } from 'react';
import { matching, nameAtCaret, typeWord, withName, type OfferedName } from '../model/names.ts';
import { INPUT } from './look.ts';

type Props = {
  readonly id: string;
  readonly value: string;
  readonly names: () => readonly OfferedName[];
  /** A text with holes, not an expression as a whole. */
  readonly holes: boolean;
  readonly most: number;
  readonly invalid: boolean;
  readonly describedBy: string;
  readonly disabled: boolean;
  readonly onChange: (value: string) => void;
};

const SHOWN = 40;

/** What is offered while somebody writes: which names, which of them Enter takes, and what keys do. */
function useOffers({ value, names, holes, onChange }: Pick<Props, 'value' | 'names' | 'holes' | 'onChange'>) {
  const box = useRef<HTMLTextAreaElement>(null);
  const [open, setOpen] = useState(false);
  const [caret, setCaret] = useState(0);
  const [active, setActive] = useState(0);
  const written = nameAtCaret(value, caret, holes)?.written ?? '';
  const offered = useMemo(() => (open ? matching(names(), written).slice(0, SHOWN) : []), [open, names, written]);
  const chosen = offered[Math.min(active, offered.length - 1)];

  function typed(text: string, at: number): void {
    onChange(text);
    setCaret(at);
    setActive(0);
    setOpen((nameAtCaret(text, at, holes)?.written ?? '') !== '');
  }

  function take(name: OfferedName): void {
    const put = withName(value, caret, name.path, holes);
    onChange(put.text);
    setCaret(put.caret);
    setOpen(false);
    // The value of a controlled box is set after this; only then the caret can be.
    requestAnimationFrame(() => {
      // Whoever was quicker and went on must not be called back.
      if (document.activeElement === box.current) box.current?.setSelectionRange(put.caret, put.caret);
    });
  }

  function keys(event: KeyboardEvent): void {
    if (event.key === ' ' && event.ctrlKey) {
      event.preventDefault();
      setOpen(true);
      return;
    }
    if (!open || offered.length === 0) return;
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (step !== 0) setActive((active + step + offered.length) % offered.length);
    else if (event.key === 'Escape') setOpen(false);
    else if ((event.key === 'Enter' || event.key === 'Tab') && chosen !== undefined) take(chosen);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  return { box, open, setOpen, setCaret, offered, chosen, typed, take, keys };
}

/** An expression, or a text with holes, with the names in reach offered while one is written; Ctrl+Space offers them at any time. */
export function FormulaInput({ id, value, names, holes, most, invalid, describedBy, disabled, onChange }: Props) {
  const list = useId();
  const { box, open, setOpen, setCaret, offered, chosen, typed, take, keys } = useOffers({ value, names, holes, onChange });
  const showing = open && offered.length > 0;
  return (
    <div className="relative">
      <div className="flex items-start gap-1">
        <textarea
          ref={box}
          id={id}
          className={`${INPUT} field-sizing-content min-h-8 resize-none ${holes ? '' : 'font-mono text-xs leading-5'}`}
          rows={1}
          value={value}
          maxLength={most}
          disabled={disabled}
          spellCheck={holes}
          autoComplete="off"
          aria-invalid={invalid}
          aria-describedby={describedBy}
          aria-autocomplete="list"
          aria-controls={showing ? list : undefined}
          aria-activedescendant={showing && chosen !== undefined ? `${list}-${chosen.path}` : undefined}
          onChange={({ target }) => typed(target.value, target.selectionStart)}
          onSelect={({ currentTarget }) => setCaret(currentTarget.selectionStart)}
          onKeyDown={keys}
          onBlur={() => setOpen(false)}
        />
        <button
          type="button"
          className="h-8 shrink-0 rounded-md border border-line bg-sheet px-1.5 font-mono text-xs text-soft hover:bg-sunk"
          aria-label="Names that can be used here"
          aria-expanded={showing}
          disabled={disabled}
          // The box keeps the focus, and with it the place where the name goes.
          onMouseDown={(event) => {
            event.preventDefault();
            box.current?.focus();
            setOpen(!open);
          }}
          onClick={({ detail }) => {
            if (detail > 0) return;
            box.current?.focus();
            setOpen(true);
          }}
        >
          {'{ }'}
        </button>
      </div>
      {showing ? <Offered list={list} names={offered} active={chosen?.path ?? ''} onTake={take} /> : null}
      <span role="status" className="sr-only">
        {open ? `${String(offered.length)} names` : ''}
      </span>
    </div>
  );
}

type OfferedProps = { list: string; names: readonly OfferedName[]; active: string; onTake: (name: OfferedName) => void };

function Offered({ list, names, active, onTake }: OfferedProps) {
  return (
    <ul
      id={list}
      role="listbox"
      aria-label="Names"
      className="absolute inset-x-0 z-20 mt-1 max-h-56 overflow-auto rounded-md border border-line bg-sheet py-1 shadow-float"
    >
      {names.map((name) => (
        <li
          key={name.path}
          id={`${list}-${name.path}`}
          role="option"
          aria-selected={name.path === active}
          ref={(line) => {
            if (name.path === active) line?.scrollIntoView({ block: 'nearest' });
          }}
          className="flex cursor-pointer items-baseline justify-between gap-2 px-2 py-0.5 text-xs aria-selected:bg-wash"
          onMouseDown={(event) => {
            event.preventDefault();
            onTake(name);
          }}
        >
          <span className="font-mono break-all">{name.path}</span>
          <span className={`shrink-0 ${name.maybe ? 'text-elevated' : 'text-soft'}`}>
            {name.maybe ? 'not on every way · ' : ''}
            {typeWord(name.type)}
          </span>
        </li>
      ))}
    </ul>
  );
}
