import { useState } from 'react';
import { CheckField, SelectField, TextArea, TextField } from '../ui/field.tsx';
import { WordsField } from '../ui/words-field.tsx';
import type { Member } from './schema.ts';
import { dataOf, textOfData, type Fields } from './text-draft.ts';

type One = { member: Member; value: unknown; fault: string | undefined; onValue: (value: unknown) => void };

/** `accessTokenTtl` as people read it. */
export function titleOf(name: string): string {
  const words = name.replaceAll(/([a-z])([A-Z])/g, '$1 $2').toLowerCase();
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}`;
}

function Data({ member, value, fault, onValue }: One) {
  const [text, setText] = useState(() => textOfData(value));
  const [broken, setBroken] = useState(false);
  return (
    <TextArea
      label={titleOf(member.name)}
      hint={member.hint ?? 'YAML or JSON'}
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

function Choices({ member, options, value, fault, onValue }: One & { options: readonly string[] }) {
  const chosen = Array.isArray(value) ? value : [];
  return (
    <fieldset>
      <legend className="mb-1 text-[0.9rem] font-semibold">{titleOf(member.name)}</legend>
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
      {fault === undefined ? null : <p className="text-[0.86rem] font-medium text-high">{fault}</p>}
    </fieldset>
  );
}

function MemberField(one: One) {
  const { member, value, fault, onValue } = one;
  const shown = { label: titleOf(member.name), hint: member.hint, fault };
  const { input } = member;
  switch (input.kind) {
    case 'text':
      return (
        <TextField
          {...shown}
          required={member.required}
          value={typeof value === 'string' ? value : ''}
          onChange={(event) => onValue(event.target.value || undefined)}
        />
      );
    case 'number':
      return (
        <TextField
          {...shown}
          inputMode="numeric"
          value={typeof value === 'number' ? String(value) : ''}
          onChange={(event) => onValue(/^-?\d+$/.test(event.target.value) ? Number(event.target.value) : undefined)}
        />
      );
    case 'flag':
      return (
        <CheckField
          label={shown.label}
          hint={fault ?? shown.hint}
          checked={value === true}
          onChange={(event) => onValue(event.target.checked)}
        />
      );
    case 'choice':
      return (
        <SelectField
          {...shown}
          value={typeof value === 'string' ? value : ''}
          options={[['', 'not said'], ...input.options]}
          onChange={(event) => onValue(event.target.value || undefined)}
        />
      );
    case 'choices':
      return <Choices {...one} options={input.options} />;
    case 'words':
      return <WordsField {...shown} value={Array.isArray(value) ? value.map(String) : []} onWords={onValue} />;
    case 'data':
      return <Data {...one} />;
  }
}

/** What is wrong at a member or below it. */
export function faultFor(faults: readonly { field: string; message: string }[], name: string): string | undefined {
  const mine = faults.filter(({ field }) => field === name || field.startsWith(`${name}.`) || field.startsWith(`${name}[`));
  return mine.length === 0 ? undefined : mine.map(({ field, message }) => (field === name ? message : `${field}: ${message}`)).join('; ');
}

/** An object by the members of its schema. Members that the schema does not name stay as they are. */
export function SchemaForm({
  members,
  value,
  faults,
  onChange,
}: {
  members: readonly Member[];
  value: Fields;
  faults: readonly { field: string; message: string }[];
  onChange: (next: Fields) => void;
}) {
  return (
    <div className="grid content-start gap-4">
      {members.map((member) => (
        <MemberField
          key={member.name}
          member={member}
          value={value[member.name]}
          fault={faultFor(faults, member.name)}
          onValue={(next) => {
            const { [member.name]: _, ...rest } = value;
            onChange(next === undefined ? rest : { ...value, [member.name]: next });
          }}
        />
      ))}
    </div>
  );
}
