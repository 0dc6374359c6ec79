import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { beforeAll, expect, test } from 'vitest';
import { appCode } from '../authenticator-app.ts';
import { ANN } from '../harness.ts';
import { inBrowser } from './chromium.ts';
import { criticisePage, keys } from './flow-editor.suite.ts';
import { onStage } from './stage.ts';
import type { Visitor } from './visitor.ts';
import { BOB, VERIFIER, type World } from './world.ts';

type Tokens = { refresh_token: string; scope: string };

async function atToken({ hub }: World, form: Record<string, string>): Promise<Response> {
  return fetch(`${hub.issuer}/oauth/token`, { method: 'POST', body: new URLSearchParams(form) });
}

/** What the browser says of an agent about which nothing was ever told. */
const UNTOLD = '/signals/newest';

async function enter(page: Page, world: World, user = 'bob'): Promise<void> {
  const { link } = await world.made(`users/${user}/console-link`);
  await page.goto(String(link));
  await page.getByRole('button', { name: 'Open the console' }).click();
  await page.getByRole('heading', { name: 'Dashboard' }).waitFor();
}

const ZOE = { email: 'zoe@acme.test', password: ANN.password };

/** An administrator whom no link of another hand let in: by password and a second factor. */
async function signInAsSecond({ page, signIn, send }: Visitor, world: World): Promise<void> {
  await world.hub.apply({
    users: [{ id: 'zoe', email: ZOE.email, password: { value: ZOE.password }, tenants: [{ id: 'acme', roles: [] }] }],
    policies: [
      {
        id: 'second-persons',
        effect: 'allow',
        subject: { clients: ['writ-console'] },
        target: { resources: ['writ-admin'] },
        grants: ['authorization_code'],
        scopes: ['admin:agents:read', 'admin:signals:read', 'admin:signals:write'],
      },
    ],
  });
  await page.goto(`${world.hub.issuer}/console/stopped`);
  await page.waitForURL(/\/journey\//);
  await signIn(ZOE);
  await page.getByText('I cannot scan it').click();
  await send('continue', { code: appCode((await page.locator('#secret').textContent()) ?? '', 0) });
  await page.getByRole('button', { name: 'I have put them away' }).click();
  await page.waitForURL(/\/console\/stopped$/);
  await page.getByText('Nothing waits for a second person.').waitFor();
}

inBrowser('agents in the console', () => {
  const stage = onStage();
  let agent = '';
  let grant = '';

  /** Ann allows the client something, and it fetches its tokens. */
  async function allow(client: string): Promise<Tokens> {
    const { world, visitor } = stage();
    const { page, signIn, send } = await visitor();
    await page.goto(world.authorize(client, { prompt: 'consent' }));
    await signIn(ANN);
    await send('allow');
    const code = world.callback.called.at(-1)?.get('code') ?? '';
    const form = { grant_type: 'authorization_code', client_id: client, redirect_uri: world.callback.url, code_verifier: VERIFIER, code };
    return (await atToken(world, form)).json();
  }

  const refreshed = async (tokens: Tokens, client = 'desk'): Promise<number> =>
    (await atToken(stage().world, { grant_type: 'refresh_token', client_id: client, refresh_token: tokens.refresh_token })).status;

  beforeAll(async () => {
    const { world } = stage();
    await allow('desk');
    const [made] = await world.hub.items('agents?client=desk');
    const [given] = await world.hub.items('grants?client=desk');
    [agent, grant] = [String(made?.['id']), String(given?.['id'])];
  });

  const scopesNow = async (): Promise<string[]> => {
    const answer = await stage().world.hub.admin('GET', `grants/${grant}`);
    return (await answer.json()).scopes.toSorted();
  };

  test('a scope is taken away with one click, and given back with another', async () => {
    const { world, visitor } = stage();
    const { page } = await visitor();
    await enter(page, world);
    const before = await scopesNow();
    await page.goto(`${world.hub.issuer}/console/agents/${agent}?tab=access`);
    await page.getByRole('button', { name: 'Take away incidents:write' }).click();
    await page.getByText('incidents:write was taken').waitFor();
    await page.getByRole('button', { name: 'Take away incidents:write' }).waitFor({ state: 'detached' });
    expect(await scopesNow()).toEqual(before.filter((scope) => scope !== 'incidents:write'));
    await page.getByRole('button', { name: 'Give it back' }).click();
    await page.getByRole('button', { name: 'Take away incidents:write' }).waitFor();
    expect(await scopesNow()).toEqual(before);
    const [narrowed] = await world.hub.items('events?type=grant.narrowed');
    expect(narrowed).toMatchObject({ actor: { user: 'bob' } });
  });

  test('an owner is named, and one who cannot answer for it is refused with the reason', async () => {
    const { world, visitor } = stage();
    const { page, problems } = await visitor();
    await enter(page, world);
    await page.goto(`${world.hub.issuer}/console/agents/${agent}`);
    await page.getByRole('button', { name: 'Owner' }).click();
    const field = page.getByRole('combobox', { name: 'Id of a user' });
    expect(await field.inputValue()).toBe('ann');
    await field.fill('nobody-at-all');
    await page.getByRole('button', { name: 'Give it to them' }).click();
    expect(await page.getByRole('alert').textContent()).toContain('no user has this id');
    await field.fill('bob');
    await page.getByRole('button', { name: 'Give it to them' }).click();
    await page.getByRole('link', { name: 'Bob Baker' }).first().waitFor();
    const [now] = await world.hub.items('agents?owner=bob');
    expect(now?.['id']).toBe(agent);
    for (const problem of problems.splice(0)) if (!problem.includes(UNTOLD)) expect(problem).toContain('400');
  });

  test('by keyboard alone it is frozen with a reason, and let go on', async () => {
    const { world, visitor } = stage();
    const tokens = await allow('desk');
    const { page } = await visitor();
    await enter(page, world);
    await page.goto(`${world.hub.issuer}/console/agents/${agent}`);
    await page.getByRole('heading', { name: 'What it is' }).waitFor();
    const { press, type, tabTo } = keys(page);
    await tabTo('Freeze');
    await press('Enter');
    await tabTo('Reason, for the record');
    await type('it writes at night');
    await press('Enter');
    await page.getByRole('button', { name: 'Unfreeze' }).waitFor();
    await page.getByText('by bob@acme.test: it writes at night.').waitFor();
    expect(await refreshed(tokens)).toBe(400);

    await page.goto(`${world.hub.issuer}/console/stopped`);
    const row = page.getByRole('row').filter({ hasText: 'it writes at night' });
    await row.getByText(agent).waitFor();
    await row.getByRole('link', { name: 'Ann Archer' }).waitFor();
    await row.getByRole('link', { name: 'Acme Desk' }).click();
    await page.getByRole('button', { name: 'Unfreeze' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Unfreeze' }).click();
    await page.getByRole('button', { name: 'Freeze', exact: true }).waitFor();
    await page.getByRole('tab', { name: 'Activity' }).click();
    await page.getByRole('link', { name: 'agent.unfrozen' }).first().waitFor();
  });

  test('where letting go takes two, whoever asked waits for another person, who confirms it', async () => {
    const { world, visitor } = stage();
    const second = await visitor();
    await signInAsSecond(second, world);
    const setting = await world.hub.admin('GET', 'settings/containment');
    const before = await setting.json();
    await world.hub.admin('PUT', 'settings/containment', { ...before, secondPerson: ['agent'] });
    const { page } = await visitor();
    await enter(page, world);
    const what = 'agent Acme Desk for Ann Archer';
    const askToLetGo = async (why: string): Promise<void> => {
      await page.goto(`${world.hub.issuer}/console/agents/${agent}`);
      await page.getByRole('button', { name: 'Unfreeze' }).click();
      await page.getByRole('textbox', { name: /^Reason/ }).fill(why);
      await page.getByRole('dialog').getByRole('button', { name: 'Unfreeze' }).click();
      await page.getByText('letting it go takes a second person').waitFor();
      await page.goto(`${world.hub.issuer}/console/stopped`);
      await page.getByText(why).waitFor();
    };
    await page.goto(`${world.hub.issuer}/console/agents/${agent}`);
    await page.getByRole('button', { name: 'Freeze', exact: true }).click();
    await page.getByRole('textbox', { name: /^Reason/ }).fill('two have to agree');
    await page.getByRole('dialog').getByRole('button', { name: 'Freeze' }).click();
    await page.getByRole('button', { name: 'Unfreeze' }).waitFor();

    await askToLetGo('it was a mistake');
    await page.getByText('You asked: another person has to confirm it.').waitFor();
    expect(await page.getByRole('button', { name: /^Confirm/ }).count()).toBe(0);
    await page.getByRole('button', { name: `Take back: ${what}` }).click();
    const takeBack = page.getByRole('dialog').getByRole('button', { name: 'Take back' });
    expect(await takeBack.isDisabled()).toBe(true);
    await page.getByRole('textbox', { name: /^Reason/ }).fill('it was none');
    await takeBack.click();
    await page.getByText('Nothing waits for a second person.').waitFor();
    expect((await world.hub.items(`agents?state=frozen`)).map(({ id }) => id)).toEqual([agent]);

    await askToLetGo('now it was');
    // Came by a link of the same hand as whoever asked: no second person either.
    const third = await visitor();
    await enter(third.page, world, 'ann');
    await third.page.goto(`${world.hub.issuer}/console/stopped`);
    await third.page.getByText('You cannot confirm it. It takes another person than who asked.').waitFor();

    await second.page.goto(`${world.hub.issuer}/console/agents/${agent}`);
    await second.page.getByText(`${BOB.email} asked to let it go on (now it was). You may confirm it under`).waitFor();
    await second.page.getByRole('link', { name: 'Stopped' }).last().click();
    await second.page.getByRole('button', { name: `Confirm: ${what}` }).click();
    await second.page.getByRole('textbox', { name: /^Reason/ }).fill('they are right');
    await second.page.getByRole('dialog').getByRole('button', { name: 'Let it go on' }).click();
    await second.page.getByText('Nothing waits for a second person.').waitFor();
    expect(await world.hub.items('agents?state=frozen')).toEqual([]);
    await world.hub.admin('PUT', 'settings/containment', before);
    // What else stands on the page of an agent is not the second person's to see.
    for (const problem of second.problems.splice(0)) expect(problem).toContain('403');
  });

  test('a change of a client is accepted, or its client stopped, on the page of its agent', async () => {
    const { world, visitor } = stage();
    const config = await (await world.hub.admin('GET', 'clients/desk')).json();
    const desk = { id: 'desk', name: 'Acme Desk', kind: 'cli', public: true, grants: config.grants };
    const changeTo = (...hosts: string[]): Promise<void> =>
      world.hub.apply({
        clients: [{ ...desk, redirectUris: ['http://127.0.0.1/callback', ...hosts.map((host) => `https://${host}/callback`)] }],
      });
    await changeTo('elsewhere.example');
    const { page } = await visitor();
    await enter(page, world);
    await page.goto(`${world.hub.issuer}/console/agents/${agent}`);
    await page.getByText('It changed since somebody last looked.').waitFor();
    await page.getByText('Before and after').click();
    await page.getByText('+ elsewhere.example').waitFor();
    await page.getByRole('button', { name: /^Stop the client: / }).click();
    await page.getByRole('textbox', { name: /^Reason/ }).fill('nobody knows that host');
    await page.getByRole('dialog').getByRole('button', { name: 'Stop the client' }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    expect((await world.hub.items('clients?state=frozen')).map(({ id }) => id)).toEqual(['desk']);
    await page.getByRole('button', { name: /^Accept: / }).click();
    await page.getByRole('textbox', { name: /^Reason/ }).fill('it is theirs');
    await page.getByRole('dialog').getByRole('button', { name: 'It is fine' }).click();
    await page.getByText('It changed since somebody last looked.').waitFor({ state: 'detached' });
    const [accepted] = await world.hub.items('events?type=drift.accepted');
    expect(accepted).toMatchObject({ actor: { user: 'bob' }, reason: 'it is theirs' });
    // What somebody stopped is let go by somebody.
    expect((await world.hub.items('clients?state=frozen')).map(({ id }) => id)).toEqual(['desk']);
    await world.hub.admin('POST', 'clients/desk/unfreeze', { reason: 'the test is over' });
    await changeTo();
  });

  test('the directory is narrowed by what stands in it, and a view is kept', async () => {
    const { world, visitor } = stage();
    const stranger = await world.register('Night stranger');
    await allow(stranger);
    const { page } = await visitor();
    await enter(page, world);
    await page.goto(`${world.hub.issuer}/console/agents`);
    const strangers = page.getByRole('link', { name: 'Night stranger' });
    const desk = page.getByRole('link', { name: 'Acme Desk' });
    await Promise.all([strangers.waitFor(), desk.waitFor()]);
    await page
      .getByRole('region', { name: 'Evidence' })
      .getByRole('button', { name: /^unverified/ })
      .click();
    await desk.waitFor({ state: 'detached' });
    await strangers.waitFor();
    expect(new URL(page.url()).searchParams.get('verified')).toBe('false');

    await page.getByRole('button', { name: 'Keep this view' }).click();
    await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Strangers');
    await page.getByRole('dialog').getByRole('button', { name: 'Keep' }).click();
    await page.getByRole('button', { name: 'Take the filter verified false away' }).click();
    await desk.waitFor();
    const search = page.getByRole('searchbox', { name: 'Name, host or person' });
    await search.fill('desk');
    await search.press('Enter');
    await strangers.waitFor({ state: 'detached' });
    await page.reload();
    await page.getByRole('link', { name: 'Strangers' }).click();
    await strangers.waitFor();
    expect(await desk.count()).toBe(0);

    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'NDJSON' }).click()]);
    const lines = readFileSync(await download.path(), 'utf8')
      .trim()
      .split('\n');
    expect(lines.map((line) => JSON.parse(line).clientName)).toEqual(['Night stranger']);
  });

  test('the parts of an agent pass axe and fit a phone', { timeout: 180_000 }, async () => {
    const { world, visitor } = stage();
    const { page } = await visitor({ bypassCSP: true });
    await enter(page, world);
    const faults: string[] = [];
    for (const tab of ['overview', 'access', 'activity', 'connections', 'budget', 'advice', 'grants', 'code']) {
      await page.goto(`${world.hub.issuer}/console/agents/${agent}?tab=${tab}`);
      await page.getByRole('tab', { selected: true }).first().waitFor();
      await page.getByRole('status', { name: 'Loading' }).first().waitFor({ state: 'detached' });
      expect(await page.getByRole('alert').allTextContents(), tab).toEqual([]);
      for (const [width, colorScheme, asked] of [
        [1280, 'light', 'everything'],
        [390, 'dark', 'look'],
      ] as const) {
        await page.setViewportSize({ width, height: 900 });
        await page.emulateMedia({ colorScheme });
        faults.push(...(await criticisePage(page, `console-agent-${tab}-${width}-${colorScheme}`, asked)));
      }
    }
    expect(faults).toEqual([]);
  });

  test('what somebody else owns is found by its owner', async () => {
    const { world, visitor } = stage();
    const { page } = await visitor();
    await enter(page, world);
    await page.goto(`${world.hub.issuer}/console/agents?q=${encodeURIComponent(BOB.email.slice(0, 3))}`);
    await page.getByText('No agent is like this.').waitFor();
    await page.goto(`${world.hub.issuer}/console/agents?owner=bob`);
    await page.getByRole('link', { name: 'Acme Desk' }).waitFor();
    expect(await page.getByRole('table').getByRole('row').count()).toBe(2);
  });
});
