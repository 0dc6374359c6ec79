import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Browser } from '../journey/browser.suite.ts';
import { ISSUER } from '../journey/hub.suite.ts';
import { openApprovals, type Approving } from './approvals.suite.ts';

const SECRET = 'a-long-secret-of-the-robot';
let hub: Approving;
beforeAll(async () => {
  hub = await openApprovals();
  await hub.client({ id: 'everywhere', name: 'Robot', kind: 'service', auth: { secrets: [{ value: SECRET }] } });
  await hub.policy({
    id: 'four-eyes',
    effect: 'require',
    subject: { any: true },
    target: { resources: ['bank'] },
    scopes: 'all',
    require: { approval: { from: { users: ['ann'] }, count: 1 } },
  });
});
afterAll(() => hub.close());

/** Asked by a client that serves no tenant, so that it is a matter of the whole hub. */
async function wantedOfTheHub(): Promise<string> {
  const body = new URLSearchParams({ grant_type: 'client_credentials', resource: 'https://bank.example/api', scope: 'accounts:pay' });
  const headers = {
    'content-type': 'application/x-www-form-urlencoded',
    authorization: `Basic ${Buffer.from(`everywhere:${SECRET}`).toString('base64')}`,
  };
  const answer = await hub.house.fetch(new Request(`${ISSUER}/oauth/token`, { method: 'POST', headers, body: body.toString() }));
  return String(Object(await answer.json())['approval_id']);
}

/** Ann, as whoever runs the provider of Acme can be at any time. */
async function vouchedFor(): Promise<Browser> {
  const browser = hub.browser();
  const { cookie } = await hub.sessions.start({
    user: { id: 'ann' },
    amr: ['sso'],
    acr: '1',
    by: ['sso:acme'],
    purpose: 'user',
    origin: { request: 'req_test' },
  });
  const [pair = ''] = cookie.split(';');
  browser.cookies.set(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1));
  return browser;
}

it("what the whole hub asks is not decided by a sign-in that only one tenant's provider vouches for", async () => {
  const path = `/account/approvals/${await wantedOfTheHub()}`;
  const own = await hub.signedIn('ann');
  const page = await own.open(path);
  expect([page.status, page.buttons]).toEqual([200, ['', 'deny', 'allow']]);

  const vouched = await vouchedFor();
  const inAcme = await hub.want({ amount: 3, creditor: 'Ann' });
  const account = await vouched.open('/account');
  expect([account.status, account.html.includes(path), account.html.includes(inAcme.id)]).toEqual([200, false, true]);
  expect((await vouched.open(path)).status).toBe(404);
  // With the token of a page that it may see.
  const theirs = await vouched.open(`/account/approvals/${inAcme.id}`);
  const token = theirs.fields.find(({ name }) => name === 'token')?.value ?? '';
  const tried = await vouched.send('POST', path, new URLSearchParams({ token, action: 'allow' }));
  expect(tried.status).toBe(404);
  expect((await hub.events('approval.given')).length).toBe(0);
  expect((await hub.events('journey.refused')).at(-1)).toMatchObject({ reason: 'approval_not_an_approver', actor: { user: 'ann' } });

  expect((await vouched.submit(theirs, 'allow')).html).toContain('Your approval is recorded');
  expect((await own.submit(page, 'allow')).html).toContain('Your approval is recorded');
});
