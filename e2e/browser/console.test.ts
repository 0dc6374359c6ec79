import { expect, test } from 'vitest';
import { inBrowser } from './chromium.ts';
import { onStage, testGallery } from './stage.ts';
import { WIDE } from './world.ts';

inBrowser('the console and the pages that only say something', () => {
  const stage = onStage();

  test('a console link opens once, and leaving closes what it opened', async () => {
    const { world, visitor } = stage();
    const { page, keep } = await visitor();
    await page.goto(`${world.hub.issuer}/console`);
    await page.waitForURL(/\/journey\//);
    const { link } = await world.made('users/ann/console-link');
    await page.goto(String(link));
    await keep('console-door');
    await page.getByRole('button', { name: 'Open the console' }).click();
    await page.getByRole('heading', { name: 'Dashboard' }).waitFor();

    const late = await visitor();
    await late.page.goto(String(link));
    expect(await late.page.locator('h1').textContent()).toBe('This link opens nothing');
    await late.keep('console-link-used');
    await page.getByRole('button', { name: 'Leave the console' }).click();
    await page.waitForURL(/\/(account|journey)/);
    await page.goto(`${world.hub.issuer}/console/agents`);
    await page.waitForURL(/\/journey\//);
  });

  test('two browsers that hold the same open link: one gets in', async () => {
    const { world, visitor } = stage();
    const { link } = await world.made('users/ann/console-link');
    const [one, two] = [await visitor(), await visitor()];
    for (const { page } of [one, two]) await page.goto(String(link));
    for (const { send } of [one, two]) await send('continue');
    await one.page.getByRole('heading', { name: 'Dashboard' }).waitFor();
    expect(await two.page.locator('h1').textContent()).toBe('This link opens nothing');
  });

  test('mails that go nowhere are shown in development', async () => {
    const { world, visitor } = stage();
    const { page, keep, send } = await visitor();
    await page.goto(world.authorize('desk'));
    await send('email_code', { email: WIDE.email });
    await page.goto(`${world.hub.issuer}/dev/mail`);
    expect(await page.locator('.what').count()).toBeGreaterThan(0);
    await keep('mail');
  });

  test('a request that cannot be followed ends on a page, and nothing is sent to the address it names', async () => {
    const { world, visitor } = stage();
    const { page, keep } = await visitor();
    const before = world.callback.called.length;
    await page.goto(world.authorize('nobody-knows-me'));
    expect(await page.locator('h1').textContent()).toBe('This request cannot be followed');
    await keep('unknown-client');
    await page.goto(world.authorize('hosted', { redirect_uri: 'https://evil.example/callback' }));
    expect(await page.locator('h1').textContent()).toBe('This request cannot be followed');
    await keep('unknown-redirect');
    await page.goto(`${world.hub.issuer}/oauth/logout?post_logout_redirect_uri=https://evil.example/`);
    await keep('logout-refused');
    expect(world.callback.called.length).toBe(before);
  });

  test('a page of another browser is not shown, and a page that was answered is over', async () => {
    const { world, visitor } = stage();
    const [mine, other] = [await visitor(), await visitor()];
    await mine.page.goto(world.authorize('desk'));
    await other.page.goto(mine.page.url());
    expect(await other.page.locator('h1').textContent()).toBe('This page cannot be shown');
    await other.keep('foreign-journey');
    const journey = mine.page.url();
    await mine.send('cancel');
    await mine.page.goto(journey);
    await mine.keep('journey-over');
    expect(await mine.page.locator('form').count()).toBe(0);
  });

  testGallery(
    stage,
    `console-door console-link-used mail unknown-client unknown-redirect logout-refused
     foreign-journey journey-over`,
  );
});
