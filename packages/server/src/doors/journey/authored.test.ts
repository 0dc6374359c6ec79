import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { filled, type Browser, type Shown } from './browser.suite.ts';
import { CONSENT, DONE, drawn, SIGN_IN, undrawn, type Drawing } from './drawn.suite.ts';
import { authorizePath, furnish, openHub, PASSWORD, type Hub } from './hub.suite.ts';
import { claimsOf, codeOf, recoveryOn, secretOn } from './second.suite.ts';

let hub: Hub;
beforeAll(async () => {
  hub = await openHub();
  await furnish(hub);
});
afterEach(() => undrawn(hub, 'test', 'web'));
afterAll(() => hub.close());

const ANN = { email: 'ann@acme.test', password: PASSWORD };
const TENANT = { id: 'tenant', kind: 'selectTenant', required: true };

type Changes = Parameters<typeof authorizePath>[0];

/** Somebody signs in and comes to the first page of this flow. */
async function runs(drawing: Drawing, who = ANN, changes: Changes = { prompt: 'consent' }): Promise<{ browser: Browser; page: Shown }> {
  await drawn(hub, 'test', drawing, changes['client_id'] === 'team' ? 'team' : 'web');
  const browser = hub.browser();
  const page = await browser.open(authorizePath(changes));
  return { browser, page: page.buttons.includes('continue') ? await browser.submit(page, 'continue', who) : page };
}

const answer = (page: Shown): URLSearchParams => new URL(page.location ?? 'about:blank').searchParams;
const titleOf = (page: Shown): string => /<h1[^>]*>(.*?)<\/h1>/s.exec(page.html)?.[1]?.replaceAll(/<[^>]+>/g, '') ?? '';

describe('a page that an author wrote', () => {
  const ASKING = {
    id: 'ask',
    kind: 'screen',
    title: 'Before {{client.name}} goes on',
    text: 'Tell us about <b>it</b>.\n\nThen go on.',
    fields: [
      { name: 'team', label: 'Your team', required: true },
      { name: 'size', label: 'How many', type: 'number' },
      { name: 'mail', label: 'A contact', type: 'email' },
      { name: 'plan', label: 'Plan', type: 'choice', choices: ['Free', 'Pro'], required: true },
      { name: 'terms', label: 'I agree', type: 'checkbox', required: true },
    ],
    buttons: [
      { name: 'next', label: 'Go on' },
      { name: 'cancel', label: 'Rather not' },
    ],
  };
  const drawing: Drawing = {
    nodes: [
      SIGN_IN,
      ASKING,
      { id: 'keep', kind: 'setClaims', claims: { team: 'steps.ask.team', size: 'steps.ask.size', plan: 'steps.ask.plan' } },
      CONSENT,
      DONE,
      { id: 'no', kind: 'deny', message: 'As you like.' },
    ],
    also: [{ from: 'ask', branch: 'cancel', to: 'no' }],
  };
  const FILLED = { 'field.team': 'Ops', 'field.size': '4', 'field.mail': '', 'field.plan': 'Pro', 'field.terms': 'true' };

  it('asks what it asks, as text and not as markup, and its answers are the flow’s', async () => {
    const { browser, page } = await runs(drawing);
    expect(titleOf(page)).toBe('Before Acme Web goes on');
    expect(page.html).toContain('Tell us about &lt;b&gt;it&lt;/b&gt;.');
    const consent = await browser.submit(page, 'b.next', FILLED);
    expect(await claimsOf(hub, await browser.submit(consent, 'allow'))).toMatchObject({ team: 'Ops', size: 4, plan: 'Pro' });
  });

  it.each([
    ['nothing where something is needed', { 'field.team': '' }, 'Your team'],
    ['a number that is none', { 'field.size': 'four' }, 'How many'],
    ['an address that is none', { 'field.mail': 'me' }, 'A contact'],
    ['a choice that is not offered', { 'field.plan': 'Gold' }, 'Plan'],
    ['no tick where one is needed', { 'field.terms': null }, 'I agree'],
  ])('shows itself again for %s', async (_what, changes, label) => {
    const { browser, page } = await runs(drawing);
    const again = await browser.submit(page, 'b.next', { ...FILLED, ...changes });
    expect(again.html).toContain(`Please look at “${label}” again.`);
    expect(again.html).toContain('aria-invalid="true"');
  });

  it('goes where its buttons lead, whatever their names; nothing else is a button', async () => {
    const { browser, page } = await runs(drawing);
    expect((await browser.send('POST', page.url, filled(page, 'b.other', FILLED))).status).toBe(400);
    expect((await browser.submit(page, 'b.cancel', FILLED)).html).toContain('As you like.');
    const another = await runs(drawing);
    expect(answer(await another.browser.submit(another.page, 'cancel')).get('error')).toBe('access_denied');
  });

  it('takes fields of its own name only', async () => {
    const { browser, page } = await runs(drawing);
    expect((await browser.send('POST', page.url, filled(page, 'b.next', { ...FILLED, client_id: 'own' }))).status).toBe(400);
    const odd = await browser.submit(page, 'b.next', { ...FILLED, 'field.other': 'x' });
    expect(odd.buttons).toContain('allow');
  });
});

