import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { beforeAll, expect, test } from 'vitest';
import { inBrowser } from './chromium.ts';
import { onStage } from './stage.ts';
import type { World } from './world.ts';

const SECRET = 'a-long-secret-of-the-clerk-robot';
const BOOKS = 'https://books.example/api';

async function furnish({ hub }: World): Promise<void> {
  await hub.apply({
    resources: [
      { id: 'books', type: 'api', uri: BOOKS, name: 'Books', scopes: [{ name: 'books:read' }, { name: 'books:write', risk: 'high' }] },
    ],
    clients: [{ id: 'clerk', name: 'Clerk', kind: 'service', auth: { secrets: [{ value: SECRET }] } }],
    policies: [
      { id: 'clerk-reads', effect: 'allow', subject: { clients: ['clerk'] }, target: { resources: ['books'] }, scopes: ['books:read'] },
    ],
    sinks: [
      { id: 'siem', type: 'webhook', url: 'https://siem.example/in', secret: { value: `whsec_${Buffer.alloc(32, 7).toString('base64')}` } },
    ],
  });
}

async function ask({ hub }: World, scope: string): Promise<number> {
  const authorization = `Basic ${Buffer.from(`clerk:${SECRET}`).toString('base64')}`;
  const body = new URLSearchParams({ grant_type: 'client_credentials', resource: BOOKS, scope });
  return (await fetch(`${hub.issuer}/oauth/token`, { method: 'POST', headers: { authorization }, body })).status;
}

async function enter(page: Page, world: World): Promise<void> {
  const { link } = await world.made('users/ann/console-link');
  await page.goto(String(link));
  await page.getByRole('button', { name: 'Open the console' }).click();
  await page.getByRole('heading', { name: 'Dashboard' }).waitFor();
}

