import { defaultTreeAdapter, parse } from 'parse5';
import type { DefaultTreeAdapterTypes } from 'parse5';

type Node = DefaultTreeAdapterTypes.Node;
type Element = DefaultTreeAdapterTypes.Element;

/** A control that a person fills in or ticks. `checked` says what is set when the page arrives. */
export type Field = { name: string; type: string; value: string; checked: boolean; label: string };
export type Button = { name: string; value: string; label: string };
export type Form = { method: string; action: string; fields: Field[]; buttons: Button[] };
/** What a person sees of a page: its title, its text, its forms. `unlabelled`: controls that nobody could name aloud. */
export type Page = { title: string; text: string; forms: Form[]; unlabelled: string[]; scripts: number };

const TYPING = new Set(['input', 'select', 'textarea', 'button']);

/** Reads a page as a browser without script would. */
export function readPage(source: string): Page {
  const nodes = [...walkNodes(parse(source))];
  const elements = nodes.filter((node) => defaultTreeAdapter.isElementNode(node));
  const labels = labelsOf(elements);
  const forms = elements.filter((one) => one.tagName === 'form').map((form) => formOf(form, labels));
  return {
    title: textOf(elements.find((one) => one.tagName === 'title')),
    text: textOf(elements.find((one) => one.tagName === 'main') ?? elements.find((one) => one.tagName === 'body')),
    forms,
    unlabelled: forms.flatMap((form) => form.fields.filter((one) => one.type !== 'hidden' && one.label === '').map((one) => one.name)),
    scripts: elements.filter((one) => one.tagName === 'script').length,
  };
}

function* walkNodes(node: Node): Generator<Node> {
  yield node;
  if ('childNodes' in node) for (const child of node.childNodes) yield* walkNodes(child);
}

function attribute(element: Element, name: string): string | undefined {
  return element.attrs.find((one) => one.name === name)?.value;
}

function textOf(element: Element | undefined): string {
  return element === undefined ? '' : wordsOf(element).join(' ').replaceAll(/\s+/g, ' ').trim();
}

function wordsOf(node: Node): string[] {
  if (defaultTreeAdapter.isTextNode(node)) return [node.value];
  if (!('childNodes' in node) || ('tagName' in node && ['style', 'script'].includes(node.tagName))) return [];
  return node.childNodes.flatMap((child) => wordsOf(child));
}

/** Words of each control, by its id: `<label for>`; a label around a control is found when the control is read. */
function labelsOf(elements: readonly Element[]): Map<string, string> {
  const labels = elements.filter((one) => one.tagName === 'label');
  return new Map(labels.map((label) => [attribute(label, 'for') ?? '', textOf(label)]));
}

function formOf(form: Element, labels: Map<string, string>): Form {
  const controls = [...walkNodes(form)].filter((node) => defaultTreeAdapter.isElementNode(node)).filter((one) => TYPING.has(one.tagName));
  const enabled = controls.filter((one) => attribute(one, 'name') !== undefined && attribute(one, 'disabled') === undefined);
  return {
    method: (attribute(form, 'method') ?? 'get').toUpperCase(),
    action: attribute(form, 'action') ?? '',
    fields: enabled.filter((one) => !isButton(one)).map((one) => fieldOf(one, labels)),
    buttons: enabled
      .filter(isButton)
      .map((one) => ({ name: attribute(one, 'name') ?? '', value: attribute(one, 'value') ?? '', label: textOf(one) })),
  };
}

function isButton(element: Element): boolean {
  const type = attribute(element, 'type');
  return element.tagName === 'button' ? type !== 'button' && type !== 'reset' : element.tagName === 'input' && type === 'submit';
}

function fieldOf(element: Element, labels: Map<string, string>): Field {
  const type = element.tagName === 'input' ? (attribute(element, 'type') ?? 'text') : element.tagName;
  const ticked = type === 'checkbox' || type === 'radio';
  return {
    name: attribute(element, 'name') ?? '',
    type,
    value: type === 'select' ? selected(element) : (attribute(element, 'value') ?? (ticked ? 'on' : '')),
    checked: ticked ? attribute(element, 'checked') !== undefined : true,
    label: labels.get(attribute(element, 'id') ?? '\0') ?? attribute(element, 'aria-label') ?? around(element),
  };
}

function selected(select: Element): string {
  const options = [...walkNodes(select)].filter((node) => defaultTreeAdapter.isElementNode(node)).filter((one) => one.tagName === 'option');
  const chosen = options.find((one) => attribute(one, 'selected') !== undefined) ?? options[0];
  return chosen === undefined ? '' : (attribute(chosen, 'value') ?? textOf(chosen));
}

function around(element: Element): string {
  for (let node: Node | null = element.parentNode; node !== null && 'tagName' in node; node = node.parentNode) {
    if (node.tagName === 'label') return textOf(node);
  }
  return '';
}
