import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { basic, jsonOf, textIn } from './ask.ts';
import type { Answer, Params } from './ask.ts';
import { PASSWORD, RESOURCE } from './furniture.ts';
import { J, mustBe, ok, S, T, U } from './outcome.ts';
import type { Outcome } from './outcome.ts';
import { attacks, checkNothingLeaked, inWorld } from './runner.ts';
import type { Attack } from './runner.ts';
import type { World } from './world.ts';

const DEVICE = 'urn:ietf:params:oauth:grant-type:device_code';
const CIBA = 'urn:openid:params:grant-type:ciba';
const BANK = 'https://bank.example/api';
const SECRET = { desk: 'a-long-secret-of-the-desk', branch: 'a-long-secret-of-the-branch', payer: 'a-long-secret-of-the-payer' };

const world = inWorld();
beforeAll(async () => {
  const auth = (of: keyof typeof SECRET) => ({ secrets: [{ value: SECRET[of] }] });
  for (const secret of Object.values(SECRET)) world().secrets.add(secret);
  await world().hub.apply({
    users: [
      { id: 'gil', email: 'gil@acme.test', password: { value: PASSWORD }, tenants: [{ id: 'globex', roles: ['SRE'] }] },
      { id: 'max', email: 'max@acme.test', password: { value: PASSWORD }, tenants: [{ id: 'acme' }] },
    ],
    resources: [
      {
        id: 'bank',
        type: 'api',
        uri: BANK,
        scopes: [{ name: 'pay', risk: 'high' }],
        detailTypes: [{ type: 'payment', title: 'Make a payment', schema: { properties: { amount: { type: 'integer' } } } }],
      },
    ],
    clients: [
      { id: 'tv', name: 'Television', public: true, grants: [DEVICE] },
      { id: 'set', name: 'Other set', public: true, grants: [DEVICE] },
      { id: 'desk', name: 'Desk', grants: [CIBA], auth: auth('desk') },
      { id: 'branch', name: 'Branch', grants: [CIBA], auth: auth('branch') },
      { id: 'payer', name: 'Payer', kind: 'service', tenants: ['acme'], auth: auth('payer') },
    ],
    policies: [
      {
        id: 'elsewhere',
        effect: 'allow',
        grants: ['device_code', 'ciba'],
        subject: { any: true },
        target: { resources: ['ops'] },
        scopes: 'all',
      },
      { id: 'pays', effect: 'allow', subject: { clients: ['payer'] }, target: { resources: ['bank'] }, scopes: 'all' },
      {
        id: 'pays-with-leave',
        effect: 'require',
        subject: { any: true },
        target: { resources: ['bank'] },
        scopes: 'all',
        require: { approval: { from: { roles: ['SRE'] } } },
      },
    ],
  });
});

const OPS = { resource: RESOURCE, scope: 'incidents:read' };
const as = (client: keyof typeof SECRET) => basic(client, SECRET[client]);
const word = (answer: Answer, name: string): string => textIn(jsonOf(answer), name);

/** A device that waits; its codes are secrets of this world. */
async function device(at: World): Promise<{ code: string; user: string; page: string }> {
  at.moveOn();
  const answer = mustBe(200, await at.post('/oauth/device', { client_id: 'tv', ...OPS }));
  const [code, user] = [word(answer, 'device_code'), word(answer, 'user_code')];
  at.secrets.add(code).add(user);
  return { code, user, page: `/device?user_code=${user}` };
}
const poll = (at: World, code: string, client = 'tv'): Promise<Answer> =>
  at.post('/oauth/token', { grant_type: DEVICE, client_id: client, device_code: code });
const startBackchannel = (at: World, params: Params = {}, client: keyof typeof SECRET = 'desk'): Promise<Answer> =>
  at.post('/oauth/backchannel', { login_hint: 'ann@acme.test', ...OPS, ...params }, as(client));
const pollAsked = (at: World, id: string, client: keyof typeof SECRET = 'desk'): Promise<Answer> =>
  at.post('/oauth/token', { grant_type: CIBA, auth_req_id: id }, as(client));

