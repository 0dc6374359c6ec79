import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { basic, encode, FORM, jsonOf, textIn } from '../attacks/ask.ts';
import type { Answer, Asked, Params } from '../attacks/ask.ts';
import { PASSWORD, RESOURCE } from '../attacks/furniture.ts';
import { formOf } from '../attacks/visitor.ts';
import type { Shown, Visitor } from '../attacks/visitor.ts';
import type { World } from '../attacks/world.ts';
import { openTwoHubs } from './two-hubs.ts';
import type { TwoHubs } from './two-hubs.ts';

const DEVICE = 'urn:ietf:params:oauth:grant-type:device_code';
const BANK = 'https://bank.example/api';
const SECRET = 'a-long-secret-of-the-payer';

let hubs: TwoHubs;
let world: World;
beforeAll(async () => {
  hubs = await openTwoHubs();
  world = hubs.first;
  const person = (id: string) => ({
    id,
    email: `${id}@acme.test`,
    password: { value: PASSWORD },
    tenants: [{ id: 'acme', roles: ['SRE'] }],
  });
  await world.hub.apply({
    users: ['eva', 'ida', 'una'].map(person),
    resources: [{ id: 'bank', type: 'api', uri: BANK, scopes: [{ name: 'pay' }, { name: 'see' }, { name: 'move' }, { name: 'close' }] }],
    clients: [
      { id: 'tv', name: 'Television', public: true, grants: [DEVICE] },
      { id: 'payer', name: 'Payer', kind: 'service', tenants: ['acme'], auth: { secrets: [{ value: SECRET }] } },
    ],
    policies: [
      { id: 'devices', effect: 'allow', grants: ['device_code'], subject: { any: true }, target: { resources: ['ops'] }, scopes: 'all' },
      { id: 'pays', effect: 'allow', subject: { clients: ['payer'] }, target: { resources: ['bank'] }, scopes: 'all' },
      leave(1),
    ],
  });
  await hubs.heard();
});
afterAll(() => hubs.close());

function leave(count: number): object {
  const reach = { subject: { any: true }, target: { resources: ['bank'] }, scopes: 'all' };
  return { id: 'leave', effect: 'require', ...reach, require: { approval: { from: { roles: ['SRE'] }, count } } };
}

/** The rule is part of what is approved: both nodes must have heard of it. */
async function ruled(count: number): Promise<void> {
  await world.hub.apply({ policies: [leave(count)] });
  await hubs.heard();
}

const form = (params: Params, headers: Record<string, string> = {}): Asked => ({
  method: 'POST',
  headers: { ...FORM, ...headers },
  body: encode(params),
});
const tally = (answers: readonly Answer[]): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const { status, text } of answers) {
    const word = status === 200 || !text.startsWith('{') ? String(status) : `${status} ${String(JSON.parse(text).error)}`;
    counts[word] = (counts[word] ?? 0) + 1;
  }
  return counts;
};
const pays = (scope: string, more: Params = {}): Asked =>
  form({ grant_type: 'client_credentials', resource: BANK, scope, ...more }, basic('payer', SECRET));
const types = async (id: string): Promise<string[]> => {
  const found = await world.database.query(`SELECT type, body FROM audit_events WHERE body LIKE $1 ORDER BY id`, [`%"id":"${id}"%`]);
  return found.map(({ type }) => String(type));
};

/** The post of a page, ready to be sent by whoever holds the browser's cookies. */
function sends(visitor: Visitor, { page, url }: Shown, action: string): { path: string; asked: Asked } {
  const cookie = visitor.jar.header(new URL(url, world.origin));
  return { path: url, asked: { method: 'POST', headers: { ...FORM, cookie }, body: formOf(page, action).toString() } };
}
const signedIn = new Map<string, Promise<Visitor>>();
const visitorOf = (user: string): Promise<Visitor> => {
  const visitor = signedIn.get(user) ?? world.signedIn(user);
  signedIn.set(user, visitor);
  return visitor;
};
const approvalPage = async (user: string, id: string): Promise<{ visitor: Visitor; shown: Shown }> => {
  const visitor = await visitorOf(user);
  return { visitor, shown: await visitor.open(`/account/approvals/${id}`) };
};

