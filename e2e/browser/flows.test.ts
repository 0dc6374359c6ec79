import { once } from 'node:events';
import { createServer } from 'node:http';
import { expect, test } from 'vitest';
import { appCode, keyOn } from '../authenticator-app.ts';
import { ANN } from '../harness.ts';
import { inBrowser } from './chromium.ts';
import { onStage, testGallery } from './stage.ts';
import { BOB, WIDE, WIM } from './world.ts';
import type { World } from './world.ts';

type Node = { id: string; kind: string } & Record<string, unknown>;

const SIGN_IN: Node = { id: 'signIn', kind: 'authenticate', methods: ['password', 'passkey', 'email_code'] };
const TENANT: Node = { id: 'tenant', kind: 'selectTenant', required: true };
const CONSENT: Node = { id: 'consent', kind: 'consent' };
const DONE: Node = { id: 'done', kind: 'complete' };

/** Draws a line of nodes, publishes it and gives it to one client. */
async function draw({ hub, made }: World, client: string, nodes: readonly Node[], also: readonly object[] = []): Promise<void> {
  const line = nodes
    .slice(1)
    .map((node, at) => ({ from: nodes[at]?.id, to: node.id }))
    .filter(({ from }) => !['done', 'no'].includes(from ?? ''));
  const answer = await hub.admin('PUT', `flows/${client}`, { purpose: 'authorize', start: nodes[0]?.id, nodes, edges: [...line, ...also] });
  if (!answer.ok) throw new Error(await answer.text());
  await made(`flows/${client}/publish`, {});
  await made(`flows/${client}/assign`, { client });
}

/** `host` in place of the one that a template calls as an example. */
async function useTemplate({ hub, made }: World, id: string, client: string, host = ''): Promise<void> {
  const template = (await hub.items('flow-templates')).find((one) => one['id'] === id);
  const flow: unknown = JSON.parse(JSON.stringify(template?.['flow']).replaceAll('https://api.example.com', `http://${host}`));
  const answer = await hub.admin('PUT', `flows/${id}`, flow);
  if (!answer.ok) throw new Error(await answer.text());
  await made(`flows/${id}/publish`, {});
  await made(`flows/${id}/assign`, { client });
}

