import { GRANTS } from '@writ/policy';
import { CheckField, SelectField, TextField } from '../../ui/field.tsx';
import { ConditionRows } from './condition-rows.tsx';
import { isFields, type Fields } from '../../kit/text-draft.ts';
import { faultAt } from './draft.ts';
import { NeedFields } from './need-fields.tsx';
import { GRANT_WORDS } from './sentence.ts';
import { WordsField } from '../../ui/words-field.tsx';

type Faults = readonly { path: string; message: string }[];
type Part = { value: Fields; faults: Faults; onChange: (next: Fields) => void };

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function textsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
}

function without(value: Fields, name: string): Fields {
  const { [name]: _, ...rest } = value;
  return rest;
}

const SUBJECTS = [
  ['any', 'Any client'],
  ['clients', 'These clients'],
  ['conditions', 'Whoever fits conditions'],
] as const;
const SUBJECT_START: Readonly<Record<string, Fields>> = {
  any: { any: true },
  clients: { clients: [] },
  conditions: { conditions: [{ key: 'user.roles', operator: 'contains', value: '' }] },
};

function SubjectFields({ value, faults, onChange }: Part) {
  const subject = isFields(value['subject']) ? value['subject'] : {};
  const kind = SUBJECTS.map(([name]) => name).find((name) => name in subject) ?? 'any';
  const fault = faultAt(faults, 'subject');
  return (
    <div className="grid gap-3">
      <SelectField
        label="Who"
        fault={kind === 'any' ? fault : undefined}
        value={kind}
        options={SUBJECTS}
        onChange={(event) => onChange({ ...value, subject: SUBJECT_START[event.target.value] })}
      />
      {kind === 'clients' ? (
        <WordsField
          label="Client ids"
          hint="With spaces between them"
          fault={fault}
          value={textsOf(subject['clients'])}
          onWords={(clients) => onChange({ ...value, subject: { clients } })}
        />
      ) : null}
      {kind === 'conditions' ? (
        <>
          <ConditionRows
            value={Array.isArray(subject['conditions']) ? subject['conditions'] : []}
            onChange={(conditions) => onChange({ ...value, subject: { conditions } })}
          />
          {fault === undefined ? null : <p className="text-[0.86rem] font-medium text-high">{fault}</p>}
        </>
      ) : null}
    </div>
  );
}

const SELECTIONS = [
  ['all', 'all of them'],
  ['ids', 'these'],
  ['tags', 'with any of these tags'],
  ['types', 'of these types'],
] as const;

function selectionKind(of: unknown): string {
  if (Array.isArray(of)) return 'ids';
  if (!isFields(of)) return 'all';
  return 'tags' in of ? 'tags' : 'types';
}

function selectionOf(kind: string, words: readonly string[]): unknown {
  if (kind === 'all') return 'all';
  return kind === 'ids' ? words : { [kind]: words };
}

function TargetFields({ value, faults, onChange }: Part) {
  const target = isFields(value['target']) ? value['target'] : {};
  const kind = 'connections' in target ? 'connections' : 'resources';
  const selection = target[kind];
  const how = selectionKind(selection);
  const words = Array.isArray(selection) ? textsOf(selection) : isFields(selection) ? textsOf(selection[how]) : [];
  const put = (of: string, by: string, next: readonly string[]): void => onChange({ ...value, target: { [of]: selectionOf(by, next) } });
  const fault = faultAt(faults, 'target');
  return (
    <div className="grid gap-3 sm:grid-cols-2">
      <SelectField
        label="Reaching"
        value={kind}
        options={['resources', 'connections']}
        onChange={(event) => put(event.target.value, how, words)}
      />
      <SelectField
        label="Which"
        fault={how === 'all' ? fault : undefined}
        value={how}
        options={SELECTIONS}
        onChange={(event) => put(kind, event.target.value, words)}
      />
      {how === 'all' ? null : (
        <div className="sm:col-span-2">
          <WordsField
            label={how === 'ids' ? 'Ids' : how === 'tags' ? 'Tags' : 'Types'}
            fault={fault}
            value={words}
            onWords={(next) => put(kind, how, next)}
          />
        </div>
      )}
    </div>
  );
}

