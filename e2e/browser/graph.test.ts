// The access graph in the console: drawn, in words, on a phone, by keyboard, and what breaks without something.
import type { Page } from 'playwright-core';
import { beforeAll, expect, test } from 'vitest';
import { ANN } from '../harness.ts';
import { inBrowser } from './chromium.ts';
import { criticisePage } from './flow-editor.suite.ts';
import { onStage } from './stage.ts';
import { WIDE } from './world.ts';
import type { World } from './world.ts';

const SECRET = 'a-long-secret-of-the-server';

/** A server that people's agents reach, which reaches others for them; a frozen service; a wide name; and more people than fit into a drawing. */
async function furnish({ hub, guarded }: World): Promise<void> {
  const { id } = guarded.resource;
  const auth = { secrets: [{ value: SECRET }] };
  await hub.apply({
    resources: [
      {
        id: 'crm',
        name: 'Customers',
        type: 'api',
        uri: 'https://crm.example/api',
        scopes: [{ name: 'customers:read' }, { name: 'customers:write', risk: 'high' }],
      },
      { id: 'wide', name: WIDE.tenant, type: 'api', uri: 'https://wide.example/api', scopes: [{ name: 'w'.repeat(100) }] },
    ],
    clients: [
      {
        id: 'front',
        name: 'Incident server',
        kind: 'service',
        auth,
        grants: ['client_credentials', 'token_exchange'],
        tags: [`resource-server:${id}`],
      },
      { id: 'night', name: 'Night robot', kind: 'service', auth, tenants: ['acme'] },
      { id: 'wide-night', name: WIDE.client, kind: 'service', auth },
      { id: 'idle', name: 'Idle', kind: 'service', auth },
      ...Array.from({ length: 90 }, (_, at) => ({ id: `many-${at}`, name: `Worker ${at}`, kind: 'service', auth })),
    ],
    connections: [{ id: 'mail', name: 'Mail', type: 'api_key', header: 'x-api-key', baseUrl: 'https://mail.example' }],
    credentials: [{ connection: 'mail', owner: { tenant: 'acme' }, value: { value: 'a-key-of-acme' } }],
    policies: [
      {
        id: 'front-crm',
        name: 'The server reads customers',
        effect: 'allow',
        subject: { clients: ['front'] },
        target: { resources: ['crm'] },
        grants: ['token_exchange'],
        scopes: ['customers:read'],
      },
      {
        id: 'front-mail',
        effect: 'allow',
        subject: { clients: ['front'] },
        target: { connections: ['mail'] },
        grants: ['token_exchange'],
        scopes: 'all',
      },
      {
        id: 'night-crm',
        effect: 'allow',
        subject: { clients: ['night'] },
        target: { resources: ['crm'] },
        grants: ['client_credentials'],
        scopes: 'all',
      },
      {
        id: 'careful',
        effect: 'require',
        subject: { any: true },
        target: { resources: ['crm'] },
        scopes: ['customers:write'],
        require: { approval: { from: { users: ['ann'] } } },
      },
      {
        id: 'w'.repeat(128),
        name: WIDE.tenant,
        effect: 'allow',
        subject: { clients: ['wide-night'] },
        target: { resources: ['wide'] },
        scopes: 'all',
      },
      {
        id: 'crowd',
        effect: 'allow',
        subject: { conditions: [{ key: 'client.name', operator: 'matches', value: 'Worker *' }] },
        target: { resources: ['crm'] },
        grants: ['client_credentials'],
        scopes: ['customers:read'],
      },
    ],
  });
}

async function enter(page: Page, world: World): Promise<void> {
  const { link } = await world.made('users/ann/console-link');
  await page.goto(String(link));
  await page.getByRole('button', { name: 'Open the console' }).click();
  await page.getByRole('heading', { name: 'Dashboard' }).waitFor();
}

/** The graph of this is shown, in whichever way. */
async function shown(page: Page, world: World, query: string): Promise<void> {
  await page.goto(`${world.hub.issuer}/console/${query}`);
  await page
    .getByRole('status')
    .filter({ hasText: /ways?$|ways?\s*More$/ })
    .first()
    .waitFor();
}

const LOOKS = [
  [1280, 'light', 'everything'],
  [390, 'dark', 'look'],
] as const;
const OTHERS = [
  [1280, 'dark', 'look'],
  [390, 'light', 'everything'],
] as const;

