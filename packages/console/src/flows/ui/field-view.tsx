import type { Json } from '@writ/flow';
import { Plus, X } from 'lucide-react';
import { useCallback, useId, useState } from 'react';
import { isObject, wordIn } from '../model/draft.ts';
import type { Field, Form } from '../model/form.ts';
import { pathOf, type Place } from '../model/place.ts';
import { plainWord } from '../model/words.ts';
import { blankOf, Group, hintOf, Labelled, labelFor, useFields } from './field.tsx';
import { FormulaInput } from './formula-input.tsx';
import { BUTTON, HINT, ICON_BUTTON, INPUT } from './look.ts';

type Props = {
  readonly form: Form;
  readonly place: Place;
  readonly label: string;
  readonly value: Json | undefined;
  readonly keeps?: boolean;
};

/** One field of a node, by its form. A field that is left empty is left out. */
export function FieldView({ field, place, value }: { field: Field; place: Place; value: Json | undefined }) {
  return <FormView form={field.form} place={place} label={labelFor(field)} value={value ?? field.preset} />;
}

function FormView(props: Props) {
  const { form, place, label, value } = props;
  const hint = useFieldsHint(place);
  switch (form.is) {
    case 'text':
    case 'count':
      return <PlainView {...props} />;
    case 'formula':
    case 'template':
      return <FormulaView {...props} />;
    case 'word':
      return <WordView {...props} words={form.words} />;
    case 'flag':
      return <FlagView place={place} label={label} on={value === true} />;
    case 'words':
      return <WordsView {...props} words={form.words} />;
    case 'list':
      return form.item.is === 'text' || form.item.is === 'count' ? (
        <LinesView {...props} item={form.item} />
      ) : (
        <ListView {...props} item={form.item} />
      );
    case 'record':
      return <RecordView {...props} item={form.item} />;
    case 'object':
      return (
        <Group place={place} label={label} hint={hint}>
          <Inner fields={form.fields} place={place} value={value} />
        </Group>
      );
    case 'oneOf':
      return <OneOfView {...props} variants={form.variants} />;
  }
}

function useFieldsHint(place: Place): string {
  return hintOf(useFields().kind, place);
}

function Inner({ fields, place, value }: { fields: readonly Field[]; place: Place; value: Json | undefined }) {
  const object = isObject(value) ? value : {};
  return (
    <div className="grid min-w-0 grid-cols-[minmax(0,1fr)] gap-3">
      {fields.map((field) => (
        <FieldView key={field.name} field={field} place={[...place, field.name]} value={object[field.name]} />
      ))}
    </div>
  );
}

function PlainView({ form, place, label, value, keeps }: Props) {
  const { set, readOnly, known, kind } = useFields();
  const list = useId();
  const offers = known[`${kind}.${pathOf(place)}`] ?? [];
  const number = form.is === 'count';
  return (
    <Labelled place={place} label={label} hint={useFieldsHint(place)}>
      {({ id, describedBy, invalid }) => (
        <>
          <input
            id={id}
            className={INPUT}
            type={number ? 'number' : 'text'}
            value={typeof value === 'number' ? value : wordIn(value)}
            disabled={readOnly}
            aria-invalid={invalid}
            aria-describedby={describedBy}
            autoComplete="off"
            spellCheck={false}
            {...(number ? { min: form.least, max: form.most } : {})}
            {...(form.is === 'text' ? { maxLength: form.most } : {})}
            {...(offers.length > 0 ? { list } : {})}
            onChange={({ target }) => set(place, number ? numberIn(target.value) : textOrNone(target.value, keeps))}
          />
          {offers.length === 0 ? null : (
            <datalist id={list}>
              {offers.map((one) => (
                <option key={one.id} value={one.id} label={one.name} />
              ))}
            </datalist>
          )}
        </>
      )}
    </Labelled>
  );
}

function FormulaView({ form, place, label, value, keeps }: Props) {
  const { set, readOnly, names, kind } = useFields();
  const most = form.is === 'formula' || form.is === 'template' ? form.most : 200;
  // Only what a call keeps of its answer may read the answer.
  const answers = kind === 'http' && place[0] === 'outputs';
  const inReach = useCallback(() => names(answers), [names, answers]);
  return (
    <Labelled place={place} label={label} hint={useFieldsHint(place)} typed={form.is === 'formula'}>
      {({ id, describedBy, invalid }) => (
        <FormulaInput
          id={id}
          value={wordIn(value)}
          names={inReach}
          holes={form.is === 'template'}
          most={most}
          invalid={invalid}
          describedBy={describedBy}
          disabled={readOnly}
          onChange={(text) => set(place, textOrNone(text, keeps))}
        />
      )}
    </Labelled>
  );
}

