import { CookieJar } from '../driver/jar.ts';
import { readPage } from '../driver/page.ts';
import type { Page } from '../driver/page.ts';

export type Seen = {
  status: number;
  url: string;
  page: Page;
  html: string;
  headers: Headers;
  /** Every address on the way. */ way: readonly string[];
};

/** Somebody with a browser without script: keeps cookies of all hosts, follows redirects wherever they lead. */
export type Person = {
  jar: CookieJar;
  open(url: string): Promise<Seen>;
  /** Presses a button of the page's form; `fields` fill in. */
  press(seen: Seen, action: string, fields?: Record<string, string>): Promise<Seen>;
  /** Follows redirects until one leads to an address that begins so, and stops before it. */
  until(url: string, stop: string): Promise<string>;
  pressUntil(seen: Seen, action: string, stop: string, fields?: Record<string, string>): Promise<string>;
  signIn(issuer: string, email: string, password: string): Promise<Seen>;
};

export function newPerson(): Person {
  const jar = new CookieJar();
  const send = async (url: string, form?: URLSearchParams): Promise<Response> => {
    const headers = new Headers();
    const cookie = jar.header(new URL(url));
    if (cookie !== '') headers.set('cookie', cookie);
    const response = await fetch(url, {
      method: form === undefined ? 'GET' : 'POST',
      headers,
      redirect: 'manual',
      ...(form && { body: form }),
    });
    jar.take(new URL(url), response.headers.getSetCookie());
    return response;
  };
  const follow = async (first: string, form?: URLSearchParams, stop?: string): Promise<Seen | string> => {
    let [url, body] = [first, form];
    const way: string[] = [];
    for (let hops = 0; hops < 15; hops += 1) {
      if (stop !== undefined && hops > 0 && url.startsWith(stop)) return url;
      way.push(url);
      const response = await send(url, body);
      const location = response.headers.get('location');
      if (location === null) {
        const html = await response.text();
        return { status: response.status, url, page: readPage(html), html, headers: response.headers, way };
      }
      [url, body] = [new URL(location, url).href, undefined];
    }
    throw new Error('redirected in circles');
  };
  const seen = (found: Seen | string): Seen => {
    if (typeof found === 'string') throw new Error(`stopped at ${found}`);
    return found;
  };
  const stopped = (found: Seen | string): string => {
    if (typeof found !== 'string') throw new Error(`led to ${found.url} (${found.status}): ${found.page.text}`);
    return found;
  };
  const filled = ({ page }: Seen, action: string, fields: Record<string, string>): URLSearchParams => {
    const form = page.forms.find((one) => one.buttons.some(({ value }) => value === action));
    if (form === undefined) throw new Error(`no button ${action} on: ${page.text}`);
    const body = new URLSearchParams();
    for (const { name, value } of form.fields) body.set(name, fields[name] ?? value);
    body.set('action', action);
    return body;
  };
  const person: Person = {
    jar,
    open: async (url) => seen(await follow(url)),
    press: async (at, action, fields = {}) => seen(await follow(at.url, filled(at, action, fields))),
    until: async (url, stop) => stopped(await follow(url, undefined, stop)),
    pressUntil: async (at, action, stop, fields = {}) => stopped(await follow(at.url, filled(at, action, fields), stop)),
    signIn: async (issuer, email, password) => person.press(await person.open(`${issuer}/account`), 'continue', { email, password }),
  };
  return person;
}
