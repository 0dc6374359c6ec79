import { Link } from '@tanstack/react-router';
import { Bookmark, X } from 'lucide-react';
import { useState } from 'react';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { TextField } from '../ui/field.tsx';
import { useFilters, type Filters } from './use-filters.ts';
import { keyOf, viewsIn, withView, type View } from './view.ts';

const LOOK =
  'inline-flex min-h-[26px] items-center rounded-full border border-line bg-sheet px-3 text-[0.9rem] whitespace-nowrap text-soft no-underline hover:border-field hover:text-ink aria-[current=page]:border-accent aria-[current=page]:bg-wash aria-[current=page]:font-semibold aria-[current=page]:text-ink';

/** By itself a link of the router is that of the page as soon as its filters are among those of the address. */
const SAME = { exact: true, includeSearch: true };

function Keep({ onKeep }: { onKeep: (name: string) => void }) {
  const [open, setOpen] = useState(false);
  const [name, setName] = useState('');
  return (
    <>
      <Button look="quiet" onClick={() => setOpen(true)}>
        <Bookmark size={14} aria-hidden="true" /> Keep this view
      </Button>
      <Dialog open={open} onClose={() => setOpen(false)} title="Keep this view">
        <form
          className="grid gap-4"
          onSubmit={(event) => {
            event.preventDefault();
            if (name.trim() === '') return;
            onKeep(name.trim());
            setName('');
            setOpen(false);
          }}
        >
          <TextField
            label="Name"
            hint="Kept in this browser. To show it to somebody else, send the address."
            maxLength={60}
            value={name}
            onChange={(event) => setName(event.target.value)}
          />
          <Button type="submit" look="primary" className="justify-self-end" disabled={name.trim() === ''}>
            Keep
          </Button>
        </form>
      </Dialog>
    </>
  );
}

/** Lists that one comes back to: those that the page knows, and those that somebody kept in this browser. `names`: the filters that make a view. */
export function Views({ page, views, names }: { page: string; views: readonly View[]; names: readonly string[] }) {
  const key = `writ-views ${page}`;
  const [kept, setKept] = useState(() => viewsIn(localStorage.getItem(key)));
  const [chosen] = useFilters();
  const now: Filters = Object.fromEntries(
    names.flatMap((name) => (chosen[name] === undefined || chosen[name] === '' ? [] : [[name, chosen[name]]])),
  );
  const isKnown = [...views, ...kept].some(({ search }) => keyOf(search) === keyOf(now));
  const save = (next: readonly View[]): void => {
    setKept(next);
    localStorage.setItem(key, JSON.stringify(next));
  };
  return (
    <nav aria-label="Views" className="mb-3 flex flex-wrap items-center gap-1.5">
      {views.map(({ name, search }) => (
        <Link
          key={name}
          to="."
          search={search}
          className={LOOK}
          activeOptions={SAME}
          aria-current={keyOf(search) === keyOf(now) ? 'page' : undefined}
        >
          {name}
        </Link>
      ))}
      {kept.map(({ name, search }) => (
        <span key={name} className="inline-flex max-w-full min-w-0 items-center">
          <Link
            to="."
            search={search}
            className={`${LOOK} max-w-60 min-w-0`}
            activeOptions={SAME}
            aria-current={keyOf(search) === keyOf(now) ? 'page' : undefined}
          >
            <span className="truncate">{name}</span>
          </Link>
          <button
            type="button"
            aria-label={`Forget the view ${name}`}
            className="inline-grid size-[24px] place-items-center rounded text-soft hover:bg-wash hover:text-ink"
            onClick={() => save(kept.filter((view) => view.name !== name))}
          >
            <X size={13} aria-hidden="true" />
          </button>
        </span>
      ))}
      {isKnown ? null : <Keep onKeep={(name) => save(withView(kept, { name, search: now }))} />}
    </nav>
  );
}