inBrowser('the record in the console', () => {
  const stage = onStage();
  beforeAll(async () => {
    const { world } = stage();
    await furnish(world);
    const got = [await ask(world, 'books:read'), await ask(world, 'books:write')].join(' ');
    if (got !== '200 400') throw new Error(`the clerk got ${got}`);
  });

  const types = (page: Page): Promise<string[]> => page.getByRole('table').getByRole('row').locator('td:nth-child(2)').allTextContents();

  test('it is narrowed by its figures, and what is left out stays out', async () => {
    const { world, visitor } = stage();
    const { page } = await visitor();
    await enter(page, world);
    await page.goto(`${world.hub.issuer}/console/audit`);
    await page.getByRole('table').waitFor();
    expect(await types(page)).not.toContain('admin.read');
    await page
      .getByRole('region', { name: 'Client' })
      .getByRole('button', { name: /^clerk/ })
      .click();
    await page.getByRole('button', { name: 'Take the filter client clerk away' }).waitFor();
    await page.getByRole('button', { name: 'Leave token.issued out' }).click();
    await page.getByRole('button', { name: 'Take the filter event token.issued away' }).waitFor();
    await page.getByRole('link', { name: 'token.refused' }).first().waitFor();
    await expect.poll(() => types(page)).not.toContain('token.issued');
    expect(new URL(page.url()).searchParams.get('without')).toBe('token.issued');
    await page.getByRole('button', { name: 'Clear all' }).click();
    await expect.poll(() => types(page)).toContain('token.issued');
    await page.getByRole('checkbox', { name: 'Show reads' }).check();
    await expect.poll(() => types(page)).toContain('admin.read');
  });

  test('it says whether it is kept outside, and leads to where that is set', async () => {
    const { world, visitor } = stage();
    const { page } = await visitor();
    await enter(page, world);
    await page.goto(`${world.hub.issuer}/console/audit`);
    await page.getByText('An anchor keeps a copy').waitFor();
    await page.getByRole('link', { name: 'Set one' }).click();
    const setting = page.locator('#anchor');
    await setting.getByText('There is none.').waitFor();
    await setting.getByRole('combobox', { name: 'Kind' }).selectOption('http');
    await setting.getByRole('textbox', { name: 'URL' }).fill('https://keeper.example/in');
    await setting.getByRole('button', { name: 'Save Anchor' }).click();
    await setting.getByText('As it is in force.').waitFor();
    await page.reload();
    await expect.poll(() => setting.getByRole('textbox', { name: 'URL' }).inputValue()).toBe('https://keeper.example/in');

    await page.goto(`${world.hub.issuer}/console/audit`);
    const card = page.getByRole('region', { name: 'Kept outside' });
    await card.getByText('https://keeper.example/in').waitFor();
    expect(await card.textContent()).toMatch(/\(by HTTP\)\. Last anchored never; (nothing waits|\d+ chains? waits?, for )/);
    await card.getByRole('link', { name: 'Setting' }).click();
    await setting.getByRole('button', { name: 'Remove Anchor' }).click();
    await page.getByRole('textbox', { name: 'Type anchor to go on' }).fill('anchor');
    await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
    await setting.getByText('There is none.').waitFor();
    expect(await (await world.hub.admin('GET', 'settings/anchor')).json()).toEqual({ anchor: null, health: null });
  });

  test('it says what was done to an object, whoever did it', async () => {
    const { world, visitor } = stage();
    const { page, problems } = await visitor();
    await enter(page, world);
    await page.goto(`${world.hub.issuer}/console/audit?target=${encodeURIComponent('client:clerk')}`);
    await page.getByRole('table').waitFor();
    expect(new Set(await page.getByRole('table').getByRole('row').locator('td:nth-child(4)').allTextContents())).toEqual(
      new Set(['clientclerk']),
    );
    await page.goto(`${world.hub.issuer}/console/audit?target=clerk`);
    await page.getByRole('alert').first().waitFor();
    expect(await page.getByRole('alert').first().textContent()).toContain('agent:agt_1');
    for (const problem of problems.splice(0)) expect(problem).toContain('400');
  });

  test('it is followed live, and taken along', async () => {
    const { world, visitor } = stage();
    const { page } = await visitor();
    await enter(page, world);
    await page.goto(`${world.hub.issuer}/console/audit?type=token.refused`);
    await page.getByRole('table').waitFor();
    const before = (await types(page)).length;
    await page.getByRole('checkbox', { name: 'Follow live' }).check();
    await page.getByText('The newest 50').waitFor();
    expect(await ask(world, 'books:write')).toBe(400);
    await expect.poll(async () => (await types(page)).length, { timeout: 20_000 }).toBe(before + 1);
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'NDJSON' }).click()]);
    const [line = ''] = readFileSync(await download.path(), 'utf8').split('\n');
    expect(JSON.parse(line)).toMatchObject({ type: 'token.refused', actor: { client: 'clerk' } });
  });

  test('one entry leads to what else happened in its transaction, and the whole is verified', async () => {
    const { world, visitor } = stage();
    const { page } = await visitor();
    await enter(page, world);
    await page.goto(`${world.hub.issuer}/console/audit?type=token.issued&client=clerk`);
    await page.getByRole('link', { name: 'token.issued' }).first().click();
    await page.getByRole('heading', { name: 'In the same transaction' }).waitFor();
    await page.getByRole('link', { name: 'The chain, drawn' }).click();
    await page.getByRole('region', { name: 'Drawing of the chain' }).waitFor();
    await page.goto(`${world.hub.issuer}/console/audit`);
    await page.getByRole('button', { name: 'Verify' }).click();
    await page.getByText('The record is whole').waitFor();
    expect(await page.getByRole('dialog').getByRole('alert').count()).toBe(0);
  });

  test('a sink that cannot be reached says so, and is tried by hand', async () => {
    const { world, visitor } = stage();
    const { page } = await visitor();
    await enter(page, world);
    await page.goto(`${world.hub.issuer}/console/sinks/siem?tab=delivery`);
    await page.getByRole('button', { name: 'Send a test entry' }).click();
    await page.getByRole('heading', { name: 'Dead letters' }).waitFor();
    await expect.poll(async () => (await world.hub.items('events?type=sink.tested')).length).toBeGreaterThan(0);
    await page.getByRole('button', { name: 'Deliver again' }).click();
    await page.getByRole('combobox', { name: 'Which entries' }).selectOption('beginning');
    await page.getByRole('dialog').getByRole('button', { name: 'Deliver again' }).click();
    await page.getByText('are delivered again').waitFor();
  });

  test('a setting is changed by its form, and what the hub refuses stands at its field', async () => {
    const { world, visitor } = stage();
    const { page, problems } = await visitor();
    await enter(page, world);
    await page.goto(`${world.hub.issuer}/console/settings`);
    const retention = page.getByRole('textbox', { name: 'Months' });
    await retention.fill('0');
    await page.getByRole('button', { name: 'Save Retention' }).click();
    await page.getByText('Nothing was changed.').waitFor();
    expect(await retention.getAttribute('aria-invalid')).toBe('true');
    await retention.fill('24');
    await page.getByRole('button', { name: 'Save Retention' }).click();
    await expect.poll(async () => (await world.hub.admin('GET', 'settings/retention')).json()).toMatchObject({ months: 24 });
    for (const problem of problems.splice(0)) expect(problem).toContain('400');
  });
});
