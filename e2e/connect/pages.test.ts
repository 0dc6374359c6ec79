import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { inBrowser, launch } from '../browser/chromium.ts';
import { criticise, openGallery } from '../browser/gallery.ts';
import { openVisitor } from '../browser/visitor.ts';
import type { Visitor } from '../browser/visitor.ts';
import { openWorld, PASSWORD } from './world.ts';
import type { World } from './world.ts';

inBrowser('the connect pages in a browser', () => {
  let world: World;
  let browser: Browser;
  const gallery = openGallery();
  const visitors: Visitor[] = [];
  beforeAll(async () => {
    [world, browser] = await Promise.all([openWorld(), launch()]);
    const key = { type: 'api_key', header: 'x-api-key', baseUrl: 'http://localhost:1', test: { path: '/' } };
    await world.hub.apply({
      connections: [
        { id: 'search', name: 'Search', ...key },
        { id: 'ledger', name: 'Ledger of a very long name that somebody thought was a good idea at the time', type: 'basic' },
        { id: 'bank', name: 'Bank', type: 'certificate' },
      ],
    });
  });
  afterAll(async () => {
    await browser.close();
    await world.close();
  });
  afterEach(async () => {
    const problems = visitors.flatMap((one) => one.problems);
    for (const visitor of visitors.splice(0)) await visitor.close();
    if (problems.length > 0) throw new Error(`the browser complained: ${problems.join('; ')}`);
  });

  async function visitor(): Promise<Visitor> {
    const opened = await openVisitor(browser, gallery);
    visitors.push(opened);
    return opened;
  }

  test('lead to the provider and back under the policy of the page', async () => {
    const { page, keep, send, signIn } = await visitor();
    await page.goto(await world.link({ user: 'ann', returnTo: 'https://app.example/done' }));
    await keep('connect-sign-in');
    await signIn({ email: 'ann@acme.test', password: PASSWORD });
    await keep('connect-oauth');
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.waitForURL(/\/connect\/callback\//);
    expect(await page.title()).toBe('Calendar is connected');
    await keep('connect-done');
    await page.getByRole('link', { name: 'All that you have connected' }).click();
    await keep('account-connections');
    await page.getByRole('button', { name: 'Connect again: Calendar' }).click();
    await keep('connect-again');
    await send('cancel');
    await keep('connect-cancelled');
    world.provider.set({ gives: ['openid', 'offline_access', 'calendar.read'] });
    await page.goto(await world.link({ user: 'ann', label: 'work' }));
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.waitForURL(/\/connect\/callback\//);
    await keep('connect-in-part');
    world.provider.set({ gives: undefined, refuses: true });
    await page.goto(await world.link({ user: 'ann', label: 'no' }));
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.waitForURL(/\/connect\/callback\//);
    await keep('connect-refused');
    world.provider.set({ refuses: false, mode: 'html' });
    await page.getByRole('link', { name: 'Try again' }).click();
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.waitForURL(/\/connect\/callback\//);
    await keep('connect-provider-fault');
    world.provider.set({ mode: 'honest' });
    await page.goto(`${world.hub.issuer}/account/connections`);
    await keep('account-two-accounts');
    await page.getByRole('button', { name: 'Disconnect Calendar, work' }).click();
    expect(await page.getByRole('status').textContent()).toContain('The service has taken the access back');
    await keep('account-disconnected');
    await page.getByRole('button', { name: 'Connect another account: Calendar' }).click();
    await keep('connect-another');
  });

  test('take keys, pairs and certificates', async () => {
    const { page, keep, send, signIn } = await visitor();
    await page.goto(await world.link({ connection: 'search', user: 'bob' }));
    await signIn({ email: 'bob@acme.test', password: PASSWORD });
    await keep('connect-key');
    await send('continue', { value: 'some-key' });
    expect(await page.getByRole('alert').textContent()).toContain('could not be asked');
    await keep('connect-key-untried');
    await page.goto(await world.link({ connection: 'ledger', user: 'bob' }));
    await keep('connect-basic');
    await page.goto(await world.link({ connection: 'bank', user: 'bob' }));
    await send('continue', { certificate: 'x', private_key: 'y' });
    await keep('connect-certificate');
    await page.goto(await world.link({ user: 'ann' }));
    await keep('connect-stranger');
  });

  test('let somebody else sign in, and say for whom it is', async () => {
    const { page, keep, send, signIn } = await visitor();
    await page.goto(await world.link({ tenant: 'acme' }));
    await signIn({ email: 'ida@acme.test', password: PASSWORD });
    await keep('connect-tenant');
    await send('switch');
    expect(await page.title()).toBe('Sign in');
    await signIn({ email: 'bob@acme.test', password: PASSWORD });
    expect(await page.locator('h1').textContent()).toBe('This link is for somebody else');
  });

  test('pass axe, light and dark, and fit a phone', async () => {
    expect(gallery.pictures.length).toBe(18);
    expect(await criticise(browser, gallery)).toEqual([]);
  });
});
