import { setTimeout as sleep } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startGuarded } from '../kills/servers.ts';
import type { Guarded } from '../kills/servers.ts';
import { inBrowser } from './chromium.ts';
import { criticisePage } from './flow-editor.suite.ts';
import { onStage } from './stage.ts';
import type { World } from './world.ts';

const SECRET = 'a-long-secret-of-a-resource-server';
const LONG = 'a resource server whose name somebody thought about for a very long time indeed'.replaceAll(' ', '-').slice(0, 57);

async function enter(page: Page, world: World, user = 'bob'): Promise<void> {
  const { link } = await world.made(`users/${user}/console-link`);
  await page.goto(String(link));
  await page.getByRole('button', { name: 'Open the console' }).click();
  await page.getByRole('heading', { name: 'Dashboard' }).waitFor();
}

inBrowser('stopping in the console', () => {
  const stage = onStage();
  const guarded: Guarded[] = [];

  beforeAll(async () => {
    const { hub } = stage().world;
    const server = (id: string) => ({ id, name: id, kind: 'service', auth: { secrets: [{ value: SECRET }] } });
    await hub.apply({ clients: [server('listens'), server(LONG)], tenants: [{ id: 'initech', name: 'Initech' }] });
    for (const name of ['listens', LONG])
      guarded.push(await startGuarded({ name, issuer: hub.issuer, resource: 'http://localhost:9000/mcp', secret: SECRET }));
    while (!guarded.every(({ resource }) => resource.signals.state === 'open')) await sleep(50);
  });
  afterAll(async () => {
    for (const one of guarded) await one.close();
  });

  test('nothing was told yet, and the page says so and fits', async () => {
    const { world, visitor } = stage();
    const { page } = await visitor({ bypassCSP: true });
    await enter(page, world);
    await page.goto(`${world.hub.issuer}/console/signals`);
    await page.getByText('Nothing was ever stopped.').waitFor();
    await page.getByRole('cell', { name: 'listening' }).first().waitFor();
    expect(await looked(page, 'console-signals-empty')).toEqual([]);
  });

  test('a tenant is frozen, and each resource server is seen to act on it', async () => {
    const { world, visitor } = stage();
    const { page } = await visitor({ bypassCSP: true });
    await enter(page, world);
    await page.goto(`${world.hub.issuer}/console/tenants/initech`);
    await page.getByRole('button', { name: 'Freeze' }).click();
    await page.getByRole('textbox', { name: 'Reason, for the record' }).fill('they did not pay for a rather long while, says finance');
    await page.getByRole('dialog').getByRole('button', { name: 'Freeze' }).click();
    await page.getByText('they did not pay').waitFor();
    expect(await looked(page, 'console-tenant-frozen')).toEqual([]);
    await page.goto(`${world.hub.issuer}/console/signals`);
    await page
      .getByRole('button', { name: /^Who acted on signal/ })
      .first()
      .click();
    await page.getByRole('table').first().getByRole('cell', { name: 'acknowledged' }).nth(1).waitFor();
    expect(await looked(page, 'console-signals-heard')).toEqual([]);
  });

  test('the whole hub is stopped with a reason that has to be meant, and goes on', async () => {
    const { world, visitor } = stage();
    const { page } = await visitor({ bypassCSP: true });
    await enter(page, world);
    await page.goto(`${world.hub.issuer}/console/signals`);
    await page.getByRole('button', { name: 'Freeze the whole hub' }).click();
    const dialog = page.getByRole('dialog');
    expect(await dialog.getByRole('button', { name: 'Freeze the whole hub' }).isDisabled()).toBe(true);
    await dialog.getByRole('textbox', { name: 'Type everything to go on' }).fill('everything');
    await dialog.getByRole('textbox', { name: 'Reason, for the record' }).fill('a key leaked');
    expect(await looked(page, 'console-hub-dialog')).toEqual([]);
    await dialog.getByRole('button', { name: 'Freeze the whole hub' }).click();
    await page.getByText('The whole hub is frozen').waitFor();
    expect(await (await world.hub.admin('GET', 'hub')).json()).toMatchObject({ state: 'frozen', stop: { reason: 'a key leaked' } });
    expect(await looked(page, 'console-hub-frozen')).toEqual([]);
    await page.getByRole('button', { name: 'Let it go on' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Let it go on' }).click();
    await page.getByRole('button', { name: 'Freeze the whole hub' }).waitFor();
    expect(await (await world.hub.admin('GET', 'hub')).json()).toMatchObject({ state: 'active' });
  });

  test('where letting go takes two, the page says so and it stays frozen', async () => {
    const { world, visitor } = stage();
    await world.hub.admin('PUT', 'settings/containment', { secondPerson: ['tenant'], askedFor: 3_600 });
    const { page } = await visitor({ bypassCSP: true });
    await enter(page, world);
    await page.goto(`${world.hub.issuer}/console/tenants/initech`);
    await page.getByRole('button', { name: 'Unfreeze' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Unfreeze' }).click();
    await page.getByText('takes a second person').waitFor();
    expect(await looked(page, 'console-unfreeze-asked')).toEqual([]);
    await page.keyboard.press('Escape');
    await page.getByText('asked to let it go on').waitFor();
    expect(await (await world.hub.admin('GET', 'tenants/initech')).json()).toMatchObject({ state: 'frozen' });
    expect(await looked(page, 'console-tenant-waits')).toEqual([]);
  });
});

/** As it is, on a desk in the light and on a phone in the dark. */
async function looked(page: Page, name: string): Promise<string[]> {
  const faults: string[] = [];
  for (const [width, colorScheme, asked] of [
    [390, 'dark', 'look'],
    [1280, 'light', 'everything'],
  ] as const) {
    await page.setViewportSize({ width, height: 900 });
    await page.emulateMedia({ colorScheme });
    faults.push(...(await criticisePage(page, `${name}-${width}-${colorScheme}`, asked)));
  }
  return faults;
}