describe('the address first', () => {
  const drawing: Drawing = {
    nodes: [
      { id: 'who', kind: 'identify', ask: 'email' },
      { id: 'route', kind: 'condition', branches: [{ name: 'acme', when: 'steps.who.domain == "acme.test"' }] },
      SIGN_IN,
      CONSENT,
      DONE,
      { id: 'no', kind: 'deny', message: 'Only people of Acme.' },
    ],
    also: [
      { from: 'route', branch: 'acme', to: 'signIn' },
      { from: 'route', branch: 'otherwise', to: 'no' },
    ],
  };

  it('decides by which way one signs in, and says nothing of whether there is an account', async () => {
    await drawn(hub, 'test', drawing, 'web');
    const browser = hub.browser();
    const page = await browser.open(authorizePath());
    const wrong = await browser.submit(page, 'continue', { email: 'ann' });
    expect(wrong.html).toContain('Enter a complete e-mail address');
    const nobody = await browser.submit(wrong, 'continue', { email: 'nobody@acme.test' });
    expect(nobody.fields.find(({ name }) => name === 'email')?.value).toBe('nobody@acme.test');
    const other = hub.browser();
    const away = await other.submit(await other.open(authorizePath()), 'continue', { email: 'x@else.test' });
    expect(away.html).toContain('Only people of Acme.');
  });
});

