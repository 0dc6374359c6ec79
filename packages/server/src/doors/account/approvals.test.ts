import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { PASSWORD } from '../journey/hub.suite.ts';
import { openApprovals, type Approving } from './approvals.suite.ts';

describe('the page of an approval', () => {
  let hub: Approving;
  beforeAll(async () => {
    hub = await openApprovals();
  });
  afterAll(() => hub.close());
  beforeEach(() => hub.clock.advance(61_000));

  const newest = async (type: string) => (await hub.events(type)).at(-1);

  it('is where the link of the mail leads, through sign-in, and shows exactly what is asked', async () => {
    const { link } = await hub.want({ amount: 25, creditor: 'Ann & <Sons>' });
    const browser = hub.browser();
    const signIn = await browser.open(link);
    expect(signIn.html).toContain('to see what you are asked to approve');
    const page = await browser.submit(signIn, 'continue', { email: 'ann@acme.test', password: PASSWORD });
    for (const seen of [
      'Paying agent',
      'Bank',
      'Acme',
      'Make a payment',
      'Goes to',
      'Ann &amp; &lt;Sons&gt;',
      '25',
      '0 of 1',
      'accounts:pay',
      '60 minutes left',
    ])
      expect(page.html).toContain(seen);
    expect(page.buttons).toEqual(['', 'deny', 'allow']);
  });

  it('takes a yes with its reason, once, and stands on the account page until then', async () => {
    const { id, link, again } = await hub.want({ amount: 26, creditor: 'Ann' });
    const browser = await hub.signedIn('ann');
    expect((await browser.open('/account')).html).toContain(`/account/approvals/${id}`);
    const page = await browser.open(link);
    const done = await browser.submit(page, 'allow', { reason: 'Invoice 17' });
    expect(done.html).toContain('Your approval is recorded');
    expect((await browser.open('/account')).html).not.toContain(`/account/approvals/${id}`);
    expect(await newest('approval.given')).toMatchObject({
      actor: { user: 'ann' },
      data: { complete: true, because: 'Invoice 17' },
      tenant: 'acme',
    });
    expect((await again()).status).toBe(200);
    expect((await browser.submit(page, 'deny')).status).toBe(404);
    expect((await browser.open(link)).status).toBe(404);
  });

  it('takes a no for good', async () => {
    const { link, again } = await hub.want({ amount: 27, creditor: 'Ann' });
    const browser = await hub.signedIn('ann');
    expect((await browser.submit(await browser.open(link), 'deny', { reason: 'Never heard of it' })).html).toContain('Refused, for good');
    expect(await newest('approval.refused')).toMatchObject({ actor: { user: 'ann' }, reason: 'Never heard of it' });
    expect(await again()).toMatchObject({ status: 400, body: { error: 'access_denied' } });
  });

  it('is not there for who is not asked: another tenant, another role, nobody', async () => {
    const { link } = await hub.want({ amount: 28, creditor: 'Ann' });
    const pages = [];
    for (const user of ['bob', 'gus']) pages.push(await (await hub.signedIn(user)).open(link));
    pages.push(await (await hub.signedIn('bob')).open('/account/approvals/apr_00000000000000000000000000'));
    const shown = pages.map(({ status, html }) => ({ status, html: html.replaceAll(/req_\w+/g, '') }));
    expect(shown[0]?.status).toBe(404);
    expect(shown[1]).toEqual(shown[0]);
    expect(shown[2]).toEqual(shown[0]);
    expect((await (await hub.signedIn('bob')).open('/account')).html).not.toContain('Waiting for your answer');
  });

  it('asks for a fresh sign-in, as fresh as the hub says', async () => {
    const { link } = await hub.want({ amount: 29, creditor: 'Ann' });
    const browser = await hub.signedIn('ann');
    const page = await browser.open(link);
    hub.clock.advance(900_000);
    const asked = await browser.submit(page, 'allow');
    expect(asked.html).toContain('Sign in');
    expect(await newest('approval.given')).not.toMatchObject({ target: { id: link.slice(-30) } });
    const back = await browser.submit(asked, 'continue', { email: 'ann@acme.test', password: PASSWORD });
    expect(back.buttons).toEqual(['', 'deny', 'allow']);
    expect((await browser.submit(back, 'allow')).html).toContain('Your approval is recorded');
  });

  it('takes no page that it did not show, and nothing that it does not have', async () => {
    const { link } = await hub.want({ amount: 30, creditor: 'Ann' });
    const browser = await hub.signedIn('ann');
    const page = await browser.open(link);
    expect((await browser.submit(page, 'allow', { token: 'x'.repeat(43) })).status).toBe(403);
    expect((await browser.submit(page, 'give')).status).toBe(400);
    expect((await browser.submit(page, 'allow', { reason: 'x'.repeat(501) })).status).toBe(400);
    expect((await browser.submit(page, 'allow')).html).toContain('Your approval is recorded');
  });

  it('says that one has decided where others are still asked', async () => {
    await hub.needs(2);
    const { link } = await hub.want({ amount: 31, creditor: 'Ann' });
    const browser = await hub.signedIn('ann');
    const page = await browser.open(link);
    await browser.submit(page, 'allow');
    expect((await browser.open(link)).html).toContain('You have decided');
    expect((await browser.submit(page, 'allow')).status).toBe(409);
    const dan = await (await hub.signedIn('dan')).open(link);
    expect(dan.html).toContain('1 of 2');
    await hub.needs(1);
  });
});
