import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { beforeAll, expect, test } from 'vitest';
import { appCode } from '../authenticator-app.ts';
import { ANN } from '../harness.ts';
import { inBrowser } from './chromium.ts';
import { criticisePage, keys } from './flow-editor.suite.ts';
import { onStage } from './stage.ts';
import { WIDE } from './world.ts';
import type { World } from './world.ts';

const SECRET = 'a-long-secret-of-the-night-robot';
const LEDGER = 'https://ledger.example/api';

/** A hub in which something goes on: a service with a token, rules of every effect, a rule in shadow, the longest names there may be. */
async function furnish({ hub }: World): Promise<void> {
  const auth = { secrets: [{ value: SECRET }] };
  await hub.apply({
    resources: [
      {
        id: 'ledger',
        type: 'api',
        uri: LEDGER,
        name: 'Ledger',
        scopes: [
          { name: 'ledger:read', title: 'Read the ledger' },
          { name: 'ledger:write', risk: 'high' },
        ],
        tools: [{ name: 'book', scopes: ['ledger:write'] }],
      },
      { id: 'desk', type: 'mcp', uri: 'https://desk.example/mcp', name: 'Desk', scopes: [{ name: 'desk:read' }] },
    ],
    clients: [
      { id: 'robot', name: 'Night robot', kind: 'service', auth },
      { id: 'wide-robot', name: WIDE.client.padEnd(200, 'w'), kind: 'service', auth },
    ],
    policies: [
      {
        id: 'robots-read',
        effect: 'allow',
        subject: { clients: ['robot', 'wide-robot'] },
        target: { resources: ['ledger'] },
        scopes: ['ledger:read'],
      },
      { id: 'robots-write', state: 'shadow', effect: 'allow', subject: { any: true }, target: { resources: ['ledger'] }, scopes: 'all' },
      {
        id: 'w'.repeat(128),
        name: WIDE.tenant,
        effect: 'require',
        subject: { conditions: [{ any: [{ key: 'client.status', operator: 'equals', value: 'unverified' }] }] },
        target: { resources: 'all' },
        require: { stepUp: true, maxLifetime: 300 },
      },
      {
        id: 'console-readers',
        effect: 'allow',
        subject: { clients: ['writ-console'] },
        target: { resources: ['writ-admin'] },
        grants: ['authorization_code'],
        scopes: ['admin:policies:read', 'admin:agents:read', 'admin:agents:write'],
      },
    ],
    policyTests: [
      {
        id: 'no-writes',
        request: { client: 'robot', resource: 'ledger', scopes: ['ledger:write'], grant: 'client_credentials' },
        expect: { outcome: 'deny' },
      },
    ],
    connections: [{ id: 'mailgun', name: 'Mailgun', type: 'api_key', baseUrl: 'https://api.mailgun.example', header: 'authorization' }],
    sinks: [
      { id: 'siem', type: 'webhook', url: 'https://siem.example/in', secret: { value: `whsec_${Buffer.alloc(32, 7).toString('base64')}` } },
    ],
    roles: [{ name: 'auditor', permissions: ['read'] }],
  });
}

async function tokenFor({ hub }: World, client: string): Promise<number> {
  const form = { grant_type: 'client_credentials', resource: LEDGER, scope: 'ledger:read ledger:write' };
  const authorization = `Basic ${Buffer.from(`${client}:${SECRET}`).toString('base64')}`;
  const headers = { authorization, 'content-type': 'application/x-www-form-urlencoded' };
  return (await fetch(`${hub.issuer}/oauth/token`, { method: 'POST', headers, body: new URLSearchParams(form).toString() })).status;
}

async function enter(page: Page, world: World): Promise<void> {
  const { link } = await world.made('users/ann/console-link');
  await page.goto(String(link));
  await page.getByRole('button', { name: 'Open the console' }).click();
  await page.getByRole('heading', { name: 'Dashboard' }).waitFor();
}

