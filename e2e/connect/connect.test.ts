import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newPerson } from './person.ts';
import { openWorld, PASSWORD } from './world.ts';
import type { World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());
beforeEach(() => world.provider.set({ mode: 'honest', refuses: false, rotates: true, account: 'ann-there' }));

const reasons = async (): Promise<unknown[]> => (await world.events('credential.refused')).map(({ reason }) => reason);
const count = async (): Promise<number> => (await world.credentials()).length;

describe('a connect link', () => {
  it('leads a stranger through signing in, to the provider and back, and the account is connected', async () => {
    const ann = newPerson();
    const signIn = await ann.open(await world.link());
    expect(signIn.page.text).toContain('to connect an account');
    const page = await ann.press(signIn, 'continue', { email: 'ann@acme.test', password: PASSWORD });
    for (const words of ['Calendar', new URL(world.provider.issuer).host, 'It works for you alone', 'Ann Archer', 'calendar.read'])
      expect(page.page.text).toContain(words);
    const done = await ann.press(page, 'continue');
    expect([done.status, done.page.title]).toEqual([200, 'Calendar is connected']);
    const [credential] = await world.credentials('connection=calendar&user=ann');
    expect(credential).toMatchObject({ owner: { user: 'ann' }, kind: 'oauth', origin: 'connect', state: 'active', refreshable: true });
    expect(credential?.['granted']).toEqual(expect.arrayContaining(['calendar.read', 'calendar.write', 'mail.read']));
    expect(JSON.stringify(credential)).not.toMatch(/token|secret/i);
    const [entry] = await world.events('credential.stored');
    expect(entry).toMatchObject({ initiator: 'human', actor: { user: 'ann' }, data: { connection: 'calendar', deed: 'created' } });
    expect((await ann.open(done.way[0] ?? '')).page.title).toBe('This link is over');
  });

  it('is in no entry and no row, and neither is any secret of the way', async () => {
    const link = await world.link();
    const ann = newPerson();
    const page = await ann.press(await ann.open(link), 'continue', { email: 'ann@acme.test', password: PASSWORD });
    const back = await ann.pressUntil(page, 'continue', `${world.hub.issuer}/connect/callback`);
    const { searchParams } = new URL(back);
    await ann.open(back);
    const tables = await world.database.query(`SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'`);
    const dump: string[] = [];
    for (const { table_name } of tables)
      dump.push(JSON.stringify(await world.database.query(`SELECT t::text FROM "${String(table_name)}" t`)));
    const canaries = [new URL(link).pathname.split('/').at(-1), searchParams.get('code'), searchParams.get('state')];
    for (const canary of canaries) expect(dump.join('').includes(canary ?? '')).toBe(false);
  });

  it('asks for what is there already and more, and records what was given', async () => {
    await world.connect({ user: 'bob', scopes: ['calendar.read'] }, 'bob');
    const [first] = await world.credentials('user=bob');
    expect(first?.['granted']).toEqual(['openid', 'offline_access', 'calendar.read']);
    world.provider.set({ gives: ['calendar.read', 'openid', 'offline_access'] });
    const { seen } = await world.connect({ user: 'bob', scopes: ['calendar.write'] }, 'bob');
    world.provider.set({ gives: undefined });
    expect(seen.page.title).toBe('Calendar is connected, in part');
    const all = await world.credentials('user=bob');
    expect(all.length).toBe(1);
    expect(all[0]).toMatchObject({
      asked: ['openid', 'offline_access', 'calendar.read', 'calendar.write'],
      granted: ['openid', 'offline_access', 'calendar.read'],
    });
  });

  it('connects several accounts by label', async () => {
    await world.connect({ user: 'ida' }, 'ida');
    const ida = await world.person('ida');
    const page = await ida.open(await world.link({ user: 'ida' }));
    expect(page.page.text).toContain('A name for another account');
    expect((await ida.press(page, 'continue', { label: 'work' })).status).toBe(200);
    expect((await world.credentials('user=ida')).map(({ label }) => label).toSorted()).toEqual(['', 'work']);
  });

  it('does nothing when it is cancelled, and none of what a form does not have', async () => {
    const before = await count();
    const ann = await world.person('ann');
    const link = await world.link();
    expect((await ann.press(await ann.open(link), 'cancel')).page.title).toBe('Nothing was connected');
    const page = await ann.open(link);
    const form = new URLSearchParams({ action: 'continue', token: 'A'.repeat(43) });
    const cookie = ann.jar.header(new URL(link));
    expect((await fetch(link, { method: 'POST', headers: { cookie }, body: form })).status).toBe(403);
    expect(page.status).toBe(200);
    expect(await count()).toBe(before);
  });

  it('never redirects to where its maker wants people to go back to', async () => {
    const ann = await world.person('ann');
    const done = await ann.press(await ann.open(await world.link({ user: 'ann', returnTo: 'https://app.example/x' })), 'continue');
    expect(done.html).toContain('href="https://app.example/x"');
    expect(done.way.some((url) => url.includes('app.example'))).toBe(false);
    for (const returnTo of ['javascript:alert(1)', 'http://app.example', 'https://a:b@app.example'])
      expect((await world.hub.admin('POST', 'connections/calendar/connect', { user: 'ann', returnTo })).status).toBe(400);
  });

  it.each([
    [{ user: 'ann', agent: 'agt_1' }, 400],
    [{ user: 'nobody-at-all' }, 400],
    [{ tenant: 'nowhere' }, 400],
    [{ tenant: 'acme', person: 'nobody-at-all' }, 400],
    [{}, 400],
    [{ user: 'ann', person: 'bob' }, 400],
    [{ agent: 'agt_1' }, 400],
    [{ user: 'ann', scopes: ['admin.everything'] }, 400],
    [{ user: 'ann', label: 'a\u202eb' }, 400],
  ])('is not made for %j', async (body, status) => {
    expect((await world.hub.admin('POST', 'connections/calendar/connect', body)).status).toBe(status);
  });
});

