import type { AuditEvent } from '../audit/event.ts';

/** RFC 5424 §6.2.1: facility 13 is the log audit. */
const FACILITY = 13;
/** informational, warning, error. */
const SEVERITY = { success: 6, refused: 4, failed: 3 } as const;

/**
 * One message of RFC 5424: `<pri>1 timestamp host app procid msgid sd msg`. JSON is written in ASCII: with letters beyond it the RFC wants a byte
 * order mark in front (§6.4), which readers of JSON do not expect.
 */
export function syslogMessage(event: AuditEvent, text: string, of: { host: string; version: string; cef: boolean }): string {
  const pri = FACILITY * 8 + SEVERITY[event.outcome];
  const head = [`<${pri}>1`, event.time, word(of.host, 255), 'writ', '-', word(event.type, 32)];
  const data = `[origin software="writ" swVersion="${of.version.replace(/["\\\]]/g, '')}"]`;
  return `${head.join(' ')} ${data} ${of.cef ? text : ascii(text)}`;
}

/** Visible ASCII without blanks (PRINTUSASCII), or the nil value. */
function word(text: string, most: number): string {
  const clean = text.replace(/[^\x21-\x7e]/g, '').slice(0, most);
  return clean === '' ? '-' : clean;
}

/** The same JSON with every letter beyond ASCII escaped. */
function ascii(json: string): string {
  return json.replace(/[\u007f-\uffff]/g, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
