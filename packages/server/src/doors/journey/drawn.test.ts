import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createBrowser, filled, type Browser, type Shown } from './browser.suite.ts';
import { CONSENT, DONE, drawn, SIGN_IN, undrawn, type Drawing } from './drawn.suite.ts';
import { authorizePath, furnish, ISSUER, openHub, PASSWORD, type Hub } from './hub.suite.ts';
import { claimsOf, codeOf, enrol, type Owner } from './second.suite.ts';

let hub: Hub;
beforeAll(async () => {
  hub = await openHub();
  await furnish(hub);
});
afterEach(() => undrawn(hub, 'test', 'web'));
afterAll(() => hub.close());

const ANN = { email: 'ann@acme.test', password: PASSWORD };
const DAN = { email: 'dan@acme.test', password: PASSWORD };
const BOB = { email: 'bob@acme.test', password: PASSWORD };
type Changes = Parameters<typeof authorizePath>[0];

/** Somebody without a session comes with this request, by a flow that the client `web` is given. */
async function runs(drawing: Drawing, changes: Changes = {}): Promise<{ browser: Browser; page: Shown; version: string }> {
  const version = await drawn(hub, 'test', drawing, 'web');
  const browser = hub.browser();
  return { browser, page: await browser.open(authorizePath({ prompt: 'consent', ...changes })), version };
}

/** A user of that name with an app for codes, which a flow has had them set up. */
async function withApp(id: string): Promise<Owner> {
  const email = `${id}@acme.test`;
  await hub.user({ id, email, tenants: [{ id: 'acme' }] });
  const { browser, page } = await runs({ nodes: [SIGN_IN, { id: 'more', kind: 'stepUp', methods: ['totp'] }, CONSENT, DONE] });
  const { owner } = await enrol(hub, browser, await browser.submit(page, 'continue', { email, password: PASSWORD }), email);
  return owner;
}

async function tokens(params: Record<string, string>): Promise<Record<'access_token' | 'refresh_token', string>> {
  const body = new URLSearchParams({ client_id: 'web', ...params });
  return (await hub.house.fetch(new Request(`${ISSUER}/oauth/token`, { method: 'POST', body }))).json();
}

const read = (token: string): unknown => JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
async function mailedCode(): Promise<string> {
  await hub.settle();
  return /\b\d{6}\b/.exec(hub.mailer.kept().at(0)?.text ?? '')?.[0] ?? '';
}

const answer = (page: Shown): URLSearchParams => new URL(page.location ?? 'about:blank').searchParams;
const scopesOn = (page: Shown): string[] => page.fields.filter((field) => field.name === 'scope').map((field) => field.value);

