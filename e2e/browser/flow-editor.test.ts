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
      expect(await page.locator('[data-part=said]').textContent()).toMatch(/^Complete added after consent, branch next, called complete\./);

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
      // Closed for as long as the draft is being saved or judged; nobody can stop at a button then.
      await page.getByRole('dialog').getByRole('button', { name: 'Publish', disabled: false }).waitFor();
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

  test('text and canvas are one flow: what is written is drawn, what is drawn is written, and a fault has its line', async () => {
    const { world, visitor } = stage();
    const { page } = await visitor();
    await enter(page, world);
    await page.goto(`${world.hub.issuer}/console/flows/new?id=written&name=Written&from=step-up-on-risk`);
    await page.getByRole('tab', { name: 'Text' }).click();
    const text = page.getByLabel('The flow as text');
    const before = await text.inputValue();

    await text.fill(before.replaceAll('"second"', '"further"'));
    await page.locator('[data-node=further]').waitFor();
    expect(await nodes(page)).not.toContain('second');

    await text.fill(before.replace('"stepUp"', '"stepsUp"'));
    const fault = page.getByRole('list', { name: 'Faults in the text' }).getByRole('button');
    const line = before.split('\n').findIndex((one) => one.includes('"stepUp"')) + 1;
    expect(await fault.textContent()).toMatch(new RegExp(`^Line ${String(line)} · nodes\\[4\\]\\.kind: must be one of`));
    await fault.click();
    expect(await page.evaluate<number>(CARET)).toBe(line);
    expect(await nodes(page)).toContain('further');
    await page.getByRole('button', { name: 'Back to what is drawn' }).click();

    await page.locator('[data-node=further]').focus();
    await page.keyboard.press('Delete');
    await page.getByRole('tab', { name: 'Text' }).click();
    expect(await text.inputValue()).not.toContain('further');
  });

  test('runs what is drawn: pages and calls are answered, contexts shown, the way lit, and the phone shows the page', async () => {
    const { world, visitor } = stage();
    const { page } = await visitor();
    await enter(page, world);
    await page.goto(`${world.hub.issuer}/console/flows/new?id=planned&name=Planned&from=plan-gating`);
    await page.getByRole('button', { name: 'Run here' }).click();
    await page.getByLabel('Client').selectOption({ label: 'Acme Desk' });
    await page.getByLabel('User').selectOption({ label: 'Ann Archer' });
    await page.getByRole('button', { name: 'Run', exact: true }).click();
    const stands = page.getByRole('region', { name: 'Where it stands' });
    await stands.getByText('The page on a phone').click();
    await expect.poll(() => stands.getByRole('img', { name: /Sign in/ }).count()).toBe(1);
    await stands.getByRole('button', { name: 'Password', exact: true }).click();

    await stands.getByText('GET https://api.example.com/plans/ann', { exact: true }).waitFor();
    // A secret is a name here, and nothing else.
    expect(await stands.textContent()).toContain('"secret": "plan-api"');
    await stands.getByLabel('Body (JSON)').fill('{"tier":"free"}');
    await stands.getByRole('button', { name: 'It answers so' }).click();
    await stands
      .getByText(/You are on free/)
      .first()
      .waitFor();
    await expect.poll(() => page.getByRole('list', { name: 'Steps' }).textContent()).toContain('steps.plan.tier');
    await page.locator('[data-node=free][data-lit=here]').waitFor();
    await expect.poll(() => page.locator('[data-lit=passed]').count()).toBe(5);

    await page.getByRole('button', { name: 'One answer back' }).click();
    await stands.getByLabel('Body (JSON)').fill('{"tier":"pro"}');
    await stands.getByRole('button', { name: 'It answers so' }).click();
    await stands.getByRole('button', { name: 'Allow', exact: true }).click();
    await stands.getByText('The journey went through.', { exact: true }).waitFor();
    await expect.poll(() => stands.textContent()).toMatch(/claim plan.*"pro"/);
  });

  test('a version is compared with the draft and comes back; what somebody else saved meanwhile is not written over', async () => {
    const { world, visitor } = stage();
    const { page } = await visitor();
    await enter(page, world);
    await page.goto(`${world.hub.issuer}/console/flows/new?id=versions&name=Versions&from=consent-with-choice`);
    const publish = async (): Promise<void> => {
      await page.getByRole('button', { name: 'Publish…' }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Publish', exact: true }).click();
      await page.getByRole('dialog').waitFor({ state: 'detached' });
    };
    await page.getByRole('button', { name: 'Save draft' }).click();
    await page.waitForURL(/\/flows\/versions$/);
    await publish();

    // Taken from the palette with a mouse, let go on the canvas.
    const canvas = page.locator('.react-flow__pane');
    await page.getByRole('option', { name: 'Audit event' }).dragTo(canvas, { targetPosition: { x: 260, y: 420 } });
    await page.locator('[data-node=event]').waitFor();
    await page.locator('[data-node=event]').focus();
    await page.keyboard.press('Delete');
    await page.locator('[data-node=consent]').click();
    await page.getByLabel('Remember').click();
    await publish();
    await page.getByText('version 2', { exact: true }).waitFor();

    await page.getByRole('tab', { name: 'Versions' }).click();
    const first = page.getByRole('listitem').filter({ has: page.getByRole('heading', { name: 'Version 1' }) });
    await first.getByRole('button', { name: 'Compare with the draft' }).click();
    await first.getByText('consent (consent)').waitFor();
    await page.locator('[data-mark=changed]').waitFor();
    await first.getByRole('button', { name: 'Roll back' }).click();
    await first.getByRole('button', { name: 'Roll back to version 1' }).click();
    await page.getByText('version 3', { exact: true }).waitFor();

    const other = await visitor();
    await enter(other.page, world);
    for (const one of [page, other.page]) {
      await one.goto(`${world.hub.issuer}/console/flows/versions`);
      await one.getByLabel('Description').fill(one === page ? 'Mine' : 'Yours');
    }
    await page.getByRole('button', { name: 'Save draft' }).click();
    await page.getByText('draft is ahead').waitFor();
    await other.page.getByRole('button', { name: 'Save draft' }).click();
    await other.page.getByRole('alert').waitFor();
    expect(await other.page.getByRole('alert').textContent()).toContain('Somebody else has changed this flow');
    other.problems.length = 0;
  });

  test('a built-in flow is drawn anew, copied, and comes back as it came', async () => {
    const { world, visitor } = stage();
    const { page } = await visitor();
    await enter(page, world);
    await page.goto(`${world.hub.issuer}/console/flows/device`);
    await page.getByLabel('Description').fill('Ours');
    await page.keyboard.press('Control+s');
    await page.getByText('draft is ahead').waitFor();
    expect(await page.getByText('as it came').count()).toBe(1);
    await page.getByRole('button', { name: 'Restore what came with the hub…' }).click();
    await page.getByRole('button', { name: 'Restore what came with the hub', exact: true }).click();
    await page.waitForURL(/\/flows$/);
    await page.getByRole('button', { name: 'New flow' }).click();
    await page.getByLabel('Begin with', { exact: true }).selectOption('flow:device');
    await page.getByRole('textbox', { name: 'Name' }).fill('Our devices');
    await page.getByRole('button', { name: 'Draw it' }).click();
    await page.locator('[data-node=again]').waitFor();
    expect(await page.getByLabel('Purpose').inputValue()).toBe('device');
    await page.getByRole('button', { name: 'Save draft' }).click();
    await page.waitForURL(/\/flows\/our-devices$/);
  });

  test('passes axe, light and dark, at a desk and on a phone', { timeout: 300_000 }, async () => {
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
      if (look.viewport.width > 1000) faults.push(...(await criticiseParts(page, world, look.colorScheme)));
      await page.close();
    }
    expect(faults).toEqual([]);
  });
});