function WordView({ place, label, value, words }: Props & { words: readonly string[] }) {
  const { set, readOnly } = useFields();
  return (
    <Labelled place={place} label={label} hint={useFieldsHint(place)}>
      {({ id, describedBy, invalid }) => (
        <select
          id={id}
          className={INPUT}
          value={wordIn(value)}
          disabled={readOnly}
          aria-invalid={invalid}
          aria-describedby={describedBy}
          onChange={({ target }) => set(place, textOrNone(target.value))}
        >
          {words.includes(wordIn(value)) ? null : <option value="">choose</option>}
          {words.map((word) => (
            <option key={word} value={word}>
              {word === word.toUpperCase() ? word : plainWord(word)}
            </option>
          ))}
        </select>
      )}
    </Labelled>
  );
}

function FlagView({ place, label, on }: { place: Place; label: string; on: boolean }) {
  const { set, readOnly } = useFields();
  const id = useId();
  const hint = useFieldsHint(place);
  return (
    <div className="grid gap-0.5" data-place={pathOf(place)}>
      <label className="flex items-center gap-2 text-sm font-medium">
        <input
          type="checkbox"
          className="size-4 accent-accent"
          checked={on}
          disabled={readOnly}
          aria-describedby={id}
          onChange={({ target }) => set(place, target.checked)}
        />
        {label}
      </label>
      <p id={id} className={HINT}>
        {hint}
      </p>
    </div>
  );
}

function WordsView({ place, label, value, words }: Props & { words: readonly string[] }) {
  const { set, readOnly } = useFields();
  const chosen = Array.isArray(value) ? value.map((one: Json) => wordIn(one)) : [];
  const toggle = (word: string, on: boolean): void => {
    const next = words.filter((one) => (one === word ? on : chosen.includes(one)));
    set(place, next.length === 0 ? undefined : next);
  };
  return (
    <Group place={place} label={label} hint={useFieldsHint(place)}>
      <div className="grid gap-1">
        {words.map((word) => (
          <label key={word} className="flex items-center gap-2 text-sm">
            <input
              type="checkbox"
              className="size-4 accent-accent"
              checked={chosen.includes(word)}
              disabled={readOnly}
              onChange={({ target }) => toggle(word, target.checked)}
            />
            {plainWord(word)}
          </label>
        ))}
      </div>
    </Group>
  );
}

/** Short texts or numbers, one per line. */
function LinesView({ place, label, value, item }: Props & { item: Form }) {
  const { set, readOnly, known, kind } = useFields();
  const offers = known[`${kind}.${pathOf(place)}`] ?? [];
  const given = Array.isArray(value) ? value.map((one: Json) => (typeof one === 'number' ? String(one) : wordIn(one))).join('\n') : '';
  const [text, setText] = useState(given);
  const lines = (from: string): readonly string[] =>
    from
      .split('\n')
      .map((one) => one.trim())
      .filter((one) => one !== '');
  // Whoever types a line break has not added an empty line yet; another node's lines are taken over.
  const shown = lines(text).join('\n') === given ? text : given;
  const change = (next: string): void => {
    setText(next);
    const read = lines(next).map((one): Json => (item.is === 'count' ? (numberIn(one) ?? one) : one));
    set(place, read.length === 0 ? undefined : read);
  };
  return (
    <Labelled place={place} label={label} hint={useFieldsHint(place) || 'One per line.'}>
      {({ id, describedBy, invalid }) => (
        <>
          <textarea
            id={id}
            className={`${INPUT} field-sizing-content min-h-8 resize-none font-mono text-xs leading-5`}
            rows={1}
            value={shown}
            disabled={readOnly}
            aria-invalid={invalid}
            aria-describedby={describedBy}
            spellCheck={false}
            onChange={({ target }) => change(target.value)}
          />
          <Offers
            label={label}
            offers={offers.filter(({ id: one }) => !lines(shown).includes(one))}
            disabled={readOnly}
            onTake={(one) => change([...lines(shown), one].join('\n'))}
          />
        </>
      )}
    </Labelled>
  );
}

type OffersProps = { label: string; offers: readonly { id: string; name: string }[]; disabled: boolean; onTake: (id: string) => void };

/** What there is at the hub to put on the list. */
function Offers({ label, offers, disabled, onTake }: OffersProps) {
  if (offers.length === 0) return null;
  return (
    <select className={INPUT} aria-label={`Add to ${label}`} value="" disabled={disabled} onChange={({ target }) => onTake(target.value)}>
      <option value="">Add one…</option>
      {offers.map(({ id, name }) => (
        <option key={id} value={id}>
          {name === id ? id : `${name} (${id})`}
        </option>
      ))}
    </select>
  );
}

