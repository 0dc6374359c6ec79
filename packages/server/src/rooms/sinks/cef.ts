import type { AuditEvent } from '../audit/event.ts';

/** 0 to 10. A refusal is worth a look, a failure more. */
const SEVERITY = { success: 3, refused: 6, failed: 7 } as const;

/** Common Event Format 0: `CEF:0|vendor|product|version|signature|name|severity|extension`. */
export function cef(event: AuditEvent, hash: string, version: string): string {
  const head = ['Writ', 'Writ', version, event.type, event.type.replace('.', ' ').replaceAll('_', ' '), String(SEVERITY[event.outcome])];
  return `CEF:0|${head.map(header).join('|')}|${extension(event, hash)}`;
}

function extension(event: AuditEvent, hash: string): string {
  const { actor, target, ip } = event;
  // Only IPv4 has a place of its own; an IPv6 address goes into a labelled one.
  const v6 = ip !== null && ip.includes(':');
  const pairs: [string, string | number | null | undefined][] = [
    ['externalId', event.id],
    ['rt', Date.parse(event.time)],
    ['outcome', event.outcome],
    ['act', event.type],
    ['reason', event.reason],
    ['suid', actor.user],
    ['src', v6 ? undefined : ip],
    ['c6a2', v6 ? ip : undefined],
    ['c6a2Label', v6 ? 'Source IPv6 Address' : undefined],
    ['requestClientApplication', event.userAgent],
    ...labelled('cs1', 'tenant', event.tenant),
    ...labelled('cs2', 'agent', actor.agent),
    ...labelled('cs3', 'client', actor.client),
    ...labelled('cs4', 'target', target === null ? undefined : `${target.type}:${target.id}`),
    ...labelled('cs5', 'decision', event.decision),
    ...labelled('cs6', 'hash', hash),
    ['cn1', event.seq],
    ['cn1Label', 'seq'],
    ['requestContext', event.txn],
    ['msg', JSON.stringify(event.data).slice(0, 1_023)],
  ];
  return pairs
    .flatMap(([key, value]) => (value === undefined || value === null || value === '' ? [] : [`${key}=${escaped(String(value))}`]))
    .join(' ');
}

function labelled(key: string, label: string, value: string | null | undefined): [string, string | undefined][] {
  return value === undefined || value === null
    ? []
    : [
        [key, value],
        [`${key}Label`, label],
      ];
}

/** In the head a bar ends a field; a line break would end the record. */
function header(text: string): string {
  return text.replace(/[\\|]/g, '\\$&').replace(/[\r\n]+/g, ' ');
}

/** In the extension an equals sign begins the next value: unescaped, a user agent could write `outcome=success`. */
function escaped(text: string): string {
  return text.replace(/[\\=]/g, '\\$&').replace(/\r\n|\r|\n/g, '\\n');
}
