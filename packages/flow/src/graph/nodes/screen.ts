import type { Page, ScreenField } from '../effect.ts';
import { template } from '../formula.ts';
import type { Fields, Json } from '../json.ts';
import { meaning, type Move, type NodeOf, type OutputType, type Standing } from '../meaning.ts';
import { fill, formulaFailed, leave, MISPLACED, show, turnPage } from '../move.ts';
import { flag, list, object, optional, preset, text, word } from '../shape.ts';
import { quiet } from '../state.ts';

const NAME = { max: 40, form: /^[A-Za-z]\w*$/, says: 'must be letters and digits' };
const field = object({
  name: text(NAME),
  label: text({ max: 120 }),
  type: preset(word(['text', 'email', 'number', 'checkbox', 'choice']), 'text'),
  required: preset(flag(), false),
  choices: optional(list(text({ max: 100 }))),
});
const button = object({ name: text(NAME), label: text({ max: 60 }) });
const fields = {
  title: template(120),
  text: optional(template()),
  fields: preset(list(field, { least: 0, most: 20 }), []),
  buttons: preset(list(button, { most: 5 }), [{ name: 'next', label: 'Continue' }]),
};
export type ScreenNode = NodeOf<'screen', typeof fields>;

const MAX_ANSWER = 500;

export const screen = meaning('screen', fields, {
  says: 'Tells the person something or asks for something; each button is a way on.',
  asks: 'person',
  branches: ({ buttons }) => buttons.map(({ name }) => ({ name, required: true })),
  outputs: (node) => Object.fromEntries(node.fields.map(({ name, type }) => [name, typeOf(type)])),
  check: (node, path) => [
    ...doubles(node.fields, `${path}.fields`),
    ...doubles(node.buttons, `${path}.buttons`),
    ...node.fields.flatMap(({ type, choices }, at) =>
      (type === 'choice') === (choices !== undefined)
        ? []
        : [{ path: `${path}.fields[${String(at)}].choices`, message: 'belongs to a field of type choice, and to no other' }],
    ),
  ],
  enter,
  take: (at, event) => {
    const { node, state } = at;
    if (event.kind === 'pageTurned') return turnPage(at, event, (next) => enter({ ...at, state: next }));
    if (event.kind !== 'submitted' || !node.buttons.some(({ name }) => name === event.button)) return MISPLACED;
    const answers = node.fields.map((one) => [one.name, answerTo(one, event.values)] as const);
    const missing = answers.find(([, answer]) => answer === undefined);
    if (missing !== undefined) return enter({ ...at, state: { ...quiet(state), detail: missing[0] } });
    return leave(quiet(state), event.button, Object.fromEntries(answers.map(([name, answer]) => [name, answer ?? null])));
  },
});

function typeOf(type: ScreenField['type']): OutputType {
  if (type === 'checkbox') return 'boolean';
  return type === 'number' ? 'number' : 'text';
}

function enter(at: Standing<ScreenNode>): Move {
  const { node, state } = at;
  const title = fill(at, node.title);
  if (!title.ok) return formulaFailed(at, title.reason);
  const said = node.text === undefined ? undefined : fill(at, node.text);
  if (said?.ok === false) return formulaFailed(at, said.reason);
  const words = said === undefined ? {} : { text: said.value };
  const page: Page = { kind: 'screen', title: title.value, ...words, fields: node.fields, buttons: node.buttons };
  return show(state, page);
}

/** The answer as a value of the field's type; undefined when it is none, and the page is shown again. */
function answerTo({ name, type, required, choices = [] }: ScreenField, values: Fields): Json | undefined {
  const given = Object.hasOwn(values, name) ? values[name] : undefined;
  if (type === 'checkbox') {
    const ticked = given === true || given === 'on' || given === 'true';
    return required === true && !ticked ? undefined : ticked;
  }
  const empty = given === undefined || given === '';
  if (empty) return required === true ? undefined : type === 'number' ? null : '';
  if (typeof given !== 'string' && typeof given !== 'number') return undefined;
  const said = String(given).trim();
  if (said.length > MAX_ANSWER || /\p{Cc}/u.test(said)) return undefined;
  if (type === 'number') return Number.isFinite(Number(said)) ? Number(said) : undefined;
  if (type === 'choice') return choices.includes(said) ? said : undefined;
  if (type === 'email') return /^[^\s@]+@[^\s@]+$/.test(said) ? said : undefined;
  return said;
}

function doubles(items: readonly { readonly name: string }[], path: string) {
  return items.flatMap(({ name }, at) =>
    items.findIndex((one) => one.name === name) < at ? [{ path: `${path}[${String(at)}].name`, message: 'is there already' }] : [],
  );
}