let nobody = 0;
/** A request for somebody whom no other test asks, for each is asked five times a minute. */
async function asked(at: World, params: Params = {}): Promise<string> {
  const answer = mustBe(200, await startBackchannel(at, { login_hint: `nobody-${(nobody += 1)}@acme.test`, ...params }));
  const id = word(answer, 'auth_req_id');
  at.secrets.add(id);
  return id;
}

/** What stands after the link in the newest mail to this address, as soon as there is one: mails come a moment after the answer. */
async function mailed(at: World, to: string): Promise<string> {
  for (;;) {
    const { items: mails }: { items: { to: string; text: string }[] } = JSON.parse((await at.ask('/dev/mail.json')).text);
    const link = /\/account\/approvals\/\S+/.exec(mails.find((mail) => mail.to === to)?.text ?? '')?.[0];
    if (link !== undefined) return link;
    await sleep(50);
  }
}

const REFUSED = [{ type: 'token.refused' }];
const page = (status: number, text: string): Outcome =>
  ok(`${status} and a sentence`, (answer) => {
    expect({ status: answer.status, location: answer.location }).toEqual({ status, location: undefined });
    expect(answer.text).toContain(text);
  });

/** The same as for somebody who exists; nobody ever answers it. */
const likeAny = (): Outcome =>
  ok('200 and an id that never completes', (answer) => {
    expect(answer.status).toBe(200);
    expect(Object.keys(jsonOf(answer)).toSorted()).toEqual(['auth_req_id', 'expires_in', 'interval']);
  });

describe('requests that a user answers elsewhere', () => {
  const begins = (
    title: string,
    path: string,
    params: Params,
    headers: Record<string, string>,
    outcome: Outcome,
    number = '127',
  ): Attack => ({
    number,
    title,
    send: (at) => at.post(path, params, headers),
    outcome,
    entries: [{ type: 'journey.refused' }],
  });
  attacks(world, [
    begins('a client without the device grant', '/oauth/device', { client_id: 'web', ...OPS }, {}, T('unauthorized_client')),
    begins('a device of an unknown client', '/oauth/device', { client_id: 'nobody', ...OPS }, {}, U('invalid_client')),
    begins(
      'a device for a scope outside (CVE-2024-38371)',
      '/oauth/device',
      { client_id: 'tv', resource: RESOURCE, scope: 'admin' },
      {},
      T('invalid_scope'),
    ),
    begins(
      'a client without CIBA',
      '/oauth/backchannel',
      { login_hint: 'ann@acme.test', ...OPS },
      basic('worker', 'a-long-secret-of-the-worker'),
      T('unauthorized_client'),
    ),
    begins(
      'CIBA without client authentication',
      '/oauth/backchannel',
      { client_id: 'desk', login_hint: 'ann@acme.test', ...OPS },
      {},
      U('invalid_client'),
    ),
    {
      number: '127',
      title: 'a hint that names nobody looks like one that names somebody',
      send: (at) => startBackchannel(at, { login_hint: 'nobody-at-all@acme.test' }),
      outcome: likeAny(),
      entries: [{ type: 'approval.requested', reason: 'hint_names_nobody' }],
      changes: ['pending_authorizations'],
    },
    ...['<b>Order</b>', 'Order\n4711', 'Order \u202e1174', 'a'.repeat(2_048), 'Order\u0000'].map((message, index): Attack => ({
      number: '131',
      title: `binding message ${['with markup', 'of two lines', 'that turns the text around', 'of 2 KB', 'with a NUL'][index]} (CVE-2026-33757)`,
      send: (at) => startBackchannel(at, { binding_message: message }),
      // What cannot even be read as a form is no message.
      outcome: T(index === 4 ? 'invalid_request' : 'invalid_binding_message'),
      entries: [{ type: 'journey.refused' }],
    })),
    {
      number: '134',
      title: 'the sixth question to one person in a minute',
      async arrange(at) {
        for (let times = 0; times < 5; times += 1) mustBe(200, await startBackchannel(at, { login_hint: 'max@acme.test' }));
        return () => startBackchannel(at, { login_hint: 'max@acme.test' });
      },
      outcome: J(429, 'slow_down'),
      entries: [{ type: 'approval.rate_limited' }],
    },
  ]);
});

