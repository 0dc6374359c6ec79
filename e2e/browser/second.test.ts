import { expect, test } from 'vitest';
import { appCode } from '../authenticator-app.ts';
import { ANN } from '../harness.ts';
import { inBrowser } from './chromium.ts';
import { onStage, testGallery } from './stage.ts';
import type { Visitor } from './visitor.ts';

/** A security key or the phone's own, in software: the browser's virtual authenticator. */
async function withKey({ page }: Visitor): Promise<void> {
  const session = await page.context().newCDPSession(page);
  await session.send('WebAuthn.enable');
  await session.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
}

inBrowser('a second factor', () => {
  const stage = onStage();

  async function someone(id: string): Promise<{ email: string; password: string }> {
    const who = { email: `${id}@acme.test`, password: ANN.password };
    await stage().world.hub.apply({
      users: [{ id, email: who.email, password: { value: who.password }, tenants: [{ id: 'acme', roles: [] }] }],
    });
    return who;
  }

  async function atHome(who: { email: string; password: string }): Promise<Visitor> {
    const visitor = await stage().visitor();
    await visitor.page.goto(`${stage().world.hub.issuer}/account/security`);
    await visitor.signIn(who);
    return visitor;
  }

  const press = async ({ page }: Visitor, name: string | RegExp): Promise<void> => {
    await Promise.all([page.waitForEvent('domcontentloaded'), page.getByRole('button', { name }).click()]);
  };

  test('is set up with an app on the account page, and asked for from then on', async () => {
    const who = await someone('una');
    const visitor = await atHome(who);
    const { page, keep, send } = visitor;
    await keep('security-none');
    await page.getByRole('link', { name: 'Set up' }).click();
    await keep('security-app');
    await page.getByText('I cannot scan it').click();
    const key = (await page.locator('#secret').textContent()) ?? '';
    await send('continue', { code: '000000' });
    await keep('security-app-wrong');
    await send('continue', { code: appCode(key, 0) });
    await keep('security-codes');
    const [recovery = ''] = await page.locator('.codes code').allTextContents();
    await page.getByRole('link', { name: 'I have put them away' }).click();
    await keep('security-app-on');

    const again = await stage().visitor();
    await again.page.goto(`${stage().world.hub.issuer}/account/security`);
    await again.signIn(who);
    await again.keep('second');
    await again.send('continue', { code: '111111' });
    await again.keep('second-wrong');
    await again.page.getByLabel(/Do not ask again/).check();
    await again.send('continue', { code: appCode(key, 1) });
    expect(await again.page.getByText('One browser').count()).toBe(1);
    await again.keep('security-remembered');

    const lost = await stage().visitor();
    await lost.page.goto(`${stage().world.hub.issuer}/account`);
    await lost.signIn(who);
    await lost.page.getByText('Use a recovery code instead').click();
    await lost.send('continue', { recovery });
    expect(await lost.page.locator('h1').textContent()).toBe(who.email);
  });

  test('may be a passkey, which also signs in alone', async () => {
    const who = await someone('pia');
    const visitor = await atHome(who);
    const { page, keep, send } = visitor;
    await withKey(visitor);
    await page.getByRole('link', { name: 'Add' }).click();
    await keep('passkey-add');
    await press(visitor, 'Make a passkey');
    expect(await page.title()).toBe('Keep these codes');
    await page.getByRole('link', { name: 'I have put them away' }).click();
    await keep('security-passkey');
    expect(await page.getByRole('region', { name: 'Passkeys' }).locator('.what').allTextContents()).toEqual([
      expect.stringContaining(' on '),
      'Another',
    ]);

    await page.goto(`${stage().world.hub.issuer}/account`);
    await send('logout');
    await page.getByRole('link', { name: 'Sign in again' }).click();
    await keep('sign-in-passkey');
    await press(visitor, 'Sign in with a passkey');
    expect(await page.locator('h1').textContent()).toBe(who.email);

    await send('logout');
    await page.getByRole('link', { name: 'Sign in again' }).click();
    await visitor.signIn(who);
    await keep('second-passkey');
    await press(visitor, 'Use your passkey');
    expect(await page.locator('h1').textContent()).toBe(who.email);
  });

  test('is set up on the way, when what an app asks for needs it', async () => {
    const who = await someone('sue');
    const { world } = stage();
    const visitor = await stage().visitor();
    const { page, keep, send } = visitor;
    const { resource } = world.guarded;
    const [risky] = resource.scopes.slice(-1);
    const rule = {
      id: 'second',
      effect: 'require',
      subject: { any: true },
      target: { resources: 'all' },
      scopes: [risky?.name],
      require: { stepUp: true },
    };
    await world.hub.apply({ policies: [rule] });
    await page.goto(world.authorize('desk'));
    await visitor.signIn(who);
    await keep('enrol');
    const key = (await page.locator('#secret').textContent()) ?? '';
    await send('continue', { code: appCode(key, 0) });
    await keep('recovery');
    await send('continue');
    expect(await page.getByRole('checkbox', { name: risky?.name ?? '' }).count()).toBe(1);

    const other = await stage().visitor();
    await other.page.goto(world.authorize('desk'));
    await other.signIn(await someone('sam'));
    await other.send('skip');
    await other.keep('withheld');
    expect(await other.page.getByText('needs a stronger sign-in').count()).toBe(1);
    await world.hub.admin('DELETE', '/admin/v1/policies/second');
  });

  testGallery(
    stage,
    `security-none security-app security-app-wrong security-codes security-app-on second second-wrong security-remembered passkey-add
     security-passkey sign-in-passkey second-passkey enrol recovery withheld`,
  );
});