describe('a drawn flow', () => {
  it('leads as it is drawn: what the scopes risk decides on a second factor before consent, and the token says so', async () => {
    const drawing: Drawing = {
      nodes: [
        SIGN_IN,
        { id: 'tenant', kind: 'selectTenant' },
        { id: 'risky', kind: 'condition', branches: [{ name: 'high', when: 'request.risk == "high"' }] },
        { id: 'more', kind: 'stepUp', methods: ['totp', 'recovery_code'] },
        CONSENT,
        DONE,
      ],
      also: [
        { from: 'risky', branch: 'high', to: 'more' },
        { from: 'risky', branch: 'otherwise', to: 'consent' },
      ],
    };
    const low = await runs(drawing, { scope: 'incidents:read' });
    expect((await low.browser.submit(low.page, 'continue', ANN)).buttons).toContain('allow');
    const high = await runs(drawing, { scope: 'incidents:delete' });
    const page = await high.browser.submit(high.page, 'continue', DAN);
    expect(page.html).toContain('Set up a second step');
    const { next } = await enrol(hub, high.browser, page, DAN.email);
    expect(scopesOn(next)).toEqual(['incidents:delete']);
    const claims = await claimsOf(hub, await high.browser.submit(next, 'allow'));
    expect(claims).toMatchObject({ acr: '2', scope: 'incidents:delete' });
    expect(claims['amr']).toContain('mfa');
    const [finished] = (await hub.events('journey.finished')).slice(-1);
    expect(finished?.data).toMatchObject({ version: high.version, trail: ['signIn', 'tenant', 'risky:high', 'more', 'consent', 'done'] });
  });

  it('does not let a second factor be skipped where it draws no way for that', async () => {
    const owner = await withApp('sam');
    const { browser, page } = await runs({ nodes: [SIGN_IN, { id: 'more', kind: 'stepUp', methods: ['recovery_code'] }, CONSENT, DONE] });
    const first = await browser.submit(page, 'continue', { email: owner.email, password: PASSWORD });
    // The account's own second factor is the app; the flow then wants a recovery code besides.
    const asked = await browser.submit(first, 'continue', { code: codeOf(owner, hub.clock.now()) });
    expect(asked.buttons).toContain('allow');
    const again = await runs({ nodes: [SIGN_IN, { id: 'more', kind: 'stepUp', methods: ['recovery_code'], acr: ['3'] }, CONSENT, DONE] });
    const half = await again.browser.submit(again.page, 'continue', { email: owner.email, password: PASSWORD });
    hub.clock.advance(30_000);
    const wanted = await again.browser.submit(half, 'continue', { code: codeOf(owner, hub.clock.now()) });
    expect(wanted.html).toContain('One more step');
    hub.clock.advance(30_000);
    const wrong = await again.browser.submit(wanted, 'continue', { code: codeOf(owner, hub.clock.now()) });
    expect(wrong.html).toContain('That code is not right');
    const skipped = await again.browser.submit(wrong, 'skip');
    expect(skipped.html).toContain('takes a stronger sign-in');
    expect(answer(await again.browser.submit(skipped, 'continue')).get('error')).toBe('unmet_authentication_requirements');
  });

  it('asks anew for the first factor where the sign-in is older than it wants', async () => {
    const owner = await withApp('old');
    const fresh = { nodes: [SIGN_IN, { id: 'more', kind: 'stepUp', methods: ['totp'], maxAge: 60 }, CONSENT, DONE] };
    const { browser, page } = await runs(fresh);
    const half = await browser.submit(page, 'continue', { email: owner.email, password: PASSWORD });
    const done = await browser.submit(half, 'continue', { code: codeOf(owner, hub.clock.now()) });
    expect(done.buttons).toContain('allow');
    hub.clock.advance(120_000);
    const later = await browser.open(authorizePath({ prompt: 'consent' }));
    expect(later.html).toContain('<h1>Sign in</h1>');
    const second = await browser.submit(later, 'continue', { email: owner.email, password: PASSWORD });
    expect(second.html).toContain('Code from your app');
    expect((await browser.submit(second, 'continue', { code: codeOf(owner, hub.clock.now()) })).buttons).toContain('allow');
  });

  it('takes the mailbox of whoever came by a password, and the password of whoever came by the mailbox, where it names them', async () => {
    const both = { nodes: [SIGN_IN, { id: 'more', kind: 'stepUp', methods: ['email_code', 'password'], enrol: false }, CONSENT, DONE] };
    const one = await runs(both);
    const more = await one.browser.submit(one.page, 'continue', BOB);
    expect(more.buttons).toContain('email_code');
    expect(more.fields.some(({ name }) => name === 'password')).toBe(false);
    expect((await one.browser.submit(more, 'continue', { password: PASSWORD })).status).toBe(400);
    const mailed = await one.browser.submit(more, 'email_code');
    const wrong = await one.browser.submit(mailed, 'continue', { code: '000000' });
    expect(wrong.html).toContain('That code is not right');
    const consent = await one.browser.submit(wrong, 'continue', { code: await mailedCode() });
    expect(await claimsOf(hub, await one.browser.submit(consent, 'allow'))).toMatchObject({ acr: '2', amr: ['pwd', 'otp', 'mfa'] });

    const other = await runs(both);
    const asked = await other.browser.submit(other.page, 'email_code', { email: BOB.email });
    const word = await other.browser.submit(asked, 'continue', { code: await mailedCode() });
    expect(word.buttons).not.toContain('email_code');
    expect((await other.browser.submit(word, 'email_code')).status).toBe(400);
    expect((await other.browser.submit(word, 'continue', { password: 'not-my-password-at-all' })).html).toContain(
      'That is not your password',
    );
    const done = await other.browser.submit(word, 'continue', { password: PASSWORD });
    expect(await claimsOf(hub, await other.browser.submit(done, 'allow'))).toMatchObject({ acr: '2', amr: ['otp', 'pwd', 'mfa'] });
  });

  it('offers the ways in that it names and takes no others', async () => {
    const mail = await runs({ nodes: [{ id: 'signIn', kind: 'authenticate', methods: ['magic_link'] }, CONSENT, DONE] });
    expect(mail.page.fields.some(({ name }) => name === 'password')).toBe(false);
    expect((await mail.browser.submit(mail.page, 'password', ANN)).status).toBe(400);
    expect((await mail.browser.submit(mail.page, 'forgot', ANN)).status).toBe(400);
    expect((await mail.browser.submit(mail.page, 'continue', { email: ANN.email })).html).toContain('Check your e-mail');
    const word = await runs({ nodes: [{ id: 'signIn', kind: 'authenticate', methods: ['password'] }, CONSENT, DONE] });
    expect((await word.browser.submit(word.page, 'email_code', ANN)).status).toBe(400);
    expect((await word.browser.submit(word.page, 'oidc:nobody', ANN)).status).toBe(400);
  });

  it('takes no session that came another way than it lists', async () => {
    const browser = hub.browser();
    await browser.submit(
      await browser.open(authorizePath({ client_id: 'cli', redirect_uri: 'http://127.0.0.1:1/callback' })),
      'continue',
      ANN,
    );
    const listed = { ...SIGN_IN, methods: ['email_code'], session: 'listed' };
    await drawn(hub, 'test', { nodes: [listed, CONSENT, DONE] }, 'web');
    expect((await browser.open(authorizePath())).html).toContain('<h1>Sign in</h1>');
    await drawn(hub, 'test', { nodes: [{ ...listed, methods: ['password'] }, CONSENT, DONE] }, 'web');
    expect((await browser.open(authorizePath())).html).not.toContain('<h1>Sign in</h1>');
  });

  it('ends with its sentence for the person and its error for the client', async () => {
    const { browser, page } = await runs({
      nodes: [
        SIGN_IN,
        { id: 'who', kind: 'condition', branches: [{ name: 'in', when: 'user.emailDomain == "else.test"' }] },
        CONSENT,
        DONE,
        { id: 'no', kind: 'deny', error: 'temporarily_unavailable', message: 'Come back in June, {{user.name}}.' },
      ],
      also: [
        { from: 'who', branch: 'in', to: 'consent' },
        { from: 'who', branch: 'otherwise', to: 'no' },
      ],
    });
    const denied = await browser.submit(page, 'continue', ANN);
    expect(denied.html).toContain('Come back in June, Ann.');
    const end = await browser.submit(denied, 'continue');
    expect(answer(end).get('error')).toBe('temporarily_unavailable');
    expect((await hub.events('journey.refused')).at(-1)).toMatchObject({ reason: 'flow_denied:no', actor: { user: 'ann' } });
  });

  it('goes another way when the person says no, and the no holds', async () => {
    const { browser, page } = await runs({
      nodes: [SIGN_IN, CONSENT, DONE, { id: 'sorry', kind: 'deny', message: 'Nothing was given to {{client.name}}.' }],
      also: [{ from: 'consent', branch: 'refused', to: 'sorry' }],
    });
    const asked = await browser.submit(page, 'continue', ANN);
    const said = await browser.submit(asked, 'deny');
    expect(said.html).toContain('Nothing was given to Acme Web.');
    expect(answer(await browser.submit(said, 'continue')).get('error')).toBe('access_denied');
  });

  it('takes the way `failed` for what the world does not do, and never hangs', async () => {
    const call = { id: 'plan', kind: 'http', url: 'http://127.0.0.1:9/plan', timeout: 200 };
    const { browser, page } = await runs({
      nodes: [SIGN_IN, call, CONSENT, DONE, { id: 'no', kind: 'deny', message: 'The plan is not known.' }],
      also: [{ from: 'plan', branch: 'failed', to: 'no' }],
    });
    expect((await browser.submit(page, 'continue', ANN)).html).toContain('The plan is not known.');
  });
});

