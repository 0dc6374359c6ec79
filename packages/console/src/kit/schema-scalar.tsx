import { useState } from 'react';
import { CheckField, SelectField, TextArea, TextField } from '../ui/field.tsx';
import type { Input } from './schema.ts';
import { dataOf, textOfData } from './text-draft.ts';
import { inWords, unitOf } from './units.ts';

/** What every input of a form gets: how it is called, what is there, what is wrong with it. */
export type Shown = { label: string; hint: string | undefined; fault: string | undefined; required: boolean };
type Of<Kind extends Input['kind']> = {
  shown: Shown;
  input: Extract<Input, { kind: Kind }>;
  value: unknown;
  onValue: (value: unknown) => void;
};

/** Whatever has no other input, as YAML or JSON. */
export function DataInput({ shown, value, onValue }: Omit<Of<'data'>, 'input'>) {
  const [text, setText] = useState(() => textOfData(value));
  const [broken, setBroken] = useState(false);
  const { label, hint, fault } = shown;
  return (
    <TextArea
      label={label}
      hint={hint ?? 'YAML or JSON'}
      fault={broken ? 'This cannot be read.' : fault}
      rows={Math.min(12, Math.max(2, text.split('\n').length))}
      className="font-mono text-[0.86rem]"
      value={text}
      onChange={(event) => {
        setText(event.target.value);
        const read = dataOf(event.target.value);
        setBroken(read === undefined);
        if (read !== undefined) onValue(read.value);
      }}
    />
  );
}

export function TextInput({ shown, input: { isLong, preset }, value, onValue }: Of<'text'>) {
  const field = { ...shown, placeholder: preset, value: typeof value === 'string' ? value : '' };
  return isLong ? (
    <TextArea {...field} rows={2} onChange={(event) => onValue(event.target.value || undefined)} />
  ) : (
    <TextField {...field} onChange={(event) => onValue(event.target.value || undefined)} />
  );
}

/** A number in its unit, said in words beside it. What is no number is not sent, and says so. */
export function NumberInput({ name, shown, input, value, onValue }: Of<'number'> & { name: string }) {
  const [typed, setTyped] = useState<string>();
  const unit = unitOf(name);
  const { least, most, preset } = input;
  const shownValue = typed ?? (typeof value === 'number' ? String(value) : '');
  const said = typeof value === 'number' ? inWords(value, unit) : undefined;
  const bounds =
    least === undefined || least <= 0 || most === undefined ? undefined : `${least.toLocaleString('en')} to ${most.toLocaleString('en')}`;
  const hint = [shown.hint, said === undefined ? undefined : `= ${said}`, said === undefined ? bounds : undefined]
    .filter(Boolean)
    .join('. ');
  return (
    <TextField
      {...shown}
      label={unit === undefined || shown.label.toLowerCase().includes(unit) ? shown.label : `${shown.label}, ${unit}`}
      hint={hint === '' ? undefined : hint}
      fault={typed === undefined ? shown.fault : 'A whole number is expected.'}
      inputMode="numeric"
      className="sm:max-w-48"
      placeholder={preset === undefined ? undefined : String(preset)}
      value={shownValue}
      onChange={(event) => {
        const text = event.target.value.trim();
        const isNumber = /^-?\d{1,15}$/.test(text);
        setTyped(isNumber || text === '' ? undefined : event.target.value);
        if (isNumber || text === '') onValue(isNumber ? Number(text) : undefined);
      }}
    />
  );
}

export function FlagInput({ shown, input: { preset }, value, onValue }: Of<'flag'>) {
  return (
    <CheckField
      label={shown.label}
      hint={shown.fault ?? shown.hint}
      checked={typeof value === 'boolean' ? value : preset}
      onChange={(event) => onValue(event.target.checked)}
    />
  );
}

export function ChoiceInput({ shown, input: { options, preset }, value, onValue }: Of<'choice'>) {
  return (
    <SelectField
      {...shown}
      value={typeof value === 'string' ? value : ''}
      options={[['', preset === undefined ? 'not said' : `not said: ${preset}`], ...options]}
      onChange={(event) => onValue(event.target.value || undefined)}
    />
  );
}

export function ChoicesInput({ shown, input: { options }, value, onValue }: Of<'choices'>) {
  const chosen = Array.isArray(value) ? value : [];
  return (
    <fieldset className="min-w-0">
      <legend className="mb-1 text-[0.9rem] font-semibold">{shown.label}</legend>
      <div className="flex flex-wrap gap-x-4 gap-y-1">
        {options.map((option) => (
          <CheckField
            key={option}
            label={option}
            checked={chosen.includes(option)}
            onChange={(event) => onValue(options.filter((one) => (one === option ? event.target.checked : chosen.includes(one))))}
          />
        ))}
      </div>
      {shown.hint === undefined ? null : <p className="text-[0.86rem] text-soft">{shown.hint}</p>}
      {shown.fault === undefined ? null : <p className="text-[0.86rem] font-medium text-high">{shown.fault}</p>}
    </fieldset>
  );
}

/** Never shown again after it was kept: an empty field leaves it as it is. Where the hub finds it elsewhere stands in the text. */
export function SecretInput({ shown, value, onValue }: Omit<Of<'secret'>, 'input'>) {
  const isElsewhere = typeof value === 'object' && value !== null && !('value' in value);
  if (isElsewhere) return <DataInput shown={shown} value={value} onValue={onValue} />;
  const typed = typeof value === 'object' && value !== null && 'value' in value ? String(value.value) : '';
  return (
    <TextField
      {...shown}
      type="password"
      autoComplete="new-password"
      hint={shown.hint ?? 'Never shown again. Left empty: it stays as it is.'}
      value={typed}
      onChange={(event) => onValue(event.target.value === '' ? undefined : { value: event.target.value })}
    />
  );
}
