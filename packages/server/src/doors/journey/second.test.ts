import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Browser, Shown } from './browser.suite.ts';
import { authorizePath, furnish, openHub, PASSWORD, type Hub } from './hub.suite.ts';
import { claimsOf, codeOf, enrol, ownerOf, recoveryOn, secretOn, type Owner } from './second.suite.ts';

let hub: Hub;
beforeAll(async () => {
  hub = await openHub();
  await furnish(hub);
  await hub.resource({
    id: 'ops',
    type: 'mcp',
    uri: 'http://localhost:9000/mcp',
    name: 'Operations',
    scopes: [
      { name: 'incidents:read', title: 'Read incidents', description: 'See open incidents', risk: 'low' },
      { name: 'incidents:delete', title: 'Delete incidents', description: 'For good', risk: 'high', stepUp: true },
    ],
  });
});
afterAll(() => hub.close());

const BOTH = authorizePath({ scope: 'incidents:read incidents:delete', prompt: 'consent' });
const HARMLESS = authorizePath({ scope: 'incidents:read', prompt: 'consent' });
const scopesOn = (page: Shown): string[] => page.fields.filter((field) => field.name === 'scope').map((field) => field.value);
const answer = (page: Shown): URLSearchParams => new URL(page.location ?? 'about:blank').searchParams;
const failures = async (): Promise<(string | undefined)[]> => (await hub.events('login.failed')).map(({ reason }) => reason);

async function signIn(email: string, path = HARMLESS, browser = hub.browser()): Promise<{ browser: Browser; page: Shown }> {
  return { browser, page: await browser.submit(await browser.open(path), 'continue', { email, password: PASSWORD }) };
}

async function newcomer(id: string): Promise<string> {
  await hub.user({ id, email: `${id}@acme.test`, tenants: [{ id: 'acme', roles: ['SRE'] }] });
  return `${id}@acme.test`;
}

describe('a scope of high risk that wants a step up', () => {
  it('leads somebody without a second factor to set one up, and then the token says so', async () => {
    const email = await newcomer('new1');
    const { browser, page } = await signIn(email, BOTH);
    expect(page.html).toContain('Set up a second step');
    const { shown, next } = await enrol(hub, browser, page, email);
    expect(recoveryOn(shown)).toHaveLength(10);
    expect(scopesOn(next)).toEqual(['incidents:read', 'incidents:delete']);
    const claims = await claimsOf(hub, await browser.submit(next, 'allow'));
    expect(claims).toMatchObject({ acr: '2', amr: ['pwd', 'otp', 'mfa'], scope: 'incidents:read incidents:delete' });
    expect((await hub.events('factor.enrolled')).at(-1)).toMatchObject({ actor: { user: 'new1' }, data: { kind: 'totp' } });
    await hub.settle();
    expect(hub.mailer.kept().at(0)?.text).toContain('An authenticator app was added');
  });

  it('is withheld from who does not want to, and the page says why', async () => {
    const email = await newcomer('new2');
    const { browser, page } = await signIn(email, BOTH);
    const consent = await browser.submit(page, 'skip');
    expect(scopesOn(consent)).toEqual(['incidents:read']);
    expect(consent.html).toMatch(/Not offered now:\s*<bdi>Delete incidents<\/bdi>, which needs a stronger sign-in/);
    expect(await claimsOf(hub, await browser.submit(consent, 'allow'))).toMatchObject({ acr: '1', amr: ['pwd'], scope: 'incidents:read' });
  });

  it('is withheld as well from a program that sends the page without a code', async () => {
    const { browser, page } = await signIn(await newcomer('new8'), BOTH);
    expect(scopesOn(await browser.submit(page, 'continue'))).toEqual(['incidents:read']);
  });

  it('is not allowed by a page that was made up', async () => {
    const { browser, page } = await signIn(await newcomer('new3'), BOTH);
    const consent = await browser.submit(page, 'skip');
    expect((await browser.submit(consent, 'allow', { scope: ['incidents:delete'] })).status).toBe(400);
  });

  it('ends a request for nothing else that is not stepped up for', async () => {
    const { browser, page } = await signIn(await newcomer('new4'), authorizePath({ scope: 'incidents:delete' }));
    const denied = await browser.submit(page, 'skip');
    expect(denied.html).toContain('want a stronger sign-in for this');
    expect(answer(await browser.submit(denied, 'continue')).get('error')).toBe('unmet_authentication_requirements');
  });

  it('asks for a fresh sign-in before anything is set up in a session that lay open', async () => {
    const email = await newcomer('new5');
    const { browser, page } = await signIn(email);
    await browser.submit(page, 'allow');
    hub.clock.advance(11 * 60_000);
    const again = await browser.open(BOTH);
    expect(again.html).toContain('To set one up, sign in again first');
    expect((await browser.submit(again, 'continue', { email, password: PASSWORD })).html).toContain('Set up a second step');
  });

  it('shows the same secret for as long as the page is open, and another to everybody else', async () => {
    const email = await newcomer('new6');
    const { browser, page } = await signIn(email, BOTH);
    const elsewhere = await signIn(email, BOTH);
    expect(secretOn(await browser.open(page.url))).toEqual(secretOn(page));
    expect(secretOn(elsewhere.page)).not.toEqual(secretOn(page));
    const stolen = await browser.submit(page, 'continue', { code: codeOf({ secret: secretOn(elsewhere.page) }, hub.clock.now()) });
    expect(stolen.html).toContain('That code is not right');
    expect((await enrol(hub, browser, stolen, email)).shown.html).toContain('Keep these codes');
    // The other page is too late: there is a second factor now, and it is not its.
    const late = await elsewhere.browser.submit(elsewhere.page, 'continue', {
      code: codeOf({ secret: secretOn(elsewhere.page) }, hub.clock.now()),
    });
    expect(late.html).toContain('That took too long');
  });
});

