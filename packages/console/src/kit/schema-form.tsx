import { Plus, X } from 'lucide-react';
import { useState } from 'react';
import { Button } from '../ui/button.tsx';
import { WordsField } from '../ui/words-field.tsx';
import type { Member } from './schema.ts';
import { ChoiceInput, ChoicesInput, DataInput, FlagInput, NumberInput, SecretInput, TextInput } from './schema-scalar.tsx';
import { PairsInput } from './pairs-input.tsx';
import { isFields, scalarText, type Fields } from './text-draft.ts';
import { titleOf } from './titles.ts';

type Fault = { field: string; message: string };
type One = { member: Member; value: unknown; faults: readonly Fault[]; onValue: (value: unknown) => void };

/** What is wrong at a member or below it. */
export function faultFor(faults: readonly Fault[], name: string): string | undefined {
  const mine = faults.filter(({ field }) => field === name || field.startsWith(`${name}.`) || field.startsWith(`${name}[`));
  return mine.length === 0 ? undefined : mine.map(({ field, message }) => (field === name ? message : `${field}: ${message}`)).join('; ');
}

/** What is wrong below a member, as its own form knows the places. */
function faultsBelow(faults: readonly Fault[], start: string): readonly Fault[] {
  return faults.flatMap(({ field, message }) => (field.startsWith(start) ? [{ field: field.slice(start.length), message }] : []));
}

function Group({ member, members, value, faults, onValue }: One & { members: readonly Member[] }) {
  return (
    <fieldset className="min-w-0 border-l-2 border-line pl-4">
      <legend className="mb-2 -ml-4 text-[0.9rem] font-semibold">{titleOf(member.name)}</legend>
      {member.hint === undefined ? null : <p className="mb-2 text-[0.86rem] text-soft">{member.hint}</p>}
      <SchemaForm
        members={members}
        value={isFields(value) ? value : {}}
        faults={faultsBelow(faults, `${member.name}.`)}
        onChange={(next) => onValue(Object.keys(next).length === 0 ? undefined : next)}
      />
    </fieldset>
  );
}

/** Above this many they are folded. */
const OPEN = 3;

/** Objects one below the other. They have no name of their own that lasts, so each keeps a number for as long as it is edited. */
function Items({ member, members, value, faults, onValue }: One & { members: readonly Member[] }) {
  const items: readonly unknown[] = Array.isArray(value) ? value : [];
  const [keys, setKeys] = useState<readonly number[]>(() => items.map((_, index) => index));
  const numbers = items.map((_, index) => keys[index] ?? -1 - index);
  const change = (next: readonly unknown[], nextKeys: readonly number[]): void => {
    setKeys(nextKeys);
    onValue(next.length === 0 ? undefined : next);
  };
  const nameOf = (item: unknown, index: number): string => {
    const [first] = isFields(item) ? Object.values(item).map(scalarText).filter(Boolean) : [];
    return first ?? `No. ${index + 1}`;
  };
  const add = (): void => change([...items, {}], [...numbers, Math.max(0, ...numbers) + 1]);
  return (
    <fieldset className="min-w-0">
      <legend className="mb-1 text-[0.9rem] font-semibold">{titleOf(member.name)}</legend>
      <ul className="grid gap-2">
        {items.map((item, index) => (
          <li key={numbers[index]} className="flex min-w-0 items-start gap-1 rounded-md border border-line">
            <details className="min-w-0 flex-1" open={items.length <= OPEN || !isFields(item) || Object.keys(item).length === 0}>
              <summary className="cursor-pointer px-3 py-1.5 [overflow-wrap:anywhere]">{nameOf(item, index)}</summary>
              <div className="px-3 pt-1 pb-3">
                <SchemaForm
                  members={members}
                  value={isFields(item) ? item : {}}
                  faults={faultsBelow(faults, `${member.name}[${index}].`)}
                  onChange={(next) => change(items.with(index, next), numbers)}
                />
              </div>
            </details>
            <Button
              look="quiet"
              aria-label={`Take ${nameOf(item, index)} away`}
              onClick={() => change(items.toSpliced(index, 1), numbers.toSpliced(index, 1))}
            >
              <X size={14} aria-hidden="true" />
            </Button>
          </li>
        ))}
      </ul>
      <Button className="mt-2" onClick={add}>
        <Plus size={14} aria-hidden="true" /> Add to {titleOf(member.name).toLowerCase()}
      </Button>
    </fieldset>
  );
}

function MemberField(one: One) {
  const { member, value } = one;
  const onValue = (next: unknown): void => one.onValue(next === undefined && member.isNullable ? null : next);
  const { input } = member;
  const shown = {
    label: titleOf(member.name),
    hint: member.hint,
    fault: faultFor(one.faults, member.name),
    required: member.required,
  };
  switch (input.kind) {
    case 'text':
      return <TextInput shown={shown} input={input} value={value} onValue={onValue} />;
    case 'number':
      return <NumberInput name={member.name} shown={shown} input={input} value={value} onValue={onValue} />;
    case 'flag':
      return <FlagInput shown={shown} input={input} value={value} onValue={onValue} />;
    case 'choice':
      return <ChoiceInput shown={shown} input={input} value={value} onValue={onValue} />;
    case 'choices':
      return <ChoicesInput shown={shown} input={input} value={value} onValue={onValue} />;
    case 'words': {
      const { required: _, ...field } = shown;
      return <WordsField {...field} value={Array.isArray(value) ? value.map(String) : []} onWords={onValue} />;
    }
    case 'pairs':
      return <PairsInput shown={shown} value={value} onValue={onValue} />;
    case 'secret':
      return <SecretInput shown={{ ...shown, required: false }} value={value} onValue={onValue} />;
    case 'group':
      return <Group {...one} members={input.members} />;
    case 'list':
      return <Items {...one} members={input.members} />;
    case 'data':
      return <DataInput shown={shown} value={value} onValue={onValue} />;
  }
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
  faults: readonly Fault[];
  onChange: (next: Fields) => void;
}) {
  return (
    <div className="grid content-start gap-4">
      {members.map((member) => (
        <MemberField
          key={member.name}
          member={member}
          value={value[member.name]}
          faults={faults}
          onValue={(next) => {
            const { [member.name]: _, ...rest } = value;
            onChange(next === undefined ? rest : { ...value, [member.name]: next });
          }}
        />
      ))}
    </div>
  );
}