describe('setting something up on the way', () => {
  const enrolling = (methods: string[], more: object = {}): Drawing => ({
    nodes: [SIGN_IN, { id: 'more', kind: 'enrol', methods, ...more }, CONSENT, DONE],
  });
  const newcomer = async (id: string, more: object = {}) => {
    await hub.user({ id, email: `${id}@acme.test`, tenants: [{ id: 'acme' }], ...more });
    return { email: `${id}@acme.test`, password: PASSWORD };
  };

  it('shows recovery codes once, and lets who has it already pass', async () => {
    const who = await newcomer('una');
    const { browser, page } = await runs(enrolling(['totp']), who);
    expect(titleOf(page)).toBe('Set up an authenticator app');
    const secret = secretOn(page);
    expect((await browser.submit(page, 'continue', { code: '000000' })).html).toContain('That code is not right');
    const codes = await browser.submit(await browser.open(page.url), 'continue', { code: codeOf({ secret }, hub.clock.now()) });
    expect(recoveryOn(codes)).toHaveLength(10);
    expect((await browser.submit(codes, 'kept')).buttons).toContain('allow');
    expect((await browser.open(authorizePath({ prompt: 'consent' }))).buttons).toContain('allow');
  });

  it('lets choose among several, and go on without where the author allows it', async () => {
    const who = await newcomer('vic');
    const { browser, page } = await runs(enrolling(['passkey', 'totp'], { optional: true }), who);
    expect(page.buttons).toEqual(expect.arrayContaining(['enrol:passkey', 'enrol:totp', 'skip']));
    expect(page.buttons).not.toContain('enrol:password');
    const app = await browser.submit(page, 'enrol:totp');
    expect(titleOf(app)).toBe('Set up an authenticator app');
    const back = await browser.submit(app, 'another');
    expect(titleOf(await browser.submit(back, 'enrol:passkey'))).toBe('Add a passkey');
    expect((await browser.submit(await browser.open(page.url), 'skip')).buttons).toContain('allow');
    const must = await runs(enrolling(['totp']), await newcomer('wes'));
    expect((await must.browser.send('POST', must.page.url, filled(must.page, 'skip'))).status).toBe(400);
  });

  it('sets nothing up in an old session, and says to sign in again', async () => {
    const who = await newcomer('xan');
    const first = await runs({ nodes: [SIGN_IN, CONSENT, DONE] }, who);
    await drawn(hub, 'test', enrolling(['totp']), 'web');
    hub.clock.advance(11 * 60_000);
    const later = await first.browser.open(authorizePath());
    expect(later.html).toContain('You signed in a while ago');
    const again = await first.browser.submit(later, 'switch');
    expect(titleOf(again)).toBe('Sign in');
    expect(titleOf(await first.browser.submit(again, 'continue', who))).toBe('Set up an authenticator app');
  });

  it('takes a first password from who has none, by the rules for passwords', async () => {
    await hub.house.rooms.database.pool.query(
      `INSERT INTO users (id, email, email_key, email_verified_at) VALUES ('yan', 'yan@acme.test', 'yan@acme.test', now())`,
    );
    await drawn(hub, 'test', enrolling(['password']), 'web');
    const browser = hub.browser();
    const code = await browser.submit(await browser.open(authorizePath()), 'email_code', { email: 'yan@acme.test' });
    await hub.settle();
    const mail = hub.mailer.kept().at(0)?.text ?? '';
    const page = await browser.submit(code, 'continue', { code: /\b(\d{6})\b/.exec(mail)?.[1] ?? '' });
    expect(titleOf(page)).toBe('Choose a password');
    expect((await browser.submit(page, 'continue', { password: 'password1234' })).html).toContain('That password will not do.');
    expect((await browser.submit(await browser.open(page.url), 'continue', { password: 'seven-odd-herons-abroad' })).buttons).toContain(
      'allow',
    );
  });
});