describe('a sign-in of somebody with a second factor', () => {
  let owner: Owner;
  beforeAll(async () => {
    owner = await ownerOf(hub, 'ida');
  });

  it('opens nothing before it is shown', async () => {
    const { browser, page } = await signIn(owner.email);
    expect(page.html).toContain('One more step');
    expect([...browser.cookies.keys()].filter((name) => name.includes('session'))).toEqual([]);
    expect((await browser.open('/account')).html).toContain('<h1>Sign in</h1>');
    expect((await browser.submit(page, 'skip')).status).toBe(400);
    expect((await browser.submit(page, 'allow', { scope: ['incidents:read'] })).status).toBe(400);
  });

  it('is of both factors afterwards, at the time of the first', async () => {
    const { browser, page } = await signIn(owner.email);
    const first = Math.floor(hub.clock.now() / 1000);
    hub.clock.advance(90_000);
    const end = await browser.submit(await browser.submit(page, 'continue', { code: codeOf(owner, hub.clock.now()) }), 'allow');
    expect(await claimsOf(hub, end)).toMatchObject({ acr: '2', amr: ['pwd', 'otp', 'mfa'] });
    expect((await hub.events('login.succeeded')).at(-1)?.data).toMatchObject({ acr: '2', amr: ['pwd', 'otp', 'mfa'] });
    const [session] = await hub.sessions.list('ida');
    expect(Math.floor((session?.authTime ?? 0) / 1000)).toBe(first);
  });

  it('takes a code once, on whichever page, and says that it was used (049)', async () => {
    hub.clock.advance(30_000);
    const code = codeOf(owner, hub.clock.now());
    const one = await signIn(owner.email);
    const two = await signIn(owner.email);
    expect((await one.browser.submit(one.page, 'continue', { code })).buttons).toContain('allow');
    expect((await two.browser.submit(two.page, 'continue', { code })).html).toContain('That code was used already');
    expect((await failures()).at(-1)).toBe('code was used before');
    // Nor one from before it, which the window would still let in.
    const older = await two.browser.submit(two.page, 'continue', { code: codeOf(owner, hub.clock.now(), -1) });
    expect(older.html).toContain('That code was used already');
  });

  it('takes one code once from twenty pages at the same moment', async () => {
    hub.clock.advance(60_000);
    const code = codeOf(owner, hub.clock.now());
    const pages = await Promise.all(Array.from({ length: 5 }, () => signIn(owner.email)));
    const ends = await Promise.all(pages.map(({ browser, page }) => browser.submit(page, 'continue', { code })));
    expect(ends.filter(({ buttons }) => buttons.includes('allow'))).toHaveLength(1);
    hub.clock.advance(24 * 3_600_000);
  });

  it('takes each recovery code once', async () => {
    const [recovery = ''] = owner.recovery;
    const one = await signIn(owner.email);
    expect((await one.browser.submit(one.page, 'continue', { recovery: recovery.toLowerCase() })).buttons).toContain('allow');
    const two = await signIn(owner.email);
    expect((await two.browser.submit(two.page, 'continue', { recovery })).html).toContain('That code was used already');
    expect((await two.browser.submit(two.page, 'continue', { recovery: 'AAAAA-AAAAA' })).html).toContain('That code is not right');
  });

  it('locks guesses at the app after five, and the recovery codes still open', async () => {
    const { browser, page } = await signIn(owner.email);
    let shown = page;
    for (let guess = 0; guess < 6; guess += 1) shown = await browser.submit(shown, 'continue', { code: '000000' });
    expect(shown.html).toContain('There were too many attempts');
    const right = await browser.submit(shown, 'continue', { code: codeOf(owner, hub.clock.now()) });
    expect(right.html).toContain('There were too many attempts');
    expect((await browser.submit(right, 'continue', { recovery: owner.recovery[1] ?? '' })).buttons).toContain('allow');
    hub.clock.advance(3_600_000);
  });

  it('belongs to the one account: another signs in from the start', async () => {
    const { browser, page } = await signIn(owner.email);
    const start = await browser.submit(page, 'switch');
    expect(start.html).toContain('<h1>Sign in</h1>');
    expect((await browser.submit(start, 'continue', { email: 'dan@acme.test', password: PASSWORD })).buttons).toContain('allow');
  });

  it('is asked anew when the journey’s session is another meanwhile', async () => {
    const { browser, page } = await signIn(owner.email);
    const other = await signIn('dan@acme.test', HARMLESS, browser);
    expect(other.page.buttons).toContain('allow');
    const turned = await browser.open(page.url);
    expect(turned.html).toContain('dan@acme.test');
    expect(turned.buttons).toContain('allow');
    expect((await browser.submit(page, 'continue', { code: codeOf(owner, hub.clock.now()) })).html).not.toContain('ida@acme.test');
  });
});

