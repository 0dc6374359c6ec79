import { OPERATIONS, type Operations, type Problem } from './operations.ts';

export type Operation = keyof Operations;

/** Arguments of an operation: only those members that it has; `query` is always optional as a whole. */
export type Arguments<O extends Operation> = Needed<'path', Operations[O]['path']> &
  Needed<'body', Operations[O]['body']> & { query?: Operations[O]['query']; ifMatch?: string; idempotencyKey?: string; signal?: AbortSignal };
type Needed<Name extends string, T> = undefined extends T ? { [name in Name]?: T } : { [name in Name]: T };

/** What the hub answered. Refusals are values: a problem (RFC 9457) names the field and the reason. */
export type Answer<O extends Operation> =
  | { ok: true; status: number; value: Operations[O]['answer']; etag: string | undefined; requestId: string | undefined }
  | { ok: false; status: number; problem: Problem; requestId: string | undefined };

export type AdminClient = <O extends Operation>(operation: O, args?: Arguments<O>) => Promise<Answer<O>>;

/** `token`: WRIT_ADMIN_TOKEN or an access token of the hub for its admin API; asked for before each request, so that it may change. */
export type AdminClientOptions = { url: string; token: string | (() => string | Promise<string>); fetch?: typeof fetch };

/**
 * A client of one hub's admin API. Rejects only when the hub cannot be reached or does not speak this API.
 *
 *     const admin = adminClient({ url: 'http://localhost:8787', token });
 *     const answer = await admin('getAgents', { query: { user: 'ann' } });
 */
export function adminClient(options: AdminClientOptions): AdminClient {
  const send = options.fetch ?? fetch;
  return async (operation, args) => {
    const { method, path } = OPERATIONS[operation];
    const given: Given = args ?? {};
    const token = typeof options.token === 'string' ? options.token : await options.token();
    const response = await send(urlOf(options.url, path, given), {
      method,
      redirect: 'error',
      headers: headersOf(token, given),
      ...(given.body === undefined ? {} : { body: JSON.stringify(given.body) }),
      ...(given.signal === undefined ? {} : { signal: given.signal }),
    });
    return read(response);
  };
}

type Given = { path?: object | undefined; query?: object | undefined; body?: unknown; ifMatch?: string; idempotencyKey?: string; signal?: AbortSignal };

function urlOf(base: string, path: string, { path: places = {}, query = {} }: Given): URL {
  const values = new Map<string, unknown>(Object.entries(places));
  const filled = path.replaceAll(/\{([A-Za-z]+)\}/g, (_, name: string) => encodeURIComponent(String(values.get(name))));
  const url = new URL(filled, base);
  for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, String(value));
  return url;
}

function headersOf(token: string, { body, ifMatch, idempotencyKey }: Given): Record<string, string> {
  return {
    authorization: `Bearer ${token}`,
    accept: 'application/json',
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    ...(ifMatch === undefined ? {} : { 'if-match': ifMatch }),
    ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
  };
}

async function read<O extends Operation>(response: Response): Promise<Answer<O>> {
  const requestId = response.headers.get('x-request-id') ?? undefined;
  const text = await response.text();
  const value = text === '' ? undefined : JSON.parse(text); // reason of the untyped value: the document says what it is, and the hub makes both from one schema
  if (response.ok) return { ok: true, status: response.status, value, etag: response.headers.get('etag') ?? undefined, requestId };
  const problem: Problem = typeof value?.title === 'string' ? value : { type: 'about:blank', title: response.statusText, status: response.status };
  return { ok: false, status: response.status, problem, requestId };
}