describe('attacks on connecting', () => {
  // GHSA-rww4-4w9c-7733: the upstream callback was not bound to the browser that consented.
  it('175 a link does not open for anybody but the person it was made for', async () => {
    const link = await world.link();
    const bob = await world.person('bob');
    const page = await bob.open(link);
    expect([page.status, page.page.forms.flatMap(({ buttons }) => buttons.map(({ value }) => value))]).toEqual([403, ['switch']]);
    expect((await bob.press(page, 'switch')).page.title).toBe('Sign in');
    expect(page.page.text).not.toContain('Calendar');
    expect(await reasons()).toContain('connect_other_person');
  });

  it('175 a victim who follows the provider’s address of an attacker’s attempt connects nothing to the attacker', async () => {
    const before = await count();
    const bob = await world.person('bob');
    const upstream = await bob.pressUntil(
      await bob.open(await world.link({ user: 'bob', label: 'trap' })),
      'continue',
      world.provider.issuer,
    );
    const ann = await world.person('ann');
    const end = await ann.open(upstream);
    expect([end.status, end.page.title]).toEqual([400, 'This link is over']);
    expect(await count()).toBe(before);
    const other = newPerson();
    expect((await other.open(upstream)).status).toBe(400);
    expect(await count()).toBe(before);
  });

  it('176 a callback works once, in the browser that set out, for the person who set out', async () => {
    const link = await world.link({ user: 'ann', label: 'once' });
    const ann = await world.person('ann');
    const back = await ann.pressUntil(await ann.open(link), 'continue', `${world.hub.issuer}/connect/callback`);
    const sameAnn = await world.person('ann');
    expect((await sameAnn.open(back)).status).toBe(400);
    const bob = await world.person('bob');
    expect((await bob.open(back)).status).toBe(400);
    // Bob with the cookie of Ann's attempt beside his own session.
    for (const cookie of ann.jar.all())
      if (cookie.name === 'writ_connect') bob.jar.take(new URL(back), [`${cookie.name}=${cookie.value}; Path=/`]);
    expect((await bob.open(back)).status).toBe(400);
    expect(await reasons()).toEqual(expect.arrayContaining(['connect_callback: other_person', 'connect_callback: other_browser']));
    const asked = world.provider.asked['authorization_code'] ?? 0;
    const ends = await Promise.all(Array.from({ length: 20 }, () => ann.open(back)));
    expect(ends.filter(({ status }) => status === 200).length).toBe(1);
    expect(world.provider.asked['authorization_code']).toBe(asked + 1);
    expect((await ann.open(back)).status).toBe(400);
    expect((await world.credentials('user=ann')).filter(({ label }) => label === 'once').length).toBe(1);
  });

  // GHSA-x445-f3h2-j279: checks were not bound to the provider that they were made for.
  it('177 the callback of one connection is not taken at another, and a foreign issuer is refused', async () => {
    const ann = await world.person('ann');
    const callback = `${world.hub.issuer}/connect/callback`;
    const back = await ann.pressUntil(await ann.open(await world.link({ user: 'ann', label: 'mix' })), 'continue', callback);
    expect((await ann.open(back.replace('/callback/calendar', '/callback/twin'))).status).toBe(400);
    expect(await reasons()).toContain('connect_callback: other_connection');
    const asked = world.provider.asked['authorization_code'] ?? 0;
    const url = new URL(back);
    url.searchParams.set('iss', 'https://evil.test');
    expect((await ann.open(url.href)).page.title).toBe('Nothing was connected');
    const strict = await ann.press(await ann.open(await world.link({ connection: 'strict', user: 'ann' })), 'continue');
    expect([strict.status, strict.page.title]).toEqual([502, 'Nothing was connected']);
    const bare = await ann.pressUntil(await ann.open(await world.link({ user: 'ann', label: 'mix2' })), 'continue', callback);
    const without = new URL(bare);
    without.searchParams.delete('iss');
    expect((await ann.open(without.href)).status).toBe(502);
    expect(world.provider.asked['authorization_code'] ?? 0).toBe(asked);
    expect(await reasons()).toContain('connect_callback: other_issuer');
  });

  it('177 a doubled, missing or made-up state is refused', async () => {
    const ann = await world.person('ann');
    const back = await ann.pressUntil(
      await ann.open(await world.link({ user: 'ann', label: 'state' })),
      'continue',
      `${world.hub.issuer}/connect/callback`,
    );
    for (const change of ['&state=x', '&code=x', '&iss=x']) expect((await ann.open(back + change)).status).toBe(400);
    const url = new URL(back);
    url.searchParams.set('state', 'A'.repeat(43));
    expect((await ann.open(url.href)).status).toBe(400);
    url.searchParams.delete('state');
    expect((await ann.open(url.href)).status).toBe(400);
    expect((await ann.open(back)).status).toBe(200);
  });

  it('a link, opened on two sides at once, leads to one credential', async () => {
    const link = await world.link({ user: 'ann', label: 'twice' });
    const ann = await world.person('ann');
    const other = await world.person('ann');
    const ends = [
      await ann.pressUntil(await ann.open(link), 'continue', `${world.hub.issuer}/connect/callback`),
      await other.pressUntil(await other.open(link), 'continue', `${world.hub.issuer}/connect/callback`),
    ];
    const seen = await Promise.all([ann.open(ends[0] ?? ''), other.open(ends[1] ?? '')]);
    expect(seen.filter(({ status }) => status === 200).length).toBe(1);
  });

  it.each(['A'.repeat(60), 'x', 'A'.repeat(39), '%00', '..%2faccount'])('a made-up link %s is nothing', async (token) => {
    const page = await (await world.person('ann')).open(`${world.hub.issuer}/connect/${token}`);
    expect(page.status).toBeGreaterThanOrEqual(400);
    expect(page.status).toBeLessThan(500);
  });

  it('a link that was changed in one place, or spelled otherwise, is nothing', async () => {
    const link = await world.link();
    const ann = await world.person('ann');
    const last = link.at(-1) === 'A' ? 'B' : 'A';
    expect((await ann.open(link.slice(0, -1) + last)).status).toBe(400);
    expect((await ann.open(`${link}=`)).status).toBe(400);
  });
});