inBrowser('the access graph in the console', () => {
  const stage = onStage();
  beforeAll(async () => {
    const { world, visitor } = stage();
    await furnish(world);
    const { page, send, signIn } = await visitor();
    await page.goto(world.authorize('desk'));
    await signIn(ANN);
    await send('allow');
    await page.getByText('You can close this').waitFor();
  });

  test('is drawn from whom it is for to what is reached; a box lights its ways and says why', async () => {
    const { world, visitor } = stage();
    const { page } = await visitor();
    await enter(page, world);
    await shown(page, world, 'graph?user=ann');
    const drawing = page.getByRole('group', { name: /^Drawing of the access graph/ });
    await drawing.getByRole('button', { name: /^Customers\s+resource/ }).click();
    await page.getByText('Policy “The server reads customers” allows customers:read at Customers.').waitFor();
    await expect.poll(() => page.getByText(/It presents a token of Acme Desk for/).count()).toBeGreaterThan(0);
    // From there by keyboard: to what makes it, and to who acts.
    await page.keyboard.press('ArrowLeft');
    await page.locator('[data-box="policy:front-crm"]:focus').waitFor();
    await page.keyboard.press('ArrowLeft');
    await page.locator('[data-box="client:front"]:focus').waitFor();
    await page.keyboard.press('Enter');
    await page.getByText('its first token makes the agent').first().waitFor();
    await page.keyboard.press('Escape');
    await page.getByText('Choose a box to read why.').waitFor();
  });

  test('says what breaks without a rule, and colours it', async () => {
    const { world, visitor } = stage();
    const { page } = await visitor();
    await enter(page, world);
    await shown(page, world, 'graph?user=ann');
    await page.getByLabel('What breaks without').selectOption('policy:front-crm');
    await page.getByText('Incident server loses customers:read at Customers for Ann').waitFor();
    await page.locator('.graph .react-flow__edge.gone').nth(1).waitFor({ state: 'attached' });
    await page.getByRole('button', { name: 'List' }).click();
    await page.getByText('would go').waitFor();
    await expect.poll(() => page.getByText('without customers:read').count()).toBe(1);
  });

  test('is the tab of an agent, of a resource and of a rule', async () => {
    const { world, visitor } = stage();
    const { page } = await visitor();
    await enter(page, world);
    const [agent] = await world.hub.items('agents?client=desk');
    for (const [path, words] of [
      [`agents/${String(agent?.['id'])}?tab=reach`, 'Acme Desk for'],
      ['resources/crm?tab=reach', 'Incident server'],
      ['policies/front-mail?tab=reach', 'Mail'],
    ] as const) {
      await shown(page, world, path);
      const box = page
        .locator('[data-box]')
        .filter({ hasText: new RegExp(`^${words}`) })
        .first();
      await box.waitFor();
      expect(await box.textContent(), path).toContain(words);
    }
  });

  test('passes axe in light and dark, fits a phone, and says what is nothing, stopped or too much', { timeout: 240_000 }, async () => {
    const { world, visitor } = stage();
    const { page, problems } = await visitor({ bypassCSP: true });
    await world.made('clients/night/freeze', { reason: 'test' });
    await enter(page, world);
    const faults: string[] = [];
    for (const path of [
      'graph',
      'graph?user=ann&without=policy:front-crm',
      'graph?client=night',
      'graph?client=idle',
      'graph?client=wide-night',
      'graph?resource=crm',
      'graph?user=nobody',
    ]) {
      if (path === 'graph' || path.endsWith('nobody')) await page.goto(`${world.hub.issuer}/console/${path}`);
      else await shown(page, world, path);
      await page.locator('h1').first().waitFor();
      await page.getByRole('status', { name: 'Loading' }).first().waitFor({ state: 'detached' });
      const both = path.includes('without') ? OTHERS : [];
      for (const [width, colorScheme, asked] of [...LOOKS, ...both]) {
        await page.setViewportSize({ width, height: 900 });
        await page.emulateMedia({ colorScheme });
        faults.push(...(await criticisePage(page, `graph-${path.replaceAll(/\W+/g, '-').slice(0, 40)}-${width}-${colorScheme}`, asked)));
      }
      await page.setViewportSize({ width: 1280, height: 900 });
    }
    expect(faults).toEqual([]);
    await shown(page, world, 'graph?client=night');
    await page.getByRole('button', { name: 'List' }).click();
    await page.getByText('The client Night robot is frozen.').first().waitFor();
    await shown(page, world, 'graph?resource=crm');
    const more = page.getByRole('button', { name: 'More', exact: true });
    while ((await more.count()) > 0) {
      const part = page.waitForResponse((answer) => answer.url().includes('/admin/v1/graph?'));
      await more.click();
      await part;
      await page.getByRole('button', { name: 'Reading …' }).waitFor({ state: 'detached' });
    }
    await page.getByText('are too many to draw').waitFor();
    // The address of nobody answers 404, which the browser notes.
    for (const problem of problems.splice(0)) expect(problem).toMatch(/graph\?/);
  });
});