describe('two nodes, many at once: devices', () => {
  async function device(): Promise<{ code: string; page: string }> {
    world.moveOn();
    const told = jsonOf(await world.post('/oauth/device', { client_id: 'tv', resource: RESOURCE, scope: 'incidents:read' }));
    return { code: textIn(told, 'device_code'), page: `/device?user_code=${textIn(told, 'user_code')}` };
  }

  it('one device code fetched forty times: one token', async () => {
    for (let round = 0; round < 3; round += 1) {
      const { code, page } = await device();
      const ann = await visitorOf('ann');
      await ann.submit(await ann.submit(await ann.open(page), 'continue'), 'allow');
      const answers = await hubs.race(40, '/oauth/token', form({ grant_type: DEVICE, client_id: 'tv', device_code: code }));
      expect(tally(answers)).toEqual({ '200': 1, '400 invalid_grant': 39 });
    }
  });

  it('one code typed by two people who allow and refuse at once: one of them decides', async () => {
    for (let round = 0; round < 4; round += 1) {
      const { code, page } = await device();
      const [ann, eva] = [await visitorOf('ann'), await visitorOf('eva')];
      const pages = [await ann.submit(await ann.open(page), 'continue'), await eva.submit(await eva.open(page), 'continue')] as const;
      const posts = [
        sends(ann, pages[0], 'allow'),
        sends(eva, pages[1], 'deny'),
        sends(ann, pages[0], 'allow'),
        sends(eva, pages[1], 'deny'),
      ];
      await hubs.each(round % 2 === 0 ? posts : posts.toReversed());
      const [row] = await world.database.query(
        `SELECT count(*)::int AS n FROM audit_events WHERE type IN ('approval.given', 'approval.refused') AND body LIKE '%device_code%'`,
      );
      expect(Number(row?.['n'])).toBe(round + 4);
      world.moveOn();
      const told = await world.post('/oauth/token', { grant_type: DEVICE, client_id: 'tv', device_code: code });
      expect(['200', '400 access_denied']).toContain(Object.keys(tally([told]))[0]);
    }
  });
});

describe('two nodes, many at once: approvals', () => {
  it('one request sent forty times: one approval, one question', async () => {
    const answers = await hubs.race(40, '/oauth/token', pays('pay'));
    expect(tally(answers)).toEqual({ '400 interaction_required': 40 });
    const ids = new Set(answers.map((answer) => textIn(jsonOf(answer), 'approval_id')));
    expect(ids.size).toBe(1);
    expect((await types([...ids][0] ?? '')).filter((type) => type === 'approval.requested')).toHaveLength(1);
  });

  it('one approval used forty times: one token', async () => {
    const [answer] = await hubs.race(1, '/oauth/token', pays('pay'));
    const id = textIn(jsonOf(answer ?? fail()), 'approval_id');
    const { visitor, shown } = await approvalPage('eva', id);
    await visitor.submit(shown, 'allow');
    const answers = await hubs.race(40, '/oauth/token', pays('pay', { approval_id: id }));
    expect(tally(answers)).toEqual({ '200': 1, '400 invalid_grant': 39 });
    expect((await types(id)).filter((type) => type === 'approval.used')).toHaveLength(1);
  });

  it('two approvers at once of two that are needed, and one of them ten times: it is given once', async () => {
    await ruled(2);
    const [answer] = await hubs.race(1, '/oauth/token', pays('see'));
    const id = textIn(jsonOf(answer ?? fail()), 'approval_id');
    const [eva, ida] = [await approvalPage('eva', id), await approvalPage('ida', id)];
    const posts = [
      ...Array.from({ length: 10 }, () => sends(eva.visitor, eva.shown, 'allow')),
      ...Array.from({ length: 3 }, () => sends(ida.visitor, ida.shown, 'allow')),
    ];
    const sent = await hubs.each(posts);
    expect(sent.filter(({ status }) => status === 303)).toHaveLength(2);
    expect((await types(id)).filter((type) => type === 'approval.given')).toHaveLength(2);
    expect(tally(await hubs.race(20, '/oauth/token', pays('see', { approval_id: id })))).toEqual({ '200': 1, '400 invalid_grant': 19 });
  });

  it('a yes and a no at once: one outcome, and the token follows it', async () => {
    await ruled(1);
    for (const scope of ['move', 'close', 'move close', 'pay see']) {
      const [answer] = await hubs.race(1, '/oauth/token', pays(scope));
      const id = textIn(jsonOf(answer ?? fail()), 'approval_id');
      const [eva, ida, una] = [await approvalPage('eva', id), await approvalPage('ida', id), await approvalPage('una', id)];
      const sent = await hubs.each([
        sends(eva.visitor, eva.shown, 'allow'),
        sends(ida.visitor, ida.shown, 'deny'),
        sends(una.visitor, una.shown, 'allow'),
      ]);
      expect(sent.filter(({ status }) => status === 303)).toHaveLength(1);
      const outcome = (await types(id)).filter((type) => type === 'approval.given' || type === 'approval.refused');
      expect(outcome).toHaveLength(1);
      const after = tally(await hubs.race(10, '/oauth/token', pays(scope, { approval_id: id })));
      expect(after).toEqual(outcome[0] === 'approval.given' ? { '200': 1, '400 invalid_grant': 9 } : { '400 access_denied': 10 });
      await world.database.query(`DELETE FROM attempts WHERE key LIKE 'approvals-%'`);
    }
  });

  it('leaves every chain whole', async () => {
    expect(await (await world.hub.admin('GET', 'events/verify')).json()).toMatchObject({ ok: true });
  });
});

function fail(): never {
  throw new Error('nobody answered');
}
