import type { Json } from '@writ/flow';
import { createContext, use, useId, type ReactNode } from 'react';
import type { Field, Form } from '../model/form.ts';
import { findingsAt, type Finding, type ReadFormula } from '../model/judge.ts';
import { typeWord, type OfferedName } from '../model/names.ts';
import { pathOf, type Place } from '../model/place.ts';
import { HINTS, plainWord } from '../model/words.ts';
import { HINT, LABEL, WRONG } from './look.ts';

/** The node whose fields are shown. `names`: what an expression may use. */
export type FieldsOf = {
  readonly node: string;
  readonly kind: string;
  readonly findings: readonly Finding[];
  readonly formulas: readonly ReadFormula[];
  /** `response`: the answer of the call is in reach. */
  readonly names: (response: boolean) => readonly OfferedName[];
  readonly readOnly: boolean;
  /** Words that are there for a field: flows, connections, providers, by `kind.field`. */
  readonly known: Readonly<Record<string, readonly { readonly id: string; readonly name: string }[]>>;
  readonly set: (place: Place, value: Json | undefined) => void;
};

export const FieldsContext = createContext<FieldsOf | undefined>(undefined);

export function useFields(): FieldsOf {
  const fields = use(FieldsContext);
  if (fields === undefined) throw new Error('outside of a node');
  return fields;
}

/** What there is to say about one place: its faults, and of an expression what it gives. */
export function useSaid(place: Place): { readonly wrong: readonly string[]; readonly gives: string } {
  const { node, findings, formulas } = useFields();
  const path = pathOf(place);
  const wrong = findingsAt(findings, node, path).filter((one) => one.path === path);
  const type = formulas.find((one) => one.node === node && one.path === path)?.type;
  return { wrong: wrong.map(({ message }) => message), gives: type === undefined || wrong.length > 0 ? '' : `gives ${typeWord(type)}` };
}

type WrapProps = {
  readonly place: Place;
  readonly label: string;
  readonly hint?: string;
  /** Say what an expression here gives. */
  readonly typed?: boolean;
  readonly children: (ids: { id: string; describedBy: string; invalid: boolean }) => ReactNode;
};

/** Label, control, hint and faults of one place. */
export function Labelled({ place, label, hint = '', typed = false, children }: WrapProps) {
  const id = useId();
  const { wrong, gives } = useSaid(place);
  const below = `${id}-below`;
  return (
    <div className="grid min-w-0 grid-cols-[minmax(0,1fr)] gap-1" data-place={pathOf(place)}>
      <label htmlFor={id} className={LABEL}>
        {label}
      </label>
      {children({ id, describedBy: below, invalid: wrong.length > 0 })}
      <Below id={below} hint={hint} wrong={wrong} gives={typed ? gives : ''} />
    </div>
  );
}

export function Below({ id, hint, wrong, gives = '' }: { id: string; hint: string; wrong: readonly string[]; gives?: string }) {
  return (
    <div id={id}>
      {hint === '' ? null : <p className={HINT}>{hint}</p>}
      {gives === '' ? null : <p className={HINT}>{gives}</p>}
      {wrong.map((message) => (
        <p key={message} className={WRONG}>
          {message}
        </p>
      ))}
    </div>
  );
}

/** A group of controls with one name. */
export function Group({ place, label, hint = '', children }: Omit<WrapProps, 'children'> & { children: ReactNode }) {
  const id = useId();
  const { wrong } = useSaid(place);
  return (
    <fieldset className="grid min-w-0 grid-cols-[minmax(0,1fr)] gap-2" aria-describedby={id} data-place={pathOf(place)}>
      <legend className={`${LABEL} mb-1`}>{label}</legend>
      {children}
      <Below id={id} hint={hint} wrong={wrong} />
    </fieldset>
  );
}

export function hintOf(kind: string, place: Place): string {
  const [name = '', ...inner] = place;
  return inner.length === 0 ? (HINTS[`${kind}.${name}`] ?? '') : '';
}

export function labelFor({ name, form, required, preset }: Field): string {
  const unit = form.is === 'count' && form.unit !== '' && isUnit(form.unit) ? ` (${form.unit})` : '';
  return `${plainWord(name)}${unit}${required || preset !== undefined || form.is === 'flag' ? '' : ', optional'}`;
}

function isUnit(unit: string): boolean {
  return unit === 'milliseconds' || unit === 'seconds';
}

/** A value of this form to begin with, when one is added to a list. */
export function blankOf(form: Form): Json {
  switch (form.is) {
    case 'object':
      return Object.fromEntries(form.fields.flatMap(({ name, preset }) => (preset === undefined ? [] : [[name, preset]])));
    case 'oneOf':
      return { kind: Object.keys(form.variants)[0] ?? '' };
    case 'flag':
      return false;
    case 'count':
      return form.least;
    case 'list':
    case 'words':
      return [];
    case 'record':
      return {};
    default:
      return '';
  }
}