describe('a claim that a flow sets', () => {
  const claims = { id: 'say', kind: 'setClaims', claims: { cost_center: '"c-" + user.id', ticket: '7' } };

  it('is in the access token, and in what a refresh brings', async () => {
    const { browser, page } = await runs({ nodes: [SIGN_IN, claims, CONSENT, DONE] });
    const end = await browser.submit(await browser.submit(page, 'continue', ANN), 'allow');
    const code = answer(end).get('code') ?? '';
    const redirect = { redirect_uri: 'https://app.example/cb', code_verifier: 'a'.repeat(43) };
    const first = await tokens({ grant_type: 'authorization_code', code, ...redirect });
    expect(read(first.access_token)).toMatchObject({ cost_center: 'c-ann', ticket: 7, sub: 'ann' });
    const next = await tokens({ grant_type: 'refresh_token', refresh_token: first.refresh_token });
    expect(read(next.access_token)).toMatchObject({ cost_center: 'c-ann', ticket: 7, sub: 'ann' });
  });

  it('is what policy judges by: on the page, at the end, and at the token endpoint', async () => {
    const condition = { key: 'jwtClaims.cost_center', operator: 'equals', value: 'c-ann' };
    const target = { resources: ['ops'] };
    const deny = { id: 'cost', effect: 'deny', subject: { conditions: [condition] }, target, scopes: ['incidents:write'] };
    await hub.policy(deny);
    const { browser, page } = await runs({ nodes: [SIGN_IN, claims, CONSENT, DONE] });
    const asked = await browser.submit(page, 'continue', ANN);
    expect(scopesOn(asked)).toEqual(['incidents:read']);
    await browser.submit(asked, 'allow');
    expect((await hub.events('journey.finished')).at(-1)?.data).toMatchObject({
      hidden: [{ scope: 'incidents:write', because: 'policy' }],
    });
    // Set after the yes, it takes back what the rule then refuses.
    const late = await runs({ nodes: [SIGN_IN, CONSENT, claims, DONE] });
    const all = await late.browser.submit(late.page, 'continue', ANN);
    expect(scopesOn(all)).toEqual(['incidents:read', 'incidents:write']);
    expect(await claimsOf(hub, await late.browser.submit(all, 'allow'))).toMatchObject({ scope: 'incidents:read', cost_center: 'c-ann' });
    await hub.admin('DELETE', '/admin/v1/policies/cost');
    // Made after the code: the token endpoint asks the same question.
    const before = await runs({ nodes: [SIGN_IN, claims, CONSENT, DONE] });
    const end = await before.browser.submit(await before.browser.submit(before.page, 'continue', ANN), 'allow');
    await hub.policy(deny);
    expect(await claimsOf(hub, end)).toMatchObject({ scope: 'incidents:read' });
    await hub.admin('DELETE', '/admin/v1/policies/cost');
  });

  it('cannot be one that the hub vouches for', async () => {
    for (const name of ['sub', 'scope', 'tenant', 'acr', 'agent', 'ident', 'approval_id']) {
      const flow = {
        id: 'bad',
        purpose: 'authorize',
        start: 'signIn',
        nodes: [SIGN_IN, { id: 'say', kind: 'setClaims', claims: { [name]: '1' } }, DONE],
      };
      const refused = await hub.admin('POST', '/admin/v1/flows/validate', { flow });
      expect(await refused.json()).toMatchObject({ publishable: false, faults: [{ path: expect.stringContaining(name) }] });
    }
  });
});

