export interface NewMail {
  /** One address, without a name: `ann@acme.test`. */
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html?: string;
}

/** `at` in milliseconds since the epoch. */
export interface Mail extends NewMail {
  readonly id: string;
  readonly at: number;
}

// One address and nothing that ends or extends it: a list, a name, a quoted part, a second header line. RFC 5321 §4.5.3.1 bounds it.
// oxlint-disable-next-line no-control-regex -- reason: control characters are what is excluded
const ADDRESS = /^[^\s@<>()[\]\\,;:"\u0000-\u001f\u007f]{1,64}@[^\s@<>()[\]\\,;:"\u0000-\u001f\u007f]{1,189}$/;
// oxlint-disable-next-line no-control-regex -- reason: control characters are what is looked for
const CONTROL = /[\u0000-\u001f\u007f\u0085\u2028\u2029]/;
const MAX_SUBJECT = 250;

export const isAddress = (text: string): boolean => ADDRESS.test(text);

/** What is wrong with a mail, as a word for the log; undefined when nothing is. Header injection ends here. */
export function problemOf(mail: NewMail): string | undefined {
  if (!isAddress(mail.to)) return 'to is not one plain address';
  if (CONTROL.test(mail.subject)) return 'subject holds a control character';
  if (mail.subject.length > MAX_SUBJECT) return 'subject is too long';
  return undefined;
}

/** Reads `Writ <noreply@acme.test>` or a bare address. */
export function parseSender(text: string): { name: string; address: string } | undefined {
  const [, name = '', bracketed] = /^([^<>]*)<([^<>]*)>$/.exec(text) ?? [];
  const address = bracketed ?? text;
  return isAddress(address) && !CONTROL.test(name) ? { name: name.trim(), address } : undefined;
}
