import type { HttpAuth, HttpCall } from '../effect.ts';
import type { NodeEvent } from '../event.ts';
import { formula, template } from '../formula.ts';
import type { Json } from '../json.ts';
import { meaning, NEXT, type Move, type NodeOf, type OutputType, type Standing } from '../meaning.ts';
import { evaluateAll, fill, leave, MISPLACED, stay, type Written } from '../move.ts';
import { count, flag, list, object, oneOf, optional, preset, record, text, word, type Shape } from '../shape.ts';

const header = text({ max: 100, form: /^[A-Za-z][A-Za-z0-9-]*$/, says: 'must be the name of a header' });
const secret = text({ max: 100, form: /^[A-Za-z][\w.-]*$/, says: 'must be the name of a secret, not the secret' });
const address = text({ max: 500, form: /^https?:\/\/[^/{}?#@\s]+(\/|$)/, says: 'must be an http address whose host is spelled out' });
const auth: Shape<HttpAuth> = oneOf<HttpAuth>({
  bearer: object({ kind: word(['bearer']), secret }),
  basic: object({ kind: word(['basic']), user: text(), secret }),
  apiKey: object({ kind: word(['apiKey']), header, secret }),
  clientCredentials: object({ kind: word(['clientCredentials']), tokenUrl: address, clientId: text(), secret, scope: optional(text()) }),
  hmac: object({ kind: word(['hmac']), header, secret }),
  signature: object({ kind: word(['signature']), key: secret }),
});
const output = object({
  type: preset(word(['text', 'number', 'boolean', 'texts', 'any', 'secret']), 'any'),
  from: formula('any', true),
  /** Without it, the call counts as failed. */
  required: preset(flag(), true),
});

type Body =
  | { readonly kind: 'json'; readonly value: string }
  | { readonly kind: 'form'; readonly fields: Readonly<Record<string, string>> };
const body: Shape<Body> = oneOf<Body>({
  json: object({ kind: word(['json']), value: formula('any') }),
  form: object({ kind: word(['form']), fields: record(formula('text')) }),
});

/** Headers that decide where a message begins, ends or goes are not the author's. */
const OWN_HEADERS = /^(host|content-length|transfer-encoding|connection|authorization|cookie|te|upgrade|expect)$/i;

const fields = {
  method: preset(word(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']), 'POST'),
  url: { ...template(1000), read: readAddress },
  headers: optional(record(template(500), { name: /^[A-Za-z][A-Za-z0-9-]{0,99}$/, most: 20 })),
  auth: optional(auth),
  body: optional(body),
  /** Milliseconds for all tries together. A draft may lack it, a published version may not. */
  timeout: optional(count(100, 30_000, 'milliseconds')),
  retries: preset(count(0, 3, 'tries'), 0),
  /** Statuses that are an answer; left out: 200 to 299. */
  statuses: optional(list(count(100, 599, 'a status'), { most: 20 })),
  outputs: preset(record(output, { name: /^[A-Za-z]\w{0,39}$/ }), {}),
};
export type HttpNode = NodeOf<'http', typeof fields>;

/** A segment that is taken away with the one before it (RFC 3986 §5.2.4): whoever may give a value could send the call, and its credential, to another path. */
const DOTS = /^[^?#]*\/\.{1,2}(?:[/?#]|$)/;

const DEFAULT_TIMEOUT = 5000;

export const http = meaning('http', fields, {
  says: 'Asks another system, and keeps what its answer says. Whatever goes wrong leads to the branch failed.',
  asks: 'world',
  branches: () => [NEXT, { name: 'failed', required: true }],
  outputs: ({ outputs }) => ({ status: 'number', ...Object.fromEntries(Object.entries(outputs).map(([name, { type }]) => [name, type])) }),
  check: ({ headers = {}, outputs }, path) => [
    ...Object.keys(headers)
      .filter((name) => OWN_HEADERS.test(name))
      .map((name) => ({ path: `${path}.headers.${name}`, message: 'is set by the hub; credentials belong into auth' })),
    ...(Object.hasOwn(outputs, 'status')
      ? [{ path: `${path}.outputs.status`, message: 'is there already: the status of the answer' }]
      : []),
  ],
  enter: (at) => {
    const call = callOf(at);
    return call.ok ? stay(at.state, { kind: 'callHttp', call: call.value, key: at.key }) : failed(at);
  },
  take: (at, event) => {
    if (event.kind === 'answered') return answered(at, event);
    return event.kind === 'failed' ? failed(at) : MISPLACED;
  },
});

function failed({ state }: Standing<HttpNode>): Move {
  return leave(state, 'failed');
}

function readAddress(...[faults, value, path]: Parameters<Shape<string>['read']>): string | undefined {
  const read = template(1000).read(faults, value, path);
  // A host that is computed would let a value of the context choose who hears the secret.
  if (read !== undefined && !/^https?:\/\/[^/{}?#@\s]+([/?]|$)/.test(read))
    return faults.add(path, 'must be an http address whose host is spelled out; holes may come after it');
  return read;
}

function callOf(at: Standing<HttpNode>): Written<HttpCall> {
  const { method, url, headers = {}, auth: sends, timeout = DEFAULT_TIMEOUT, retries } = at.node;
  const address = fill(at, url, encodeURIComponent);
  if (!address.ok) return address;
  if (DOTS.test(address.value)) return { ok: false, reason: 'a value in the address is a dot or two, which would lead elsewhere' };
  const sent: [string, string][] = [];
  for (const [name, value] of Object.entries(headers)) {
    const filled = fill(at, value);
    if (!filled.ok) return filled;
    if (/[^\u0020-\u007e]/.test(filled.value)) return { ok: false, reason: `header ${name} has signs that no header may have` };
    sent.push([name.toLowerCase(), filled.value]);
  }
  const written = bodyOf(at);
  if (!written.ok) return written;
  const call = { method, url: address.value, headers: Object.fromEntries(sent), timeout, retries };
  return { ok: true, value: { ...call, ...(written.value === undefined ? {} : { body: written.value }), ...(sends && { auth: sends }) } };
}

function bodyOf(at: Standing<HttpNode>): Written<HttpCall['body']> {
  const { body: wanted } = at.node;
  if (wanted === undefined) return { ok: true, value: undefined };
  if (wanted.kind === 'json') {
    const given = at.evaluate(wanted.value, 'any');
    return given.ok ? { ok: true, value: { kind: 'json', value: given.value } } : given;
  }
  const given = evaluateAll(at, wanted.fields, 'text');
  if (!given.ok) return given;
  const form = Object.entries(given.value).map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)]);
  return { ok: true, value: { kind: 'form', fields: Object.fromEntries(form) } };
}

function answered(at: Standing<HttpNode>, { status, headers, body }: Extract<NodeEvent, { kind: 'answered' }>): Move {
  const { statuses, outputs } = at.node;
  const good = statuses === undefined ? status >= 200 && status <= 299 : statuses.includes(status);
  if (!good) return failed(at);
  const kept: [string, Json][] = [['status', status]];
  const secrets: [string, string][] = [];
  for (const [name, { type, from, required }] of Object.entries(outputs)) {
    const given = at.evaluate(from, 'any', { status, headers, body });
    if (!given.ok || !fits(given.value, type)) {
      if (required) return failed(at);
    } else if (type === 'secret') secrets.push([name, typeof given.value === 'string' ? given.value : JSON.stringify(given.value)]);
    else kept.push([name, given.value]);
  }
  const put = secrets.length === 0 ? {} : { secrets: Object.fromEntries(secrets) };
  return { kind: 'leave', state: at.state, branch: 'next', outputs: Object.fromEntries(kept), ...put };
}

function fits(value: Json, type: OutputType): boolean {
  switch (type) {
    case 'any':
      return true;
    case 'texts':
      return Array.isArray(value) && value.every((one) => typeof one === 'string');
    case 'secret':
      return typeof value === 'string' && value !== '';
    case 'text':
      return typeof value === 'string';
    case 'number':
    case 'boolean':
      return typeof value === type;
  }
}
