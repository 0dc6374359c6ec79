import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Browser, Shown } from '../journey/browser.suite.ts';
import { furnish, openHub, PASSWORD, type Hub } from '../journey/hub.suite.ts';
import { codeOf, recoveryOn, secretOn } from '../journey/second.suite.ts';

let hub: Hub;
beforeAll(async () => {
  hub = await openHub();
  await furnish(hub);
});
afterAll(() => hub.close());

const tokenOf = (page: Shown): string => page.fields.find(({ name }) => name === 'token')?.value ?? '';
const press = async (browser: Browser, page: Shown, fields: Record<string, string>, path = '/account/security'): Promise<Shown> => {
  const sent = await browser.send('POST', path, new URLSearchParams({ token: tokenOf(page), ...fields }));
  return sent.location === undefined ? sent : browser.open(sent.location);
};

/** Somebody new, at the page of how they sign in. */
async function atHome(id: string): Promise<{ browser: Browser; page: Shown; email: string }> {
  const email = `${id}@acme.test`;
  await hub.user({ id, email });
  const browser = hub.browser();
  const signIn = await browser.open('/account/security');
  expect(signIn.html).toContain('to change how you sign in');
  return { browser, email, page: await browser.submit(signIn, 'continue', { email, password: PASSWORD }) };
}

async function withApp(id: string) {
  const home = await atHome(id);
  const page = await home.browser.open('/account/security/app');
  const secret = secretOn(page);
  const codes = await home.browser.submit(page, 'continue', { code: codeOf({ secret }, hub.clock.now()) });
  hub.clock.advance(30_000);
  return { ...home, secret, codes };
}

describe('the page of how one signs in', () => {
  it('sets up an app, shows the recovery codes to this session and for a while, and tells the mailbox', async () => {
    const { browser, codes } = await withApp('una');
    expect(codes.url).toBe('/account/security/codes');
    expect(recoveryOn(codes)).toHaveLength(10);
    expect(recoveryOn(await browser.open('/account/security/codes'))).toEqual(recoveryOn(codes));
    await hub.settle();
    expect(hub.mailer.kept().at(0)).toMatchObject({ to: 'una@acme.test', subject: 'How you sign in to Writ has changed' });
    hub.clock.advance(16 * 60_000);
    expect((await browser.open('/account/security/codes')).url).toBe('/account/security');
  });

  it('says what is wrong with a code, and goes on with the same square', async () => {
    const { browser } = await atHome('uri');
    const page = await browser.open('/account/security/app');
    const wrong = await browser.submit(page, 'continue', { code: '000000' });
    expect(wrong).toMatchObject({ status: 400 });
    expect(wrong.html).toContain('That code is not right');
    expect(secretOn(wrong)).toEqual(secretOn(page));
  });

  it('asks whoever has been signed in for a while to sign in again, with both factors, in a remembered browser too', async () => {
    const { browser, secret, email } = await withApp('ugo');
    hub.clock.advance(11 * 60_000);
    const page = await browser.open('/account/security');
    const asked = await press(browser, page, { action: 'remove_app' });
    expect(asked.html).toContain('<h1>Sign in</h1>');
    const second = await browser.submit(asked, 'continue', { email, password: PASSWORD });
    const back = await browser.submit(second, 'continue', { code: codeOf({ secret }, hub.clock.now()), remember: 'yes' });
    expect(back.url).toBe('/account/security');
    expect(back.html).toContain('One browser');
    browser.cookies.delete('writ_session');
    const remembered = await browser.submit(await browser.open('/account/security'), 'continue', { email, password: PASSWORD });
    expect(remembered.url).toBe('/account/security');
    const more = await press(browser, remembered, { action: 'remove_app' });
    expect((await browser.submit(more, 'continue', { email, password: PASSWORD })).html).toContain('One more step');
  });

  it('makes new codes, after which the old are worth nothing', async () => {
    const { browser, codes, email, secret } = await withApp('ulf');
    // The session is still of the one factor that it began with.
    const asked = await press(browser, await browser.open('/account/security'), { action: 'new_codes' });
    const second = await browser.submit(asked, 'continue', { email, password: PASSWORD });
    const page = await browser.submit(second, 'continue', { code: codeOf({ secret }, hub.clock.now()) });
    const fresh = await press(browser, page, { action: 'new_codes' });
    expect(recoveryOn(fresh)).toHaveLength(10);
    const [old = ''] = recoveryOn(codes);
    const [now = ''] = recoveryOn(fresh);
    expect(now).not.toBe(old);
    const elsewhere = hub.browser();
    const there = await elsewhere.submit(await elsewhere.open('/account'), 'continue', { email, password: PASSWORD });
    const wrong = await elsewhere.submit(there, 'continue', { recovery: old });
    expect(wrong.html).toContain('That code is not right');
    expect((await elsewhere.submit(wrong, 'continue', { recovery: now })).url).toBe('/account');
  });

  it('removes the app, and with it codes and remembered browsers', async () => {
    const { email, secret } = await withApp('ute');
    const elsewhere = hub.browser();
    const second = await elsewhere.submit(await elsewhere.open('/account/security'), 'continue', { email, password: PASSWORD });
    const there = await elsewhere.submit(second, 'continue', { code: codeOf({ secret }, hub.clock.now()), remember: 'yes' });
    const gone = await press(elsewhere, there, { action: 'remove_app' });
    expect(gone.html).toContain('It is removed.');
    expect(await hub.house.rooms.factors.of('ute')).toMatchObject({ totp: undefined, recovery: undefined, browsers: 0 });
    expect((await hub.events('factor.removed')).at(-1)).toMatchObject({ actor: { user: 'ute' }, data: { kinds: ['totp'] } });
  });

  it('takes nothing without its token, nor for an id of somebody else', async () => {
    const { browser } = await atHome('una2');
    const page = await browser.open('/account/security/app');
    expect((await browser.send('POST', '/account/security', new URLSearchParams({ token: 'x', action: 'forget' }))).status).toBe(403);
    expect((await press(browser, page, { action: 'nonsense' })).status).toBe(400);
    await press(browser, page, { action: 'remove_passkey', passkey: 'AAAA' });
    expect((await hub.events('factor.removed')).at(-1)).toMatchObject({ outcome: 'refused', reason: 'there was none' });
  });
});