describe('consent for a whole tenant', () => {
  const drawing: Drawing = { nodes: [SIGN_IN, TENANT, { id: 'org', kind: 'tenantConsent' }, DONE] };
  const TEAM = { client_id: 'team', redirect_uri: 'https://team.example/cb' };
  beforeAll(async () => {
    await hub.client({ id: 'team', name: 'Team', public: true, redirectUris: ['https://team.example/cb'] });
    await hub.role({ name: 'owner', permissions: ['consent.manage'] });
    await hub.user({ id: 'ada', email: 'ada@acme.test', tenants: [{ id: 'acme', roles: ['owner'] }] });
    await hub.user({ id: 'ola', email: 'ola@globex.test', tenants: [{ id: 'globex', roles: ['owner'] }] });
  });
  const ADA = { email: 'ada@acme.test', password: PASSWORD };
  const grants = async (): Promise<
    { id: string; user: string | null; tenant: string; under: string | null; state: string; scopes: string[] }[]
  > => (await (await hub.admin('GET', '/admin/v1/grants?client=team&state=active')).json()).items;

  it('is nobody’s to give who does not administer the tenant, and nothing passes before', async () => {
    const { browser, page } = await runs(drawing, ANN, TEAM);
    expect(page.html).toContain('Somebody who administers your organisation has to allow this app first.');
    expect(answer(await browser.submit(page, 'continue')).get('error')).toBe('access_denied');
    expect(await grants()).toEqual([]);
  });

  it('is given once, with less than was asked, and then everybody of the tenant passes with that', async () => {
    const { browser, page } = await runs(drawing, ADA, TEAM);
    expect(titleOf(page)).toBe('team.example');
    expect(page.html).toContain('For everybody in');
    const forged = await browser.send('POST', page.url, filled(page, 'allow', { scope: ['incidents:delete'] }));
    expect(forged.status).toBe(400);
    const fewer = await browser.submit(page, 'allow', { scope: ['incidents:read'] });
    expect(await claimsOf(hub, fewer, TEAM)).toMatchObject({ sub: 'ada', tenant: 'acme', scope: 'incidents:read' });
    const more = await runs(drawing, ANN, TEAM);
    expect(more.page.html).toContain('Somebody who administers');
    const ann = await runs(drawing, ANN, { ...TEAM, scope: 'incidents:read' });
    expect(answer(ann.page).get('code')).not.toBeNull();
    expect(await claimsOf(hub, ann.page, TEAM)).toMatchObject({ sub: 'ann', scope: 'incidents:read' });
    const [all, ...others] = (await grants()).toSorted((a, b) => (a.user === null ? -1 : b.user === null ? 1 : 0));
    expect(all).toMatchObject({ user: null, tenant: 'acme', scopes: ['incidents:read'] });
    expect(others.map(({ user, under }) => [user, under]).toSorted()).toEqual([
      ['ada', all?.id],
      ['ann', all?.id],
    ]);
  });

  it('given anew with less takes from everybody what is allowed no more', async () => {
    const both = ['incidents:read', 'incidents:write'];
    const allow = async (scope: string[]): Promise<void> => {
      const { browser, page } = await runs(drawing, ADA, { ...TEAM, prompt: 'consent' });
      expect(answer(await browser.submit(page, 'allow', { scope })).get('code')).not.toBeNull();
    };
    const anns = async (): Promise<string[] | undefined> => (await grants()).find(({ user }) => user === 'ann')?.scopes;
    await allow(both);
    await runs(drawing, ANN, TEAM);
    expect((await anns())?.toSorted()).toEqual(both);
    await allow(['incidents:read']);
    expect(await anns()).toEqual(['incidents:read']);
  });

  it('holds in its own tenant only', async () => {
    const { page } = await runs(drawing, { email: 'ola@globex.test', password: PASSWORD }, { ...TEAM, scope: 'incidents:read' });
    expect(page.html).toContain('For everybody in');
    expect(page.html).toContain('Globex');
  });

  it('is shown to the person where any program of their computer could be asking', async () => {
    await drawn(hub, 'test', drawing, 'cli');
    const cli = { client_id: 'cli', redirect_uri: 'http://127.0.0.1:4001/callback', scope: 'incidents:read' };
    const admin = hub.browser();
    await admin.submit(await admin.submit(await admin.open(authorizePath(cli)), 'continue', ADA), 'allow');
    const browser = hub.browser();
    const page = await browser.submit(
      await browser.open(authorizePath({ ...cli, redirect_uri: 'http://127.0.0.1:4999/callback' })),
      'continue',
      ANN,
    );
    expect(page.html).toContain('Your organisation has allowed this.');
    expect(page.fields.filter(({ name }) => name === 'scope')).toEqual([]);
    expect(answer(await browser.submit(page, 'allow')).get('code')).not.toBeNull();
    await undrawn(hub, 'test', 'cli');
  });

  it('ends for everybody at once, and with it what it had given', async () => {
    const all = (await grants()).find(({ user }) => user === null);
    expect(all).toBeDefined();
    await hub.admin('POST', `/admin/v1/grants/${all?.id ?? ''}/revoke`, { reason: 'over' });
    expect(await grants()).toEqual([]);
    expect((await hub.events('signal.sent')).filter(({ target }) => target?.type === 'grant').length).toBeGreaterThanOrEqual(3);
    const { page } = await runs(drawing, ANN, { ...TEAM, scope: 'incidents:read' });
    expect(page.html).toContain('Somebody who administers');
  });

  it('freezes and comes back with what follows from it, and gives nothing to a frozen client', async () => {
    const again = await runs(drawing, ADA, { ...TEAM, scope: 'incidents:read' });
    await again.browser.submit(again.page, 'allow');
    expect(answer((await runs(drawing, ANN, { ...TEAM, scope: 'incidents:read' })).page).get('code')).not.toBeNull();
    const all = (await grants()).find(({ user }) => user === null);
    await hub.admin('POST', `/admin/v1/grants/${all?.id ?? ''}/freeze`, {});
    expect(await grants()).toEqual([]);
    expect((await runs(drawing, ANN, { ...TEAM, scope: 'incidents:read' })).page.html).toContain(
      'An administrator has stopped what you allowed',
    );
    await hub.admin('POST', `/admin/v1/grants/${all?.id ?? ''}/unfreeze`, {});
    expect(await grants()).toHaveLength(3);
    await hub.admin('POST', '/admin/v1/clients/team/freeze', {});
    expect((await runs(drawing, ANN, { ...TEAM, scope: 'incidents:read' })).page.html).toContain('An administrator has stopped this app.');
    await hub.admin('POST', '/admin/v1/clients/team/unfreeze', {});
    expect(
      (await hub.events('consent.granted')).find(({ data, actor }) => data['for'] === 'tenant' && actor.client === 'team'),
    ).toMatchObject({ actor: { user: 'ada' }, tenant: 'acme' });
  });

  it('taken back between the page and the end gives nothing', async () => {
    const asking = {
      ...drawing,
      nodes: [SIGN_IN, TENANT, { id: 'org', kind: 'tenantConsent' }, { id: 'say', kind: 'screen', title: 'One thing' }, DONE],
    };
    const { browser, page } = await runs(asking, ANN, { ...TEAM, scope: 'incidents:read' });
    expect(titleOf(page)).toBe('One thing');
    const all = (await grants()).find(({ user }) => user === null);
    await hub.admin('POST', `/admin/v1/grants/${all?.id ?? ''}/revoke`, {});
    expect(answer(await browser.submit(page, 'b.next')).get('error')).toBe('access_denied');
    expect((await hub.events('consent.denied')).at(-1)).toMatchObject({ reason: 'tenant_consent_gone' });
    expect(await grants()).toEqual([]);
  });
});

