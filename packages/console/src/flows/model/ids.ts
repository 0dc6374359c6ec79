import type { Json } from '@writ/flow';
import { isObject, wordIn, type Draft, type DraftNode, type Fields } from './draft.ts';
import { fieldsOf, type Form } from './form.ts';

/** Letters and digits, so that expressions can name it; parseFlow has the last word. */
export const NODE_ID = /^[A-Za-z]\w{0,39}$/;

/** The first of `kind`, `kind2`, `kind3` … that is free. */
export function freshId(base: string, taken: Readonly<Record<string, unknown>>): string {
  const stem = base.replace(/\d+$/, '').slice(0, 36) || 'node';
  if (!Object.hasOwn(taken, stem)) return stem;
  for (let number = 2; ; number += 1) {
    const id = `${stem}${String(number)}`;
    if (!Object.hasOwn(taken, id)) return id;
  }
}

/** The draft with a node called otherwise: its lines, the start, and every expression that names it. */
export function renamed(draft: Draft, from: string, to: string): Draft {
  const name = (id: string): string => (id === from ? to : id);
  const names = new Map([[from, to]]);
  return {
    ...draft,
    start: name(draft.start),
    nodes: Object.fromEntries(Object.entries(draft.nodes).map(([id, node]) => [name(id), renamedIn(node, names)])),
    edges: Object.fromEntries(
      Object.entries(draft.edges).map(([id, ways]) => [
        name(id),
        Object.fromEntries(Object.entries(ways).map(([way, at]) => [way, name(at)])),
      ]),
    ),
  };
}

/** The node with other names for the steps that its expressions read, and for the secret that it stores. */
export function renamedIn({ kind, fields }: DraftNode, names: ReadonlyMap<string, string>): DraftNode {
  const form: Form = { is: 'object', fields: fieldsOf(kind) };
  const put = rewrite(form, fields, names);
  const { value } = fields;
  const [source = '', output] = typeof value === 'string' ? value.split('.') : [];
  if (!isObject(put)) return { kind, fields };
  if (kind !== 'storeCredential' || output === undefined) return { kind, fields: put };
  return { kind, fields: { ...put, value: `${names.get(source) ?? source}.${output}` } };
}

function rewrite(form: Form | undefined, value: Json, names: ReadonlyMap<string, string>): Json {
  if (typeof value === 'string') return form?.is === 'formula' || form?.is === 'template' ? renamedText(value, names) : value;
  if (Array.isArray(value)) return value.map((one: Json) => rewrite(form?.is === 'list' ? form.item : undefined, one, names));
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, rewrite(innerForm(form, value, name), one, names)]));
}

function innerForm(form: Form | undefined, value: Fields, name: string): Form | undefined {
  if (form?.is === 'record') return form.item;
  if (form?.is === 'object') return form.fields.find((one) => one.name === name)?.form;
  if (form?.is !== 'oneOf') return undefined;
  return form.variants[wordIn(value['kind'])]?.find((one) => one.name === name)?.form;
}

function renamedText(text: string, names: ReadonlyMap<string, string>): string {
  return text.replaceAll(/\bsteps\.([A-Za-z]\w*)/g, (whole, id: string) => (names.has(id) ? `steps.${names.get(id) ?? id}` : whole));
}
