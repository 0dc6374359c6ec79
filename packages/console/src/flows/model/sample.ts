import type { Json } from '@writ/flow';
import { fieldsOf, type Field, type Form } from './form.ts';
import type { Fields } from './draft.ts';

/** Texts of which one has every form that a field of the flow package asks for. */
const TEXTS = ['x', 'x.y', 'https://example.test/', 'X-Sample', 'Sample'];

/** A value that can be read, to stand where there is none yet: only to know the branches of a node that is not filled in. */
export function sampleOf(form: Form): Json {
  switch (form.is) {
    case 'text':
      return TEXTS.find((one) => form.pattern === undefined || new RegExp(form.pattern).test(one)) ?? 'x';
    case 'formula':
      return 'true';
    case 'template':
      return 'https://example.test/';
    case 'word':
      return form.words[0] ?? '';
    case 'flag':
      return false;
    case 'count':
      return form.least;
    case 'words':
      return form.words.slice(0, form.least);
    case 'list':
      return Array.from({ length: form.least }, () => sampleOf(form.item));
    case 'record':
      return {};
    case 'object':
      return sampleFields(form.fields);
    case 'oneOf': {
      const [[kind, fields] = ['', []]] = Object.entries(form.variants);
      return { kind, ...sampleFields(fields) };
    }
  }
}

function sampleFields(fields: readonly Field[]): Fields {
  return Object.fromEntries(fields.filter(({ required }) => required).map(({ name, form }) => [name, sampleOf(form)]));
}

/** The form of the value at a path (`branches[0].when`) within a node of this kind. */
export function formAt(kind: string, path: string): Form | undefined {
  const words = path.split(/\.|(?=\[)/).filter((one) => one !== '');
  let form: Form | undefined = { is: 'object', fields: fieldsOf(kind) };
  for (const word of words) form = form === undefined ? undefined : inner(form, word);
  return form;
}

function inner(form: Form, word: string): Form | undefined {
  switch (form.is) {
    case 'object':
      return form.fields.find(({ name }) => name === word)?.form;
    case 'list':
    case 'record':
      return form.item;
    case 'oneOf':
      return Object.values(form.variants)
        .flat()
        .find(({ name }) => name === word)?.form;
    default:
      return undefined;
  }
}

/** What a node has when it is put on the canvas: enough to be read where that can be guessed, nothing made up where it cannot. */
export function starter(kind: string): Fields {
  const guessed = fieldsOf(kind).flatMap(({ name, form, required }): [string, Json][] => {
    if (!required) return [];
    return form.is === 'words' ? [[name, form.words.slice(0, 2)]] : [];
  });
  return { ...Object.fromEntries(guessed), ...STARTERS[kind] };
}

const STARTERS: Readonly<Record<string, Fields>> = {
  screen: { title: 'Before you go on', buttons: [{ name: 'next', label: 'Continue' }] },
  condition: { branches: [{ name: 'yes', when: '' }] },
  http: { timeout: 5000 },
  setClaims: { claims: {} },
  updateUser: { attributes: {} },
  requestApproval: { from: { owner: true }, message: '{{client.name}} waits for your decision.' },
};
