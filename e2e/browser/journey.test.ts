import { expect, test } from 'vitest';
import { ANN } from '../harness.ts';
import { inBrowser } from './chromium.ts';
import { onStage, testGallery } from './stage.ts';
import { BOB, VERIFIER, WIDE, WIM } from './world.ts';
import type { World } from './world.ts';

/** What the client gets for the code that it was last called with. */
async function scopesOf({ hub, callback }: World, clientId: string): Promise<{ scopes: string[]; refreshes: boolean }> {
  const grant = { grant_type: 'authorization_code', client_id: clientId, redirect_uri: callback.url, code_verifier: VERIFIER };
  const body = new URLSearchParams({ ...grant, code: callback.called.at(-1)?.get('code') ?? '' });
  const tokens = await (await fetch(`${hub.issuer}/oauth/token`, { method: 'POST', body })).json();
  return { scopes: String(tokens.scope).split(' ').toSorted(), refreshes: tokens.refresh_token !== undefined };
}

inBrowser('the hosted pages of a journey', () => {
  const stage = onStage();

  test('lead by password, after a wrong one, through consent back to the client', async () => {
    const { world, visitor } = stage();
    const { page, keep, send } = await visitor();
    const stranger = await world.register('Stranger');
    await page.goto(world.authorize(stranger));
    expect(await page.title()).toBe('Sign in');
    await keep('sign-in');
    await send('continue', { email: ANN.email, password: 'not her password' });
    expect(await page.getByRole('alert').textContent()).toContain('do not belong together');
    expect(await page.getByLabel('E-mail address').inputValue()).toBe(ANN.email);
    await keep('sign-in-wrong');
    await send('continue', { password: ANN.password });
    expect(await page.locator('.evidence').textContent()).toBe('Not verified');
    await keep('consent-stranger');
    await send('allow');
    expect(await page.title()).toBe('Thanks');
    expect(world.callback.called.at(-1)?.get('state')).toBe('kept');
    expect(await scopesOf(world, stranger)).toMatchObject({ refreshes: true });
  });

  test('give the client what was left ticked, never less than what is required, and no more time than was allowed', async () => {
    const { world, visitor } = stage();
    const { page, signIn, send } = await visitor();
    await page.goto(world.authorize('desk'));
    await signIn(ANN);
    const required = page.getByRole('checkbox', { name: 'Read incidents' });
    expect([await required.isChecked(), await required.isDisabled()]).toEqual([true, true]);
    const risks = page.locator('fieldset.scopes > legend');
    expect(await risks.allTextContents()).toEqual(['Everyday', 'Sensitive', 'High risk', 'How long']);
    const high = page.getByRole('group', { name: 'High risk' }).getByRole('checkbox');
    expect(await high.count()).toBe(2);
    for (const box of await high.all()) await box.uncheck();
    await page.getByRole('checkbox', { name: 'Stay connected' }).uncheck();
    await send('allow');
    const given = await scopesOf(world, 'desk');
    expect(given).toEqual({ scopes: ['incidents:comment', 'incidents:read', 'incidents:write'], refreshes: false });
  });

  test('sign in by a code from the mail, and refuse a wrong one', async () => {
    const { world, visitor } = stage();
    const { page, keep, send } = await visitor();
    await page.goto(world.authorize('desk', { prompt: 'consent' }));
    await send('email_code', { email: ANN.email });
    expect(await page.title()).toBe('Enter the code');
    await keep('code');
    await send('continue', { code: '000000' });
    expect(await page.getByRole('alert').textContent()).toContain('not right');
    await keep('code-wrong');
    await send('continue', { code: await world.hub.mailedCode(ANN.email) });
    expect(await page.getByText('You allowed this before').count()).toBe(1);
    await keep('consent-again');
    await send('deny');
    expect(world.callback.called.at(-1)?.get('error')).toBe('access_denied');
  });

  test('ask in which organisation, and show a verified client by its host in the largest type of the page', async () => {
    const { world, visitor } = stage();
    const { page, keep, signIn, send } = await visitor();
    await page.goto(world.authorize('hosted', { redirect_uri: 'https://helper.example/callback' }));
    await signIn(BOB);
    await keep('tenant');
    await page.getByRole('radio', { name: 'Acme' }).check();
    await send('continue');
    const host = page.locator('h1');
    expect(await host.textContent()).toBe('helper.example');
    const largest = `Math.max(...[...document.querySelectorAll('main *')].map((one) => parseFloat(getComputedStyle(one).fontSize)))`;
    expect(await host.evaluate((one) => parseFloat(getComputedStyle(one).fontSize))).toBe(await page.evaluate(largest));
    expect(await page.locator('.evidence').textContent()).toBe('Verified');
    expect(await page.locator('.lead').textContent()).toMatch(/in\s+Acme/);
    await keep('consent-verified');
    const [asked] = await Promise.all([page.waitForRequest('https://helper.example/**'), page.locator('button[value=deny]').click()]);
    expect(asked.url()).toContain('error=access_denied');
  });

  test('say why somebody cannot go on, and then tell the client', async () => {
    const { world, visitor } = stage();
    const { page, keep, signIn } = await visitor();
    await page.goto(world.authorize('barred', { redirect_uri: 'https://barred.example/callback' }));
    await signIn(ANN);
    await keep('denied');
    const button = page.getByRole('button', { name: 'Return to barred.example' });
    const [asked] = await Promise.all([page.waitForRequest('https://barred.example/**'), button.click()]);
    expect(asked.url()).toContain('error=access_denied');
  });

  test('let somebody who is signed in choose another account, ask for nothing ticked again, and remember nobody by name', async () => {
    const { world, visitor } = stage();
    const { page, keep, signIn, send } = await visitor();
    await page.goto(world.authorize('desk', { prompt: 'consent', scope: 'incidents:comment deploys:rollback' }));
    await signIn(ANN);
    for (const box of await page.getByRole('checkbox').all()) await box.uncheck();
    await send('allow');
    expect(await page.getByRole('alert').textContent()).toContain('Nothing is ticked');
    await keep('consent-nothing');
    await page.goto(world.authorize('desk', { prompt: 'select_account' }));
    await keep('choose-account');
    await send('switch');
    expect(await page.getByLabel('E-mail address').inputValue()).toBe('');
    await send('forgot', { email: ANN.email });
    await keep('forgot');
    expect(await page.getByRole('status').textContent()).toContain('on its way');
  });

  test('open an account where that is allowed', async () => {
    const { world, visitor } = stage();
    expect((await world.hub.admin('PUT', 'settings/accounts', { registration: 'open' })).status).toBe(200);
    const { page, keep, send } = await visitor();
    await page.goto(world.authorize('desk'));
    await send('register');
    await keep('register');
    await send('continue', { email: 'new@elsewhere.test' });
    await keep('register-code');
    await send('continue', { code: await world.hub.mailedCode('new@elsewhere.test'), name: 'Nia New', password: ANN.password });
    expect(await page.getByText('Nia New').count()).toBe(1);
    await world.hub.admin('PUT', 'settings/accounts', { registration: 'invite' });
  });

  test('hold together with the longest names that are possible', async () => {
    const { world, visitor } = stage();
    const { page, keep, signIn, send } = await visitor();
    await page.goto(world.authorize(await world.register(WIDE.client)));
    await keep('wide-sign-in');
    await send('email_code', { email: WIDE.email });
    await keep('wide-code');
    await page.goto(world.authorize('wide', { redirect_uri: `https://${WIDE.host}/callback` }));
    await signIn(WIM);
    expect(await page.locator('h1').textContent()).toBe(WIDE.host);
    await keep('wide-consent');
    const other = await visitor();
    await other.page.goto(world.authorize('wide', { redirect_uri: `https://${WIDE.host}/callback` }));
    await other.signIn(BOB);
    await other.keep('wide-tenant');
  });

  testGallery(
    stage,
    `sign-in sign-in-wrong consent-stranger code code-wrong consent-again tenant consent-verified denied consent-nothing
     choose-account forgot register register-code wide-sign-in wide-code wide-consent wide-tenant`,
  );
});
