import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { filled, type Browser, type Shown } from './browser.suite.ts';
import { authorizePath, furnish, ISSUER, openHub, PASSWORD, type Hub } from './hub.suite.ts';

let hub: Hub;
beforeAll(async () => {
  hub = await openHub();
  await furnish(hub);
});
afterAll(() => hub.close());

type Changes = Parameters<typeof authorizePath>[0];
const ANN = { email: 'ann@acme.test', password: PASSWORD };
const BOB = { email: 'bob@acme.test', password: PASSWORD };
const EVE = { email: 'eve@else.test', password: PASSWORD };
const DAN = { email: 'dan@acme.test', password: PASSWORD };
const CLI: Changes = { client_id: 'cli', redirect_uri: 'http://127.0.0.1:4000/callback' };

const scopesOn = (page: Shown): string[] => page.fields.filter((field) => field.name === 'scope').map((field) => field.value);
const tickedOn = (page: Shown): string[] =>
  page.fields.filter((field) => field.name === 'scope' && field.checked).map((field) => field.value);
const answer = (page: Shown): URLSearchParams => new URL(page.location ?? 'about:blank').searchParams;

async function signedIn(changes: Changes = {}, who = ANN): Promise<{ browser: Browser; page: Shown }> {
  const browser = hub.browser();
  return { browser, page: await browser.submit(await browser.open(authorizePath(changes)), 'continue', who) };
}

describe('a journey', () => {
  it('leads a stranger by sign-in and consent back to the client with code, state and iss', async () => {
    const browser = hub.browser();
    const signIn = await browser.open(authorizePath());
    expect(signIn.html).toContain('app.example');
    const consent = await browser.submit(signIn, 'continue', ANN);
    const end = await browser.submit(consent, 'allow');
    expect(end.status).toBe(303);
    expect(end.location).toMatch(/^https:\/\/app\.example\/cb\?code=/);
    expect(answer(end).get('state')).toBe('st-1 +&');
    expect(answer(end).get('iss')).toBe(ISSUER);
    expect((await hub.events()).map((event) => event.type).slice(-5)).toEqual([
      'journey.started',
      'login.succeeded',
      'journey.finished',
      'consent.granted',
      'agent.created',
    ]);
  });

  it('asks for no page the second time where the code goes to an https address', async () => {
    const { browser, page } = await signedIn();
    expect((await browser.open(authorizePath())).location).toContain('code=');
    expect(page.location).toContain('code=');
  });

  it('asks again for more than was allowed, for prompt=consent, and for a program on the computer', async () => {
    const { browser } = await signedIn();
    expect((await browser.open(authorizePath({ scope: 'incidents:read incidents:delete' }))).html).toContain('Delete incidents');
    expect((await browser.open(authorizePath({ prompt: 'consent' }))).buttons).toContain('allow');
    const first = await browser.submit(await browser.open(authorizePath(CLI)), 'allow');
    expect(first.location).toMatch(/^http:\/\/127\.0\.0\.1:4000\/callback\?code=/);
    expect((await browser.open(authorizePath(CLI))).buttons).toContain('allow');
  });

  it('skips consent for a first-party client, with all that policy lets it', async () => {
    const end = await signedIn({ client_id: 'own', redirect_uri: 'https://own.example/cb', scope: null });
    expect(answer(end.page).get('code')).toMatch(/^[\w-]{43}$/);
    expect((await hub.events('consent.granted')).at(-1)?.data).toMatchObject({
      scopes: expect.arrayContaining(['incidents:read', 'incidents:write']),
    });
  });

  it('tells the client access_denied when the person denies, and cancels', async () => {
    const { browser, page } = await signedIn({ prompt: 'consent' });
    const end = await browser.submit(page, 'deny');
    expect(Object.fromEntries(answer(end))).toEqual({ error: 'access_denied', state: 'st-1 +&', iss: ISSUER });
    expect((await hub.events('consent.denied')).at(-1)).toMatchObject({
      actor: { user: 'ann', client: 'web' },
      reason: 'user_refused',
      outcome: 'refused',
    });
    const stranger = hub.browser();
    const cancelled = await stranger.submit(await stranger.open(authorizePath()), 'cancel');
    expect(answer(cancelled).get('error')).toBe('access_denied');
  });
});