describe('a remembered browser', () => {
  let owner: Owner;
  beforeAll(async () => {
    owner = await ownerOf(hub, 'rex');
  });

  it('asks for the first factor only, and the session says so; what wants two asks again', async () => {
    const { browser, page } = await signIn(owner.email);
    await browser.submit(await browser.submit(page, 'continue', { code: codeOf(owner, hub.clock.now()), remember: 'yes' }), 'allow');
    browser.cookies.delete('writ_session');
    const again = await signIn(owner.email, HARMLESS, browser);
    expect(again.page.buttons).toContain('allow');
    expect(await claimsOf(hub, await browser.submit(again.page, 'allow'))).toMatchObject({ acr: '1', amr: ['pwd'] });
    const before = browser.cookies.get('writ_session');
    const stepUp = await browser.open(BOTH);
    expect(stepUp.html).toContain('needs a second step besides your password');
    hub.clock.advance(30_000);
    const consent = await browser.submit(stepUp, 'continue', { code: codeOf(owner, hub.clock.now()) });
    expect(scopesOn(consent)).toContain('incidents:delete');
    // The session from before is dead (046).
    expect(browser.cookies.get('writ_session')).not.toBe(before);
    expect(await hub.sessions.find(before ?? '')).toBeUndefined();
  });

  it('is nobody else’s, nor good for prompt=login', async () => {
    const { browser, page } = await signIn(owner.email);
    hub.clock.advance(30_000);
    await browser.submit(page, 'continue', { code: codeOf(owner, hub.clock.now()), remember: 'yes' });
    const login = authorizePath({ scope: 'incidents:read', prompt: 'login' });
    expect((await signIn(owner.email, login, browser)).page.html).toContain('One more step');
    const other = await ownerOf(hub, 'rey');
    expect((await signIn(other.email, login, browser)).page.html).toContain('One more step');
    const stolen = hub.browser();
    expect((await signIn(owner.email, HARMLESS, stolen)).page.html).toContain('One more step');
  });

  it('is forgotten after thirty days', async () => {
    const { browser, page } = await signIn(owner.email);
    hub.clock.advance(30_000);
    await browser.submit(page, 'continue', { code: codeOf(owner, hub.clock.now()), remember: 'yes' });
    browser.cookies.delete('writ_session');
    hub.clock.advance(30 * 86_400_000 + 1);
    expect((await signIn(owner.email, HARMLESS, browser)).page.html).toContain('One more step');
  });
});