describe('the tenant of a drawn flow', () => {
  it('chosen after consent is the one that policy is asked about in the end', async () => {
    await hub.policy({
      id: 'not-there',
      effect: 'deny',
      subject: { conditions: [{ key: 'tenant.id', operator: 'equals', value: 'globex' }] },
      target: { resources: ['ops'] },
      scopes: ['incidents:write'],
    });
    const { browser, page } = await runs({ nodes: [SIGN_IN, CONSENT, { id: 'tenant', kind: 'selectTenant' }, DONE] });
    const choice = await browser.submit(await browser.submit(page, 'continue', BOB), 'allow');
    expect(choice.html).toContain('In which organisation');
    const claims = await claimsOf(hub, await browser.submit(choice, 'continue', { tenant: 'globex' }));
    expect(claims).toMatchObject({ tenant: 'globex', scope: 'incidents:read' });
    await hub.admin('DELETE', '/admin/v1/policies/not-there');
  });

  it('is the one of the last time where the flow says so', async () => {
    const remembered = { nodes: [SIGN_IN, { id: 'tenant', kind: 'selectTenant', remembered: true }, CONSENT, DONE] };
    const { browser, page } = await runs(remembered);
    const at = await browser.submit(page, 'continue', BOB);
    expect(at.html).toContain('Globex');
    expect(at.html).not.toContain('In which organisation');
  });

  it('is the one that owns the domain of a confirmed address', async () => {
    await hub.tenant({ id: 'acme', name: 'Acme', domains: ['acme.test'] });
    const { browser, page } = await runs({ nodes: [SIGN_IN, { id: 'tenant', kind: 'selectTenant', byDomain: true }, CONSENT, DONE] });
    const asked = await browser.submit(page, 'email_code', { email: BOB.email });
    const shown = await browser.submit(asked, 'continue', { code: await mailedCode() });
    expect(shown.html).not.toContain('In which organisation');
    expect(shown.html).toContain('Acme');
  });
});

