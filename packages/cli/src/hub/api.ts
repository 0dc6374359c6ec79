import { isObject, listAt, numberAt, parseJson, textAt } from '../json.ts';
import { codeOf, Refused } from '../refused.ts';
import { findTarget } from './target.ts';
import type { Target, TargetOptions } from './target.ts';

/** What every verb of the admin API takes. */
export type AdminOptions = TargetOptions & { json?: boolean };

type Query = Readonly<Record<string, string | number | undefined>>;

/** The admin API of one hub, below `/admin/v1/`. Whatever is not a success is thrown as the hub's own sentence. */
export type AdminApi = {
  readonly url: string;
  get(path: string, query?: Query): Promise<unknown>;
  /** Undefined where there is nothing of this id. */
  find(path: string): Promise<unknown>;
  /** Up to `limit` items of a list, page by page; `more` when the list goes on. */
  list(path: string, query: Query, limit: number): Promise<{ items: unknown[]; more: boolean }>;
  /** `force`: also what breaks saved policy tests. */
  post(path: string, body?: unknown, how?: { force?: boolean | undefined }): Promise<unknown>;
  put(path: string, body: unknown): Promise<unknown>;
  /** `tell`: wait for what became of it, where the hub knows more than that it is gone. */
  remove(path: string, how?: { tell?: boolean }): Promise<unknown>;
};

const PAGE = 200;
const PATIENCE_MS = 30_000;

/** The admin API of the hub that the options and the environment name. */
export function adminApi(options: TargetOptions, env: Readonly<Record<string, string | undefined>>): AdminApi {
  const target = findTarget(options, env);
  if (target.token === undefined) {
    throw new Refused(
      `No admin token for ${target.url}: no "writ dev" runs on the data folder here (WRIT_DATA_DIR, or ./data). Start one, or give WRIT_ADMIN_TOKEN or --token.`,
    );
  }
  return apiOf(target);
}

export function apiOf(target: Target): AdminApi {
  return apiOver(target.url, (method, path, body, headers) => ask(target, { method, path, body, headers }));
}

/** A long answer of the admin API as it comes, as text. It may take as long as it takes. */
export async function* streamOf(
  options: TargetOptions,
  env: Readonly<Record<string, string | undefined>>,
  path: string,
): AsyncGenerator<string> {
  const { url, token } = findTarget(options, env);
  const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const answer = await fetch(`${url}/admin/v1/${path}`, { headers, redirect: 'error' }).catch((error: unknown) => {
    throw new Refused(unreachable(url, error));
  });
  if (!answer.ok || answer.body === null)
    throw new Refused(problemSentence(answer.status, parseJson(await answer.text()), `GET /admin/v1/${path}`));
  yield* answer.body.pipeThrough(new TextDecoderStream());
}

/** One exchange with the admin API: `path` begins with `/admin/v1/`, `body` is JSON text. */
export type Ask = (
  method: string,
  path: string,
  body: string | undefined,
  headers: Readonly<Record<string, string>>,
) => Promise<{ status: number; body: string }>;

/** The admin API over any way to it: HTTP for most verbs, inside the process for `writ dev`. */
export function apiOver(url: string, ask: Ask): AdminApi {
  const send = async (method: string, path: string, body?: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Answer> => {
    const answer = await ask(method, `/admin/v1/${path}`, body === undefined ? undefined : JSON.stringify(body), headers);
    return { ...answer, what: `${method} /admin/v1/${path}` };
  };
  const get = async (path: string, query: Query = {}): Promise<unknown> => valueOf(await send('GET', withQuery(path, query)));
  return {
    url,
    get,
    async find(path) {
      const answer = await send('GET', path);
      return answer.status === 404 ? undefined : valueOf(answer);
    },
    list: (path, query, limit) => listOf(get, path, query, limit),
    async post(path, body, how) {
      return valueOf(await send('POST', path, body, how?.force === true ? { 'x-writ-force': 'true' } : {}));
    },
    async put(path, body) {
      return valueOf(await send('PUT', path, body));
    },
    async remove(path, how) {
      return valueOf(await send('DELETE', path, undefined, how?.tell === true ? { prefer: 'return=representation' } : {}));
    },
  };
}

async function listOf(get: AdminApi['get'], path: string, query: Query, limit: number): Promise<{ items: unknown[]; more: boolean }> {
  const items: unknown[] = [];
  let cursor: string | undefined;
  do {
    const page = await get(path, { ...query, limit: Math.min(PAGE, limit - items.length), cursor });
    items.push(...listAt(page, 'items'));
    cursor = textAt(page, 'next');
  } while (cursor !== undefined && items.length < limit);
  return { items, more: cursor !== undefined };
}

type Answer = { status: number; body: string; what: string };

type Asked = { method: string; path: string; body: string | undefined; headers: Readonly<Record<string, string>> };

async function ask({ url, token }: Target, { method, path, body, headers: more }: Asked): Promise<{ status: number; body: string }> {
  const headers = {
    accept: 'application/json',
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    ...more,
  };
  try {
    // A redirect would carry the token elsewhere; the admin API has none.
    const answer = await fetch(`${url}${path}`, {
      method,
      headers,
      body: body ?? null,
      redirect: 'error',
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    return { status: answer.status, body: await answer.text() };
  } catch (error) {
    throw new Refused(unreachable(url, error));
  }
}

/** Why nothing came back from a hub. */
export function unreachable(url: string, error: unknown): string {
  const code = codeOf(error);
  if (code === 'ECONNREFUSED') return `No hub answers at ${url}. Start one with "writ dev", or name another with --url.`;
  if (error instanceof Error && error.name === 'TimeoutError') return `The hub at ${url} did not answer in time.`;
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return `The hub at ${url} cannot be reached (${code ?? (cause instanceof Error ? cause.message : String(cause))}).`;
}

function valueOf({ status, body, what }: Answer): unknown {
  if (status === 204) return undefined;
  const value = parseJson(body);
  if (status >= 200 && status < 300) return value ?? body;
  throw new Refused(problemSentence(status, value, what));
}

/** RFC 9457 problem in words: title, field, reason, and every further fault on a line of its own. */
export function problemSentence(status: number, problem: unknown, what: string): string {
  const title = textAt(problem, 'title') ?? textAt(problem, 'error_description') ?? `the hub answered ${status} to ${what}`;
  const [field, detail] = [textAt(problem, 'field'), textAt(problem, 'detail')];
  const head = [title, [field, detail].filter((part) => part !== undefined).join(': ')].filter((part) => part !== '').join(' — ');
  const faults = listAt(problem, 'errors')
    .filter(isObject)
    // The first fault stands in the head already.
    .filter((fault) => textAt(fault, 'field') !== field || textAt(fault, 'message') !== detail)
    .map((fault) => `  ${textAt(fault, 'field') ?? '?'}: ${textAt(fault, 'message') ?? 'is wrong'}`);
  const rows = listAt(problem, 'faults').map(
    (fault) => `  row ${numberAt(fault, 'row') ?? '?'}, ${textAt(fault, 'field') ?? '?'}: ${textAt(fault, 'message') ?? 'is wrong'}`,
  );
  return [head, ...faults, ...rows].join('\n');
}

export function withQuery(path: string, query: Query): string {
  const search = new URLSearchParams(
    Object.entries(query).flatMap(([name, value]): [string, string][] => (value === undefined ? [] : [[name, String(value)]])),
  );
  return search.size === 0 ? path : `${path}?${search.toString()}`;
}