describe('a decision of somebody else', () => {
  const drawing: Drawing = {
    nodes: [
      SIGN_IN,
      TENANT,
      { id: 'ask', kind: 'requestApproval', from: { roles: ['SRE'] }, message: 'May {{user.email}} use {{client.name}}?', expiresIn: 600 },
      CONSENT,
      DONE,
      { id: 'no', kind: 'deny', message: 'They said no.' },
    ],
    also: [{ from: 'ask', branch: 'refused', to: 'no' }],
  };
  const EVE = { email: 'eve@else.test', password: PASSWORD };
  beforeAll(() => hub.user({ id: 'eve', email: 'eve@else.test', tenants: [{ id: 'acme' }] }));
  const open = async (): Promise<{ id: string; flow: { message: string } }[]> =>
    (await (await hub.admin('GET', '/admin/v1/approvals?state=pending&client=web')).json()).items;

  it('is waited for on a page that looks again by itself, and is given on the page of whoever may', async () => {
    const { browser, page } = await runs(drawing, EVE);
    expect(titleOf(page)).toBe('Waiting for a decision');
    expect(page.headers.get('refresh')).toBe('15');
    expect(page.html).not.toContain('http-equiv');
    expect(titleOf(await browser.submit(page, 'look'))).toBe('Waiting for a decision');
    const [asked] = await open();
    const dan = hub.browser();
    const signIn = await dan.open(`/account/approvals/${asked?.id ?? ''}`);
    const decide = await dan.submit(signIn, 'continue', { email: 'dan@acme.test', password: PASSWORD });
    expect(decide.html).toContain('May eve@else.test use Acme Web?');
    await dan.submit(decide, 'allow');
    expect((await browser.submit(page, 'look')).buttons).toContain('allow');
    expect((await browser.open(page.url)).headers.get('refresh')).toBeNull();
  });

  it('refused leads where a no leads', async () => {
    const { browser, page } = await runs(drawing, EVE, { scope: 'incidents:list' });
    const [asked] = await open();
    await hub.admin('POST', `/admin/v1/approvals/${asked?.id ?? ''}/refuse`, { reason: 'not now' });
    expect((await browser.open(page.url)).html).toContain('They said no.');
  });
});