describe('polling', () => {
  const after = (
    number: string,
    title: string,
    code: (at: World) => Promise<() => Promise<Answer>>,
    error: string,
    entries = REFUSED,
  ): Attack => ({
    number,
    title,
    arrange: code,
    outcome: T(error),
    entries,
  });
  attacks(world, [
    after(
      '128',
      'before anybody answered',
      async (at) => {
        const { code } = await device(at);
        return () => poll(at, code);
      },
      'authorization_pending',
      [],
    ),
    after(
      '128',
      'twice at once',
      async (at) => {
        const { code } = await device(at);
        await poll(at, code);
        return () => poll(at, code);
      },
      'slow_down',
    ),
    after(
      '128',
      'CIBA twice at once',
      async (at) => {
        const id = await asked(at);
        await pollAsked(at, id);
        return () => pollAsked(at, id);
      },
      'slow_down',
    ),
    after(
      '128',
      'after its time',
      async (at) => {
        const id = await asked(at, { requested_expiry: '1' });
        await sleep(1_100);
        return () => pollAsked(at, id);
      },
      'expired_token',
    ),
    after(
      '128',
      'after a no',
      async (at) => {
        const { code, page: typed } = await device(at);
        const visitor = await at.signedIn('ann');
        await visitor.submit(await visitor.submit(await visitor.open(typed), 'continue'), 'deny');
        return () => poll(at, code);
      },
      'access_denied',
    ),
    after(
      '130',
      'by another client, of a device',
      async (at) => {
        const { code } = await device(at);
        return () => poll(at, code, 'set');
      },
      'invalid_grant',
    ),
    after(
      '130',
      'by another client, of CIBA (CVE-2026-45337)',
      async (at) => {
        const id = await asked(at);
        return () => pollAsked(at, id, 'branch');
      },
      'invalid_grant',
    ),
    after(
      '130',
      'with a device code as auth_req_id',
      async (at) => {
        const { code } = await device(at);
        return () => pollAsked(at, code);
      },
      'invalid_grant',
    ),
    after(
      '130',
      'again, after the token',
      async (at) => {
        const { code, page: typed } = await device(at);
        const visitor = await at.signedIn('ann');
        await visitor.submit(await visitor.submit(await visitor.open(typed), 'continue'), 'allow');
        at.secrets.add(word(mustBe(200, await poll(at, code)), 'access_token'));
        return () => poll(at, code);
      },
      'invalid_grant',
    ),
  ]);
});

describe('answering for somebody else', () => {
  attacks(world, [
    {
      number: '129',
      title: 'the link of another user (CVE-2026-45337)',
      async arrange(at) {
        at.secrets.add(word(mustBe(200, await startBackchannel(at, { login_hint: 'cyd@acme.test' })), 'auth_req_id'));
        const link = await mailed(at, 'cyd@acme.test');
        const visitor = await at.signedIn('bob');
        return async () => (await visitor.open(link)).answer;
      },
      outcome: S(404),
      entries: [],
    },
    {
      number: '129',
      title: 'an approval of another tenant, by one who has the role there',
      async arrange(at) {
        const { id } = await payment(at);
        const visitor = await at.signedIn('gil');
        return async () => (await visitor.open(`/account/approvals/${id}`)).answer;
      },
      outcome: S(404),
      entries: [],
    },
    {
      number: '129',
      title: 'an approval by the admin token alone',
      async arrange(at) {
        const { id } = await payment(at);
        const headers = { authorization: `Bearer ${at.hub.adminToken}`, 'content-type': 'application/json' };
        return () => at.ask(`/admin/v1/approvals/${id}/give`, { method: 'POST', headers, body: '{}' });
      },
      outcome: J(403, 'not_an_approver'),
      entries: [{ type: 'journey.refused', reason: 'approval_unknown' }],
    },
    {
      number: '132',
      title: 'a user code that is guessed',
      async arrange(at) {
        const visitor = await at.signedIn('bob');
        const typed = await visitor.open('/device');
        return async () => (await visitor.submit(typed, 'continue', { code: 'BCDF-GHJK' })).answer;
      },
      outcome: page(400, 'not one of ours'),
      entries: [{ type: 'journey.refused', reason: 'user_code_unknown' }],
    },
    {
      number: '132',
      title: 'the twenty-first guess at user codes, though it is right',
      async arrange(at) {
        const visitor = await at.signedIn('cyd');
        const typed = await visitor.open('/device');
        for (let times = 0; times < 20; times += 1) await visitor.submit(typed, 'continue', { code: 'BCDF-GHJK' });
        const { user } = await device(at);
        return async () => (await visitor.submit(typed, 'continue', { code: user })).answer;
      },
      outcome: page(429, 'too many codes'),
      entries: [{ type: 'approval.rate_limited' }],
    },
    {
      number: '132',
      title: 'a code that somebody was sent: the page says whose it is, and opening its address lets nobody in (RFC 8628 5.4)',
      async arrange(at) {
        const { page: typed } = await device(at);
        const visitor = await at.signedIn('ann');
        return async () => (await visitor.open(typed)).answer;
      },
      outcome: page(200, 'Type no code that somebody sent or told you'),
      entries: [],
    },
    {
      number: '132',
      title: 'the page of a device sent from elsewhere',
      async arrange(at) {
        const { user } = await device(at);
        const visitor = await at.signedIn('ann');
        return async () => (await visitor.submit(await visitor.open('/device'), 'continue', { code: user, token: null })).answer;
      },
      outcome: S(403),
      entries: [],
    },
  ]);
});

