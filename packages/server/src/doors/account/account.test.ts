import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { filled, type Browser, type Shown } from '../journey/browser.suite.ts';
import { authorizePath, furnish, openHub, PASSWORD, type Hub } from '../journey/hub.suite.ts';
import { ago, deviceOf } from './words.ts';

let hub: Hub;
beforeAll(async () => {
  hub = await openHub();
  await furnish(hub);
});
afterAll(() => hub.close());

const ANN = { email: 'ann@acme.test', password: PASSWORD };

/** The values of the hidden fields `name` of the page: one per row with a button. */
const rows = (page: Shown, name: string): string[] => page.fields.filter((field) => field.name === name).map((field) => field.value);
const tokenOf = (page: Shown): string => rows(page, 'token')[0] ?? '';
const press = (browser: Browser, page: Shown, action: string, fields: Record<string, string> = {}): Promise<Shown> =>
  browser.send('POST', '/account', new URLSearchParams({ token: tokenOf(page), action, ...fields }));

async function atAccount(who = ANN): Promise<{ browser: Browser; page: Shown }> {
  const browser = hub.browser();
  return { browser, page: await browser.submit(await browser.open('/account'), 'continue', who) };
}

describe('the account page', () => {
  it('is where the bare address of the hub leads', async () => {
    expect((await hub.browser().open('/')).url).toMatch(/^\/journey\//);
  });

  it('asks a stranger to sign in, by the same pages as any client, and comes back', async () => {
    const browser = hub.browser();
    const signIn = await browser.open('/account');
    expect(signIn.url).toMatch(/^\/journey\//);
    expect(signIn.html).toContain('which agents act for you');
    const page = await browser.submit(signIn, 'continue', ANN);
    expect(page).toMatchObject({ status: 200, url: '/account' });
    expect(page.html).toContain('None yet');
  });

  it('lists what acts for the user, and stops it: the grant dies, resource servers hear of it', async () => {
    const { browser } = await atAccount();
    await browser.submit(await browser.open(authorizePath()), 'allow');
    const page = await browser.open('/account');
    for (const words of ['Acme Web', 'app.example', 'Operations', 'Read incidents', 'not used yet', 'also while you are away'])
      expect(page.html).toContain(words);
    const [agent = ''] = rows(page, 'agent');
    expect((await press(browser, page, 'revoke', { agent })).location).toBe('/account?done=revoked');
    expect((await hub.events('consent.revoked')).at(-1)).toMatchObject({
      initiator: 'human',
      actor: { user: 'ann' },
      reason: 'stopped by the user',
    });
    expect(await hub.count('signals')).toBeGreaterThan(0);
    expect((await browser.open('/account?done=revoked')).html).toContain('None yet');
    expect((await browser.open(authorizePath())).buttons).toContain('allow');
  });

  it('stops nothing of another user', async () => {
    const ann = await atAccount();
    await ann.browser.submit(await ann.browser.open(authorizePath({ prompt: 'consent' })), 'allow');
    const [agent = ''] = rows(await ann.browser.open('/account'), 'agent');
    const bob = await atAccount({ email: 'bob@acme.test', password: PASSWORD });
    const before = await hub.count('signals');
    await press(bob.browser, bob.page, 'revoke', { agent });
    expect(await hub.count('signals')).toBe(before);
    expect(rows(await ann.browser.open('/account'), 'agent')).toContain(agent);
  });

  it('ends one session, all others, and its own', async () => {
    const [first, second, third] = [await atAccount(), await atAccount(), await atAccount()];
    const page = await first.browser.open('/account');
    const [other = ''] = rows(page, 'session');
    expect((await press(first.browser, page, 'end', { session: other })).location).toBe('/account?done=ended');
    await press(first.browser, page, 'end_others');
    for (const { browser } of [second, third]) expect((await browser.open('/account')).url).toMatch(/^\/journey\//);
    expect((await first.browser.open('/account')).url).toBe('/account');
    const out = await press(first.browser, page, 'logout');
    expect(out.location).toBe('/account/signed-out');
    expect(first.browser.cookies.has('writ_session')).toBe(false);
    expect((await first.browser.open('/account')).url).toMatch(/^\/journey\//);
  });

  it('does not end a session of another user', async () => {
    const bob = await atAccount({ email: 'bob@acme.test', password: PASSWORD });
    const found = await hub.sessions.find(bob.browser.cookies.get('writ_session'));
    const ann = await atAccount();
    await press(ann.browser, ann.page, 'end', { session: found?.session.id ?? '' });
    expect((await bob.browser.open('/account')).url).toBe('/account');
  });

  it.each<[string, Record<string, string>, number]>([
    ['without the token', { token: '', action: 'logout' }, 403],
    ['with a made-up token', { token: 'A'.repeat(43), action: 'logout' }, 403],
    ['with a button that is not there', { action: 'delete-everything' }, 400],
  ])('changes nothing %s', async (_, fields, status) => {
    const { browser, page } = await atAccount();
    expect((await browser.send('POST', '/account', new URLSearchParams({ token: tokenOf(page), ...fields }))).status).toBe(status);
    expect((await browser.open('/account')).url).toBe('/account');
  });
});

describe('opening an account', () => {
  let open: Hub;
  beforeAll(async () => {
    open = await openHub({ registration: 'open' });
    await furnish(open);
  });
  afterAll(() => open.close());

  const CHOSEN = 'lantern-orchard-46-gravel';
  const codeIn = async (): Promise<string> => {
    await open.settle();
    return /\b(\d{6})\b/.exec(open.mailer.kept().at(0)?.text ?? '')?.[1] ?? '';
  };

  it('is offered where the setting says so, proves the address first, and goes on to the client', async () => {
    const browser = open.browser();
    const signIn = await browser.open(
      authorizePath({ client_id: 'cli', redirect_uri: 'http://127.0.0.1:1/callback', scope: 'incidents:read' }),
    );
    const join = await browser.submit(signIn, 'register', { email: '', password: '' });
    expect(join.html).toContain('Create an account');
    const form = await browser.submit(join, 'continue', { email: 'new@else.test' });
    const weak = await browser.submit(form, 'continue', { code: await codeIn(), password: 'password1234', name: '' });
    expect(weak.html).toContain('That password will not do.');
    const consent = await browser.submit(weak, 'continue', { code: await codeIn(), password: CHOSEN, name: 'New Person' });
    expect(consent.html).toContain('New Person');
    expect((await browser.submit(consent, 'allow')).location).toContain('code=');
  });

  it('says the same to somebody who has an account', async () => {
    const browser = open.browser();
    const join = await browser.submit(await browser.open('/account'), 'register', { email: '', password: '' });
    expect((await browser.submit(join, 'continue', { email: 'ann@acme.test' })).html).toContain('We have written to');
    await open.settle();
    expect(open.mailer.kept().at(0)?.text).toContain('There is one already');
  });

  it('is not offered, and cannot be asked for, by default', async () => {
    const browser = hub.browser();
    const signIn = await browser.open('/account');
    expect(signIn.buttons).not.toContain('register');
    expect((await browser.send('POST', signIn.url, filled(signIn, 'register'))).status).toBe(400);
  });
});

describe('the setting of who may open an account', () => {
  let set: Hub;
  beforeAll(async () => {
    set = await openHub();
  });
  afterAll(() => set.close());

  const PATH = '/admin/v1/settings/accounts';
  const put = async (registration: string) => (await set.admin('PUT', PATH, { registration })).status;
  const offersIt = async (): Promise<boolean> => (await set.browser().open('/account')).buttons.includes('register');

  it('is switched on and off at a running hub, with an entry of who did it', async () => {
    expect(await (await set.admin('GET', PATH)).json()).toEqual({ registration: 'invite', secondFactor: 'offered' });
    expect(await offersIt()).toBe(false);
    expect(await put('open')).toBe(200);
    expect(await offersIt()).toBe(true);
    expect((await set.events('admin.changed')).at(-1)).toMatchObject({
      target: { type: 'setting', id: 'accounts' },
      data: { deed: 'changed', changes: [{ field: 'registration', from: '"invite"', to: '"open"' }] },
    });
    expect(await put('invite')).toBe(200);
    expect(await offersIt()).toBe(false);
  });

  it('holds on the other nodes too, also for a page that was opened before', async () => {
    const other = await set.secondNode();
    await put('open');
    await other.rooms.feed.poll();
    await other.rooms.accounts.ready();
    expect(other.rooms.join.registration()).toBe('open');
    const browser = set.browser();
    const join = await browser.submit(await browser.open('/account'), 'register', { email: '', password: '' });
    await put('invite');
    expect((await browser.submit(join, 'continue', { email: 'late@else.test' })).html).toContain('made by invitation here');
    await other.rooms.feed.poll();
    await other.rooms.accounts.ready();
    expect(other.rooms.join.registration()).toBe('invite');
  });

  it('records nothing when nothing changed, and takes no word that it does not know', async () => {
    const before = (await set.events('admin.changed')).length;
    expect(await put('invite')).toBe(200);
    expect(await put('everybody')).toBe(400);
    expect((await set.events('admin.changed')).length).toBe(before);
  });
});

describe('mailed links', () => {
  const CHOSEN = 'lantern-orchard-46-gravel';
  const by = { initiator: 'admin' as const, actor: {}, origin: { request: 'test' } };

  it('057 an invitation is not used up by looking at it, and is by accepting', async () => {
    const made = await hub.join.invite({ email: 'ivy@acme.test', tenant: 'acme', by });
    if (!made.ok) throw new Error('no invitation');
    const path = new URL(made.value.link).pathname;
    const browser = hub.browser();
    for (let times = 0; times < 3; times += 1) expect((await hub.browser().open(path)).html).toContain('ivy@acme.test');
    const page = await browser.open(path);
    expect((await browser.submit(page, 'continue', { password: 'short' })).status).toBe(400);
    expect((await browser.submit(page, 'continue', { password: CHOSEN, name: 'Ivy' })).html).toContain('You have joined');
    expect((await hub.browser().open(path)).status).toBe(400);
    expect((await atAccount({ email: 'ivy@acme.test', password: CHOSEN })).page.html).toContain('Ivy');
  });

  it('a forgotten password is replaced by a link that is told to the mailbox alone', async () => {
    const browser = hub.browser();
    const sent = await browser.submit(await browser.open('/account'), 'forgot', { email: 'dan@acme.test', password: '' });
    expect(sent.html).toContain('If there is an account with that address');
    await hub.settle();
    const path = /\/reset\/[\w-]+/.exec(hub.mailer.kept().at(0)?.text ?? '')?.[0] ?? '';
    const reset = hub.browser();
    expect((await reset.submit(await reset.open(path), 'continue', { password: CHOSEN })).html).toContain('Your new password is set');
    expect((await reset.open(path)).status).toBe(400);
    expect((await atAccount({ email: 'dan@acme.test', password: CHOSEN })).page.url).toBe('/account');
  });

  it('are refused without the token of the page', async () => {
    const made = await hub.join.invite({ email: 'joe@acme.test', by });
    if (!made.ok) throw new Error('no invitation');
    const path = new URL(made.value.link).pathname;
    const browser = hub.browser();
    await browser.open(path);
    expect((await browser.send('POST', path, new URLSearchParams({ password: CHOSEN, token: 'x' }))).status).toBe(403);
    expect((await hub.browser().send('POST', path, new URLSearchParams({ password: CHOSEN }))).status).toBe(403);
  });
});

describe('words', () => {
  it.each([
    [0, 'just now'],
    [90_000, '1 minute ago'],
    [3 * 3_600_000, '3 hours ago'],
    [30 * 3_600_000, 'yesterday'],
    [5 * 86_400_000, '5 days ago'],
  ])('%d ms is %s', (past, words) => expect(ago(1_000_000_000_000 - past, 1_000_000_000_000)).toBe(words));

  it.each([
    ['Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0', 'Firefox on Linux'],
    [
      'Mozilla/5.0 (Macintosh; Intel Mac OS X 14_0) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.0 Safari/605.1.15',
      'Safari on macOS',
    ],
    ['Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36 Edg/140.0', 'Edge on Windows'],
    ['Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/150.0.0.0 Safari/537.36', 'Chrome on Linux'],
    ['curl/8.0', 'A program'],
  ])('%s is %s', (userAgent, words) => expect(deviceOf(userAgent)).toBe(words));
});