describe('where everybody has to have a second factor', () => {
  it('who has none sets one up at sign-in, and cannot go around', async () => {
    await hub.admin('PUT', '/admin/v1/settings/accounts', { registration: 'invite', secondFactor: 'required' });
    try {
      const email = await newcomer('new7');
      const { browser, page } = await signIn(email);
      expect(page.html).toContain('wants everybody to sign in with a second step');
      expect(page.buttons).not.toContain('skip');
      expect((await browser.submit(page, 'skip')).status).toBe(400);
      const { next } = await enrol(hub, browser, await browser.open(page.url), email);
      expect(await claimsOf(hub, await browser.submit(next, 'allow'))).toMatchObject({ acr: '2' });
    } finally {
      await hub.admin('PUT', '/admin/v1/settings/accounts', { registration: 'invite' });
    }
  });
});

describe('a first factor that waits for its second', () => {
  it.each<[string, string, (id: string, email: string) => Promise<unknown>]>([
    [
      'a new password',
      'wil1',
      (id, email) => hub.user({ id, email, tenants: [{ id: 'acme' }], password: { value: 'another-horse-7-battery' } }),
    ],
    [
      'being stopped, also when that is over',
      'wil2',
      async (id) => {
        const by = { initiator: 'admin' as const, actor: {}, origin: { request: 'req_t' } };
        await hub.contain({ kind: 'user', id, to: 'frozen', reason: 'test', by });
        await hub.contain({ kind: 'user', id, to: 'active', reason: 'test', by });
      },
    ],
  ])('is worth nothing after %s', async (_, id, change) => {
    await hub.admin('PUT', '/admin/v1/settings/accounts', { registration: 'invite', secondFactor: 'required' });
    try {
      const email = await newcomer(id);
      const thief = await signIn(email);
      expect(thief.page.html).toContain('Set up a second step');
      await change(id, email);
      const page = await thief.browser.open(thief.page.url);
      const late = await thief.browser.submit(thief.page, 'continue', { code: codeOf({ secret: secretOn(page) }, hub.clock.now()) });
      expect(late.html).not.toContain('Keep these codes');
      expect([...thief.browser.cookies.keys()].filter((name) => name.includes('session'))).toEqual([]);
      expect(await hub.sessions.list(id)).toEqual([]);
    } finally {
      await hub.admin('PUT', '/admin/v1/settings/accounts', { registration: 'invite' });
    }
  });
});

describe('an administrator', () => {
  it('sees what a user has, and takes all of it away with the sessions', async () => {
    const owner = await ownerOf(hub, 'lou');
    const { browser, page } = await signIn(owner.email);
    await browser.submit(page, 'continue', { code: codeOf(owner, hub.clock.now()), remember: 'yes' });
    const seen = await hub.admin('GET', '/admin/v1/users/lou/factors');
    expect(await seen.json()).toEqual({ totp: true, passkeys: [], recoveryCodes: 10, rememberedBrowsers: 1 });
    expect(await (await hub.admin('POST', '/admin/v1/users/lou/reset-factors')).json()).toEqual({ removed: 1 });
    expect((await hub.events('factor.removed')).at(-1)).toMatchObject({
      initiator: 'admin',
      target: { id: 'lou' },
      data: { kinds: ['totp'] },
    });
    expect(await hub.sessions.list('lou')).toEqual([]);
    expect((await signIn(owner.email, HARMLESS, browser)).page.buttons).toContain('allow');
    expect((await hub.admin('POST', '/admin/v1/users/nobody/reset-factors')).status).toBe(404);
  });
});

