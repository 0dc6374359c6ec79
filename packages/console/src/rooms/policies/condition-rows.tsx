import { KEY_NAMES } from '@writ/policy';
import { Plus, X } from 'lucide-react';
import { useId } from 'react';
import { Button } from '../../ui/button.tsx';
import { SelectField, TextField } from '../../ui/field.tsx';
import { isFields, scalarText, type Fields } from '../../kit/text-draft.ts';
import { valueOf } from './draft.ts';

const OPERATORS = [
  ['equals', 'is'],
  ['notEquals', 'is not'],
  ['in', 'is one of'],
  ['notIn', 'is none of'],
  ['contains', 'contains'],
  ['notContains', 'does not contain'],
  ['exists', 'is there'],
  ['matches', 'looks like'],
  ['greaterThan', 'is greater than'],
  ['lessThan', 'is less than'],
  ['cidr', 'lies in network'],
  ['between', 'is between'],
] as const;

function textOf(value: unknown): string {
  return Array.isArray(value) ? value.map(scalarText).join(', ') : scalarText(value);
}

function Row({ of, keys, onChange, onRemove }: { of: Fields; keys: string; onChange: (next: Fields) => void; onRemove: () => void }) {
  const [key, operator] = [textOf(of['key']), textOf(of['operator'])];
  return (
    <li className="grid items-end gap-2 rounded-md border border-line p-2 sm:grid-cols-[2fr_1.4fr_2fr_auto]">
      <TextField label="Attribute" list={keys} value={key} onChange={(event) => onChange({ ...of, key: event.target.value })} />
      <SelectField
        label="How"
        value={operator}
        options={OPERATORS}
        onChange={(event) =>
          onChange({ ...of, operator: event.target.value, value: valueOf(key, event.target.value, textOf(of['value'])) })
        }
      />
      {operator === 'exists' ? (
        <SelectField
          label="Value"
          value={String(of['value'] !== false)}
          options={[
            ['true', 'yes'],
            ['false', 'no, it is missing'],
          ]}
          onChange={(event) => onChange({ ...of, value: event.target.value === 'true' })}
        />
      ) : (
        <TextField
          key={`${key} ${operator}`}
          label="Value"
          defaultValue={textOf(of['value'])}
          onChange={(event) => onChange({ ...of, value: valueOf(key, operator, event.target.value) })}
        />
      )}
      <Button look="quiet" aria-label={`Remove the condition on ${key === '' ? 'nothing yet' : key}`} onClick={onRemove}>
        <X size={14} aria-hidden="true" />
      </Button>
    </li>
  );
}

/** Conditions that must all hold. Groups (any, all, not) are shown as text: they are written on the other side. */
export function ConditionRows({ value, onChange }: { value: readonly unknown[]; onChange: (next: readonly unknown[]) => void }) {
  const keys = useId();
  const replace = (at: number, next: unknown): void => onChange(value.map((one, index) => (index === at ? next : one)));
  return (
    <div className="grid gap-2">
      <datalist id={keys}>
        {KEY_NAMES.map((name) => (
          <option key={name} value={name.replace('<name>', '')} />
        ))}
      </datalist>
      <ul className="grid gap-2">
        {value.map((one, index) =>
          isFields(one) && !('any' in one || 'all' in one || 'not' in one) ? (
            <Row
              key={index}
              of={one}
              keys={keys}
              onChange={(next) => replace(index, next)}
              onRemove={() => onChange(value.filter((_, at) => at !== index))}
            />
          ) : (
            <li
              key={JSON.stringify(one)}
              className="rounded-md border border-line bg-sunk px-3 py-2 font-mono text-[0.86rem] [overflow-wrap:anywhere]"
            >
              {JSON.stringify(one)}
            </li>
          ),
        )}
      </ul>
      <Button className="justify-self-start" onClick={() => onChange([...value, { key: '', operator: 'equals', value: '' }])}>
        <Plus size={14} aria-hidden="true" /> Condition
      </Button>
    </div>
  );
}
