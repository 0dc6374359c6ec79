/** A browser without script, as far as these tests need one: keeps cookies, reads forms, sends them, follows redirects inside the hub. */
export type Field = { name: string; type: string; value: string; checked: boolean; disabled: boolean };
export type Shown = {
  status: number;
  url: string;
  headers: Headers;
  html: string;
  fields: readonly Field[];
  buttons: readonly string[];
  location: string | undefined;
};
export type Send = (method: string, path: string, body?: URLSearchParams, headers?: Record<string, string>) => Promise<Shown>;

export type Browser = {
  cookies: Map<string, string>;
  /** Goes there and follows redirects as long as they stay in the hub; `location` is where the last one led outside. */
  open(url: string): Promise<Shown>;
  /** Sends the form of the page with what it has filled in, changed by `changes` (a list: these boxes and no others; null: not sent at all). */
  submit(page: Shown, action: string, changes?: Record<string, string | readonly string[] | null>): Promise<Shown>;
  /** One request with this browser's cookies, no redirect followed. */
  send: Send;
};

export function createBrowser(fetchHub: (request: Request) => Promise<Response>, issuer: string): Browser {
  const cookies = new Map<string, string>();

  const send: Send = async (method, path, body, headers = {}) => {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const sent = new Headers(headers);
    if (cookie !== '' && !sent.has('cookie')) sent.set('cookie', cookie);
    if (body !== undefined && !sent.has('content-type')) sent.set('content-type', 'application/x-www-form-urlencoded');
    const response = await fetchHub(new Request(new URL(path, issuer), { method, headers: sent, body: body?.toString() ?? null }));
    for (const line of response.headers.getSetCookie()) {
      const [pair = ''] = line.split(';');
      const [name, value] = [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)];
      if (/max-age=0(;|$)/i.test(line)) cookies.delete(name);
      else cookies.set(name, value);
    }
    const html = await response.text();
    if (response.status >= 500) throw new Error(`${method} ${path} answered ${response.status}: ${html}`);
    const url = new URL(path, issuer);
    return {
      status: response.status,
      url: url.pathname + url.search,
      headers: response.headers,
      html,
      ...readForm(html),
      location: response.headers.get('location') ?? undefined,
    };
  };

  const follow = async (first: Shown): Promise<Shown> => {
    let shown = first;
    for (let hops = 0; hops < 10; hops += 1) {
      if (shown.location === undefined || new URL(shown.location, issuer).origin !== new URL(issuer).origin) return shown;
      shown = await send('GET', shown.location);
    }
    throw new Error('redirected in circles');
  };

  return {
    cookies,
    send,
    open: async (url) => follow(await send('GET', url)),
    submit: async (page, action, changes = {}) => follow(await send('POST', page.url, filled(page, action, changes))),
  };
}

/** The body that a browser would send for this page and button. */
export function filled(page: Shown, action: string, changes: Record<string, string | readonly string[] | null> = {}): URLSearchParams {
  const body = new URLSearchParams();
  for (const field of page.fields) {
    if (field.disabled || Object.hasOwn(changes, field.name) || ((field.type === 'checkbox' || field.type === 'radio') && !field.checked))
      continue;
    body.append(field.name, field.value);
  }
  for (const [name, value] of Object.entries(changes))
    for (const one of value === null ? [] : typeof value === 'string' ? [value] : value) body.append(name, one);
  body.append('action', action);
  return body;
}

function readForm(html: string): { fields: Field[]; buttons: string[] } {
  const attribute = (tag: string, name: string): string | undefined => new RegExp(`\\s${name}="([^"]*)"`).exec(tag)?.[1];
  const has = (tag: string, name: string): boolean => new RegExp(`\\s${name}(\\s|=|>)`).test(tag);
  const fields = [...html.matchAll(/<input\b[^>]*>/g)].map(([tag]) => ({
    name: attribute(tag, 'name') ?? '',
    type: attribute(tag, 'type') ?? 'text',
    value: unescape(attribute(tag, 'value') ?? ''),
    checked: has(tag, 'checked'),
    disabled: has(tag, 'disabled'),
  }));
  const buttons = [...html.matchAll(/<button\b[^>]*>/g)].map(([tag]) => attribute(tag, 'value') ?? '');
  return { fields, buttons };
}

function unescape(text: string): string {
  return text.replaceAll('&quot;', '"').replaceAll('&#39;', "'").replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}
