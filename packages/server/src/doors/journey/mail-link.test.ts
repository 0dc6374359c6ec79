import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Browser, Shown } from './browser.suite.ts';
import { authorizePath, furnish, openHub, type Hub } from './hub.suite.ts';

let hub: Hub;
beforeAll(async () => {
  hub = await openHub();
  await furnish(hub);
});
afterAll(() => hub.close());

const EMAIL = 'ann@acme.test';

/** Asks for a mail; the path of its link. */
async function mailed(): Promise<{ browser: Browser; page: Shown; link: string }> {
  const browser = hub.browser();
  const page = await browser.submit(await browser.open(authorizePath({ prompt: 'consent' })), 'email_code', { email: EMAIL });
  await hub.settle();
  const link = /http:\/\/localhost:8787(\/journey\/\S+)/.exec(hub.mailer.kept().at(0)?.text ?? '')?.[1] ?? 'no link';
  return { browser, page, link };
}

describe('the link in the mail with a code', () => {
  it('fills the code in where the journey began, and a press of the button signs in', async () => {
    const { browser, link } = await mailed();
    const page = await browser.open(link);
    expect(page.fields.find(({ name }) => name === 'code')?.value).toMatch(/^\d{6}$/);
    expect((await browser.submit(page, 'continue')).buttons).toContain('allow');
    expect((await hub.events('login.succeeded')).at(-1)?.data).toMatchObject({ amr: ['otp'], acr: '1' });
  });

  it('057 is not used by looking at it, however often', async () => {
    const { browser, link } = await mailed();
    for (const _ of [1, 2, 3]) await browser.send('GET', link);
    await hub.browser().send('GET', link);
    expect((await browser.submit(await browser.open(link), 'continue')).buttons).toContain('allow');
  });

  it('opens nothing in another browser, which reads what to do', async () => {
    const { link } = await mailed();
    const stranger = hub.browser();
    const shown = await stranger.open(link);
    expect(shown).toMatchObject({ status: 400, fields: [] });
    expect(shown.html).toContain('in which you began to sign in');
    expect([...stranger.cookies]).toEqual([]);
  });

  it('is dead when a newer mail was asked for, and after one use', async () => {
    const { browser, page, link } = await mailed();
    await browser.submit(page, 'email_code');
    const old = await browser.submit(await browser.open(link), 'continue');
    expect(old.html).toContain('That code is not right');
    await hub.settle();
    const newer = /(\/journey\/\S+)/.exec(hub.mailer.kept().at(0)?.text ?? '')?.[1] ?? '';
    expect((await browser.submit(await browser.open(newer), 'continue')).buttons).toContain('allow');
    expect((await browser.open(newer)).buttons).toContain('allow');
    expect((await browser.open(newer)).fields.some(({ name }) => name === 'code')).toBe(false);
  });

  it('takes nothing but six digits from the address', async () => {
    const { browser, page } = await mailed();
    for (const code of ['"><b>', '12345', '1234567', '12345a'])
      expect((await browser.open(`${page.url}?code=${encodeURIComponent(code)}`)).fields.find(({ name }) => name === 'code')?.value).toBe(
        '',
      );
  });
});
