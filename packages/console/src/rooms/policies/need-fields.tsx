import { CheckField, SelectField, TextField } from '../../ui/field.tsx';
import { isFields, scalarText, type Fields } from '../../kit/text-draft.ts';
import { WordsField } from '../../ui/words-field.tsx';

type Of = { require: Fields; onChange: (next: Fields) => void };

function toggled(require: Fields, name: string, value: unknown): Fields {
  const { [name]: _, ...rest } = require;
  return value === undefined ? rest : { ...rest, [name]: value };
}

function textsIn(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
}

function Count({ label, value, onCount }: { label: string; value: unknown; onCount: (next: number | undefined) => void }) {
  return (
    <TextField
      label={label}
      inputMode="numeric"
      className="sm:w-36"
      value={scalarText(value)}
      onChange={(event) => {
        const digits = event.target.value.replaceAll(/\D/g, '');
        onCount(digits === '' ? undefined : Number(digits));
      }}
    />
  );
}

function Approval({ require, onChange }: Of) {
  const approval = require['approval'];
  if (!isFields(approval)) return null;
  const from = isFields(approval['from']) ? approval['from'] : {};
  const put = (next: Fields): void => onChange({ ...require, approval: { ...approval, ...next } });
  const putFrom = (name: string, value: unknown): void => put({ from: toggled(from, name, value) });
  return (
    <div className="ml-6 grid gap-3 sm:grid-cols-2">
      <WordsField
        label="Users who may approve"
        value={textsIn(from['users'])}
        onWords={(words) => putFrom('users', words.length === 0 ? undefined : words)}
      />
      <WordsField
        label="Roles that may approve"
        value={textsIn(from['roles'])}
        onWords={(words) => putFrom('roles', words.length === 0 ? undefined : words)}
      />
      <CheckField
        label="The owner of the client may"
        checked={from['owner'] === true}
        onChange={(event) => putFrom('owner', event.target.checked || undefined)}
      />
      <Count label="How many must agree" value={approval['count'] ?? 1} onCount={(count) => put({ count: count ?? 1 })} />
    </div>
  );
}

function Budget({ require, onChange }: Of) {
  const budget = require['budget'];
  if (!isFields(budget)) return null;
  const put = (name: string, value: number | undefined): void => onChange({ ...require, budget: toggled(budget, name, value) });
  return (
    <div className="ml-6 flex flex-wrap gap-3">
      <Count label="Calls" value={budget['calls']} onCount={(count) => put('calls', count)} />
      <Count label="Exchanges" value={budget['exchanges']} onCount={(count) => put('exchanges', count)} />
      <Count label="Within seconds" value={budget['window']} onCount={(count) => put('window', count)} />
    </div>
  );
}

/** What a `require` rule asks for: each need with what it leaves to say. */
export function NeedFields({ require, onChange }: Of) {
  const need = (name: string, label: string, start: unknown) => (
    <CheckField
      label={label}
      checked={require[name] !== undefined}
      onChange={(event) => onChange(toggled(require, name, event.target.checked ? start : undefined))}
    />
  );
  const key = require['proofOfPossession'];
  return (
    <fieldset className="grid gap-2.5">
      <legend className="mb-2 text-[0.9rem] font-semibold">Only with</legend>
      {need('stepUp', 'a second factor at sign-in', true)}
      {need('reconsent', 'consent given anew', true)}
      {need('approval', 'the approval of people', { from: { owner: true }, count: 1 })}
      <Approval require={require} onChange={onChange} />
      {need('maxLifetime', 'tokens that live no longer than', 300)}
      {typeof require['maxLifetime'] === 'number' ? (
        <div className="ml-6">
          <Count
            label="Seconds"
            value={require['maxLifetime']}
            onCount={(seconds) => onChange({ ...require, maxLifetime: seconds ?? 0 })}
          />
        </div>
      ) : null}
      {need('proofOfPossession', 'tokens bound to a key', true)}
      {key === undefined ? null : (
        <div className="ml-6">
          <SelectField
            label="Which proof"
            className="sm:w-48"
            value={key === true ? 'any' : scalarText(key)}
            options={['any', 'dpop', 'mtls']}
            onChange={(event) => onChange({ ...require, proofOfPossession: event.target.value === 'any' ? true : event.target.value })}
          />
        </div>
      )}
      {need('maxDelegationDepth', 'a limit to handing on', 1)}
      {typeof require['maxDelegationDepth'] === 'number' ? (
        <div className="ml-6">
          <Count
            label="Times"
            value={require['maxDelegationDepth']}
            onCount={(times) => onChange({ ...require, maxDelegationDepth: times ?? 0 })}
          />
        </div>
      ) : null}
      {need('budget', 'a budget', { calls: 100, window: 3_600 })}
      <Budget require={require} onChange={onChange} />
    </fieldset>
  );
}