describe('an account of a tenant', () => {
  it('is connected by whoever manages its connections, and by nobody else', async () => {
    const link = await world.link({ tenant: 'acme' });
    const ann = await world.person('ann');
    expect((await ann.open(link)).status).toBe(403);
    expect(await reasons()).toContain('connect_not_manager');
    const ida = await world.person('ida');
    const page = await ida.open(link);
    expect(page.page.text).toContain('It will belong to Acme');
    expect((await ida.press(page, 'continue')).status).toBe(200);
    expect((await world.credentials('tenant=acme')).map(({ owner }) => owner)).toEqual([{ tenant: 'acme' }]);
    expect((await ida.open(await world.link({ tenant: 'globex' }))).status).toBe(403);
  });
});

describe('what changes while somebody is at the provider', () => {
  const callback = (): string => `${world.hub.issuer}/connect/callback`;
  const cas = (tenants: object[]) => ({ id: 'cas', email: 'cas@acme.test', name: 'Cas', password: { value: PASSWORD }, tenants });

  it('a person who has left the tenant connects nothing in it', async () => {
    await world.hub.apply({ users: [cas([{ id: 'acme', roles: [] }])] });
    const person = await world.person('cas');
    const back = await person.pressUntil(await person.open(await world.link({ user: 'cas', tenant: 'acme' })), 'continue', callback());
    await world.hub.apply({ users: [cas([])] });
    expect((await person.open(back)).status).toBe(403);
    expect(await world.credentials('user=cas')).toEqual([]);
    expect(await reasons()).toContain('connect_not_member');
  });

  it('a connection that was frozen connects nobody', async () => {
    const bob = await world.person('bob');
    const back = await bob.pressUntil(await bob.open(await world.link({ user: 'bob', label: 'frozen' })), 'continue', callback());
    const asked = world.provider.asked['authorization_code'] ?? 0;
    expect((await world.hub.admin('POST', 'connections/calendar/freeze', { reason: 'test' })).status).toBe(200);
    expect((await bob.open(back)).status).toBe(400);
    expect((await world.hub.admin('POST', 'connections/calendar/unfreeze', { reason: 'test' })).status).toBe(200);
    expect(world.provider.asked['authorization_code'] ?? 0).toBe(asked);
    expect((await world.credentials('user=bob')).some(({ label }) => label === 'frozen')).toBe(false);
  });
});

