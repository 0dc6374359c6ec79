import type { Json } from '@writ/flow';
import type { Result } from '../../../base/result.ts';

/** Why a call has no answer that a flow could use. Each word is a label of the metric, and what the trail and the inspector say. */
export const CONNECTOR_FAILURES = [
  'timeout',
  'unreachable',
  'blocked',
  'busy',
  'breaker',
  'redirect',
  'too_large',
  'malformed',
  'bad_request',
  'secret_unknown',
  'secret_host',
  'secret_unusable',
  'token_refused',
  'token_unavailable',
] as const;
export type ConnectorFailure = (typeof CONNECTOR_FAILURES)[number];

/** What a call came to. `headers` in lower case. */
export type ConnectorAnswer =
  | { kind: 'answered'; status: number; headers: Readonly<Record<string, string>>; body: Json }
  | { kind: 'failed'; reason: ConnectorFailure };

/** Why the way out gave no answer, in the connector's words. */
const FAULTS: Readonly<Record<string, ConnectorFailure>> = {
  timeout: 'timeout',
  blocked_address: 'blocked',
  bad_url: 'blocked',
  bad_request: 'bad_request',
  busy: 'busy',
  too_large: 'too_large',
  redirect: 'redirect',
  protocol: 'malformed',
};

export function failureOf(reason: string): ConnectorFailure {
  return FAULTS[reason] ?? 'unreachable';
}

/** Failures of the far end, after several of which it is left alone for a while. What it answers, and what we refuse, says nothing about it. */
export function countsAgainst(reason: ConnectorFailure): boolean {
  return reason === 'timeout' || reason === 'unreachable';
}

/** JSON, where the answer says that it is; text otherwise. JSON that is none fails: an output that reads it would read something else than was meant. */
export function readBody(
  contentType: string | undefined,
  text: string,
  parse: (text: string) => Result<unknown, string>,
): Result<Json, 'malformed'> {
  const media = (contentType ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  if (text === '') return { ok: true, value: null };
  if (media !== 'application/json' && media !== 'text/json' && !media.endsWith('+json')) return { ok: true, value: text };
  const parsed = parse(text);
  return parsed.ok && isJson(parsed.value) ? { ok: true, value: parsed.value } : { ok: false, error: 'malformed' };
}

/** What a JSON parser gives, said to the compiler. */
export function isJson(value: unknown): value is Json {
  if (value === null || typeof value === 'string' || typeof value === 'boolean' || typeof value === 'number') return true;
  if (Array.isArray(value)) return value.every(isJson);
  return typeof value === 'object' && Object.values(value).every(isJson);
}

/** Headers that an expression may see. A cookie is a secret of somebody else's session, and of no use to a flow. */
export function shownHeaders(headers: Iterable<readonly [string, string]>): Record<string, string> {
  const shown = [...headers].filter(([name]) => name !== 'set-cookie' && name !== 'set-cookie2').slice(0, 64);
  return Object.fromEntries(shown.map(([name, value]) => [name, value.slice(0, 4_096)]));
}
