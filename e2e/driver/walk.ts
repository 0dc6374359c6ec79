import { mayLeadTo } from './form-action.ts';
import { CookieJar } from './jar.ts';
import { readPage } from './page.ts';
import type { Page } from './page.ts';
import { fill, mainForm } from './person.ts';
import type { Person } from './person.ts';

/** One request of the walk. `page`: what was shown; `filled` and `pressed`: what the person then did there. */
export type Step = {
  method: string;
  url: string;
  status: number;
  page?: Page;
  location?: string;
  sent?: [string, string][];
  pressed?: string;
};

/** Where a walk ended: back at the client with its parameters, or at a page that leads nowhere further. */
export type End =
  | { kind: 'callback'; url: string; params: Record<string, string>; status: number | undefined; body: string }
  | { kind: 'page'; page: Page; status: number; why: string };

export type Walk = { steps: Step[]; end: End; jar: CookieJar };
export type WalkOptions = {
  /** Cookies of an earlier visit; the walk adds to them. */
  jar?: CookieJar;
  /** False: the client's redirect URI is not called, only reported. Never called when it is not on loopback. */
  call?: boolean;
};

const MAX_STEPS = 30;
const LIMIT_MS = 60_000;

type Ask = {
  method: 'GET' | 'POST';
  url: URL;
  sent?: [string, string][] | undefined;
  from?: { url: URL; policy: string | null } | undefined;
};

/**
 * Goes where a browser would go from an authorization URL: follows redirects with cookies, fills in the hosted pages as plain forms, and
 * ends at the client's redirect URI or at a page without a way on. A page that breaks a rule of browsers throws.
 */
export async function walk(start: string, person: Person, options: WalkOptions = {}): Promise<Walk> {
  const jar = options.jar ?? new CookieJar();
  const hub = new URL(start).origin;
  const steps: Step[] = [];
  let ask: Ask = { method: 'GET', url: new URL(start) };
  const seen = new Map<string, number>();
  while (steps.length < MAX_STEPS) {
    if (ask.from !== undefined && !mayLeadTo(ask.from.policy, ask.from.url, ask.url)) {
      throw new Error(`form-action of ${ask.from.url.pathname} does not allow ${ask.url.origin}: a browser would stop here`);
    }
    if (ask.url.origin !== hub) return { steps, jar, end: await comeBack(ask.url, options.call !== false) };
    const response = await send(ask, jar);
    const step: Step = {
      method: ask.method,
      url: ask.url.href,
      status: response.status,
      ...(ask.sent !== undefined && { sent: ask.sent }),
    };
    steps.push(step);
    const location = response.headers.get('location');
    if (response.status >= 300 && response.status < 400 && location !== null) {
      step.location = location;
      ask = { method: repeats(response.status) ? ask.method : 'GET', url: new URL(location, ask.url), from: ask.from };
      continue;
    }
    const page = readPage(await response.text());
    step.page = page;
    const next = await act(page, response, ask.url, person, step);
    const again = (seen.get(page.text) ?? 0) + 1;
    seen.set(page.text, again);
    if (next === undefined || again > 2) {
      const why = next === undefined ? 'the page has no form' : 'the same page came back three times';
      return { steps, jar, end: { kind: 'page', page, status: response.status, why } };
    }
    ask = next;
  }
  throw new Error(`no end after ${MAX_STEPS} requests: ${steps.map((step) => step.url).join(' ')}`);
}

const repeats = (status: number): boolean => status === 307 || status === 308;

async function act(page: Page, response: Response, url: URL, person: Person, step: Step): Promise<Ask | undefined> {
  const form = mainForm(page);
  if (form === undefined) return undefined;
  const { fields, pressed } = await fill(form, person);
  if (pressed !== undefined) step.pressed = pressed.value;
  const sent: [string, string][] = pressed === undefined || pressed.name === '' ? fields : [...fields, [pressed.name, pressed.value]];
  const policy = response.headers.get('content-security-policy');
  return { method: 'POST', url: new URL(form.action, url), sent, from: { url, policy } };
}

function send(ask: Ask, jar: CookieJar): Promise<Response> {
  const cookie = jar.header(ask.url);
  const headers: Record<string, string> = {
    accept: 'text/html,application/xhtml+xml,*/*;q=0.8',
    'sec-fetch-mode': 'navigate',
    'sec-fetch-dest': 'document',
    'sec-fetch-site': ask.from === undefined ? 'none' : 'same-origin',
    ...(cookie !== '' && { cookie }),
    ...(ask.method === 'POST' && { origin: ask.url.origin, 'content-type': 'application/x-www-form-urlencoded' }),
  };
  const body = ask.method === 'POST' ? new URLSearchParams(ask.sent).toString() : null;
  const answer = fetch(ask.url, { method: ask.method, headers, body, redirect: 'manual', signal: AbortSignal.timeout(LIMIT_MS) });
  return answer.then((response) => {
    jar.take(ask.url, response.headers.getSetCookie());
    return response;
  });
}

async function comeBack(url: URL, call: boolean): Promise<End> {
  const params = Object.fromEntries(url.searchParams);
  const loopback = ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname) && url.protocol.startsWith('http');
  if (!call || !loopback) return { kind: 'callback', url: url.href, params, status: undefined, body: '' };
  // The client's own page may send the browser on, to a page that says "you can close this".
  const response = await fetch(url, { signal: AbortSignal.timeout(LIMIT_MS) });
  return { kind: 'callback', url: url.href, params, status: response.status, body: await response.text() };
}

/** The walk in a few lines, for reports and for the message of a failing test. */
export function story({ steps, end }: Walk): string[] {
  const lines = steps.map((step) => {
    const { pathname } = new URL(step.url);
    const shown = step.page === undefined ? '' : ` “${step.page.title}”`;
    const done = step.pressed === undefined ? '' : ` → ${step.pressed}`;
    return `${step.method} ${pathname} ${step.status}${shown}${done}`;
  });
  const { kind } = end;
  if (kind === 'page') return [...lines, `ended: ${end.why}: ${end.page.text.slice(0, 300)}`];
  return [
    ...lines,
    `back at ${new URL(end.url).origin}${new URL(end.url).pathname} with ${Object.keys(end.params).join(' ')} (${end.status ?? 'not called'})`,
  ];
}
