import { hash } from 'node:crypto';
import { isForm, type Inbound } from '../http/message.ts';
import { fail, ok, type Result } from '../result.ts';
import { sameDigest } from '../digest.ts';

/** The fields of a posted page. `one` is the only value of a name; the names in `names` are what was sent, each once. */
export type Fields = { one(name: string): string | undefined; all(name: string): readonly string[]; names: readonly string[] };

const MAX_FORM = 64 * 1024;
const MAX_FIELDS = 512;

/**
 * A form as browsers send it. Refused: another media type, more than 64 KiB, a field twice that is not in `repeatable`
 * (two readers of one request must never see two values), a NUL.
 */
export function readForm(request: Inbound, repeatable: readonly string[] = []): Result<Fields, string> {
  if (!isForm(request)) return fail('not_a_form');
  if (request.body.length > MAX_FORM) return fail('too_large');
  const values = new Map<string, string[]>();
  let count = 0;
  for (const [name, value] of new URLSearchParams(request.body)) {
    count += 1;
    if (count > MAX_FIELDS) return fail('too_many_fields');
    if (value.includes('\0')) return fail('nul');
    values.set(name, [...(values.get(name) ?? []), value]);
  }
  for (const [name, list] of values) if (list.length > 1 && !repeatable.includes(name)) return fail(`doubled:${name.slice(0, 64)}`);
  return ok({ one: (name) => values.get(name)?.[0], all: (name) => values.get(name) ?? [], names: [...values.keys()] });
}

/**
 * The token that a page carries in its form. It follows from the secret in the browser's cookie, so nothing has to be kept, and whoever
 * can make the browser post but cannot read its cookie cannot make the token (RFC 9700 §4.7).
 */
export function formToken(cookieSecret: string): string {
  return hash('sha256', `writ/form\n${cookieSecret}`, 'base64url');
}

export function isFormToken(sent: string | undefined, cookieSecret: string): boolean {
  return sent !== undefined && sameDigest(sent, formToken(cookieSecret));
}
