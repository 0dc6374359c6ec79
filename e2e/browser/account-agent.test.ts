import { expect, test } from 'vitest';
import { ANN } from '../harness.ts';
import { inBrowser } from './chromium.ts';
import { onStage, testGallery } from './stage.ts';
import type { Visitor } from './visitor.ts';
import { BOB, WIDE, WIM } from './world.ts';

inBrowser('the page of one agent', () => {
  const stage = onStage();

  /** Somebody who has just allowed a client, on the page of its agent. */
  async function atAgent(who: { email: string; password: string }, client: string, name: string, more = {}): Promise<Visitor> {
    const { world } = stage();
    const visitor = await stage().visitor();
    const { page } = visitor;
    await page.goto(`${world.hub.issuer}/account`);
    await visitor.signIn(who);
    await page.goto(world.authorize(client, { prompt: 'consent', ...more }));
    await visitor.send('allow');
    await page.goto(`${world.hub.issuer}/account`);
    await page.getByRole('link', { name }).click();
    expect(await page.locator('h1').textContent()).toBe(name);
    return visitor;
  }

  const said = (visitor: Visitor): Promise<string | null> => visitor.page.getByRole('status').textContent();

  test('takes a scope from it, and gives it back', async () => {
    const visitor = await atAgent(ANN, 'desk', 'Acme Desk');
    const { page, keep, send } = visitor;
    await keep('agent');
    const boxes = page.locator('input[name=scope]:not([disabled])');
    const before = await boxes.count();
    await send('narrow');
    expect(await page.getByRole('alert').textContent()).toContain('still ticked');
    await keep('agent-wrong');
    await boxes.first().uncheck();
    await send('narrow');
    expect(await said(visitor)).toContain('may do less');
    expect(await boxes.count()).toBe(before - 1);
    await keep('agent-narrowed');
    await page.getByRole('button', { name: 'Give back' }).click();
    expect(await said(visitor)).toContain('Given back');
    expect(await boxes.count()).toBe(before);
    await page.getByRole('combobox').selectOption('in a week');
    await send('bound');
    expect(await said(visitor)).toContain('ends by itself');
    await keep('agent-bounded');
  });

  test('pauses it and lets it go on, but not where an administrator has stopped it', async () => {
    const visitor = await atAgent(BOB, await stage().world.register('Helper'), 'Helper', { tenant: 'acme' });
    const { page, keep, send } = visitor;
    const id = page.url().split('/').at(-1)?.split('?')[0] ?? '';
    await send('pause');
    expect(await said(visitor)).toContain('Paused');
    await keep('agent-paused');
    await page.goto(`${stage().world.hub.issuer}/account`);
    await keep('agents-paused');
    await page.getByRole('button', { name: 'Let Helper go on' }).click();
    expect(await said(visitor)).toContain('goes on');
    await stage().world.made(`agents/${id}/freeze`, { reason: 'a test' });
    await page.goto(`${stage().world.hub.issuer}/account/agents/${id}`);
    expect(await page.getByRole('button', { name: 'Pause it' }).count()).toBe(0);
    await keep('agent-frozen');
    await page.getByRole('button', { name: 'Stop it' }).click();
    expect(await said(visitor)).toContain('worth nothing');
    await page.goto(`${stage().world.hub.issuer}/account/agents/${id}`);
    expect(await page.locator('h1').textContent()).toBe('No such agent');
    await keep('agent-gone');
  });

  test('holds together with the longest names that are possible', async () => {
    const client = await stage().world.register(WIDE.client);
    const { page, keep } = await atAgent(WIM, client, WIDE.client);
    expect(await page.getByText(WIDE.tenant).count()).toBe(1);
    await keep('wide-agent');
  });

  test('shows to whoever manages consent what is allowed for everybody, and takes it back', async () => {
    const { world, visitor } = stage();
    const client = await world.register('Everybody');
    const owner = { email: 'oda@acme.test', password: ANN.password };
    await world.hub.apply({
      roles: [{ name: 'owner', permissions: ['consent.manage'] }],
      users: [
        { id: 'oda', email: owner.email, name: 'Oda', password: { value: owner.password }, tenants: [{ id: 'acme', roles: ['owner'] }] },
      ],
      flows: [
        {
          id: 'for-everybody',
          purpose: 'authorize',
          start: 'signIn',
          nodes: [
            { id: 'signIn', kind: 'authenticate', methods: ['password'] },
            { id: 'tenant', kind: 'selectTenant', required: true },
            { id: 'org', kind: 'tenantConsent' },
            { id: 'done', kind: 'complete' },
          ],
          edges: [
            { from: 'signIn', to: 'tenant' },
            { from: 'tenant', to: 'org' },
            { from: 'org', to: 'done' },
          ],
          assign: { clients: [client] },
        },
      ],
    });
    const oda = await visitor();
    await oda.page.goto(`${world.hub.issuer}/account`);
    await oda.signIn(owner);
    await oda.page.goto(`${world.hub.issuer}/account/organisations`);
    await oda.keep('organisations-empty');
    await oda.page.goto(world.authorize(client));
    await oda.send('allow');
    await oda.page.goto(`${world.hub.issuer}/account`);
    await oda.page.getByRole('link', { name: /for everybody/ }).click();
    await oda.keep('organisations');
    await oda.page.getByRole('button', { name: /^End for everybody/ }).click();
    expect(await said(oda)).toContain('for everybody');
  });

  testGallery(
    stage,
    `agent agent-wrong agent-narrowed agent-bounded agent-paused agents-paused agent-frozen agent-gone wide-agent
     organisations-empty organisations`,
  );
});