function ListView({ place, label, value, item }: Props & { item: Form }) {
  const { set, readOnly } = useFields();
  const items: readonly Json[] = Array.isArray(value) ? value : [];
  const one = plainWord(wordIn(place.at(-1) === undefined ? '' : String(place.at(-1))).replace(/e?s$/, ''));
  return (
    <Group place={place} label={label} hint={useFieldsHint(place)}>
      {items.map((inner, at) => (
        <div
          key={at}
          role="group"
          aria-label={`${one} ${String(at + 1)}`}
          className="grid grid-cols-[minmax(0,1fr)_auto] gap-1 rounded-md border border-line p-2"
        >
          {item.is === 'object' ? (
            <Inner fields={item.fields} place={[...place, at]} value={inner} />
          ) : (
            <FormView form={item} place={[...place, at]} label={`${one} ${String(at + 1)}`} value={inner} keeps />
          )}
          <TakeOut label={`${one} ${String(at + 1)}`} disabled={readOnly} onClick={() => set([...place, at], undefined)} />
        </div>
      ))}
      <button
        type="button"
        className={`${BUTTON} justify-self-start`}
        disabled={readOnly}
        onClick={() => set([...place, items.length], blankOf(item))}
      >
        <Plus size={14} aria-hidden="true" /> Add {one.toLowerCase()}
      </button>
    </Group>
  );
}

function RecordView({ place, label, value, item }: Props & { item: Form }) {
  const { set, readOnly } = useFields();
  const [fresh, setFresh] = useState('');
  const id = useId();
  const entries = Object.entries(isObject(value) ? value : {});
  const add = (): void => {
    if (fresh === '' || entries.some(([name]) => name === fresh)) return;
    set([...place, fresh], blankOf(item));
    setFresh('');
  };
  return (
    <Group place={place} label={label} hint={useFieldsHint(place)}>
      {entries.map(([name, inner]) => (
        <div
          key={name}
          role="group"
          aria-label={name}
          className="grid grid-cols-[minmax(0,1fr)_auto] gap-1 rounded-md border border-line p-2"
        >
          {item.is === 'object' ? (
            <div className="grid min-w-0 grid-cols-[minmax(0,1fr)] gap-2">
              <span className="font-mono text-xs font-semibold">{name}</span>
              <Inner fields={item.fields} place={[...place, name]} value={inner} />
            </div>
          ) : (
            <FormView form={item} place={[...place, name]} label={name} value={inner} keeps />
          )}
          <TakeOut label={name} disabled={readOnly} onClick={() => set([...place, name], undefined)} />
        </div>
      ))}
      <div className="flex gap-1">
        <label htmlFor={id} className="sr-only">
          New name in {label}
        </label>
        <input
          id={id}
          className={INPUT}
          placeholder="name"
          value={fresh}
          disabled={readOnly}
          spellCheck={false}
          autoComplete="off"
          onChange={({ target }) => setFresh(target.value)}
          onKeyDown={(event) => {
            if (event.key !== 'Enter') return;
            event.preventDefault();
            add();
          }}
        />
        <button type="button" className={BUTTON} disabled={readOnly || fresh === ''} onClick={add}>
          <Plus size={14} aria-hidden="true" /> Add
        </button>
      </div>
    </Group>
  );
}

function OneOfView({ place, label, value, variants }: Props & { variants: Readonly<Record<string, readonly Field[]>> }) {
  const { set, readOnly } = useFields();
  const id = useId();
  const kind = isObject(value) ? wordIn(value['kind']) : '';
  return (
    <Group place={place} label={label} hint={useFieldsHint(place)}>
      <label htmlFor={id} className="sr-only">
        Kind of {label}
      </label>
      <select
        id={id}
        className={INPUT}
        value={kind}
        disabled={readOnly}
        onChange={({ target }) => set(place, target.value === '' ? undefined : { kind: target.value })}
      >
        <option value="">None</option>
        {Object.keys(variants).map((one) => (
          <option key={one} value={one}>
            {plainWord(one)}
          </option>
        ))}
      </select>
      {kind === '' ? null : <Inner fields={variants[kind] ?? []} place={place} value={value} />}
    </Group>
  );
}

function TakeOut({ label, disabled, onClick }: { label: string; disabled: boolean; onClick: () => void }) {
  return (
    <button type="button" className={ICON_BUTTON} aria-label={`Take out ${label}`} disabled={disabled} onClick={onClick}>
      <X size={15} aria-hidden="true" />
    </button>
  );
}

/** `keeps`: an empty member of a list or record stays, or it would vanish under whoever types. */
function textOrNone(text: string, keeps = false): Json | undefined {
  return text === '' && !keeps ? undefined : text;
}

function numberIn(text: string): number | undefined {
  const number = Number(text);
  return text.trim() === '' || Number.isNaN(number) ? undefined : number;
}
