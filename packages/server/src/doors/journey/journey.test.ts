import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Browser, Shown } from './browser.suite.ts';
import { authorizePath, furnish, openHub, PASSWORD, type Hub } from './hub.suite.ts';

let hub: Hub;
beforeAll(async () => {
  hub = await openHub();
  await furnish(hub);
});
afterAll(() => hub.close());

const ANN = { email: 'ann@acme.test', password: PASSWORD };
const scopesOn = (page: Shown) => page.fields.filter((field) => field.name === 'scope');

async function signedIn(path: string, who = ANN): Promise<{ browser: Browser; page: Shown }> {
  const browser = hub.browser();
  const page = await browser.submit(await browser.open(path), 'continue', who);
  return { browser, page };
}

describe('a journey', () => {
  it('leads a stranger by sign-in and consent back to the client with code, state and iss', async () => {
    const browser = hub.browser();
    const signIn = await browser.open(authorizePath());
    expect(signIn.status).toBe(200);
    expect(signIn.html).toContain('Sign in');
    expect(signIn.html).toContain('app.example');
    const consent = await browser.submit(signIn, 'continue', ANN);
    expect(consent.html).toContain('Read incidents');
    const end = await browser.submit(consent, 'allow');
    expect(end.status).toBe(303);
    const location = new URL(end.location ?? '');
    expect(location.origin + location.pathname).toBe('https://app.example/cb');
    expect(location.searchParams.get('state')).toBe('st-1 +&');
    expect(location.searchParams.get('iss')).toBe('http://localhost:8787');
    expect(location.searchParams.get('code')).toMatch(/^[\w-]{43}$/);
    expect(hub.failures).toEqual([]);
  });
});