/** Nothing is being read any more, and nothing went wrong while it was. */
async function settled(page: Page): Promise<void> {
  await page.locator('h1').first().waitFor();
  await page
    .getByRole('status', { name: /^(Loading|Counting)$/ })
    .first()
    .waitFor({ state: 'detached' });
}

const LOOKS = [
  [1280, 'light', 'everything'],
  [390, 'dark', 'look'],
] as const;

inBrowser('the console', () => {
  const stage = onStage();
  beforeAll(async () => {
    const { world } = stage();
    await furnish(world);
    const statuses = [await tokenFor(world, 'robot'), await tokenFor(world, 'wide-robot')];
    if (statuses.some((status) => status !== 200)) throw new Error(`no tokens for the robots: ${statuses.join(', ')}`);
  });

  test('every page shows what there is, passes axe in light and dark, and fits a phone', { timeout: 420_000 }, async () => {
    const { world, visitor } = stage();
    const first = async (path: string): Promise<string> => encodeURIComponent(String((await world.hub.items(path))[0]?.['id']));
    const [agent, event, decision] = [
      await first('agents?client=robot'),
      await first('events?type=token.issued'),
      await first('decisions'),
    ];
    const [issued] = await world.hub.items('events?type=token.issued');
    const { page, problems } = await visitor({ bypassCSP: true });
    await enter(page, world);
    const paths = [
      '',
      'agents',
      `agents/${agent}`,
      `agents/${agent}?tab=access`,
      'agents?verified=false&risk=high&q=night',
      'advice',
      'knocks',
      'drifts',
      'stopped',
      'grants',
      'approvals',
      'clients',
      'clients/robot',
      'clients/wide-robot?tab=secrets',
      'clients/robot?tab=edit',
      'resources',
      'resources/ledger?tab=scopes',
      'resources/ledger?tab=connect',
      'resources/desk?tab=connect',
      'resources/ledger?tab=test',
      'connections',
      'connections/mailgun',
      'connections/mailgun?tab=connect',
      'credentials',
      'policies',
      'policies/+new',
      `policies/${'w'.repeat(128)}`,
      'policies/robots-write?tab=history',
      'policies/robots-write?tab=replay',
      'policies/robots-write?tab=code',
      'simulate',
      'policy-tests',
      'decisions',
      `decisions/${decision}`,
      'users',
      'users/ann?tab=factors',
      'users/wim',
      'tenants',
      'tenants/wide',
      'roles',
      'roles/auditor',
      'audit',
      'audit?client=robot&without=token.issued&reads=shown',
      `audit/${event}`,
      `audit/txn/${String(issued?.['txn'])}`,
      'signals',
      'sinks',
      'sinks/siem?tab=delivery',
      'sinks/siem?tab=edit',
      'settings',
      'keys',
      'issuers',
      'issuers/+new',
      'identity-providers',
      'identity-providers/+new',
      'flow-secrets',
      'flow-secrets/+new',
      'clients/nobody',
      'nowhere',
    ];
    const faults: string[] = [];
    for (const path of paths) {
      await page.goto(`${world.hub.issuer}/console/${path}`);
      await settled(page);
      if (path !== 'clients/nobody') expect(await page.getByRole('alert').allTextContents(), path).toEqual([]);
      for (const [width, colorScheme, asked] of LOOKS) {
        await page.setViewportSize({ width, height: 900 });
        await page.emulateMedia({ colorScheme });
        faults.push(...(await criticisePage(page, `console-${path.replaceAll(/\W+/g, '-').slice(0, 40)}-${width}-${colorScheme}`, asked)));
      }
    }
    expect(faults).toEqual([]);
    // The address of nobody answers 404, which the browser notes, and so does the newest signal about what was never stopped.
    for (const problem of problems.splice(0)) expect(problem).toMatch(/clients\/nobody|signals\/newest/);
  });

  test('an overview says what an object holds in lines that people read, at most a list of them folded away', async () => {
    const { world, visitor } = stage();
    const { page } = await visitor();
    await enter(page, world);
    for (const path of ['resources/ledger', 'clients/robot', 'users/ann', 'connections/mailgun', 'sinks/siem', 'tenants/acme']) {
      await page.goto(`${world.hub.issuer}/console/${path}`);
      await settled(page);
      const facts = (await page.locator('main dl').first().textContent()) ?? '';
      expect([path, facts.length > 20, /[{}[\]"]/.test(facts)]).toEqual([path, true, false]);
    }
  });

  test('a person signs in by the hub, to the page that was asked for, with the rights that policy gives', async () => {
    const { world, visitor } = stage();
    const { page, signIn, problems } = await visitor();
    await page.goto(`${world.hub.issuer}/console/policies?effect=deny`);
    await page.waitForURL(/\/journey\//);
    await signIn(ANN);
    // Rights to change want a second factor, which is offered; without one the console is for reading.
    await page.getByRole('button', { name: 'Not now' }).click();
    await page.waitForURL(`${world.hub.issuer}/console/policies?effect=deny`);
    await settled(page);
    expect(await page.locator('h1').textContent()).toBe('Policies');
    await page.getByText('You may read here and change nothing').waitFor();
    await page.getByText('second factor').waitFor();
    await page.goto(`${world.hub.issuer}/console/users`);
    expect(await page.getByRole('alert').first().textContent()).toContain('admin:users:read');
    await page.getByRole('button', { name: 'Leave the console' }).click();
    await page.waitForURL(/\/account/);
    await page.goto(`${world.hub.issuer}/console/policies`);
    await page.waitForURL(`${world.hub.issuer}/console/policies`);
    // What may not be read is a 403 on the browser's console as well; that one is the point.
    for (const problem of problems.splice(0)) expect(problem).toMatch(/403|401/);
  });

  test('a person with two factors may change what policy lets them change', async () => {
    const { world, visitor } = stage();
    const who = { email: 'una@acme.test', password: ANN.password };
    await world.hub.apply({
      users: [{ id: 'una', email: who.email, password: { value: who.password }, tenants: [{ id: 'acme', roles: [] }] }],
    });
    const { page, signIn, send, problems } = await visitor();
    await page.goto(`${world.hub.issuer}/console/agents?client=robot`);
    await page.waitForURL(/\/journey\//);
    await signIn(who);
    await page.getByText('I cannot scan it').click();
    await send('continue', { code: appCode((await page.locator('#secret').textContent()) ?? '', 0) });
    // Codes for the day on which the phone is gone.
    await page.getByRole('button', { name: 'I have put them away' }).click();
    await page.waitForURL(/\/console\/agents\?client=robot$/);
    await settled(page);
    expect(await page.getByText('You may read here').count()).toBe(0);
    await page.getByRole('link', { name: 'Night robot', exact: true }).first().click();
    await page.getByRole('button', { name: 'Freeze' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Freeze' }).click();
    await page.getByRole('button', { name: 'Unfreeze' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Unfreeze' }).click();
    await page.getByRole('button', { name: 'Freeze', exact: true }).waitFor();
    const [frozen] = await world.hub.items('events?type=agent.frozen');
    expect(frozen).toMatchObject({ actor: { user: 'una', client: 'writ-console' } });
    // What else stands on the page of an agent is not this person's to see.
    for (const problem of problems.splice(0)) expect(problem).toContain('403');
  });

  test('by keyboard alone: a rule is written, said in words, simulated, published, changed and rolled back', async () => {
    const { world, visitor } = stage();
    const { page } = await visitor();
    await enter(page, world);
    const { press, type, tabTo, choose } = keys(page);
    await press('Control+k');
    await page.getByRole('combobox', { name: 'Page or id' }).waitFor();
    await type('rules');
    await press('Enter');
    await page.waitForURL(/\/console\/policies$/);
    await tabTo('Write a rule');
    await press('Enter');
    await tabTo('Id');
    await type('no-night-shift');
    await choose('State', 'enforce');
    await choose('Effect', 'deny');
    await choose('Who', 'These');
    await tabTo('Client ids');
    await type('robot');
    await choose('Which', 'these');
    await tabTo('Ids');
    await type('ledger');
    await choose('Scopes', 'all');
    const said = page.getByRole('status', { name: 'In plain words' });
    expect(await said.textContent()).toBe('The client robot never gets every scope of the resource ledger.');

    await page.locator('h1').focus();
    await tabTo('Rule', { role: 'tab' });
    await press('ArrowRight');
    await press('Enter');
    await tabTo('Client');
    await type('robot');
    await tabTo('Resource');
    await type('ledger');
    await choose('Grant', 'client_credentials');
    await tabTo('Scopes asked for');
    await type('ledger:read');
    await press('Enter');
    const outcome = page.getByRole('status', { name: 'Outcome' });
    await outcome.waitFor();
    expect(await outcome.textContent()).toContain('deny');
    expect(await outcome.textContent()).toContain('would lose ledger:read');
    expect(await tokenFor(world, 'robot')).toBe(200);

    await tabTo('Simulate', { role: 'tab' });
    await press('ArrowLeft');
    await press('Enter');
    await tabTo('Publish');
    await press('Enter');
    await page.waitForURL(/\/policies\/no-night-shift$/);
    expect(await tokenFor(world, 'robot')).toBe(400);

    await settled(page);
    await choose('State', 'off');
    await tabTo('Publish');
    await press('Enter');
    await page.getByText('version 2').waitFor();
    expect(await tokenFor(world, 'robot')).toBe(200);

    await tabTo('Rule', { role: 'tab' });
    const focused = (): Promise<string> => page.evaluate<string>(`document.activeElement?.textContent ?? ''`);
    for (let step = 0; step < 8 && (await focused()) !== 'History'; step += 1) await press('ArrowRight');
    await press('Enter');
    await tabTo('Roll back to 1');
    await press('Enter');
    await page.getByRole('dialog').getByText('off').waitFor();
    await tabTo('Roll back');
    await press('Enter');
    await page.getByText('version 3').waitFor();
    expect(await tokenFor(world, 'robot')).toBe(400);
    await world.hub.admin('DELETE', 'policies/no-night-shift');
  });

  test('a frozen agent gets nothing more, and the console shows that it was told', async () => {
    const { world, visitor } = stage();
    expect(await tokenFor(world, 'robot')).toBe(200);
    const { page } = await visitor();
    await enter(page, world);
    await page.goto(`${world.hub.issuer}/console/agents?client=robot`);
    await page.getByRole('link', { name: 'Night robot', exact: true }).first().click();
    await page.getByRole('button', { name: 'Freeze' }).click();
    await page.getByRole('textbox', { name: /^Reason/ }).fill('it behaves oddly');
    await page.getByRole('dialog').getByRole('button', { name: 'Freeze' }).click();
    await page.getByRole('button', { name: 'Unfreeze' }).waitFor();
    expect(await tokenFor(world, 'robot')).not.toBe(200);
    await page.getByText(/told at/).waitFor();
    await page.getByRole('tab', { name: 'Activity' }).click();
    await page.getByRole('link', { name: 'agent.frozen' }).first().click();
    await page.getByRole('heading', { name: 'agent.frozen' }).waitFor();
    await page.getByText('it behaves oddly').first().waitFor();
  });

  test('several agents are stopped at once, and the list is taken along as a file', async () => {
    const { world, visitor } = stage();
    for (const { id } of await world.hub.items('agents?state=frozen')) await world.hub.admin('POST', `agents/${String(id)}/unfreeze`, {});
    const got = [await tokenFor(world, 'robot'), await tokenFor(world, 'wide-robot')];
    if (got.some((status) => status !== 200)) throw new Error(`the robots got ${got.join(' and ')}`);
    const { page } = await visitor();
    await enter(page, world);
    await page.goto(`${world.hub.issuer}/console/agents`);
    await settled(page);
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'CSV' }).click()]);
    expect(readFileSync(await download.path(), 'utf8')).toMatch(/^id,client,.*\r\nagt_/);
    for (const name of ['Night robot', 'W{64}']) await page.getByRole('checkbox', { name: new RegExp(`^Tick ${name}`) }).check();
    await page.getByRole('button', { name: 'Freeze 2' }).click();
    await page.getByRole('dialog').getByLabel('It ends').selectOption('by itself, in an hour');
    await page.getByRole('dialog').getByRole('button', { name: 'Freeze them' }).click();
    await page.getByText('Tick agents to stop').waitFor();
    const stops = await world.hub.items('containments?kind=agent&state=frozen');
    expect(stops.map(({ until }) => typeof until)).toEqual(['number', 'number']);
    expect([await tokenFor(world, 'robot'), await tokenFor(world, 'wide-robot')]).not.toContain(200);
    for (const { id } of await world.hub.items('agents?state=frozen')) await world.hub.admin('POST', `agents/${String(id)}/unfreeze`, {});
  });

  test('a hub that is away is said where it was asked, and nothing is lost of what was typed', async () => {
    const { world, visitor } = stage();
    const { page, problems } = await visitor();
    await enter(page, world);
    await page.goto(`${world.hub.issuer}/console/clients/robot`);
    await page.getByRole('button', { name: 'Freeze' }).click();
    const dialog = page.getByRole('dialog');
    const reason = dialog.getByRole('textbox', { name: /^Reason/ });
    await reason.fill('a test');
    await page.route('**/freeze', (route) => route.abort());
    await dialog.getByRole('button', { name: 'Freeze' }).click();
    await dialog.getByText('The hub could not be reached').waitFor();
    expect(await reason.inputValue()).toBe('a test');
    await page.unroute('**/freeze');
    await dialog.getByRole('button', { name: 'Freeze' }).click();
    await page.getByRole('button', { name: 'Unfreeze' }).waitFor();
    await page.getByText('by ann@acme.test: a test.').waitFor();
    await world.hub.admin('POST', 'clients/robot/unfreeze', { reason: 'the test is over' });
    for (const problem of problems.splice(0)) expect(problem).toMatch(/freeze/);
  });

  test('what is destroyed is named first', async () => {
    const { world, visitor } = stage();
    const { page } = await visitor();
    await enter(page, world);
    await page.goto(`${world.hub.issuer}/console/policies/robots-read`);
    await page.getByRole('button', { name: 'Remove' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText(/would be others/).waitFor();
    const remove = dialog.getByRole('button', { name: 'Remove' });
    expect(await remove.isDisabled()).toBe(true);
    await dialog.getByRole('textbox').fill('robots-rea');
    expect(await remove.isDisabled()).toBe(true);
    await dialog.getByRole('textbox').fill('robots-read');
    await remove.click();
    await page.waitForURL(/\/console\/policies$/);
    expect(await tokenFor(world, 'wide-robot')).toBe(400);
  });

  test('what the hub finds wrong stands at its field, and nothing is lost of what was written', async () => {
    const { world, visitor } = stage();
    const { page, problems } = await visitor();
    await enter(page, world);
    await page.goto(`${world.hub.issuer}/console/tenants/+new`);
    await page.getByRole('textbox', { name: 'Id', exact: true }).fill('globex');
    await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Globex');
    await page.getByRole('textbox', { name: 'Domains' }).fill('not a domain!');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('alert').waitFor();
    const domains = page.getByRole('textbox', { name: 'Domains' });
    expect(await domains.getAttribute('aria-invalid')).toBe('true');
    expect(await page.getByRole('textbox', { name: 'Name', exact: true }).inputValue()).toBe('Globex');
    await domains.fill('globex.example');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.waitForURL(/\/console\/tenants\/globex$/);
    expect((await world.hub.admin('GET', 'tenants/globex')).status).toBe(200);
    for (const problem of problems.splice(0)) expect(problem).toContain('400');
  });
});