describe('an account elsewhere', () => {
  const drawing: Drawing = {
    nodes: [SIGN_IN, CONSENT, { id: 'search', kind: 'connect', connection: 'search' }, DONE, { id: 'without', kind: 'complete' }],
    also: [{ from: 'search', branch: 'skipped', to: 'without' }],
  };
  beforeAll(() => hub.connection({ id: 'search', type: 'api_key', name: 'Search', header: 'x-key' }));
  const uma = { email: 'uma@acme.test', password: PASSWORD };
  beforeAll(() => hub.user({ id: 'uma', email: uma.email, tenants: [{ id: 'acme' }] }));

  it('is connected on the pages of connecting, which lead back into the journey, and then passes', async () => {
    const { browser, page } = await runs(drawing, uma);
    const asked = await browser.submit(page, 'allow');
    expect(titleOf(asked)).toBe('Connect Search');
    const form = await browser.submit(asked, 'connect');
    expect(form.url).toMatch(/^\/connect\//);
    const done = await browser.submit(form, 'continue', { value: 'sk-live-1' });
    expect(done.headers.get('refresh')).toBe(`0;url=${asked.url}`);
    expect(answer(await browser.open(asked.url)).get('code')).not.toBeNull();
    const again = await browser.open(authorizePath());
    expect(answer(again).get('code')).not.toBeNull();
  });

  it('may be done without where the author drew that; cancelling there comes back', async () => {
    const { browser, page } = await runs(drawing, { email: 'dan@acme.test', password: PASSWORD });
    const asked = await browser.submit(page, 'allow');
    const form = await browser.submit(asked, 'connect');
    expect((await browser.submit(form, 'cancel')).headers.get('refresh')).toBe(`0;url=${asked.url}`);
    const back = await browser.open(asked.url);
    expect(titleOf(back)).toBe('Connect Search');
    expect(answer(await browser.submit(back, 'skip')).get('code')).not.toBeNull();
  });

  it('is nobody else’s to connect, and the way back opens to the browser that left', async () => {
    const { browser, page } = await runs(drawing, { email: 'bob@acme.test', password: PASSWORD }, { tenant: 'acme', prompt: 'consent' });
    const tenant = page.buttons.includes('allow') ? page : await browser.submit(page, 'continue', { tenant: 'acme' });
    const asked = await browser.submit(tenant, 'allow');
    const form = await browser.submit(asked, 'connect');
    const eve = hub.browser();
    const theirs = await eve.submit(await eve.open(form.url), 'continue', { email: 'eve@else.test', password: PASSWORD });
    expect(theirs.html).toContain('This link is for somebody else');
    expect((await eve.open(asked.url)).status).toBe(400);
    expect(titleOf(await browser.open(asked.url))).toBe('Connect Search');
  });

  it('says so where there is nothing to connect', async () => {
    const gone: Drawing = { nodes: [SIGN_IN, CONSENT, { id: 'search', kind: 'connect', connection: 'search' }, DONE] };
    await hub.admin('POST', '/admin/v1/connections/search/freeze', {});
    const { browser, page } = await runs(gone, { email: 'dan@acme.test', password: PASSWORD });
    const asked = await browser.submit(page, 'allow');
    expect(titleOf(asked)).toBe('This cannot be connected now');
    expect(asked.buttons).not.toContain('skip');
    await hub.admin('POST', '/admin/v1/connections/search/unfreeze', {});
  });
});

describe('choosing an organisation', () => {
  it('shows each in its colour and letters, as a drawing that no style policy has to let in', async () => {
    await hub.tenant({ id: 'acme', name: 'Acme', settings: { branding: { color: '#FFCC00', logoText: 'AC' } } });
    const { page } = await runs({ nodes: [SIGN_IN, TENANT, CONSENT, DONE] }, { email: 'bob@acme.test', password: PASSWORD });
    const marks = [...page.html.matchAll(/>([^<]+)<\/text>[^]*?fill="(#\w+)"[^]*?fill="(#\w+)"/g)].map(([, letters = '', ground, ink]) => [
      letters.trim(),
      ground,
      ink,
    ]);
    expect(marks).toEqual([
      ['AC', '#ffcc00', '#000000'],
      ['GL', '#22406b', '#ffffff'],
    ]);
    expect(page.html).not.toContain('style="');
    expect(page.html.length).toBeLessThan(50_000);
  });

  it.each([{ color: 'red' }, { color: '#fff' }, { logoText: 'ACME' }, { logoText: '<b>' }])(
    'takes no branding like %j',
    async (branding) => {
      const answered = await hub.admin('PUT', '/admin/v1/tenants/acme', { name: 'Acme', settings: { branding } });
      expect(answered.status).toBe(400);
    },
  );
});
