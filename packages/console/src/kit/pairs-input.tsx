import { Plus, X } from 'lucide-react';
import { useState } from 'react';
import { Button } from '../ui/button.tsx';
import { TextField } from '../ui/field.tsx';
import type { Shown } from './schema-scalar.tsx';
import { isFields } from './text-draft.ts';

type Pair = { key: number; name: string; text: string };

function pairsIn(value: unknown): readonly Pair[] {
  return isFields(value) ? Object.entries(value).map(([name, text], key) => ({ key, name, text: String(text) })) : [];
}

/** Names that the author chooses, each with a text: headers, parameters. A line without a name is not sent. */
export function PairsInput({ shown, value, onValue }: { shown: Shown; value: unknown; onValue: (value: unknown) => void }) {
  const [pairs, setPairs] = useState(() => pairsIn(value));
  const change = (next: readonly Pair[]): void => {
    setPairs(next);
    const named = next.filter(({ name }) => name.trim() !== '');
    onValue(named.length === 0 ? undefined : Object.fromEntries(named.map(({ name, text }) => [name.trim(), text])));
  };
  return (
    <fieldset className="min-w-0">
      <legend className="mb-1 text-[0.9rem] font-semibold">{shown.label}</legend>
      {shown.hint === undefined ? null : <p className="mb-1 text-[0.86rem] text-soft">{shown.hint}</p>}
      <ul className="grid gap-2">
        {pairs.map((pair, index) => (
          <li key={pair.key} className="grid grid-cols-[minmax(0,1fr)_minmax(0,2fr)_auto] gap-2">
            <TextField
              hideLabel
              label={`${shown.label}: name ${index + 1}`}
              value={pair.name}
              onChange={(event) => change(pairs.with(index, { ...pair, name: event.target.value }))}
            />
            <TextField
              hideLabel
              label={`${shown.label}: text ${index + 1}`}
              value={pair.text}
              onChange={(event) => change(pairs.with(index, { ...pair, text: event.target.value }))}
            />
            <Button
              look="quiet"
              aria-label={`Take ${pair.name || `line ${index + 1}`} away`}
              onClick={() => change(pairs.toSpliced(index, 1))}
            >
              <X size={14} aria-hidden="true" />
            </Button>
          </li>
        ))}
      </ul>
      {shown.fault === undefined ? null : <p className="text-[0.86rem] font-medium text-high">{shown.fault}</p>}
      <Button
        className="mt-2"
        onClick={() => change([...pairs, { key: Math.max(0, ...pairs.map(({ key }) => key)) + 1, name: '', text: '' }])}
      >
        <Plus size={14} aria-hidden="true" /> Add to {shown.label.toLowerCase()}
      </Button>
    </fieldset>
  );
}
