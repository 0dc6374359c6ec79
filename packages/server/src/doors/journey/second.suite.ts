import { totpCode, totpStep } from '../../base/totp.ts';
import type { Browser, Shown } from './browser.suite.ts';
import { authorizePath, CHALLENGE, PASSWORD, type Hub } from './hub.suite.ts';

/** Somebody with an authenticator app and a piece of paper. */
export type Owner = { email: string; secret: Buffer; recovery: readonly string[] };

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** The key on an enrolment page, as the app reads it. */
export function secretOn(page: Shown): Buffer {
  const key = (/id="secret">([A-Z2-7 ]+)</.exec(page.html)?.[1] ?? '').replaceAll(' ', '');
  const bits = [...key].map((letter) => ALPHABET.indexOf(letter).toString(2).padStart(5, '0')).join('');
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((eight) => Number.parseInt(eight, 2)));
}

/** What the app shows now; `off`: so many half minutes from now. */
export function codeOf({ secret }: Pick<Owner, 'secret'>, now: number, off = 0): string {
  return totpCode(secret, totpStep(now) + off);
}

export function recoveryOn(page: Shown): string[] {
  return [...page.html.matchAll(/<code>([A-Z0-9]{5}-[A-Z0-9]{5})<\/code>/g)].map(([, code = '']) => code);
}

/** Sets up an app on the enrolment page and goes on; the clock moves a step, so that the next code is another. */
export async function enrol(hub: Hub, browser: Browser, page: Shown, email: string): Promise<{ owner: Owner; shown: Shown; next: Shown }> {
  const secret = secretOn(page);
  const shown = await browser.submit(page, 'continue', { code: codeOf({ secret }, hub.clock.now()) });
  hub.clock.advance(30_000);
  return { owner: { email, secret, recovery: recoveryOn(shown) }, shown, next: await browser.submit(shown, 'continue') };
}

/** A user of that name with a second factor, set up because a scope of `ops` wanted it. */
export async function ownerOf(hub: Hub, id: string, more: Record<string, unknown> = {}): Promise<Owner> {
  const email = `${id}@acme.test`;
  await hub.user({ id, email, tenants: [{ id: 'acme', roles: ['SRE'] }], ...more });
  const browser = hub.browser();
  const page = await browser.submit(await browser.open(authorizePath({ scope: 'incidents:delete' })), 'continue', {
    email,
    password: PASSWORD,
  });
  return (await enrol(hub, browser, page, email)).owner;
}

/** Claims of the access token for the code that a journey ended with. */
export async function claimsOf(hub: Hub, end: Shown, of: Record<string, string> = {}): Promise<Record<string, unknown>> {
  const code = new URL(end.location ?? 'about:blank').searchParams.get('code') ?? '';
  const body = new URLSearchParams({
    grant_type: 'authorization_code',
    code,
    client_id: 'web',
    redirect_uri: 'https://app.example/cb',
    ...of,
    code_verifier: 'a'.repeat(43),
  });
  const answer = await hub.house.fetch(new Request('http://localhost:8787/oauth/token', { method: 'POST', body }));
  const { access_token: token = '' } = await answer.json();
  return JSON.parse(Buffer.from(String(token).split('.')[1] ?? '', 'base64url').toString() || `{"challenge":"${CHALLENGE}"}`);
}
