/** A request as the house sees it, whether it came over a socket or from a test's `house.fetch`. The body is read, bounded, before a handler runs. */
export type Inbound = {
  method: string;
  /** Path exactly as sent, undecoded: `//`, `;x` and `%2f` do not become something else on the way. */
  path: string;
  /** Without the question mark. */
  query: string;
  /** Header by lower-case name; several of the same name joined by ", " (never for authorization: two of them are refused earlier). */
  header(name: string): string | undefined;
  body: string;
  /** Peer address, or the forwarded one when the peer is a trusted proxy. */
  ip: string;
  requestId: string;
  /** Aborts when the peer goes away; streams end on it. */
  signal: AbortSignal;
  /** Only on routes that take the body as it comes (`body: 'open'`); there `body` is empty. */
  open?: OpenRequest;
};

/** A request that is passed on: every header as sent, and a body that nobody has read yet (undefined: there is none). */
export type OpenRequest = {
  headers: readonly (readonly [name: string, value: string])[];
  body: AsyncIterable<Uint8Array> | undefined;
  /** All of a body whose announced length was judged, instead of `body`; undefined when it ended early. */
  whole?(): Promise<Buffer | undefined>;
};

const FORM = 'application/x-www-form-urlencoded';

/** Whether the body says it is a form in UTF-8. Nothing else is read as one: two readers that guess differently are how checks are walked around. */
export function isForm(request: Inbound): boolean {
  const type = request.header('content-type') ?? '';
  if (type === FORM) return true;
  const [essence = '', ...parameters] = type.toLowerCase().split(';');
  return essence.trim() === FORM && parameters.every((parameter) => /^\s*charset="?utf-?8"?\s*$/.test(parameter));
}

/** Where a deed came from, as its audit entry says it. */
export type Origin = { request: string; ip: string; userAgent?: string };

export function originOf(request: Inbound): Origin {
  const userAgent = request.header('user-agent');
  return { request: request.requestId, ip: request.ip, ...(userAgent === undefined ? {} : { userAgent }) };
}

/** The token of an Authorization header that is exactly `Bearer` and one token (RFC 6750 §2.1). */
export function bearerIn(request: Inbound): string | undefined {
  return /^Bearer +([A-Za-z0-9\-._~+/]+=*)$/i.exec(request.header('authorization') ?? '')?.[1];
}

/** An answer. Header names in lower case; `set-cookie` may be a list. */
export type Reply = {
  status: number;
  headers: Record<string, string | readonly string[]>;
  body?: string | Uint8Array | ReadableStream<Uint8Array>;
};

const NO_STORE = { 'cache-control': 'no-store', pragma: 'no-cache' };

/** JSON, not cached unless `headers` say otherwise. */
export function json(status: number, value: unknown, headers: Reply['headers'] = {}): Reply {
  return { status, headers: { 'content-type': 'application/json', ...NO_STORE, ...headers }, body: JSON.stringify(value) };
}

/** 303 See Other: the method becomes GET, so that a posted password is never sent on (RFC 9700 §4.12). */
export function redirect(location: string, headers: Reply['headers'] = {}): Reply {
  return { status: 303, headers: { location, ...NO_STORE, ...headers } };
}

export function text(status: number, body: string, headers: Reply['headers'] = {}): Reply {
  return { status, headers: { 'content-type': 'text/plain; charset=utf-8', ...NO_STORE, ...headers }, body };
}

/** RFC 9457 problem. `type` is a stable word; `field` names what is wrong, `detail` says why. */
export type Problem = {
  status: number;
  type: string;
  title: string;
  detail?: string;
  field?: string;
  errors?: readonly { field: string; message: string }[];
  /** Members beyond those of all problems (RFC 9457 §3.2). */
  extra?: Readonly<Record<string, unknown>>;
};

export function problem(of: Problem, headers: Reply['headers'] = {}): Reply {
  const { type, extra, ...rest } = of;
  const body = JSON.stringify({ type: `urn:writ:problem:${type}`, ...rest, ...extra });
  return { status: of.status, headers: { 'content-type': 'application/problem+json', ...NO_STORE, ...headers }, body };
}