describe('a stranger who guesses', () => {
  it('locks nobody out of a browser in which they signed in before', async () => {
    const email = await newcomer('vic');
    const { browser, page } = await signIn(email);
    await browser.submit(page, 'allow');
    const stranger = hub.browser();
    for (let guess = 0; guess < 6; guess += 1) {
      const start = await stranger.open(HARMLESS);
      await stranger.submit(start, 'continue', { email, password: 'a-wrong-password' });
    }
    expect((await signIn(email)).page.html).toContain('There were too many attempts');
    browser.cookies.delete('writ_session');
    expect((await signIn(email, HARMLESS, browser)).page.buttons).toContain('allow');
    // Nor does the browser open another account's door.
    browser.cookies.delete('writ_session');
    for (let guess = 0; guess < 6; guess += 1)
      await browser.submit(await browser.open(HARMLESS), 'continue', { email: 'dan@acme.test', password: 'x' });
    expect((await signIn('dan@acme.test', HARMLESS, browser)).page.html).toContain('There were too many attempts');
    hub.clock.advance(3_600_000);
  });

  it('may guess in a browser that they took no oftener than anywhere', async () => {
    const email = await newcomer('vix');
    const { browser, page } = await signIn(email);
    await browser.submit(page, 'allow');
    browser.cookies.delete('writ_session');
    for (let guess = 0; guess < 6; guess += 1) await browser.submit(await browser.open(HARMLESS), 'continue', { email, password: 'x' });
    expect((await signIn(email, HARMLESS, browser)).page.html).toContain('There were too many attempts');
    expect((await signIn(email)).page.buttons).toContain('allow');
  });
});

describe('a second factor that somebody set up on an address that is not theirs', () => {
  async function squatted(id: string): Promise<string> {
    const owner = await ownerOf(hub, id, { emailVerified: false });
    expect(await hub.house.rooms.factors.of(id)).toMatchObject({ totp: expect.anything() });
    return owner.email;
  }

  it('goes when the owner of the mailbox proves it by a code (169)', async () => {
    const email = await squatted('sq1');
    const browser = hub.browser();
    const page = await browser.submit(await browser.open(HARMLESS), 'email_code', { email });
    await hub.settle();
    const code = /\b\d{6}\b/.exec(hub.mailer.kept().at(0)?.text ?? '')?.[0] ?? '';
    expect((await browser.submit(page, 'continue', { code })).buttons).toContain('allow');
    expect(await hub.house.rooms.factors.of('sq1')).toEqual({ totp: undefined, passkeys: [], recovery: undefined, browsers: 0 });
  });

  it('goes when they choose a password by a link, and stays where the address was proven before', async () => {
    for (const [id, stays] of [
      ['sq2', false],
      ['sq3', true],
    ] as const) {
      const email = stays ? (await ownerOf(hub, id)).email : await squatted(id);
      const { link } = await (await hub.admin('POST', `/admin/v1/users/${id}/password-link`)).json();
      const browser = hub.browser();
      const page = await browser.open(new URL(link).pathname);
      await browser.submit(page, 'continue', { password: 'another-horse-7-battery' });
      expect((await hub.house.rooms.factors.of(id)).totp === undefined, email).toBe(!stays);
    }
  });

  it('goes with the account', async () => {
    await ownerOf(hub, 'gon');
    await hub.admin('DELETE', '/admin/v1/users/gon');
    expect(await hub.house.rooms.factors.of('gon')).toEqual({ totp: undefined, passkeys: [], recovery: undefined, browsers: 0 });
  });
});