describe('the consent page', () => {
  it('045 lists what was asked for, and the box for staying connected whether or not offline_access was asked', async () => {
    const { page } = await signedIn({ prompt: 'consent', scope: 'incidents:read incidents:write openid email' });
    expect(scopesOn(page)).toEqual(['incidents:read', 'incidents:write', 'openid', 'email']);
    for (const words of ['Stay connected while you are away', '10 minutes', '90 days', 'Acme', 'Operations', 'Verified'])
      expect(page.html).toContain(words);
  });

  it('ticks only the least risky scopes, and the required ones for good, when the client named none', async () => {
    const { page } = await signedIn({ ...CLI, scope: null }, DAN);
    expect(scopesOn(page)).toEqual(['incidents:read', 'incidents:list', 'incidents:write', 'incidents:delete']);
    expect(tickedOn(page)).toEqual(['incidents:read', 'incidents:list']);
    expect(page.fields.find((field) => field.value === 'incidents:list')?.disabled).toBe(true);
  });

  it('grants the boxes that were ticked and the required ones, no more', async () => {
    const { browser, page } = await signedIn({ ...CLI, scope: null });
    const end = await browser.submit(page, 'allow', { scope: ['incidents:write'], persistent: null });
    expect(end.location).toContain('code=');
    const [event] = (await hub.events('consent.narrowed')).slice(-1);
    expect(event?.data).toMatchObject({
      scopes: ['incidents:list', 'incidents:write'],
      refused: ['incidents:read', 'incidents:delete'],
      persistent: false,
    });
  });

  it('says so when every box was cleared, and asks again', async () => {
    const { browser, page } = await signedIn({ ...CLI, scope: 'incidents:read' });
    const again = await browser.submit(page, 'allow', { scope: null });
    expect(again.html).toContain('Nothing is ticked');
    expect((await browser.submit(again, 'allow', { scope: ['incidents:read'] })).location).toContain('code=');
  });

  it('hides what policy or a missing permission would refuse this user', async () => {
    await hub.policy({
      id: 'no-write',
      effect: 'deny',
      subject: { conditions: [{ key: 'tenant.id', operator: 'equals', value: 'globex' }] },
      target: { resources: ['ops'] },
      scopes: ['incidents:write'],
    });
    const { browser, page } = await signedIn({ ...CLI, scope: null }, BOB);
    const globex = await browser.submit(page, 'continue', { tenant: 'globex' });
    expect(scopesOn(globex)).toEqual(['incidents:read', 'incidents:list']);
    expect(globex.html).toContain('Globex');
  });

  it('shows a sentence, then tells the client access_denied, when nothing may be allowed', async () => {
    const { browser, page } = await signedIn({ ...CLI, scope: 'incidents:write', tenant: 'globex' }, BOB);
    expect(page.html).toContain('rules do not let this app');
    expect(page.location).toBeUndefined();
    const end = await browser.submit(page, 'continue');
    expect(answer(end).get('error')).toBe('access_denied');
    expect((await hub.events('consent.denied')).at(-1)).toMatchObject({
      tenant: 'globex',
      reason: 'nothing_permitted',
      decision: expect.stringMatching(/^dec_/),
    });
  });

  it('names the client by host, and a program on this computer as just that', async () => {
    expect((await signedIn({ prompt: 'consent' })).page.html).toMatch(/<h1 class="host">app\.example<\/h1>/);
    expect((await signedIn(CLI)).page.html).toMatch(/<h1 class="host">An app on this computer<\/h1>/);
  });

  it('044 shows what a client says of itself as text, and links to none of it', async () => {
    await hub.client({ id: 'rude', name: '"><img src=x onerror=alert(1)>', public: true, redirectUris: ['https://rude.example/cb'] });
    const { page } = await signedIn({ client_id: 'rude', redirect_uri: 'https://rude.example/cb' });
    expect(page.html).toContain('&lt;img src=x');
    expect(page.html).not.toMatch(/<img|href="javascript|<script/);
  });
});

describe('tenants', () => {
  it('are asked for only when the user has several, and the choice is the grant', async () => {
    const { browser, page } = await signedIn({ ...CLI, scope: 'incidents:read' }, BOB);
    expect(page.fields.filter((field) => field.name === 'tenant').map((field) => field.value)).toEqual(['acme', 'globex']);
    await browser.submit(await browser.submit(page, 'continue', { tenant: 'acme' }), 'allow');
    expect((await hub.events('consent.granted')).at(-1)).toMatchObject({ tenant: 'acme', actor: { user: 'bob' } });
  });

  it('may be preselected, but only to one that the user belongs to', async () => {
    expect((await signedIn({ ...CLI, tenant: 'globex' }, BOB)).page.html).toContain('Globex');
    const { page } = await signedIn({ ...CLI, organization: 'globex' }, EVE);
    expect(page.html).toContain('does not belong to');
  });

  it('cannot be made up on the page', async () => {
    const { browser, page } = await signedIn(CLI, BOB);
    const again = await browser.submit(page, 'continue', { tenant: 'initech' });
    expect(again.html).toContain('In which organisation');
  });

  it('a user without one goes on without', async () => {
    const { browser, page } = await signedIn({ ...CLI, scope: 'incidents:read' }, EVE);
    expect((await browser.submit(page, 'allow')).location).toContain('code=');
  });
});

describe('prompt and max_age', () => {
  it('024 prompt=none answers with a code, or with the word for what is missing', async () => {
    const { browser } = await signedIn();
    expect(answer(await browser.send('GET', authorizePath({ prompt: 'none' }))).get('code')).toMatch(/^[\w-]{43}$/);
    expect(answer(await browser.send('GET', authorizePath({ prompt: 'none', scope: 'incidents:delete' }))).get('error')).toBe(
      'consent_required',
    );
    const bob = await signedIn(CLI, BOB);
    expect(answer(await bob.browser.send('GET', authorizePath({ ...CLI, prompt: 'none' }))).get('error')).toBe('interaction_required');
  });

  it('prompt=login and an old session mean signing in again, in this journey and not for ever', async () => {
    const { browser } = await signedIn();
    const again: NonNullable<Changes>[] = [{ prompt: 'login' }, { max_age: '0' }];
    for (const changes of again) {
      const page = await browser.open(authorizePath(changes));
      expect(page.html).toContain('Sign in');
      expect((await browser.submit(page, 'continue', ANN)).location).toContain('code=');
    }
    hub.clock.advance(100_000);
    expect((await browser.open(authorizePath({ max_age: '99' }))).html).toContain('Sign in');
    expect((await browser.open(authorizePath({ max_age: '3600' }))).location).toContain('code=');
  });

  it('prompt=select_account lets the person stay or be somebody else', async () => {
    const { browser } = await signedIn();
    const choose = await browser.open(authorizePath({ prompt: 'select_account' }));
    expect(choose.html).toContain('Continue as');
    expect((await browser.submit(choose, 'continue')).location).toContain('code=');
    const other = await browser.submit(await browser.open(authorizePath({ prompt: 'select_account' })), 'switch');
    const tenants = await browser.submit(other, 'continue', BOB);
    expect(tenants.html).toContain('bob@acme.test');
  });

  it('login_hint fills the first field and proves nothing', async () => {
    const page = await hub.browser().open(authorizePath({ login_hint: 'ann@acme.test' }));
    expect(page.fields.find((field) => field.name === 'email')?.value).toBe('ann@acme.test');
  });
});

describe('signing in', () => {
  it('by a code from the mail instead of a password', async () => {
    const browser = hub.browser();
    const code = await browser.submit(await browser.open(authorizePath(CLI)), 'email_code', { email: 'ann@acme.test', password: '' });
    expect(code.html).toContain('Check your e-mail');
    await hub.settle();
    const sent = /\b(\d{6})\b/.exec(hub.mailer.kept().at(0)?.text ?? '')?.[1] ?? '';
    const wrong = await browser.submit(code, 'continue', { code: sent === '000000' ? '000001' : '000000' });
    expect(wrong.html).toContain('That code is not right');
    const consent = await browser.submit(wrong, 'continue', { code: `${sent.slice(0, 3)} ${sent.slice(3)}` });
    expect(consent.buttons).toContain('allow');
    expect((await hub.events('login.succeeded')).at(-1)?.data).toMatchObject({ amr: ['otp'] });
  });

  it('054 answers an unknown address as a wrong password, byte for byte', async () => {
    const pages = await Promise.all(
      ['ann@acme.test', 'noone@acme.test'].map(async (email) => {
        const browser = hub.browser();
        const shown = await browser.submit(await browser.open(authorizePath(CLI)), 'continue', { email, password: 'wrong-password-here' });
        // Of the journey, whoever is asked for: the token of its form, and what a passkey would sign.
        const html = shown.html.replace(/name="token" value="[^"]*"/, '').replace(/challenge&quot;:&quot;[\w-]*/, '');
        return { status: shown.status, html: html.replaceAll(email, 'X') };
      }),
    );
    expect(pages[0]).toEqual(pages[1]);
  });

  it('058 refuses a megabyte of password with 400, before anything is hashed', async () => {
    const browser = hub.browser();
    const page = await browser.open(authorizePath(CLI));
    const shown = await browser.send(
      'POST',
      page.url,
      filled(page, 'continue', { email: 'ann@acme.test', password: 'x'.repeat(1_000_000) }),
    );
    expect(shown.status).toBe(400);
  });

  it('tells a frozen account so, and only who knew the password', async () => {
    await hub.user({ id: 'fay', email: 'fay@acme.test', tenants: [{ id: 'acme' }] });
    await hub.contain({
      kind: 'user',
      id: 'fay',
      to: 'frozen',
      reason: 'test',
      by: { initiator: 'admin', actor: {}, origin: { request: 'test' } },
    });
    const { page } = await signedIn(CLI, { email: 'fay@acme.test', password: PASSWORD });
    expect(page.html).toContain('has been stopped');
  });
});