let amount = 0;
const pay = (at: World, sum: number, more: Params = {}): Promise<Answer> =>
  at.post(
    '/oauth/token',
    {
      grant_type: 'client_credentials',
      resource: BANK,
      scope: 'pay',
      authorization_details: JSON.stringify([{ type: 'payment', amount: sum }]),
      ...more,
    },
    as('payer'),
  );
/** A payment that waits for approval. One agent asks five times a minute, so this file makes few of them. */
async function payment(at: World): Promise<{ id: string; sum: number }> {
  const sum = (amount += 1);
  return { id: word(mustBe(400, await pay(at, sum)), 'approval_id'), sum };
}
async function approved(at: World, id: string): Promise<{ sent: () => Promise<Answer> }> {
  const visitor = await at.signedIn('ann');
  const shown = await visitor.open(`/account/approvals/${id}`);
  await visitor.submit(shown, 'allow');
  return { sent: async () => (await visitor.submit(shown, 'allow')).answer };
}

describe('approvals that policy asks for', () => {
  it('133 an approval is for its arguments, is spent once, and is decided once', async () => {
    const at = world();
    const { id, sum } = await payment(at);
    const again = await approved(at, id);
    // Another sum with this approval; then the right one, twice; then the page once more.
    T('invalid_grant').check(await pay(at, 1_000_000, { approval_id: id }), at.origin);
    at.secrets.add(word(mustBe(200, await pay(at, sum, { approval_id: id })), 'access_token'));
    T('invalid_grant').check(await pay(at, sum, { approval_id: id }), at.origin);
    S(404).check(await again.sent(), at.origin);
    const written = await at.database.query(`SELECT type FROM audit_events WHERE body LIKE $1 AND type LIKE 'approval.%' ORDER BY id`, [
      `%${id}%`,
    ]);
    expect(written.map(({ type }) => type)).toEqual(['approval.requested', 'approval.given', 'approval.used']);
  });

  attacks(world, [
    {
      number: '133',
      title: 'details that no rule has anybody approve',
      send: (at) =>
        at.post(
          '/oauth/token',
          {
            grant_type: 'client_credentials',
            resource: RESOURCE,
            scope: 'incidents:read',
            authorization_details: '[{"type":"payment","amount":1}]',
          },
          basic('worker', 'a-long-secret-of-the-worker'),
        ),
      outcome: T('invalid_authorization_details'),
      entries: REFUSED,
    },
    {
      number: '133',
      title: 'an approval that never was',
      send: (at) => pay(at, 7, { approval_id: 'apr_00000000000000000000000000' }),
      outcome: T('invalid_grant'),
      entries: [{ type: 'token.refused', reason: 'approval_not_for_this' }],
    },
  ]);

  checkNothingLeaked(world);
});
