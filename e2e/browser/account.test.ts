import { expect, test } from 'vitest';
import { ANN } from '../harness.ts';
import { inBrowser } from './chromium.ts';
import { onStage, testGallery } from './stage.ts';
import type { Visitor } from './visitor.ts';
import { BOB, WIDE, WIM } from './world.ts';

inBrowser('the account pages', () => {
  const stage = onStage();

  /** A new visitor on their own account page. */
  async function atHome(who: { email: string; password: string }): Promise<Visitor> {
    const visitor = await stage().visitor();
    await visitor.page.goto(`${stage().world.hub.issuer}/account`);
    await visitor.signIn(who);
    return visitor;
  }

  test('list the agents that act for the user, and stop one', async () => {
    const { world } = stage();
    const { page, keep, send } = await atHome(ANN);
    expect(await page.getByText('None yet').count()).toBe(1);
    await keep('account-empty');
    for (const client of ['desk', await world.register('Stranger')]) {
      await page.goto(world.authorize(client));
      await send('allow');
    }
    await page.goto(`${world.hub.issuer}/account`);
    await keep('account-agents');
    const agents = page.getByRole('region', { name: 'Agents that act for you' }).locator('.what bdi');
    expect((await agents.allTextContents()).toSorted()).toEqual(['Acme Desk', 'Stranger']);
    expect(await page.getByText(/Acme Incidents\s+in\s+Acme/).count()).toBe(2);
    await page.getByRole('button', { name: 'Stop Stranger' }).click();
    expect(await page.getByRole('status').textContent()).toContain('worth nothing');
    expect(await agents.allTextContents()).toEqual(['Acme Desk']);
    await keep('account-stopped');
  });

  test('end a session elsewhere, which then has to sign in again', async () => {
    const [here, there] = [await atHome(BOB), await atHome(BOB)];
    await here.page.reload();
    await here.keep('account-sessions');
    await here.page.getByRole('button', { name: /^End / }).click();
    expect(await here.page.getByRole('status').textContent()).toContain('over');
    expect(await here.page.getByRole('button', { name: /^End / }).count()).toBe(0);
    await there.page.reload();
    expect(await there.page.title()).toBe('Sign in');
    await there.keep('account-sign-in');
  });

  test('sign out', async () => {
    const { page, keep, send } = await atHome(ANN);
    await send('logout');
    expect(await page.locator('h1').textContent()).toBe('You are signed out');
    await keep('signed-out');
    await page.getByRole('link', { name: 'Sign in again' }).click();
    expect(await page.title()).toBe('Sign in');
  });

  test('ask before an app signs the user out, and do what is answered', async () => {
    const { world } = stage();
    const { page, keep, send } = await atHome(ANN);
    await page.goto(`${world.hub.issuer}/oauth/logout?client_id=wide`);
    await keep('logout');
    await send('cancel');
    expect(await page.locator('h1').textContent()).toBe('You are still signed in');
    await keep('still-signed-in');
    await page.goto(`${world.hub.issuer}/oauth/logout`);
    await keep('logout-nameless');
    await send('continue');
    expect(await page.locator('h1').textContent()).toBe('You are signed out');
    await page.goto(`${world.hub.issuer}/account`);
    expect(await page.title()).toBe('Sign in');
  });

  test('let an invited person choose a password, once', async () => {
    const { world, visitor } = stage();
    const { link } = await world.made('users/invite', { email: 'ivy@acme.test', tenant: 'acme' });
    const { page, keep, send } = await visitor();
    await page.goto(String(link));
    await keep('invitation');
    await send('continue', { name: 'Ivy', password: 'password1234' });
    await keep('invitation-wrong');
    expect(await page.getByRole('alert').count()).toBe(1);
    await send('continue', { password: ANN.password });
    await keep('invitation-done');
    await page.goto(String(link));
    expect(await page.locator('h1').textContent()).toBe('This link is over');
    await keep('link-over');
    await page.goto(`${world.hub.issuer}/account`);
    await send('continue', { email: 'ivy@acme.test', password: ANN.password });
    expect(await page.locator('h1').textContent()).toBe('Ivy');
  });

  test('let a person with a link choose a new password, and sign them out elsewhere', async () => {
    const { world, visitor } = stage();
    const elsewhere = await atHome(WIM);
    await elsewhere.keep('wide-account');
    const { link } = await world.made('users/wim/password-link');
    const { page, keep, send } = await visitor();
    await page.goto(String(link));
    expect(await page.locator('.lead').textContent()).toContain(WIDE.email);
    await keep('wide-reset');
    await send('continue', { password: 'another-horse-7-battery' });
    await keep('reset-done');
    await elsewhere.page.reload();
    expect(await elsewhere.page.title()).toBe('Sign in');
  });

  test('hold together with the longest names that are possible', async () => {
    const { world } = stage();
    const wim = { ...WIM, password: 'another-horse-7-battery' };
    const { page, keep, send } = await atHome(wim);
    await page.goto(world.authorize(await world.register(WIDE.client)));
    await send('allow');
    await page.goto(`${world.hub.issuer}/account`);
    await keep('wide-account-agents');
    expect(await page.getByText(WIDE.client).count()).toBe(1);
    await page.goto(`${world.hub.issuer}/oauth/logout?client_id=wide`);
    await keep('wide-logout');
  });

  testGallery(
    stage,
    `account-empty account-agents account-stopped account-sessions account-sign-in signed-out logout logout-nameless
     still-signed-in invitation invitation-wrong invitation-done link-over wide-account wide-reset reset-done
     wide-account-agents wide-logout`,
  );
});
