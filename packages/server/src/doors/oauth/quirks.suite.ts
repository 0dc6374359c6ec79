import { openHub, furnish, PASSWORD, type Hub } from '../journey/hub.suite.ts';
import type { Browser, Shown } from '../journey/browser.suite.ts';

export const OPS = 'http://localhost:9000/mcp';
export const ANN = { email: 'ann@acme.test', password: PASSWORD };
const VERIFIER = 'a'.repeat(43);

export type Json = Record<string, unknown>;
export type Answer = { status: number; body: Json; headers: Headers };

/** The whole hub, and a client that walks from registration to token the way programs do. */
export type Bench = Hub & {
  /** JSON where there is some; a body that is no JSON fails the test, because clients parse it. */
  call(method: string, path: string, body?: BodyInit, headers?: Record<string, string>): Promise<Answer>;
  register(metadata: object): Promise<Answer>;
  token(form: Record<string, string>, headers?: Record<string, string>): Promise<Answer>;
  /** Signs in and allows everything on the page; answers where the browser was sent. */
  allow(path: string, browser?: Browser): Promise<URL>;
  redeem(of: { code: string; clientId: string; redirectUri: string; more?: Record<string, string> }): Promise<Answer>;
};

export async function openBench(): Promise<Bench> {
  const hub = await openHub();
  await furnish(hub);
  const call: Bench['call'] = async (method, path, body, headers = {}) => {
    const answer = await hub.house.fetch(
      new Request(`http://localhost:8787${path}`, { method, headers, ...(body === undefined ? {} : { body }) }),
    );
    const text = await answer.text();
    return { status: answer.status, body: text === '' ? {} : JSON.parse(text), headers: answer.headers };
  };
  const token: Bench['token'] = (form, headers = {}) =>
    call('POST', '/oauth/token', new URLSearchParams(form).toString(), { 'content-type': 'application/x-www-form-urlencoded', ...headers });
  return {
    ...hub,
    call,
    token,
    register: (metadata) => call('POST', '/oauth/register', JSON.stringify(metadata), { 'content-type': 'application/json' }),
    async allow(path, browser = hub.browser()) {
      const page = await pastSignIn(browser, await browser.open(path));
      // No page where the same was allowed before.
      const end = page.location === undefined ? await browser.submit(page, 'allow') : page;
      return new URL(end.location ?? 'about:blank');
    },
    redeem: ({ code, clientId, redirectUri, more = {} }) =>
      token({ grant_type: 'authorization_code', code, redirect_uri: redirectUri, code_verifier: VERIFIER, client_id: clientId, ...more }),
  };
}

const pastSignIn = (browser: Browser, page: Shown): Promise<Shown> =>
  page.buttons.includes('allow') ? Promise.resolve(page) : browser.submit(page, 'continue', ANN);

/** The claims of a JWT, unverified. */
export function claimsOf(jwt: unknown): Json {
  return JSON.parse(Buffer.from(String(jwt).split('.')[1] ?? '', 'base64url').toString('utf8'));
}