function ScopeFields({ value, faults, onChange }: Part) {
  const isAll = value['scopes'] === 'all' || (value['scopes'] === undefined && value['effect'] !== 'allow');
  const fault = faultAt(faults, 'scopes');
  return (
    <div className="grid gap-3 sm:grid-cols-2">
      <SelectField
        label="Scopes"
        fault={isAll ? fault : undefined}
        value={isAll ? 'all' : 'these'}
        options={[
          ['these', 'these'],
          ['all', 'all there are'],
        ]}
        onChange={(event) => onChange({ ...value, scopes: event.target.value === 'all' ? 'all' : [] })}
      />
      {isAll ? null : (
        <WordsField
          label="Names of scopes"
          hint="With spaces between them"
          fault={fault}
          value={textsOf(value['scopes'])}
          onWords={(scopes) => onChange({ ...value, scopes })}
        />
      )}
    </div>
  );
}

function GrantFields({ value, onChange }: Part) {
  const chosen = Array.isArray(value['grants']) ? textsOf(value['grants']) : [...GRANTS];
  const choose = (name: string, on: boolean): void => {
    const next = GRANTS.filter((grant) => (grant === name ? on : chosen.includes(grant)));
    onChange(next.length === GRANTS.length ? without(value, 'grants') : { ...value, grants: next });
  };
  return (
    <fieldset>
      <legend className="mb-1.5 text-[0.9rem] font-semibold">By which ways to a token (grants)</legend>
      <div className="grid gap-x-4 gap-y-1 sm:grid-cols-2">
        {GRANTS.map((name) => (
          <CheckField
            key={name}
            label={<code className="text-[0.9rem]">{name}</code>}
            hint={GRANT_WORDS[name]}
            checked={chosen.includes(name)}
            onChange={(event) => choose(name, event.target.checked)}
          />
        ))}
      </div>
    </fieldset>
  );
}

/** The rule as fields. Whatever it cannot show (groups of conditions, unknown members) it leaves as it is. */
export function RuleForm({ isNew, ...part }: Part & { isNew: boolean }) {
  const { value, faults, onChange } = part;
  const text = (name: string, label: string, hint?: string) => (
    <TextField
      label={label}
      hint={hint}
      fault={value[name] === '' && name === 'id' ? undefined : faultAt(faults, name)}
      value={textOf(value[name])}
      onChange={(event) =>
        onChange(event.target.value === '' && name !== 'id' ? without(value, name) : { ...value, [name]: event.target.value })
      }
    />
  );
  const effect = textOf(value['effect']);
  return (
    <div className="grid content-start gap-4">
      {isNew ? text('id', 'Id', 'Chosen once; letters, digits and . _ : -') : null}
      <div className="grid gap-4 sm:grid-cols-2">
        {text('name', 'Name')}
        {text('description', 'What it is for')}
        <SelectField
          label="State"
          value={textOf(value['state']) || 'enforce'}
          options={[
            ['enforce', 'enforce'],
            ['shadow', 'shadow: only written down'],
            ['off', 'off'],
          ]}
          onChange={(event) => onChange({ ...value, state: event.target.value })}
        />
        <SelectField
          label="Effect"
          fault={faultAt(faults, 'effect')}
          value={effect}
          options={[
            ['allow', 'allow'],
            ['deny', 'deny: wins over every allow'],
            ['require', 'require: allowed only with something more'],
          ]}
          onChange={(event) =>
            onChange(
              event.target.value === 'require'
                ? { ...value, effect: 'require', require: { stepUp: true } }
                : { ...without(value, 'require'), effect: event.target.value },
            )
          }
        />
      </div>
      <SubjectFields {...part} />
      <TargetFields {...part} />
      <ScopeFields {...part} />
      <GrantFields {...part} />
      {effect === 'require' ? (
        <NeedFields require={isFields(value['require']) ? value['require'] : {}} onChange={(require) => onChange({ ...value, require })} />
      ) : null}
      {faultAt(faults, 'require') === undefined ? null : (
        <p className="text-[0.86rem] font-medium text-high">{faultAt(faults, 'require')}</p>
      )}
    </div>
  );
}
