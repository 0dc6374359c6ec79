import { expect, test } from 'vitest';
import { ANN } from '../harness.ts';
import { inBrowser } from './chromium.ts';
import { onStage, testGallery } from './stage.ts';
import { WIDE, WIM } from './world.ts';

inBrowser('the console and the pages that only say something', () => {
  const stage = onStage();

  test('a console link opens once, and shows who acts here, by name, and what happened', async () => {
    const { world, visitor } = stage();
    const { page, keep, send, signIn } = await visitor();
    await page.goto(`${world.hub.issuer}/console`);
    expect(await page.locator('h1').textContent()).toBe('The console is locked');
    await keep('console-locked');
    const { link } = await world.made('users/ann/console-link');
    await page.goto(String(link));
    await keep('console-door');
    await send('continue');
    expect(await page.getByText('None yet').count()).toBe(1);
    await keep('console-empty');

    await page.goto(world.authorize('desk'));
    await signIn(ANN);
    await send('allow');
    const wide = await visitor();
    await wide.page.goto(world.authorize(await world.register(WIDE.client)));
    await wide.signIn(WIM);
    await wide.send('allow');
    const [agent] = await world.hub.items('agents?client=desk');
    expect((await world.hub.admin('POST', `agents/${String(agent?.['id'])}/freeze`, { reason: 'to look at it' })).status).toBe(200);

    await page.goto(`${world.hub.issuer}/console/`);
    await keep('console');
    const agents = page.getByRole('region', { name: 'Agents' });
    expect((await agents.locator('.what').allTextContents()).toSorted()).toEqual(['Acme Desk', WIDE.client]);
    expect(await agents.locator('.state.frozen').allTextContents()).toEqual(['frozen']);
    expect(await page.locator('.figures').textContent()).toMatch(/agents\s*2/);
    expect(await page.getByRole('status').textContent()).toContain('whole');
    expect(await page.locator('.log .type').allTextContents()).toContain('agent.frozen');

    const late = await visitor();
    await late.page.goto(String(link));
    expect(await late.page.locator('h1').textContent()).toBe('This link opens nothing');
    await late.keep('console-link-used');
    await send('logout');
    expect(await page.locator('h1').textContent()).toBe('The console is locked');
  });

  test('two browsers that hold the same open link: one gets in', async () => {
    const { world, visitor } = stage();
    const { link } = await world.made('users/ann/console-link');
    const [one, two] = [await visitor(), await visitor()];
    for (const { page } of [one, two]) await page.goto(String(link));
    for (const { send } of [one, two]) await send('continue');
    expect(await one.page.locator('h1').textContent()).toBe('Console');
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
    `console-locked console-door console-empty console console-link-used mail unknown-client unknown-redirect logout-refused
     foreign-journey journey-over`,
  );
});
