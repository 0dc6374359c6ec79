import { useNavigate } from '@tanstack/react-router';
import { useEffect, useId, useState, type KeyboardEvent } from 'react';
import { Dialog } from '../ui/dialog.tsx';
import { placeOfId } from './ids.ts';
import { findPlaces, type Place } from './nav.ts';

/** Opens on Ctrl+K or Cmd+K from anywhere. */
export function usePaletteKey(open: () => void): void {
  useEffect(() => {
    const hear = (event: globalThis.KeyboardEvent): void => {
      if (event.key.toLowerCase() !== 'k' || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
      event.preventDefault();
      open();
    };
    window.addEventListener('keydown', hear);
    return () => window.removeEventListener('keydown', hear);
  }, [open]);
}

/** Lists that find something by a part of its name. */
function listsFor(words: string): readonly Place[] {
  if (words.length < 3) return [];
  const of = encodeURIComponent(words);
  return [
    { to: `/agents?q=${of}`, title: `Agents with “${words}” in a name` },
    { to: `/clients?name=${of}`, title: `Clients called “${words}”` },
    ...(words.includes('@') ? [{ to: `/users?email=${of}`, title: `Users with the address “${words}”` }] : []),
  ];
}

function matches(typed: string): readonly Place[] {
  const place = placeOfId(typed.trim());
  return [
    ...(place === undefined ? [] : [{ to: place, title: `Open ${typed.trim()}` }]),
    ...findPlaces(typed),
    ...(place === undefined ? listsFor(typed.trim()) : []),
  ];
}

/** Go to a page by some letters of its name, or to an object by its id. */
export function Palette({ open, onClose }: { open: boolean; onClose: () => void }) {
  const [typed, setTyped] = useState('');
  const [at, setAt] = useState(0);
  const navigate = useNavigate();
  const list = useId();
  const found = matches(typed);
  const go = (place: Place | undefined): void => {
    if (place === undefined) return;
    onClose();
    setTyped('');
    const [to = '/', search = ''] = place.to.split('?');
    void navigate({ to, search: Object.fromEntries(new URLSearchParams(search)) });
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) setAt((before) => Math.min(Math.max(before + step, 0), found.length - 1));
    if (event.key === 'Enter') go(found[at]);
    if (step !== undefined || event.key === 'Enter') event.preventDefault();
  };
  return (
    <Dialog open={open} onClose={onClose} title="Go to">
      <input
        type="text"
        role="combobox"
        aria-label="Page or id"
        aria-expanded="true"
        aria-controls={list}
        aria-activedescendant={`${list}-${at}`}
        autoComplete="off"
        spellCheck={false}
        placeholder="Page or id"
        className="w-full rounded-md border border-field bg-paper px-3 py-2"
        value={typed}
        onChange={(event) => (setTyped(event.target.value), setAt(0))}
        onKeyDown={onKeyDown}
      />
      <ul id={list} role="listbox" aria-label="Found" className="mt-3 grid gap-px">
        {found.map((place, index) => (
          <li
            key={place.to}
            id={`${list}-${index}`}
            role="option"
            aria-selected={index === at}
            className="cursor-pointer rounded px-3 py-1.5 [overflow-wrap:anywhere] hover:bg-sunk aria-selected:bg-wash"
            onClick={() => go(place)}
          >
            {place.title}
          </li>
        ))}
      </ul>
      {found.length === 0 ? <p className="px-3 py-2 text-soft">Nothing is called so.</p> : null}
    </Dialog>
  );
}
