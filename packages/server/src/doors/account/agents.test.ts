import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { House } from '../../house.ts';
import type { Shown } from '../journey/browser.suite.ts';
import { furnish, openHub, type Hub } from '../journey/hub.suite.ts';
import { ANN, BOB, personAt, renew, type Person } from './agents.suite.ts';

let hub: Hub;
let second: House;
let ann: Person;
beforeAll(async () => {
  hub = await openHub();
  await furnish(hub);
  second = await hub.secondNode();
  ann = await personAt(hub, ANN);
});
afterAll(() => hub.close());
// A yes of later is told from one of before by its time.
beforeEach(() => hub.clock.advance(1_000));

const idOf = (path: string): string => path.split('/').at(-1) ?? '';
const contain = (id: string, verb: string) => hub.admin('POST', `/admin/v1/agents/${id}/${verb}`, { reason: 'the test' });
const moves = async (id: string) =>
  (await hub.events()).filter(({ type, target }) => ['agent.frozen', 'agent.unfrozen'].includes(type) && target?.id === id);

describe('the page of an agent', () => {
  it('says what it may do where, since when, and what it did, in sentences', async () => {
    await ann.allow();
    const { html, status } = await ann.agentPage();
    expect(status).toBe(200);
    for (const words of [
      'Acme Web',
      'at <bdi>app.example</bdi>',
      'Operations',
      'in <bdi>Acme</bdi>',
      'Write incidents',
      'Change incidents',
    ])
      expect(html).toContain(words);
    for (const words of ['You let it act for you at', 'Got access to', 'without an end, also while you are away', 'Not used yet'])
      expect(html).toContain(words);
    expect(html).toMatch(/Sensitive[\s\S]*Everyday/);
  });

  it('names a refusal with its reason, and repeats as one line', async () => {
    const held = await ann.allow();
    const page = await ann.agentPage();
    await ann.press(page, 'pause');
    for (let times = 0; times < 3; times += 1) expect((await renew(hub.house, held)).error).toBe('invalid_grant');
    const { html } = await ann.agentPage();
    expect(html).toContain('Asked for access, and was refused');
    expect(html).toContain('it was stopped');
    expect(html).toContain('3 times');
    await ann.press(page, 'resume');
  });

  it('is not there for anybody else, nor is what is not an agent, and nothing can be done to it', async () => {
    await ann.allow();
    const page = await ann.agentPage();
    const bob = await personAt(hub, BOB);
    const own = await bob.browser.open('/account');
    const before = await hub.count('signals');
    expect((await bob.browser.send('GET', page.url)).status).toBe(404);
    for (const action of ['pause', 'resume', 'revoke', 'narrow', 'bound', 'undo'])
      expect((await bob.press({ ...own, url: page.url }, action)).status).toBe(404);
    for (const id of ['agt_0', 'agt_00000000000000000000000000', '%2e%2e']) {
      expect((await ann.browser.send('GET', `/account/agents/${id}`)).status).toBe(404);
      expect((await ann.press({ ...page, url: `/account/agents/${id}` }, 'pause')).status).toBe(404);
    }
    expect(await hub.count('signals')).toBe(before);
  });

  it('asks a stranger to sign in, and comes back to it', async () => {
    const page = await ann.agentPage();
    const browser = hub.browser();
    const signIn = await browser.open(page.url);
    expect(signIn.url).toMatch(/^\/journey\//);
    expect((await browser.submit(signIn, 'continue', ANN)).url).toBe(page.url);
  });

  it.each<[string, Record<string, string>, string, number]>([
    ['without the token', { token: '' }, 'pause', 403],
    ['with the token of another browser', { token: 'A'.repeat(43) }, 'revoke', 403],
    ['with a button that is not there', {}, 'rename', 400],
  ])('changes nothing %s', async (_, fields, action, status) => {
    const page = await ann.agentPage();
    const before = await hub.count('signals');
    expect((await ann.press(page, action, fields)).status).toBe(status);
    expect(await hub.count('signals')).toBe(before);
  });

  it('stops the agent, and leads back to the list', async () => {
    const held = await ann.allow();
    expect((await ann.press(await ann.agentPage(), 'revoke')).location).toBe('/account?done=revoked');
    expect((await renew(hub.house, held)).error).toBe('invalid_grant');
    expect((await ann.browser.open('/account')).html).toContain('None yet');
  });
});

describe('a pause', () => {
  it('refuses every node the next token, sends a signal, and is taken back by the same person', async () => {
    const held = await ann.allow();
    const page = await ann.agentPage();
    const signals = await hub.count('signals');
    expect((await ann.press(page, 'pause')).location).toBe(`${page.url}?done=paused`);
    expect([(await renew(hub.house, held)).error, (await renew(second, held)).error]).toEqual(['invalid_grant', 'invalid_grant']);
    expect(await hub.count('signals')).toBe(signals + 1);
    expect((await moves(idOf(page.url))).at(-1)).toMatchObject({
      type: 'agent.frozen',
      initiator: 'human',
      actor: { user: 'ann' },
      reason: 'by_user',
    });
    expect((await ann.agentPage()).html).toContain('Paused by you');
    expect((await ann.browser.open('/account')).html).toContain('Paused by you');
    expect((await ann.press(page, 'resume')).location).toBe(`${page.url}?done=resumed`);
    expect((await renew(second, held)).status).toBe(200);
  });

  it('that is repeated moves nothing, and writes nothing', async () => {
    await ann.allow();
    const page = await ann.agentPage();
    for (const action of ['pause', 'resume']) {
      const before = (await moves(idOf(page.url))).length;
      await Promise.all(Array.from({ length: 8 }, () => ann.press(page, action)));
      expect((await moves(idOf(page.url))).length).toBe(before + 1);
    }
  });

  it('lies beneath the freeze of an administrator, which its person cannot lift, and holds again after it', async () => {
    const held = await ann.allow();
    const page = await ann.agentPage();
    const id = idOf(page.url);
    await ann.press(page, 'pause');
    expect(await (await contain(id, 'freeze')).json()).toMatchObject({ state: 'frozen', moved: true });
    expect((await ann.agentPage()).html).toContain('Stopped by an administrator');
    expect((await ann.press(page, 'resume')).location).toBe(`${page.url}?done=held`);
    expect((await renew(second, held)).error).toBe('invalid_grant');
    const signals = await hub.count('signals');
    expect(await (await contain(id, 'unfreeze')).json()).toMatchObject({ state: 'frozen', moved: true });
    // Nothing is good again, so no server may hear that it is.
    expect(await hub.count('signals')).toBe(signals);
    expect((await renew(second, held)).error).toBe('invalid_grant');
    expect((await ann.agentPage()).html).toContain('Paused by you');
    await ann.press(page, 'resume');
    expect((await renew(second, held)).status).toBe(200);
  });

  it('is not taken back by an administrator, who may freeze over it or revoke', async () => {
    await ann.allow();
    const page = await ann.agentPage();
    await ann.press(page, 'pause');
    const answer = await contain(idOf(page.url), 'unfreeze');
    expect([answer.status, (await answer.json()).type]).toEqual([409, expect.stringContaining('paused_by_user')]);
    await ann.press(page, 'resume');
  });

  it('does not lift the freeze of an agent that was never paused', async () => {
    const held = await ann.allow();
    const page = await ann.agentPage();
    await contain(idOf(page.url), 'freeze');
    const before = (await moves(idOf(page.url))).length;
    await ann.press(page, 'resume');
    await ann.press(page, 'pause');
    await ann.press(page, 'resume');
    expect((await moves(idOf(page.url))).length).toBe(before);
    expect((await renew(hub.house, held)).error).toBe('invalid_grant');
    await contain(idOf(page.url), 'unfreeze');
    expect((await renew(hub.house, held)).status).toBe(200);
  });

  it('holds the agent in every organisation of its person', async () => {
    const bob = await personAt(hub, BOB);
    const helds = await Promise.all([bob.allow({ tenant: 'acme' }), bob.allow({ tenant: 'globex' })]);
    const page = await bob.agentPage();
    for (const tenant of ['in <bdi>Acme</bdi>', 'in <bdi>Globex</bdi>']) expect(page.html).toContain(tenant);
    await bob.press(page, 'pause');
    for (const held of helds) expect((await renew(second, held)).error).toBe('invalid_grant');
    await bob.press(page, 'resume');
    for (const held of helds) expect((await renew(second, held)).status).toBe(200);
  });

  it('that comes in the midst of refreshes on two nodes leaves nobody with anything that can be renewed', async () => {
    let helds = await Promise.all(Array.from({ length: 6 }, () => ann.allow()));
    const page = await ann.agentPage();
    for (let round = 0; round < 3; round += 1) {
      const asked = helds.map((held, at) => renew(at % 2 === 0 ? hub.house : second, held));
      await Promise.race(asked);
      await ann.press(page, 'pause');
      const answers = await Promise.all(asked);
      helds = answers.map(({ status, held }, at) => (status === 200 ? held : (helds[at] ?? held)));
      const late = await Promise.all(helds.map((held, at) => renew(at % 2 === 0 ? second : hub.house, held)));
      expect(late.map(({ error }) => error)).toEqual(helds.map(() => 'invalid_grant'));
      await ann.press(page, 'resume');
      const again = await Promise.all(helds.map((held) => renew(second, held)));
      expect(again.map(({ status }) => status)).toEqual(helds.map(() => 200));
      helds = again.map(({ held }) => held);
    }
  });
});

describe('taking something from an agent', () => {
  const grantOf = (page: Shown): string => page.fields.find(({ name }) => name === 'grant')?.value ?? '';
  const versionOf = (page: Shown): string => page.fields.find(({ name }) => name === 'version')?.value ?? '';
  const keep = (page: Shown, scope: readonly string[], more: Record<string, string> = {}) =>
    ann.press(page, 'narrow', { grant: grantOf(page), version: versionOf(page), scope, ...more });

  it('leaves it what stays ticked, takes the tokens that are out, and can be given back by the same person', async () => {
    const held = await ann.allow();
    const page = await ann.agentPage();
    const signals = await hub.count('signals');
    expect((await keep(page, ['incidents:read'])).location).toBe(`${page.url}?done=narrowed`);
    expect(await hub.count('signals')).toBeGreaterThan(signals);
    const renewed = await renew(second, held);
    expect([renewed.status, renewed.scope.split(' ').toSorted()]).toEqual([200, ['incidents:read']]);
    const after = await ann.agentPage();
    expect(after.html).toContain('You took from it');
    const narrowing = after.fields.find(({ name }) => name === 'narrowing')?.value ?? '';
    expect((await ann.press(after, 'undo', { grant: grantOf(after), narrowing })).location).toBe(`${page.url}?done=undone`);
    expect((await renew(second, renewed.held)).scope).toContain('incidents:write');
    expect((await ann.press(after, 'undo', { grant: grantOf(after), narrowing })).location).toBe(`${page.url}?done=late`);
  });

  it('gives back nothing that an administrator took, and an administrator nothing that its person took', async () => {
    await ann.allow();
    const page = await ann.agentPage();
    const grant = grantOf(page);
    const taken = await hub.admin('POST', `/admin/v1/grants/${grant}/narrow`, { remove: ['incidents:write'] });
    const { narrowing } = await taken.json();
    expect((await ann.press(page, 'undo', { grant, narrowing })).location).toBe(`${page.url}?done=late`);
    expect((await ann.agentPage()).html).not.toContain('You took from it');
    expect((await hub.admin('POST', `/admin/v1/grants/${grant}/undo`, {})).status).toBe(200);
    await keep(await ann.agentPage(), ['incidents:read']);
    expect((await hub.admin('POST', `/admin/v1/grants/${grant}/undo`, {})).status).toBe(409);
  });

  it('changes nothing by a page that is no longer how things stand', async () => {
    await ann.allow();
    const stale = await ann.agentPage();
    await ann.allow({ scope: 'incidents:read incidents:write incidents:delete' });
    const before = (await hub.events('grant.narrowed')).length;
    expect((await keep(stale, ['incidents:read'])).location).toBe(`${stale.url}?done=changed`);
    expect((await hub.events('grant.narrowed')).length).toBe(before);
  });

  it('says what is wrong with a page on which nothing, or everything, is ticked', async () => {
    await ann.allow();
    const page = await ann.agentPage();
    const all = page.fields.filter(({ name }) => name === 'scope').map(({ value }) => value);
    expect(await keep(page, all)).toMatchObject({ status: 400 });
    await ann.allow({ scope: 'incidents:read', prompt: 'consent' });
  });

  it('takes nothing from a grant of somebody else', async () => {
    await ann.allow();
    const bob = await personAt(hub, BOB);
    await bob.allow({ tenant: 'acme' });
    const theirs = await bob.agentPage();
    const page = await ann.agentPage();
    const before = (await hub.events('grant.narrowed')).length;
    const answer = await ann.press(page, 'narrow', { grant: grantOf(theirs), version: versionOf(theirs), scope: ['incidents:read'] });
    expect(answer.status).toBe(404);
    expect((await hub.events('grant.narrowed')).length).toBe(before);
  });

  it('brings its end nearer, and never puts it off', async () => {
    const held = await ann.allow();
    const page = await ann.agentPage();
    const bound = (shown: Shown, until: string) => ann.press(shown, 'bound', { grant: grantOf(shown), version: versionOf(shown), until });
    expect((await bound(page, '7')).location).toBe(`${page.url}?done=bounded`);
    const after = await ann.agentPage();
    expect(after.html).not.toContain('in a month');
    expect((await bound(after, '30')).status).toBe(400);
    expect((await bound(page, '1')).location).toBe(`${page.url}?done=changed`);
    expect((await hub.events('grant.bounded')).at(-1)).toMatchObject({ actor: { user: 'ann' }, data: { from: null } });
    hub.clock.advance(7 * 86_400_000);
    expect((await renew(hub.house, held)).error).toBe('invalid_grant');
    ann = await personAt(hub, ANN);
    expect((await ann.browser.open('/account')).html).toContain('None yet');
  });
});
