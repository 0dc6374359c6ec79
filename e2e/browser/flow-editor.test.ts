import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { ANN } from '../harness.ts';
import { inBrowser } from './chromium.ts';
import { criticisePage, keys } from './flow-editor.suite.ts';
import { onStage } from './stage.ts';
import type { World } from './world.ts';

inBrowser('the editor of flows', () => {
  const stage = onStage();

  test(
    'by keyboard alone: a step-up flow is drawn from nothing, published and assigned, and the next journey runs it',
    { timeout: 180_000 },
    async () => {
      const { world, visitor } = stage();
      const before = await visitor();
      await before.page.goto(world.authorize('desk'));
      await before.signIn(ANN);
      expect(await before.page.title()).toMatch(/^Allow /);

      const { page } = await visitor();
      await enter(page, world);
      const { press, tabTo, type, choose } = keys(page);
      await page.goto(`${world.hub.issuer}/console/flows`);
      await tabTo('New flow');
      await press('Enter');
      await tabTo('Name');
      await type('Second factor for what is risky');
      await tabTo('Draw it');
      await press('Enter');

      await tabTo('Add a node');
      for (const kind of ['identify', 'sign in', 'choose tenant', 'condition']) {
        await type(kind);
        await press('Enter');
        await page.locator('[data-node]:focus').waitFor();
        await press('a');
        await page.locator('[role=combobox]:focus').waitFor();
      }
      expect(await nodes(page)).toEqual(['identify', 'authenticate', 'selectTenant', 'condition']);

      // Back to the canvas, into the fields of the condition, and a name of what is known taken from those offered.
      await press('Escape');
      await press('Enter');
      await tabTo('Id');
      await press('Tab');
      await press('Control+a');
      await type('high');
      await tabTo('When');
      await type('request.ris');
      await press('Enter');
      await type(' == "high"');
      await press('Escape');
      expect(await focused(page)).toBe('condition');

      for (const [kind, id] of [
        ['step up', 'stepUp'],
        ['consent', 'consent'],
        ['complete', 'complete'],
      ]) {
        await press('a');
        await type(kind ?? '');
        await press('Enter');
        await page.locator(`[data-node=${id ?? ''}]:focus`).waitFor();
      }

      // Along the lines back to the condition; its other branch leads to consent, by the menu.
      for (const _ of ['consent', 'stepUp', 'condition']) await press('ArrowLeft');
      expect(await focused(page)).toBe('condition');
      await press('c');
      await choose('otherwise', 'consent');
      expect(await page.locator('[data-node=condition]').getAttribute('aria-label')).toContain('otherwise leads to consent');

      // A mistake and the way back from it.
      await press('Escape');
      await press('Delete');
      expect(await nodes(page)).not.toContain('condition');
      await press('Control+z');
      await page.locator('[data-node=condition]').waitFor();

      await press('Control+s');
      await page.waitForURL(/\/flows\/second-factor-for-what-is-risky$/);
      await tabTo('Publish…');
      await page.locator('button:focus:enabled').waitFor();
      await press('Enter');
      await page.getByRole('dialog').waitFor();
      expect(await page.getByRole('dialog').textContent()).toContain('Nobody yet');
      await tabTo('Publish');
      await press('Enter');
      await page.getByText('version 1', { exact: true }).waitFor();

      await tabTo('Node', { role: 'tab' });
      await press('ArrowLeft');
      await press('Enter');
      await tabTo('Everywhere for its purpose');
      await press('Space');
      await page.locator('input:checked:enabled').and(page.getByLabel('Everywhere for its purpose')).waitFor();

      const after = await visitor();
      await after.page.goto(world.authorize('desk'));
      await after.signIn(ANN);
      expect(await after.page.title()).not.toMatch(/^Allow /);
      expect(await after.page.locator('main').textContent()).toMatch(/authenticator|passkey|second/i);
    },
  );

  test('passes axe, light and dark, at a desk and on a phone', { timeout: 120_000 }, async () => {
    const { world, visitor } = stage();
    const faults: string[] = [];
    for (const look of LOOKS) {
      const { page } = await visitor({ ...look, bypassCSP: true });
      await enter(page, world);
      for (const [name, path] of PAGES) {
        await page.goto(`${world.hub.issuer}/console/${path}`);
        await page.locator('h1').first().waitFor();
        await page.waitForTimeout(300);
        faults.push(...(await criticisePage(page, `${name}-${String(look.viewport.width)}-${look.colorScheme}`)));
      }
      await page.close();
    }
    expect(faults).toEqual([]);
  });
});

const LOOKS = [
  { viewport: { width: 1280, height: 900 }, colorScheme: 'light' },
  { viewport: { width: 390, height: 844 }, colorScheme: 'dark' },
  { viewport: { width: 1280, height: 900 }, colorScheme: 'dark' },
] as const;

const PAGES = [
  ['flows', 'flows'],
  ['flow-built-in', 'flows/authorize'],
  ['flow-template', 'flows/new?id=plan&name=Plans&from=plan-gating'],
  ['flow-empty', 'flows/new?id=nothing&name=Nothing+yet'],
] as const;

/** Into the console by a link, as an administrator at a terminal would make one. */
async function enter(page: Page, world: World): Promise<void> {
  const { link } = await world.made('users/ann/console-link');
  await page.goto(String(link));
  await Promise.all([page.waitForURL(/\/console\/?$/), page.locator('button[name="action"][value="continue"]').click()]);
}

const nodes = (page: Page): Promise<string[]> =>
  page.evaluate<string[]>(`[...document.querySelectorAll('[data-node]')].map((one) => one.dataset.node)`);

const focused = (page: Page): Promise<string> => page.evaluate<string>('document.activeElement?.dataset.node ?? ""');