describe('a journey keeps', () => {
  it('the version that it began with when another is published', async () => {
    const { browser, page } = await runs({ nodes: [SIGN_IN, CONSENT, DONE] });
    const newer = {
      nodes: [
        SIGN_IN,
        { id: 'who', kind: 'condition', branches: [{ name: 'in', when: 'user.id == "bob"' }] },
        CONSENT,
        DONE,
        { id: 'no', kind: 'deny', message: 'Not any more.' },
      ],
      also: [
        { from: 'who', branch: 'in', to: 'consent' },
        { from: 'who', branch: 'otherwise', to: 'no' },
      ],
    };
    await drawn(hub, 'test', newer, 'web');
    const end = await browser.submit(await browser.submit(page, 'continue', ANN), 'allow');
    expect(answer(end).get('code')).toMatch(/^[\w-]{43}$/);
    const next = await runs(newer);
    expect((await next.browser.submit(next.page, 'continue', ANN)).html).toContain('Not any more.');
  });

  it('its place: an older page that is sent again moves nothing and shows where it stands', async () => {
    const { browser, page } = await runs({ nodes: [SIGN_IN, { id: 'tenant', kind: 'selectTenant' }, CONSENT, DONE] });
    const choice = await browser.submit(page, 'continue', BOB);
    // The cookie of the first page is dead since the login, and its form with it.
    expect((await browser.submit(page, 'continue', BOB)).status).toBe(403);
    const consent = await browser.submit(choice, 'continue', { tenant: 'acme' });
    expect(consent.buttons).toContain('allow');
    // Back, and another tenant in the older page: what stands is the consent, for the first.
    const back = await browser.submit(choice, 'continue', { tenant: 'globex' });
    expect(back.buttons).toContain('allow');
    expect(back.html).toContain('Acme');
    expect(await browser.submit(choice, 'cancel')).toMatchObject({ status: 200, location: undefined });
    expect(await claimsOf(hub, await browser.submit(back, 'allow'))).toMatchObject({ tenant: 'acme' });
  });

  it('its order when a page is sent twice at once, on two nodes: one step, one code', async () => {
    const node = await hub.secondNode();
    const { browser, page } = await runs({ nodes: [SIGN_IN, { id: 'tenant', kind: 'selectTenant' }, CONSENT, DONE] });
    const choice = await browser.submit(page, 'continue', BOB);
    const other = createBrowser((request) => node.fetch(request), ISSUER);
    for (const [name, value] of browser.cookies) other.cookies.set(name, value);
    await Promise.all([
      browser.send('POST', choice.url, filled(choice, 'continue', { tenant: 'acme' })),
      other.send('POST', choice.url, filled(choice, 'continue', { tenant: 'globex' })),
    ]);
    const shown = [await browser.open(choice.url), await other.open(choice.url)];
    expect(shown[0]?.fields.find(({ name }) => name === 'turn')).toEqual(shown[1]?.fields.find(({ name }) => name === 'turn'));
    expect(/Globex/.test(shown[0]?.html ?? '')).toBe(/Globex/.test(shown[1]?.html ?? ''));
    const codes = await hub.count('codes');
    const ends = await Promise.all([browser, other].map((one, at) => one.send('POST', choice.url, filled(shown[at] ?? choice, 'allow'))));
    expect(ends.filter(({ location }) => location?.includes('code=') === true)).toHaveLength(1);
    expect(await hub.count('codes')).toBe(codes + 1);
  });

  it.each([[''], ['0'], ['99'], ['-1'], ['1e3'], ['x']])('its place when the turn of the page says %j', async (turn) => {
    const { browser, page } = await runs({ nodes: [SIGN_IN, CONSENT, DONE] });
    const consent = await browser.submit(page, 'continue', ANN);
    const again = await browser.submit(consent, 'allow', { turn });
    expect(again.buttons).toContain('allow');
    expect(again.location).toBeUndefined();
  });
});
