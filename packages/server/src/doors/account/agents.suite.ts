import { filled, type Browser, type Shown } from '../journey/browser.suite.ts';
import { authorizePath, PASSWORD, type Hub } from '../journey/hub.suite.ts';
import type { House } from '../../house.ts';

export const ANN = { email: 'ann@acme.test', password: PASSWORD };
export const BOB = { email: 'bob@acme.test', password: PASSWORD };

export type Person = {
  browser: Browser;
  /** Allows the client `web` what is asked, and redeems the code: its refresh token. */
  allow(changes?: Record<string, string | null>, choice?: Record<string, string | readonly string[]>): Promise<Held>;
  /** The page of the agent of this person that the list names at that place. */
  agentPage(nth?: number): Promise<Shown>;
  /** Presses a button on the page of an agent, with the fields of its form. */
  press(page: Shown, action: string, fields?: Record<string, string | readonly string[]>): Promise<Shown>;
};
export type Held = { access: string; refresh: string };

/** Somebody who is signed in at the hub. */
export async function personAt(hub: Hub, who: { email: string; password: string }): Promise<Person> {
  const browser = hub.browser();
  await browser.submit(await browser.open('/account'), 'continue', who);
  return {
    browser,
    async allow(changes = {}, choice = {}) {
      const shown = await browser.open(authorizePath({ prompt: 'consent', ...changes }));
      const gone = shown.buttons.includes('allow') ? await browser.submit(shown, 'allow', choice) : shown;
      return redeem(hub, gone.location);
    },
    async agentPage(nth = 0) {
      const [path = ''] = [...(await browser.open('/account')).html.matchAll(/\/account\/agents\/agt_\w+/g)].slice(nth).map(([one]) => one);
      return browser.send('GET', path);
    },
    press(page, action, fields = {}) {
      const token = page.fields.find(({ name }) => name === 'token')?.value ?? '';
      return browser.send('POST', page.url.split('?')[0] ?? '', filled({ ...page, fields: [] }, action, { token, ...fields }));
    },
  };
}

async function redeem(hub: Hub, location: string | undefined): Promise<Held> {
  const code = new URL(location ?? 'none:').searchParams.get('code');
  if (code === null) throw new Error(`no code in ${location}`);
  const answer = await tokenOf(hub.house, {
    grant_type: 'authorization_code',
    code,
    redirect_uri: 'https://app.example/cb',
    code_verifier: 'a'.repeat(43),
  });
  const { access_token: access, refresh_token: refresh } = await answer.json();
  if (typeof access !== 'string' || typeof refresh !== 'string') throw new Error('no tokens');
  return { access, refresh };
}

function tokenOf(house: House, form: Record<string, string>): Promise<Response> {
  return house.fetch(
    new Request('http://localhost:8787/oauth/token', {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ client_id: 'web', ...form }).toString(),
    }),
  );
}

/** Refreshes at a node, and says what came: the new token, or the error. */
export async function renew(house: House, { refresh }: Held): Promise<{ status: number; held: Held; scope: string; error: string }> {
  const answer = await tokenOf(house, { grant_type: 'refresh_token', refresh_token: refresh });
  const body: Record<string, string> = await answer.json();
  const held = { access: body['access_token'] ?? '', refresh: body['refresh_token'] ?? '' };
  return { status: answer.status, held, scope: body['scope'] ?? '', error: body['error'] ?? '' };
}