/** Every part of the editor, with something in it, and something wrong. */
async function criticiseParts(page: Page, { hub }: World, scheme: string): Promise<string[]> {
  const faults: string[] = [];
  const look = async (name: string): Promise<void> => {
    await page.waitForTimeout(300);
    faults.push(...(await criticisePage(page, `flow-${name}-${scheme}`)));
  };
  const open = (tab: RegExp): Promise<void> => page.getByRole('tab', { name: tab }).click();
  await page.goto(`${hub.issuer}/console/flows/new?id=parts-${scheme}&name=Every+part&from=plan-gating`);
  await page.locator('[data-node=plan]').click();
  await look('http');
  await page.locator('[data-node=paid]').focus();
  await page.keyboard.press('Enter');
  await page.getByLabel('When').fill('user.ag');
  await look('names');
  await page.keyboard.press('Escape');
  await open(/Checks/);
  await look('checks');
  await page.keyboard.press('Control+z');
  await page.getByRole('button', { name: 'Save draft' }).click();
  await page.waitForURL(/\/flows\/parts-/);
  await open(/Run/);
  await page.getByRole('button', { name: 'Run', exact: true }).click();
  await page.getByRole('region', { name: 'Where it stands' }).getByText('The page on a phone').click();
  await look('run');
  await open(/Text/);
  await page.getByLabel('The flow as text').fill('{ "id": "parts" }');
  await look('text');
  await page.getByRole('button', { name: 'Publish…' }).click();
  await look('publish');
  return faults;
}

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

/** The line that the caret is in. */
const CARET = `document.activeElement.value.slice(0, document.activeElement.selectionStart).split('\\n').length`;

const nodes = (page: Page): Promise<string[]> =>
  page.evaluate<string[]>(`[...document.querySelectorAll('[data-node]')].map((one) => one.dataset.node)`);

const focused = (page: Page): Promise<string> => page.evaluate<string>('document.activeElement?.dataset.node ?? ""');
