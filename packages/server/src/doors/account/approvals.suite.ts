import type { Browser } from '../journey/browser.suite.ts';
import { furnish, ISSUER, openHub, PASSWORD, type Hub } from '../journey/hub.suite.ts';

const BANK = 'https://bank.example/api';
const SECRET = 'a-long-secret-of-the-payer';

export type Approving = Hub & {
  /** An agent asks for a payment; `again` sends the same request once more. */
  want(payment: { amount: number; creditor: string }): Promise<{ id: string; link: string; again(): Promise<Told> }>;
  /** How many of the SREs must agree. */
  needs(count: number): Promise<unknown>;
  signedIn(user: string): Promise<Browser>;
};
type Told = { status: number; body: Record<string, unknown> };

/** A hub where a payment of an agent needs the approval of an SRE of Acme: Ann or Dan. */
export async function openApprovals(): Promise<Approving> {
  const hub = await openHub();
  await furnish(hub);
  await hub.user({ id: 'gus', email: 'gus@acme.test', tenants: [{ id: 'globex', roles: ['SRE'] }] });
  await hub.resource({
    id: 'bank',
    type: 'api',
    uri: BANK,
    name: 'Bank',
    scopes: [{ name: 'accounts:pay', title: 'Pay', risk: 'high' }],
    detailTypes: [
      {
        type: 'payment',
        title: 'Make a payment',
        schema: { properties: { creditor: { title: 'Goes to', type: 'string' }, amount: { title: 'Amount', type: 'number' } } },
      },
    ],
  });
  await hub.client({ id: 'payer', name: 'Paying agent', kind: 'service', tenants: ['acme'], auth: { secrets: [{ value: SECRET }] } });
  const needs = (count: number) =>
    hub.policy({
      id: 'four-eyes',
      effect: 'require',
      subject: { any: true },
      target: { resources: ['bank'] },
      scopes: 'all',
      require: { approval: { from: { roles: ['SRE'] }, count } },
    });
  await needs(1);

  return {
    ...hub,
    needs,
    async want(payment) {
      const ask = async (): Promise<Told> => {
        const body = new URLSearchParams({
          grant_type: 'client_credentials',
          resource: BANK,
          scope: 'accounts:pay',
          authorization_details: JSON.stringify([{ type: 'payment', ...payment }]),
        });
        const authorization = `Basic ${Buffer.from(`payer:${SECRET}`).toString('base64')}`;
        const headers = { 'content-type': 'application/x-www-form-urlencoded', authorization };
        const answer = await hub.house.fetch(new Request(`${ISSUER}/oauth/token`, { method: 'POST', headers, body: body.toString() }));
        return { status: answer.status, body: Object(await answer.json()) };
      };
      const id = String((await ask()).body['approval_id']);
      return { id, link: `${ISSUER}/account/approvals/${id}`, again: ask };
    },
    async signedIn(user) {
      const browser = hub.browser();
      await browser.submit(await browser.open('/account'), 'continue', { email: `${user}@acme.test`, password: PASSWORD });
      return browser;
    },
  };
}
