import { expect, test } from 'vitest';
import { ANN } from '../harness.ts';
import { inBrowser } from './chromium.ts';
import { onStage, testGallery } from './stage.ts';
import type { Visitor } from './visitor.ts';
import { BOB, WIDE, WIM } from './world.ts';

const SECRET = 'a-long-secret-of-those-who-ask';
const BANK = 'https://bank.example/api';

inBrowser('what is asked of people from elsewhere', () => {
  const stage = onStage();

  /** Clients without a browser, some with the longest names; a bank where every payment needs somebody's leave. */
  async function furnish(): Promise<void> {
    const { hub, guarded } = stage().world;
    const auth = { secrets: [{ value: SECRET }] };
    await hub.apply({
      resources: [
        {
          id: 'bank',
          type: 'api',
          uri: BANK,
          name: 'Acme Bank',
          scopes: [
            { name: 'accounts:pay', title: 'Pay from an account', risk: 'high' },
            { name: 'accounts:see', title: 'See accounts', risk: 'low' },
          ],
          detailTypes: [
            {
              type: 'payment',
              title: 'Make a payment',
              description: 'Once, to one creditor.',
              schema: {
                properties: { creditor: { title: 'Goes to', type: 'string' }, amount: { title: 'Amount in euros', type: 'number' } },
                additionalProperties: true,
              },
            },
          ],
        },
      ],
      clients: [
        { id: 'tv', name: 'Acme Television', public: true, grants: ['device_code', 'refresh_token'] },
        { id: 'wide-tv', name: WIDE.client, public: true, grants: ['device_code', 'refresh_token'] },
        { id: 'desk', name: 'Acme Service Desk', grants: ['ciba'], auth },
        { id: 'payer', name: 'Paying agent', kind: 'service', tenants: ['acme'], auth },
        { id: 'wide-payer', name: WIDE.client, kind: 'service', tenants: ['wide'], auth },
      ],
      policies: [
        {
          id: 'ask-from-elsewhere',
          effect: 'allow',
          subject: { any: true },
          target: { resources: 'all' },
          grants: ['device_code', 'ciba'],
          scopes: 'all',
        },
        { id: 'pay', effect: 'allow', subject: { clients: ['payer', 'wide-payer'] }, target: { resources: ['bank'] }, scopes: 'all' },
        {
          id: 'pay-with-leave',
          effect: 'require',
          subject: { any: true },
          target: { resources: ['bank'] },
          scopes: ['accounts:pay'],
          require: { approval: { from: { users: ['ann', 'bob', 'wim'] }, count: 2 } },
        },
      ],
    });
    expect(guarded.resource.scopes.length).toBeGreaterThan(0);
  }

  async function post(path: string, form: Record<string, string>, client?: string): Promise<Record<string, unknown>> {
    const headers: Record<string, string> = {
      'content-type': 'application/x-www-form-urlencoded',
      'user-agent': 'television/7.1 (living room)',
    };
    if (client !== undefined) headers['authorization'] = `Basic ${Buffer.from(`${client}:${SECRET}`).toString('base64')}`;
    const answer = await fetch(`${stage().world.hub.issuer}${path}`, {
      method: 'POST',
      headers,
      body: new URLSearchParams(form).toString(),
    });
    return answer.json();
  }
  const scopes = (): string =>
    stage()
      .world.guarded.resource.scopes.map(({ name }) => name)
      .join(' ');
  const startDevice = async (client = 'tv'): Promise<Record<string, string>> => {
    const told = await post('/oauth/device', { client_id: client, resource: stage().world.guarded.resource.uri, scope: scopes() });
    return Object.fromEntries(Object.entries(told).map(([name, value]) => [name, String(value)]));
  };
  const want = async (client: string, detail: object, more = ''): Promise<string> => {
    const details = JSON.stringify([{ type: 'payment', ...detail }]);
    const form = { grant_type: 'client_credentials', resource: BANK, scope: `accounts:pay${more}`, authorization_details: details };
    return String((await post('/oauth/token', form, client))['approval_id']);
  };
  const at = (path: string): string => `${stage().world.hub.issuer}${path}`;

  async function come(who: { email: string; password: string }, path: string): Promise<Visitor> {
    const visitor = await stage().visitor();
    await visitor.page.goto(at(path));
    await visitor.signIn(who);
    return visitor;
  }

  test('let a device in by its code, typed or scanned', async () => {
    await furnish();
    const device = await startDevice();
    const { page, keep, send } = await come(ANN, '/device');
    await keep('device-code');
    expect(await page.evaluate<string>('document.activeElement.name')).toBe('code');
    await send('continue', { code: 'BCDF-GHJK' });
    await keep('device-code-wrong');
    expect(await page.getByRole('alert').count()).toBe(1);
    await page.goto(device['verification_uri_complete'] ?? '');
    await keep('device-code-scanned');
    await send('continue');
    await keep('device-consent');
    expect(await page.locator('h1').textContent()).toBe('Acme Television');
    expect(await page.getByRole('region', { name: 'Where this was asked' }).textContent()).toContain('television/7.1');
    await send('allow');
    await keep('device-allowed');
    const form = { grant_type: 'urn:ietf:params:oauth:grant-type:device_code', client_id: 'tv', device_code: device['device_code'] ?? '' };
    expect(await post('/oauth/token', form)).toMatchObject({ token_type: 'Bearer' });
  });

  test('refuse a device, and say so', async () => {
    const { page, keep, send } = await come(
      BOB,
      new URL((await startDevice())['verification_uri_complete'] ?? '').search.replace(/^/, '/device'),
    );
    await send('continue');
    await keep('device-tenant');
    await send('cancel');
    expect(await page.locator('h1').textContent()).toBe('The device was refused');
    await keep('device-refused');
  });

  test('ask for consent that an agent wants without a browser, with its message', async () => {
    const form = {
      login_hint: ANN.email,
      scope: scopes(),
      resource: stage().world.guarded.resource.uri,
      binding_message: 'Ticket 4711: restart the billing service',
    };
    await post('/oauth/backchannel', form, 'desk');
    const { page, keep, send } = await come(ANN, '/account');
    await keep('account-waiting');
    await page.getByRole('link', { name: /Acme Service Desk/ }).click();
    await keep('backchannel-consent');
    expect(await page.getByRole('region', { name: 'Its message' }).textContent()).toContain('Ticket 4711');
    await send('deny');
    expect(await page.locator('h1').textContent()).toBe('You refused');
    await keep('answered-refused');
  });

  test('ask for approval of exactly one thing, of several people', async () => {
    const id = await want('payer', { creditor: 'Bits & Bolts GmbH', amount: 1_250.5 }, ' accounts:see');
    const ann = await stage().visitor();
    await ann.page.goto(at(`/account/approvals/${id}`));
    await ann.keep('approval-sign-in');
    await ann.signIn(ANN);
    await ann.keep('approval');
    expect(await ann.page.getByRole('region', { name: 'Exactly this, once' }).textContent()).toContain('Bits & Bolts GmbH');
    await ann.send('allow', { reason: 'Invoice 17' });
    await ann.keep('answered-approved');
    await ann.page.goto(at(`/account/approvals/${id}`));
    await ann.keep('approval-decided');
    const bob = await come(BOB, `/account/approvals/${id}`);
    await bob.keep('approval-half');
    await bob.send('deny', { reason: 'Never heard of them' });
    await bob.page.goto(at(`/account/approvals/${id}`));
    await bob.keep('approval-over');
  });

  test('hold together with the longest names and details that are possible', async () => {
    const words = 'Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft'.repeat(8);
    const many = Object.fromEntries(
      Array.from({ length: 30 }, (_, index) => [`field_number_${index}_${'x'.repeat(40)}`, words.slice(0, 40 + index * 10)]),
    );
    const id = await want('wide-payer', { creditor: words, amount: 9_007_199_254_740_991, ...many });
    const { page, keep, send } = await come(WIM, `/account/approvals/${id}`);
    await keep('wide-approval');
    await page.goto(at('/account'));
    await keep('wide-waiting');
    await page.goto((await startDevice('wide-tv'))['verification_uri_complete'] ?? '');
    await send('continue');
    expect(await page.locator('h1').textContent()).toBe(WIDE.client);
    await keep('wide-device');
  });

  testGallery(
    stage,
    `device-code device-code-wrong device-code-scanned device-consent device-allowed device-tenant device-refused account-waiting
     backchannel-consent answered-refused approval-sign-in approval answered-approved approval-decided approval-half approval-over
     wide-approval wide-waiting wide-device`,
  );
});