describe('what a provider may do while somebody connects', () => {
  const attempt = async (label: string) => {
    const ann = await world.person('ann');
    return ann.press(await ann.open(await world.link({ user: 'ann', label })), 'continue');
  };

  it('lies about scopes: what nobody asked for is not granted, what was not given is said', async () => {
    world.provider.set({ mode: 'lying' });
    expect((await attempt('lies')).page.title).toBe('Calendar is connected, in part');
    const found = (await world.credentials('user=ann')).find(({ label }) => label === 'lies');
    expect(found).toMatchObject({ granted: ['offline_access', 'calendar.read'], expiresAt: null });
  });

  it('no: the person is told, nothing of the provider’s markup is shown', async () => {
    world.provider.set({ refuses: true });
    const page = await attempt('no');
    expect([page.status, page.page.title]).toEqual([400, 'Nothing was connected']);
    expect(page.html).not.toContain('<b>token');
  });

  it.each(['broken', 'html', 'empty', 'busy'] as const)('%s: nothing is stored, the page says so and offers to try again', async (mode) => {
    world.provider.set({ mode });
    const before = await count();
    const page = await attempt(`mode-${mode}`);
    expect([page.status, page.page.title]).toEqual([502, 'Nothing was connected']);
    expect(page.html).not.toContain('never-take-this');
    expect(page.html).toContain('Try again');
    expect(await count()).toBe(before);
  });
});
