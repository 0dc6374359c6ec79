import { expect, test } from 'vitest';
import { startIdentity, startPlans, SECRET, type Identity } from '../federation/identity.ts';
import { ANN, freePort } from '../harness.ts';
import { inBrowser } from './chromium.ts';
import { onStage, testGallery } from './stage.ts';
import { WIDE, type World } from './world.ts';

const LONG = 'Königlich Bayerische Versicherungskammer für Handwerk und Gewerbe, Abteilung Anmeldung und Nachweis';

/** Providers of the hub, one with a name as long as names may be, and one of the tenant; two flows of the templates, each for a client of its own. */
async function furnish({ hub }: World, plansUrl: string): Promise<Identity> {
  const names = ['corp', 'long', 'acme-idp'];
  const identity = await startIdentity(await freePort(), { redirectUris: names.map((id) => `${hub.issuer}/journey/callback/${id}`) });
  const shared = { issuer: identity.issuer, clientId: 'hub', clientSecret: { value: SECRET } };
  const templates = await hub.items('flow-templates');
  const flowOf = (id: string): object =>
    JSON.parse(JSON.stringify(templates.find((one) => one['id'] === id)?.['flow']).replaceAll('https://api.example.com', plansUrl));
  await hub.apply({
    identityProviders: [
      { ...shared, id: 'corp', name: 'Corp' },
      { ...shared, id: 'long', name: LONG },
      {
        id: 'gone',
        name: 'Out of order',
        issuer: `http://localhost:${await freePort()}`,
        clientId: 'hub',
        clientSecret: { value: SECRET },
      },
      { ...shared, id: 'acme-idp', name: 'Acme', tenant: 'acme', users: { link: 'email' } },
    ],
    flowSecrets: [{ id: 'plan-api', hosts: [new URL(plansUrl).host], value: { value: 'plan-key' } }],
    flows: [
      { ...flowOf('sso-by-domain'), assign: { clients: ['hints'] } },
      { ...flowOf('plan-gating'), assign: { clients: ['desk'] } },
    ],
  });
  return identity;
}

inBrowser('signing in by somebody else', () => {
  const stage = onStage();

  test('leads out by a button, back to consent, and says what went wrong where it does', async () => {
    const { world, visitor } = stage();
    const plans = await startPlans(await freePort());
    const identity = await furnish(world, plans.url);
    identity.accounts.set('nia', { email: 'nia@elsewhere.test', email_verified: true, name: 'Nia There' });
    const stranger = await world.register('Stranger');
    const { page, keep, send } = await visitor();
    await page.goto(world.authorize(stranger));
    await keep('sign-in-providers');
    expect(await page.getByRole('button', { name: `Continue with ${LONG}` }).count()).toBe(1);
    identity.set(undefined);
    await send('oidc:corp');
    expect(await page.locator('#notice').textContent()).toContain('You did not sign in there');
    await keep('sign-in-denied-there');
    await send('oidc:gone');
    expect(await page.locator('#notice').textContent()).toContain('not available at the moment');
    await keep('sign-in-unavailable-there');
    await send('sso:', { email: 'x@nobody.test' });
    expect(await page.locator('#notice').textContent()).toContain('No organisation here');
    identity.set('nia');
    await send('oidc:corp');
    expect(await page.getByText('nia@elsewhere.test').count()).toBeGreaterThan(0);
    await send('allow');
    expect(await page.title()).toBe('Thanks');
    await identity.close();
    await plans.close();
  });

  test('takes people of a domain to their own provider without a page in between, and shows one only when it says no', async () => {
    const { world, visitor } = stage();
    const plans = await startPlans(await freePort());
    const identity = await furnish(world, plans.url);
    identity.accounts.set('ann', { email: ANN.email });
    const { page, keep, send } = await visitor();
    identity.set(undefined);
    await page.goto(world.authorize('hints', { redirect_uri: 'https://hints.example/callback' }));
    await keep('identify');
    await send('continue', { email: ANN.email });
    await page.getByText('You did not sign in there').waitFor();
    await keep('sso-denied');
    // Another address is another question.
    await send('switch');
    await page.getByLabel('E-mail address').waitFor();
    await send('continue', { email: ANN.email });
    await page.getByText('You did not sign in there').waitFor();
    identity.set('ann');
    await send('sso:acme/acme-idp');
    await page.locator('button[value=allow]').waitFor();
    expect(await page.locator('.lead').first().textContent()).toMatch(/in\s+Acme/);
    await identity.close();
    await plans.close();
  });

  test('refuses an answer in a browser that did not ask for it, by a page', async () => {
    const { world, visitor } = stage();
    const { page, keep } = await visitor();
    await page.goto(`${world.hub.issuer}/journey/callback/corp?state=${'x'.repeat(43)}&code=c`);
    expect(await page.getByRole('heading').textContent()).toBe('This sign-in cannot go on');
    await keep('callback-refused');
  });

  test('and a plan from another system: who is not on it reads why, and who is goes on', async () => {
    const { world, visitor } = stage();
    const plans = await startPlans(await freePort());
    const identity = await furnish(world, plans.url);
    const tier = (name: string): void =>
      plans.answer((response) => response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ tier: name })));
    const { page, keep, send, signIn } = await visitor();
    tier(`free ${WIDE.client}`);
    await page.goto(world.authorize('desk'));
    await signIn(ANN);
    await page.getByText('is part of the Pro plan').waitFor();
    await keep('plan-denied');
    await send('continue');
    expect(world.callback.called.at(-1)?.get('error')).toBe('access_denied');
    tier('pro');
    await page.goto(world.authorize('desk'));
    await page.locator('button[value=allow]').waitFor();
    await send('allow');
    expect(world.callback.called.at(-1)?.get('code')).toBeTruthy();
    await identity.close();
    await plans.close();
  });

  testGallery(stage, 'sign-in-providers sign-in-denied-there sign-in-unavailable-there identify sso-denied callback-refused plan-denied');
});
