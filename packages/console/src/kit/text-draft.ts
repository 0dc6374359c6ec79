import { parseDocument, stringify } from 'yaml';

export type Fields = Readonly<Record<string, unknown>>;

/** An object as it is being written: the text is what counts, a form is another way to change it. */
export type Draft = { text: string; value: Fields | undefined; broken: string | undefined };

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A draft of what a form says. */
export function draftOf(value: Fields): Draft {
  return { text: stringify(value, { lineWidth: 100 }), value, broken: undefined };
}

/** A draft of what somebody typed, YAML or JSON. While it is no object a form has nothing to show, and says why. */
export function draftOfText(text: string): Draft {
  const document = parseDocument(text, { uniqueKeys: true });
  const [first] = document.errors;
  if (first !== undefined) return { text, value: undefined, broken: first.message.split('\n')[0] ?? 'not readable' };
  const value: unknown = document.toJS({ maxAliasCount: 0 });
  return isFields(value)
    ? { text, value, broken: undefined }
    : { text, value: undefined, broken: 'members with their values are expected' };
}

/** One member's own text: data in a field of its own. `undefined`: it cannot be read. */
export function dataOf(text: string): { value: unknown } | undefined {
  if (text.trim() === '') return { value: undefined };
  const document = parseDocument(text);
  return document.errors.length > 0 ? undefined : { value: document.toJS({ maxAliasCount: 0 }) };
}

export function textOfData(value: unknown): string {
  return value === undefined ? '' : stringify(value, { lineWidth: 100 });
}

/** A scalar as a field shows it; what is no scalar shows nothing. */
export function scalarText(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}