inBrowser('the pages of drawn flows', () => {
  const stage = onStage();

  test('ask what an author wrote, and say what does not fit', async () => {
    const { world, visitor } = stage();
    const { page, keep, send, signIn } = await visitor();
    const ask: Node = {
      id: 'ask',
      kind: 'screen',
      title: 'Before {{client.name}} goes on',
      text: `We ask once. ${WIDE.tenant}\n\nWhat you say here is kept with this request.`,
      fields: [
        { name: 'team', label: 'Your team', required: true },
        { name: 'size', label: 'How many are you', type: 'number' },
        { name: 'plan', label: 'Your plan', type: 'choice', choices: ['Free', 'Pro', WIDE.client], required: true },
        {
          name: 'region',
          label: 'Region',
          type: 'choice',
          choices: ['Africa', 'America', 'Antarctica', 'Asia', 'Australia', 'Europe', 'Elsewhere'],
        },
        { name: 'terms', label: 'I have read what this is about', type: 'checkbox', required: true },
      ],
      buttons: [
        { name: 'next', label: 'Go on' },
        { name: 'cancel', label: 'Rather not' },
      ],
    };
    await draw(
      world,
      'desk',
      [SIGN_IN, ask, CONSENT, DONE, { id: 'no', kind: 'deny', message: 'As you like. Nothing was sent.' }],
      [{ from: 'ask', branch: 'cancel', to: 'no' }],
    );
    await page.goto(world.authorize('desk', { prompt: 'consent' }));
    await signIn(ANN);
    await keep('screen');
    await page.getByLabel('Your team').fill('Ops');
    await page.getByLabel('How many are you').fill('four');
    await page.getByLabel('Pro', { exact: true }).check();
    await page.getByLabel('Region').selectOption('Europe');
    await page.getByLabel('I have read').check();
    // A browser stops it here; a program does not.
    await page.getByRole('button', { name: 'Go on' }).click();
    expect(await page.getByLabel('How many are you').evaluate((one) => one.matches(':invalid'))).toBe(true);
    await page.locator('form').evaluate((form) => form.setAttribute('novalidate', ''));
    await page.getByRole('button', { name: 'Go on' }).click();
    await page.waitForSelector('#notice');
    expect(await page.getByRole('alert').textContent()).toContain('How many are you');
    await keep('screen-wrong');
    await page.getByLabel('Your team').fill('Ops');
    await page.getByLabel('Free').check();
    await page.getByLabel('I have read').check();
    await page.getByRole('button', { name: 'Rather not' }).click();
    await page.waitForSelector('text=As you like.');
    await keep('screen-denied');
    await send('continue');
    expect(world.callback.called.at(-1)?.get('error')).toBe('access_denied');
  });

  test('ask for the address first, and for the password then', async () => {
    const { world, visitor } = stage();
    const { page, keep, send } = await visitor();
    await draw(world, 'desk', [{ id: 'who', kind: 'identify', ask: 'email' }, SIGN_IN, CONSENT, DONE]);
    await page.goto(world.authorize('desk', { prompt: 'consent' }));
    await keep('identify');
    await page.getByLabel('E-mail address').fill(ANN.email);
    await page.keyboard.press('Enter');
    await page.waitForSelector('#password');
    expect(await page.getByLabel('E-mail address').inputValue()).toBe(ANN.email);
    await send('continue', { password: ANN.password });
    expect(await page.title()).toContain('Allow');
  });

  test('set up an app, a passkey or nothing, and show recovery codes once', async () => {
    const { world, visitor } = stage();
    await world.hub.apply({
      users: [{ id: 'una', email: 'una@acme.test', password: { value: ANN.password }, tenants: [{ id: 'acme', roles: [] }] }],
    });
    const { page, keep, send, signIn } = await visitor();
    await draw(world, 'desk', [SIGN_IN, { id: 'more', kind: 'enrol', methods: ['passkey', 'totp'], optional: true }, CONSENT, DONE]);
    await page.goto(world.authorize('desk'));
    await signIn({ email: 'una@acme.test', password: ANN.password });
    await keep('enrol-choice');
    await send('enrol:passkey');
    await keep('enrol-passkey');
    await send('another');
    await send('enrol:totp');
    await keep('enrol-app');
    await send('continue', { code: appCode(keyOn(await page.content()), 0) });
    expect(await page.locator('.codes li').count()).toBe(10);
    await keep('enrol-codes');
    await send('kept');
    expect(await page.title()).toContain('Allow');
  });

  test('make a passkey with the authenticator of the browser, and go on', async () => {
    const { world, visitor } = stage();
    await world.hub.apply({
      users: [{ id: 'vic', email: 'vic@acme.test', password: { value: ANN.password }, tenants: [{ id: 'acme', roles: [] }] }],
    });
    const { page, send, signIn } = await visitor();
    const devtools = await page.context().newCDPSession(page);
    await devtools.send('WebAuthn.enable');
    await devtools.send('WebAuthn.addVirtualAuthenticator', {
      options: { protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true },
    });
    await draw(world, 'desk', [SIGN_IN, { id: 'more', kind: 'enrol', methods: ['passkey'] }, CONSENT, DONE]);
    await page.goto(world.authorize('desk'));
    await signIn({ email: 'vic@acme.test', password: ANN.password });
    await page.getByRole('button', { name: 'Add a passkey' }).click();
    await page.waitForSelector('.codes');
    await send('kept');
    expect(await page.title()).toContain('Allow');
  });

  test('let an administrator allow for everybody, and everybody else pass', async () => {
    const { world, visitor } = stage();
    await world.hub.apply({
      roles: [{ name: 'owner', permissions: ['consent.manage'] }],
      users: [
        { id: 'ada', email: 'ada@acme.test', name: 'Ada', password: { value: ANN.password }, tenants: [{ id: 'acme', roles: ['owner'] }] },
      ],
    });
    await draw(world, 'desk', [SIGN_IN, TENANT, { id: 'org', kind: 'tenantConsent' }, DONE]);
    const first = await visitor();
    await first.page.goto(world.authorize('desk'));
    await first.signIn(ANN);
    await first.keep('tenant-consent-needed');
    const ada = await visitor();
    await ada.page.goto(world.authorize('desk'));
    await ada.signIn({ email: 'ada@acme.test', password: ANN.password });
    expect(await ada.page.getByRole('button', { name: 'Allow for all' }).count()).toBe(1);
    await ada.keep('tenant-consent');
    await ada.send('allow');
    const ann = await visitor();
    await ann.page.goto(world.authorize('desk'));
    await ann.signIn(ANN);
    await ann.keep('tenant-consent-confirm');
    await ann.send('allow');
    expect(world.callback.called.at(-1)?.has('code')).toBe(true);
  });

  test('wait for somebody else, look again by themselves, and go on', async () => {
    const { world, visitor } = stage();
    const { page, keep, signIn, send } = await visitor();
    const ask: Node = {
      id: 'ask',
      kind: 'requestApproval',
      from: { users: ['bob'] },
      message: 'May {{user.name}} go on?',
      expiresIn: 3600,
    };
    await draw(
      world,
      'desk',
      [SIGN_IN, ask, CONSENT, DONE, { id: 'no', kind: 'deny', message: 'Bob said no.' }],
      [{ from: 'ask', branch: 'refused', to: 'no' }],
    );
    await page.goto(world.authorize('desk', { prompt: 'consent' }));
    await signIn(ANN);
    await keep('waiting');
    await send('look');
    const [asked] = await world.hub.items('approvals?state=pending');
    const bob = await visitor();
    await bob.page.goto(`${world.hub.issuer}/account/approvals/${String(asked?.['id'])}`);
    await bob.signIn(BOB);
    await bob.keep('approval-of-flow');
    await bob.send('allow');
    // Nobody presses anything here: the header of the answer leads on.
    await page.waitForSelector('button[value=allow]');
    expect(await page.title()).toContain('Allow');
  });

  test('lead to the pages of connecting and back by themselves, up to the client', async () => {
    const { world, visitor } = stage();
    const { page, keep, signIn, send } = await visitor();
    await world.hub.apply({ connections: [{ id: 'search', type: 'api_key', name: 'Search', header: 'x-key', scopes: [] }] });
    await draw(world, 'desk', [SIGN_IN, CONSENT, { id: 'search', kind: 'connect', connection: 'search' }, DONE]);
    await page.goto(world.authorize('desk', { prompt: 'consent' }));
    await signIn(ANN);
    await send('allow');
    await keep('connect');
    await send('connect');
    const before = world.callback.called.length;
    await page.getByLabel('API key').fill('sk-1');
    await page.getByRole('button', { name: 'Connect', exact: true }).click();
    await page.waitForURL(/\/callback/);
    expect(world.callback.called.length).toBe(before + 1);
    await world.made('connections/search/freeze', {});
    const wim = await visitor();
    await wim.page.goto(world.authorize('desk', { prompt: 'consent' }));
    await wim.signIn(WIM);
    await wim.send('allow');
    await wim.keep('connect-not-now');
  });

  test('show organisations in their colours, and the template of the picker', async () => {
    const { world, visitor } = stage();
    const { page, keep, signIn } = await visitor();
    await world.hub.apply({
      tenants: [
        { id: 'acme', name: 'Acme', settings: { branding: { color: '#ffcc00', logoText: 'AC' } } },
        { id: 'wide', name: WIDE.tenant, settings: { branding: { color: '#5b1a8c', logoText: 'ÄÖÜ' } } },
      ],
    });
    await useTemplate(world, 'organisation-picker', 'desk');
    await page.goto(world.authorize('desk'));
    await signIn(BOB);
    await keep('tenant-branded');
    await page.getByRole('radio', { name: 'Acme' }).focus();
    await page.keyboard.press('Enter');
    await page.waitForSelector('button[value=allow]');
    expect(await page.locator('.lead').textContent()).toMatch(/in\s+Acme/);
  });

  test('run the template of consent with choice, where a no has its sentence', async () => {
    const { world, visitor } = stage();
    const { page, keep, signIn, send } = await visitor();
    await useTemplate(world, 'consent-with-choice', 'desk');
    await page.goto(world.authorize('desk'));
    await signIn(ANN);
    await send('deny');
    await keep('template-denied');
    expect(await page.locator('.lead').textContent()).toContain('You allowed Acme Desk nothing.');
  });

  test('run the template of the second factor for high-risk scopes', async () => {
    const { world, visitor } = stage();
    const { page, signIn, send } = await visitor();
    await useTemplate(world, 'step-up-on-risk', 'desk');
    await page.goto(world.authorize('desk', { prompt: 'consent', scope: 'incidents:read' }));
    await signIn({ email: BOB.email, password: BOB.password });
    await page.getByRole('radio', { name: 'Acme' }).check();
    await send('continue');
    expect(await page.title()).toContain('Allow');
    await page.goto(world.authorize('desk', { prompt: 'consent' }));
    await page.getByRole('radio', { name: 'Acme' }).check();
    await send('continue');
    expect(await page.title()).toBe('Set up a second step');
  });

  test('run the template that makes a key for the person, after they allowed it and without showing it', async () => {
    const { world, visitor } = stage();
    const asked: string[] = [];
    const keys = createServer(async (request, response) => {
      let body = '';
      for await (const part of request) body += String(part);
      asked.push(body);
      response.writeHead(201, { 'content-type': 'application/json' }).end(JSON.stringify({ key: 'sk-of-the-browser', name: 'main' }));
    }).listen(0, '127.0.0.1');
    await once(keys, 'listening');
    const address = keys.address();
    const host = `127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
    await world.hub.apply({
      connections: [{ id: 'search', type: 'api_key', header: 'x-api-key' }],
      flowSecrets: [{ id: 'provisioning', hosts: [host], value: { value: 'a-shared-secret-of-some-length' } }],
    });
    // Another test of this file may have stopped it.
    await world.made('connections/search/unfreeze', {});
    await useTemplate(world, 'api-key-provisioning', 'desk', host);
    const { page, signIn, send } = await visitor();
    await page.goto(world.authorize('desk', { prompt: 'consent' }));
    await signIn(BOB);
    expect(asked).toEqual([]);
    await send('allow');
    expect(world.callback.called.at(-1)?.has('code')).toBe(true);
    expect(asked).toHaveLength(1);
    const stored = await world.hub.items('credentials?connection=search');
    expect(stored.filter((one) => one['origin'] === 'flow')).toMatchObject([{ owner: { user: 'bob' }, state: 'active' }]);
    expect(await page.content()).not.toContain('sk-of-the-browser');
    keys.close();
  });

  testGallery(
    stage,
    `screen screen-wrong screen-denied identify enrol-choice enrol-passkey enrol-app enrol-codes tenant-consent-needed tenant-consent
     tenant-consent-confirm waiting approval-of-flow connect connect-not-now tenant-branded template-denied`,
  );
});
