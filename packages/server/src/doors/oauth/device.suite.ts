import { GRANT_TYPES } from '@writ/protocol';
import { z } from 'zod';
import type { Engine } from '../../../testing/database.ts';
import type { House } from '../../house.ts';
import type { Browser, Shown } from '../journey/browser.suite.ts';
import { furnish, ISSUER, openHub, PASSWORD, type Hub } from '../journey/hub.suite.ts';

export const OPS = 'http://localhost:9000/mcp';
export const BANK = 'https://bank.example/api';
/** A payment, as the bank declares it. */
export const PAYMENT_TYPE = {
  type: 'payment',
  title: 'Make a payment',
  description: 'Once, to one creditor.',
  schema: {
    properties: { creditor: { title: 'Goes to', type: 'string' }, amount: { title: 'Amount', type: 'number' } },
    required: ['creditor', 'amount'],
  },
};
export const SECRET = 'a-long-secret-of-the-desk';

const body = z.record(z.string(), z.unknown());
export type Told = { status: number; body: Record<string, unknown>; headers: Headers };

/** A hub with clients that ask without a browser: a public television, a service desk that rings nobody and one that wants to be rung. */
export type Waiting = Hub & {
  /** A form post of a client; `secret` for those that have one. */
  send(path: string, form: Record<string, string> | URLSearchParams, client?: string, node?: House): Promise<Told>;
  startDevice(more?: Record<string, string>): Promise<{ deviceCode: string; userCode: string; complete: string; interval: number }>;
  pollDevice(deviceCode: string, more?: Record<string, string>, node?: House): Promise<Told>;
  ask(more?: Record<string, string>): Promise<string>;
  pollAsked(authReqId: string, more?: Record<string, string>, node?: House): Promise<Told>;
  /** A browser in which this user is signed in. */
  signedIn(user: string): Promise<Browser>;
  /** From the address on the device to the page of consent. */
  consentPage(browser: Browser, complete: string): Promise<Shown>;
};

export async function openWaiting(options: { engine?: Engine; env?: Record<string, string> } = {}): Promise<Waiting> {
  const hub = await openHub(options);
  await furnish(hub);
  const { device_code: device, ciba, refresh_token: refresh } = GRANT_TYPES;
  await hub.client({ id: 'tv', name: 'Acme TV', public: true, grants: [device, refresh] });
  await hub.client({ id: 'radio', name: 'Acme Radio', public: true, grants: [device] });
  await hub.resource({
    id: 'bank',
    type: 'api',
    uri: BANK,
    name: 'Bank',
    scopes: [{ name: 'accounts:pay', title: 'Pay', risk: 'high' }],
    detailTypes: [PAYMENT_TYPE],
  });
  const auth = { secrets: [{ value: SECRET }] };
  await hub.client({ id: 'desk', name: 'Service desk', grants: [ciba, refresh], auth });
  await hub.client({ id: 'bank', name: 'Other desk', grants: [ciba], auth, tenants: ['globex'] });
  await hub.client({ id: 'plain', name: 'Plain', grants: ['client_credentials'], auth });

  const send: Waiting['send'] = async (path, form, client, node = hub.house) => {
    const headers: Record<string, string> = { 'content-type': 'application/x-www-form-urlencoded', 'user-agent': 'tv/1.0' };
    if (client !== undefined) headers['authorization'] = `Basic ${Buffer.from(`${client}:${SECRET}`).toString('base64')}`;
    const request = new Request(`${ISSUER}${path}`, { method: 'POST', headers, body: new URLSearchParams(form).toString() });
    const answer = await node.fetch(request);
    return { status: answer.status, body: body.parse(await answer.json()), headers: answer.headers };
  };
  const text = (told: Told, name: string): string => {
    const value = told.body[name];
    if (typeof value !== 'string') throw new Error(`no ${name}: ${JSON.stringify(told.body)}`);
    return value;
  };

  return {
    ...hub,
    send,
    async startDevice(more = {}) {
      const told = await send('/oauth/device', { client_id: 'tv', resource: OPS, scope: 'incidents:read incidents:write', ...more });
      return {
        deviceCode: text(told, 'device_code'),
        userCode: text(told, 'user_code'),
        complete: text(told, 'verification_uri_complete'),
        interval: Number(told.body['interval']),
      };
    },
    pollDevice: (deviceCode, more = {}, node) =>
      send('/oauth/token', { grant_type: device, client_id: 'tv', device_code: deviceCode, ...more }, undefined, node),
    async ask(more = {}) {
      const form = { login_hint: 'ann@acme.test', scope: 'openid incidents:read', resource: OPS, ...more };
      return text(await send('/oauth/backchannel', form, 'desk'), 'auth_req_id');
    },
    pollAsked: (authReqId, more = {}, node) => send('/oauth/token', { grant_type: ciba, auth_req_id: authReqId, ...more }, 'desk', node),
    async signedIn(user) {
      const browser = hub.browser();
      await browser.submit(await browser.open('/account'), 'continue', { email: `${user}@acme.test`, password: PASSWORD });
      return browser;
    },
    async consentPage(browser, complete) {
      const page = await browser.submit(await browser.open(complete), 'continue');
      return page.buttons.includes('allow') ? page : browser.submit(page, 'continue', { tenant: 'acme' });
    },
  };
}

/** The claims of a JWT, unverified. */
export function claimsIn(told: Told, member = 'access_token'): Record<string, unknown> {
  const part = String(told.body[member]).split('.')[1] ?? '';
  return body.parse(JSON.parse(Buffer.from(part, 'base64url').toString('utf8')));
}
