import { useState } from 'react';
import { isPurpose, PURPOSE_WORDS, type FlowRecord } from '../model/record.ts';
import { useEditor } from './editor-context.ts';
import type { Done, Listed, Surroundings, Target } from './hub.ts';
import { BUTTON, DANGER, HEADING, HINT, ICON_BUTTON, INPUT, LABEL, WRONG } from './look.ts';
import { X } from 'lucide-react';

type Props = {
  readonly record: FlowRecord | undefined;
  readonly around: Surroundings;
  readonly onAssign: (target: Target, on: boolean) => Promise<Done>;
  readonly onRemove: () => void;
};

/** The flow as a whole: what it is called, what it is for, where it runs. */
export function About({ record, around, onAssign, onRemove }: Props) {
  const { state, act, readOnly } = useEditor();
  const { name, description, purpose, id } = state.now.draft;
  return (
    <div className="grid gap-5">
      <div className="grid gap-3">
        <label className={LABEL}>
          Name of the flow
          <input
            className={`${INPUT} mt-1 font-normal`}
            value={name}
            placeholder={id}
            maxLength={120}
            disabled={readOnly}
            onChange={({ target }) => act({ kind: 'about', name: target.value })}
          />
        </label>
        <label className={LABEL}>
          Description
          <textarea
            className={`${INPUT} mt-1 field-sizing-content min-h-14 resize-none font-normal`}
            value={description}
            maxLength={1000}
            disabled={readOnly}
            onChange={({ target }) => act({ kind: 'about', description: target.value })}
          />
        </label>
        <label className={LABEL}>
          Purpose
          <select
            className={`${INPUT} mt-1 font-normal`}
            value={purpose}
            disabled={readOnly || record?.builtIn === true}
            onChange={({ target }) => {
              if (isPurpose(target.value)) act({ kind: 'about', purpose: target.value });
            }}
          >
            {Object.entries(PURPOSE_WORDS).map(([word, says]) => (
              <option key={word} value={word}>
                {says}
              </option>
            ))}
          </select>
        </label>
        <p className={HINT}>
          Id <code className="font-mono">{id}</code>
        </p>
      </div>
      {record === undefined ? (
        <p className={HINT}>Where it runs can be said once it is saved and published.</p>
      ) : (
        <>
          <AssignedView record={record} around={around} onAssign={onAssign} />
          <Remove record={record} onRemove={onRemove} />
        </>
      )}
    </div>
  );
}

const KINDS = [
  { kind: 'client', plural: 'clients', word: 'Clients' },
  { kind: 'resource', plural: 'resources', word: 'Resources' },
  { kind: 'tenant', plural: 'tenants', word: 'Tenants' },
] as const;

function AssignedView({ record, around, onAssign }: Pick<Props, 'around' | 'onAssign'> & { record: FlowRecord }) {
  const { readOnly } = useEditor();
  const { assigned, builtIn, published } = record;
  const [refused, setRefused] = useState('');
  const set = async (target: Target, on: boolean): Promise<void> => {
    const done = await onAssign(target, on);
    setRefused(done.ok ? '' : done.message);
  };
  return (
    <section className="grid gap-3" aria-label="Where it runs">
      <h2 className={HEADING}>Where it runs</h2>
      <p className={HINT}>
        The narrowest wins: client, resource, tenant, everywhere{builtIn ? '; else this flow, which is built in' : ''}.
      </p>
      {published === null ? <p className={HINT}>It can be assigned once it was published.</p> : null}
      {KINDS.map(({ kind, plural, word }) => (
        <Places
          key={kind}
          word={word}
          ids={assigned[plural]}
          all={around[plural]}
          disabled={readOnly || published === null}
          onSet={(id, on) => void set({ kind, id }, on)}
        />
      ))}
      <label className="flex items-center gap-2 text-sm font-medium">
        <input
          type="checkbox"
          className="size-4 accent-accent"
          checked={assigned.everywhere}
          disabled={readOnly || published === null}
          onChange={({ target }) => void set({ kind: 'everywhere' }, target.checked)}
        />
        Everywhere for its purpose
      </label>
      {refused === '' ? null : (
        <p role="alert" className={WRONG}>
          {refused}
        </p>
      )}
    </section>
  );
}

type PlacesProps = {
  word: string;
  ids: readonly string[];
  all: readonly Listed[];
  disabled: boolean;
  onSet: (id: string, on: boolean) => void;
};

function Places({ word, ids, all, disabled, onSet }: PlacesProps) {
  const [chosen, setChosen] = useState('');
  const left = all.filter(({ id }) => !ids.includes(id));
  const nameOf = (id: string): string => all.find((one) => one.id === id)?.name ?? id;
  return (
    <div className="grid gap-1">
      <h3 className="text-sm font-medium">{word}</h3>
      {ids.length === 0 ? null : (
        <ul className="flex flex-wrap gap-1">
          {ids.map((id) => (
            <li key={id} className="flex max-w-full items-center rounded-md bg-sunk pl-2 text-sm">
              <span className="truncate">{nameOf(id)}</span>
              <button
                type="button"
                className={ICON_BUTTON}
                aria-label={`Take away from ${nameOf(id)}`}
                disabled={disabled}
                onClick={() => onSet(id, false)}
              >
                <X size={14} aria-hidden="true" />
              </button>
            </li>
          ))}
        </ul>
      )}
      <div className="flex gap-1">
        <select
          className={INPUT}
          aria-label={`Assign to ${word.toLowerCase()}`}
          value={chosen}
          disabled={disabled || left.length === 0}
          onChange={({ target }) => setChosen(target.value)}
        >
          <option value="">{left.length === 0 ? 'none left' : 'choose'}</option>
          {left.map(({ id, name }) => (
            <option key={id} value={id}>
              {name === id ? id : `${name} (${id})`}
            </option>
          ))}
        </select>
        <button
          type="button"
          className={BUTTON}
          disabled={disabled || chosen === ''}
          onClick={() => {
            onSet(chosen, true);
            setChosen('');
          }}
        >
          Assign
        </button>
      </div>
    </div>
  );
}

/** Asked twice. Of a built-in flow, what came with the hub is there again. */
function Remove({ record: { builtIn, published, version }, onRemove }: { record: FlowRecord; onRemove: () => void }) {
  const { readOnly } = useEditor();
  const [sure, setSure] = useState(false);
  if (readOnly || (builtIn && version === 0)) return null;
  const word = builtIn ? 'Restore what came with the hub' : 'Delete this flow';
  return (
    <section className="grid gap-2" aria-label={word}>
      {sure ? (
        <div role="alertdialog" aria-label={word} className="grid gap-2 rounded-md bg-sunk p-3 text-sm">
          <p>
            {builtIn ? 'What was drawn in its place is taken out of force.' : 'The draft goes.'}
            {published === null || published.version === 0 ? '' : ' Its versions stay in the record, and a rollback brings one back.'}
          </p>
          <div className="flex gap-2">
            <button type="button" className={DANGER} onClick={onRemove}>
              {word}
            </button>
            <button type="button" className={BUTTON} onClick={() => setSure(false)}>
              Leave it
            </button>
          </div>
        </div>
      ) : (
        <button type="button" className={`${DANGER} justify-self-start`} onClick={() => setSure(true)}>
          {word}…
        </button>
      )}
    </section>
  );
}
