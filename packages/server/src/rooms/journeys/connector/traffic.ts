import type { Json } from '@writ/flow';
import type { ConnectorAnswer, ConnectorFailure } from './answer.ts';
import type { Wire } from './request.ts';

/** One call as an inspector may show it: nothing secret that was sent, and of the answer nothing that looks like a secret. */
export type Traffic = {
  request: { method: string; url: string; headers: Readonly<Record<string, string>>; body?: string };
  /** How often it was sent. */
  tries: number;
  /** For all tries together. */
  milliseconds: number;
  response?: { status: number; headers: Readonly<Record<string, string>>; body: Json };
  failed?: ConnectorFailure;
};

const MASK = '…';
const LONGEST = 4_096;
const SECRET_NAME = /secret|token|password|passwd|key|credential|authorization|signature|cookie|session|otp|pin/i;

/**
 * Made for the eyes of an administrator, who may see what a flow does and not what it holds: values of secrets are taken out wherever they
 * stand (an answer may repeat them), and in an answer also what its name or its look says is one.
 */
export function trafficOf(of: {
  wire: Wire;
  /** Headers that were put in with the secret. */
  guarded: readonly string[];
  secrets: readonly string[];
  tries: number;
  milliseconds: number;
  answer: ConnectorAnswer;
}): Traffic {
  const { wire, guarded, secrets, tries, milliseconds, answer } = of;
  const clean = (text: string): string =>
    secrets.reduce((rest, secret) => (secret === '' ? rest : rest.replaceAll(secret, MASK)), text).slice(0, LONGEST);
  const headers = Object.entries(wire.headers).map(([name, value]) => [name, guarded.includes(name) ? MASK : clean(value)] as const);
  return {
    request: {
      method: wire.method,
      url: clean(wire.url),
      headers: Object.fromEntries(headers),
      ...(wire.body === undefined ? {} : { body: clean(wire.body) }),
    },
    tries,
    milliseconds: Math.round(milliseconds),
    ...(answer.kind === 'failed'
      ? { failed: answer.reason }
      : { response: { status: answer.status, headers: masked(answer.headers, clean), body: maskedJson(answer.body, clean) } }),
  };
}

function masked(headers: Readonly<Record<string, string>>, clean: (text: string) => string): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, SECRET_NAME.test(name) ? MASK : clean(value)]));
}

function maskedJson(value: Json, clean: (text: string) => string, name = ''): Json {
  if (typeof value === 'string') return SECRET_NAME.test(name) || looksSecret(value) ? MASK : clean(value);
  if (Array.isArray(value)) return value.slice(0, 256).map((one: Json) => maskedJson(one, clean, name));
  if (value === null || typeof value !== 'object') return SECRET_NAME.test(name) && typeof value === 'number' ? MASK : value;
  return Object.fromEntries(Object.entries(value).map(([member, inner]) => [member, maskedJson(inner, clean, member)]));
}

/** A long word of letters and digits, as keys and tokens are. */
function looksSecret(text: string): boolean {
  return text.length >= 20 && !/\s/.test(text) && /\d/.test(text) && /[A-Za-z]/.test(text) && !/^https?:\/\/[^?]*$/.test(text);
}
