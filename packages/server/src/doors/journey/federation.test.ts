import { decodeJwt, decodeProtectedHeader, exportJWK, generateKeyPair, SignJWT, type CryptoKey } from 'jose';
import { FLOW_TEMPLATES } from '@writ/flow';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { upstream, type Upstream } from '../../rooms/sso/upstream.suite.ts';
import type { Browser, Shown } from './browser.suite.ts';
import { authorizePath, furnish, ISSUER, openHub, PASSWORD, type Hub } from './hub.suite.ts';

const PAGE_SECRET = 'a-secret-of-the-page-that-is-long-enough';

let hub: Hub;
let there: Upstream;
let pageKey: CryptoKey;
beforeAll(async () => {
  [hub, there] = await Promise.all([openHub({ env: { WRIT_ALLOW_LOOPBACK: 'true' } }), upstream()]);
  await furnish(hub);
  await hub.tenant({ id: 'acme', name: 'Acme', domains: ['acme.test'] });
  const config = { issuer: there.issuer, clientId: 'hub', clientSecret: { value: 'a-client-secret' } };
  const put = async (id: string, of: object) => {
    const answer = await hub.admin('PUT', `/admin/v1/identity-providers/${id}`, of);
    if (answer.status > 201) throw new Error(await answer.text());
  };
  await put('corp', { ...config, name: 'Corp' });
  await put('acme-idp', { ...config, name: 'Acme', tenant: 'acme', users: { link: 'email' } });
  const pair = await generateKeyPair('ES256', { extractable: true });
  pageKey = pair.privateKey;
  const jwk = { ...(await exportJWK(pair.publicKey)), kid: 'page', alg: 'ES256' };
  await put('keyed', { type: 'external', name: 'Keyed', url: 'https://keyed.portal.test/', jwks: { keys: [jwk] } });
  await put('posting', { ...config, name: 'Posting', clientAuth: 'client_secret_post', clientSecret: { value: 'a&b=c' } });
  await put('portal', {
    type: 'external',
    name: 'Portal',
    url: 'https://login.portal.test/writ?theme=1',
    clientSecret: { value: PAGE_SECRET },
  });
});
beforeEach(() => {
  there.lie = {};
  there.person = { sub: 'there-nia', email: 'nia@elsewhere.test', email_verified: true, name: 'Nia' };
});
afterAll(async () => {
  await there.close();
  await hub.close();
});

/** Presses the button of a provider; where the browser went. */
async function goOut(browser: Browser, page: Shown, way: string, changes: Record<string, string> = {}): Promise<Shown> {
  return browser.submit(page, way, changes);
}
/** Signs in there and comes back. */
async function comeBack(browser: Browser, gone: Shown, provider = 'corp'): Promise<Shown> {
  const { state, code } = there.visit(gone.location ?? '');
  return browser.open(`/journey/callback/${provider}?${new URLSearchParams({ state, code, iss: there.issuer }).toString()}`);
}
const codeIn = (shown: Shown): string | null => new URL(shown.location ?? 'http://x').searchParams.get('code');
const errorIn = (shown: Shown): string | null => new URL(shown.location ?? 'http://x').searchParams.get('error');

describe('signing in by somebody else', () => {
  it('leads out by a plain button and back into the journey, to consent and a code', async () => {
    const browser = hub.browser();
    const page = await browser.open(authorizePath());
    expect(page.html).toContain('Continue with Corp');
    expect(page.html).toContain('Use your organisation’s sign-in');
    expect(page.headers.get('content-security-policy')).toContain('https:');
    const gone = await goOut(browser, page, 'oidc:corp');
    expect(gone.status).toBe(303);
    expect(gone.headers.get('referrer-policy')).toBe('no-referrer');
    const before = new Map(browser.cookies);
    const consent = await comeBack(browser, gone);
    expect(consent.html).toContain('nia@elsewhere.test');
    // A login changes the journey's cookie, and gives a session.
    for (const [name, value] of before) if (name.startsWith('writ_jny')) expect(browser.cookies.get(name)).not.toBe(value);
    const done = await browser.submit(consent, 'allow');
    expect(codeIn(done)).toBeTruthy();
    const [login] = (await hub.events('login.succeeded')).slice(-1);
    expect(login).toMatchObject({ data: { acr: '1' } });
  });

  it('proves itself in the body where the provider wants that', async () => {
    there.person = { sub: 'there-pat', email: 'pat@elsewhere.test', email_verified: true };
    const browser = hub.browser();
    const consent = await comeBack(browser, await goOut(browser, await browser.open(authorizePath()), 'oidc:posting'), 'posting');
    expect(consent.buttons).toContain('allow');
    const { headers, form } = there.asked.at(-1) ?? { headers: {}, form: new URLSearchParams() };
    expect(headers['authorization']).toBeUndefined();
    expect(Object.fromEntries(form)).toMatchObject({ client_id: 'hub', client_secret: 'a&b=c', grant_type: 'authorization_code' });
  });

  it('asks for the second factor that somebody has here all the same (no step is skipped by a provider)', async () => {
    there.person = { sub: 'there-kai', email: 'kai@elsewhere.test', email_verified: true };
    await hub.admin('PUT', '/admin/v1/settings/accounts', { registration: 'invite', secondFactor: 'required' });
    const browser = hub.browser();
    const page = await browser.open(authorizePath());
    const next = await comeBack(browser, await goOut(browser, page, 'oidc:corp'));
    expect(next.html).toMatch(/second step/i);
    expect(next.html).not.toContain('Allow');
    await hub.admin('PUT', '/admin/v1/settings/accounts', { registration: 'invite', secondFactor: 'offered' });
  });

  it('comes back to the page with a sentence after a no over there, and goes on from there', async () => {
    const browser = hub.browser();
    const gone = await goOut(browser, await browser.open(authorizePath()), 'oidc:corp');
    const { state } = there.visit(gone.location ?? '');
    const back = await browser.open(
      `/journey/callback/corp?${new URLSearchParams({ state, error: 'access_denied', iss: there.issuer }).toString()}`,
    );
    expect(back.html).toContain('You did not sign in there');
    const consent = await browser.submit(back, 'continue', { email: 'ann@acme.test', password: PASSWORD });
    expect(consent.buttons).toContain('allow');
  });

  it('is refused in another browser, twice, and with a parameter said twice, by the exact page', async () => {
    there.person = { sub: 'there-lea', email: 'lea@elsewhere.test', email_verified: true };
    const browser = hub.browser();
    const gone = await goOut(browser, await browser.open(authorizePath()), 'oidc:corp');
    const { state, code } = there.visit(gone.location ?? '');
    const query = new URLSearchParams({ state, code, iss: there.issuer }).toString();
    // Login CSRF: the attacker's answer in the victim's browser.
    const victim = hub.browser();
    const foreign = await victim.open(`/journey/callback/corp?${query}`);
    expect(foreign).toMatchObject({ status: 400, location: undefined });
    expect(foreign.html).toContain('This sign-in cannot go on');
    expect([...victim.cookies.keys()]).toEqual([]);
    expect((await browser.open(`/journey/callback/corp?${query}&state=${state}`)).status).toBe(400);
    const consent = await browser.open(`/journey/callback/corp?${query}`);
    expect(consent.buttons).toContain('allow');
    expect((await browser.open(`/journey/callback/corp?${query}`)).status).toBe(400);
    const reasons = (await hub.events('login.failed')).slice(-2).map(({ reason }) => reason);
    expect(reasons).toEqual(['callback: other_browser', 'callback: other_browser']);
  });

  it('does not carry an answer to a page that was left: a password meanwhile wins', async () => {
    const browser = hub.browser();
    const page = await browser.open(authorizePath());
    const gone = await goOut(browser, page, 'oidc:corp');
    const consent = await browser.submit(page, 'continue', { email: 'ann@acme.test', password: PASSWORD });
    expect(consent.html).toContain('ann@acme.test');
    expect((await comeBack(browser, gone)).status).toBe(400);
    expect((await browser.open(consent.url)).html).toContain('ann@acme.test');
  });

  it('offers nothing that the flow does not, and no way that is made up', async () => {
    const browser = hub.browser();
    const page = await browser.open(authorizePath());
    for (const way of ['oidc:nobody', 'sso:acme/corp', 'external:corp', 'oidc:acme-idp'])
      expect((await browser.submit(page, way)).status).toBe(400);
  });
});

describe('a tenant’s own sign-in', () => {
  const nia = { sub: 'acme-bob', email: 'bob@acme.test' };

  it('is found by the address, and opens that tenant only', async () => {
    there.person = nia;
    const browser = hub.browser();
    const page = await browser.open(authorizePath());
    const gone = await goOut(browser, page, 'sso:', { email: 'bob@acme.test' });
    expect(new URL(gone.location ?? '').searchParams.get('login_hint')).toBe('bob@acme.test');
    // Bob is in two tenants, and is not asked which: this sign-in is good for one.
    const consent = await comeBack(browser, gone, 'acme-idp');
    expect(consent.html).toContain('Acme');
    expect(consent.buttons).toContain('allow');
    // The other tenant by name is not to be had with it.
    const other = await browser.open(authorizePath({ tenant: 'globex' }));
    const refused = other.location === undefined ? await browser.submit(other, 'cancel') : other;
    expect(errorIn(refused)).toBe('access_denied');
  });

  it('opens no page of the account while its person is in other tenants, and never how they sign in', async () => {
    there.person = nia;
    const browser = hub.browser();
    const gone = await goOut(browser, await browser.open(authorizePath()), 'sso:', { email: 'bob@acme.test' });
    await comeBack(browser, gone, 'acme-idp');
    const account = await browser.open('/account');
    expect(account.url).toMatch(/^\/journey\//);
    expect(account.fields.map(({ name }) => name)).toContain('password');
    expect((await browser.open('/account/security')).url).toMatch(/^\/journey\//);
    expect((await browser.open('/account/connections')).url).toMatch(/^\/journey\//);
    const inside = await browser.submit(account, 'continue', { email: 'bob@acme.test', password: PASSWORD });
    expect(inside.url).toMatch(/^\/account/);
  });

  it('sets up no way in that would be good elsewhere', async () => {
    const nodes = [
      { id: 'signIn', kind: 'authenticate', methods: ['sso', 'password'] },
      { id: 'more', kind: 'enrol', methods: ['passkey', 'totp'] },
      { id: 'consent', kind: 'consent' },
      { id: 'done', kind: 'complete' },
    ];
    const edges = [
      { from: 'signIn', to: 'more' },
      { from: 'more', to: 'consent' },
      { from: 'consent', to: 'done' },
    ];
    const flow = {
      id: 'enrolling',
      name: 'Enrolling',
      purpose: 'authorize',
      start: 'signIn',
      nodes,
      edges,
      assign: { clients: ['backend'] },
    };
    expect((await hub.admin('POST', '/admin/v1/apply', { flows: [flow] })).status).toBe(200);
    there.person = nia;
    const browser = hub.browser();
    const request = authorizePath({ client_id: 'backend', redirect_uri: 'https://back.example/cb' });
    const page = await comeBack(browser, await goOut(browser, await browser.open(request), 'sso:', { email: 'bob@acme.test' }), 'acme-idp');
    expect(page.html).toContain('sign in another way first');
    expect(page.buttons).not.toContain('enrol:passkey');
    await browser.submit(page, 'enrol:passkey');
    expect((await browser.open(page.url)).html).toContain('sign in another way first');
    expect(await hub.count('passkeys')).toBe(0);
  });

  const toConsent = async (): Promise<{ browser: Browser; page: Shown }> => {
    const browser = hub.browser();
    const gone = await goOut(browser, await browser.open(authorizePath()), 'sso:', { email: 'bob@acme.test' });
    return { browser, page: await comeBack(browser, gone, 'acme-idp') };
  };

  it('sets up no second factor of somebody who is in another tenant, where a scope wants one', async () => {
    there.person = nia;
    const target = { resources: ['ops'] };
    const wants = {
      id: 'wants',
      effect: 'require',
      subject: { any: true },
      target,
      scopes: ['incidents:write'],
      require: { stepUp: true },
    };
    await hub.policy(wants);
    const before = await hub.count('totp_offers');
    const { browser, page } = await toConsent();
    expect(page.fields.map(({ name }) => name)).not.toContain('code');
    await browser.submit(page, 'continue', { code: '123456' });
    expect(await hub.count('totp_offers')).toBe(before);
    await hub.admin('DELETE', '/admin/v1/policies/wants');
  });

  it('nor where everybody has to have one; who is in this tenant alone sets one up', async () => {
    await hub.admin('PUT', '/admin/v1/settings/accounts', { registration: 'invite', secondFactor: 'required' });
    there.person = nia;
    const before = await hub.count('totp_offers');
    const { page } = await toConsent();
    expect(page.html).toContain('sign in with a second step');
    expect(page.fields.map(({ name }) => name)).not.toContain('code');
    expect(await hub.count('totp_offers')).toBe(before);
    there.person = { sub: 'acme-own', email: 'own@acme.test' };
    expect((await toConsent()).page.fields.map(({ name }) => name)).toContain('code');
    await hub.admin('PUT', '/admin/v1/settings/accounts', { registration: 'invite', secondFactor: 'offered' });
  });

  it('says so when nobody here signs in with that address', async () => {
    const browser = hub.browser();
    const back = await goOut(browser, await browser.open(authorizePath()), 'sso:', { email: 'x@nobody.test' });
    expect(back.html).toContain('No organisation here signs in with that address');
  });

  it('is where a tenant that demands it sends its people at once, by the built-in flow too; who is excluded comes in', async () => {
    const config = { issuer: there.issuer, clientId: 'hub', name: 'Acme', tenant: 'acme', users: { link: 'email' }, enforced: true };
    const put = await hub.admin('PUT', '/admin/v1/identity-providers/acme-idp', { ...config, exclusions: { users: ['dan'] } });
    expect(put.status).toBe(200);
    there.person = { sub: 'acme-ann', email: 'ann@acme.test' };
    const browser = hub.browser();
    const page = await browser.open(authorizePath());
    const gone = await browser.submit(page, 'continue', { email: 'ann@acme.test', password: PASSWORD });
    // Whose only tenant demands it is sent there by the address, whatever the password.
    expect(gone.location).toContain(`${there.issuer}/authorize`);
    const consent = await comeBack(browser, gone, 'acme-idp');
    expect(consent.buttons).toContain('allow');
    expect(codeIn(await browser.submit(consent, 'allow'))).toBeTruthy();
    expect((await hub.events('login.failed')).filter(({ data }) => data['email'] === 'ann@acme.test')).toEqual([]);
    // Who has an address of no domain signs in first, and is sent on when the tenant is known.
    await hub.user({ id: 'zoe', email: 'zoe@mail.test', emailVerified: true, tenants: [{ id: 'acme' }] });
    const later = hub.browser();
    const sent = await later.submit(await later.open(authorizePath()), 'continue', { email: 'zoe@mail.test', password: PASSWORD });
    expect(sent.location).toContain(`${there.issuer}/authorize`);
    const { state } = there.visit(sent.location ?? '');
    const back = await later.open(
      `/journey/callback/acme-idp?${new URLSearchParams({ state, error: 'access_denied', iss: there.issuer }).toString()}`,
    );
    expect(back.html).toContain('You did not sign in there');
    // The password once more does not help.
    const stopped = await later.submit(back, 'continue', { email: 'zoe@mail.test', password: PASSWORD });
    expect(stopped.html).toContain('by its own sign-in only');
    expect(stopped.buttons).not.toContain('allow');
    // Who is in another tenant too is not sent away from it.
    const both = hub.browser();
    const choose = await both.submit(await both.open(authorizePath({ tenant: 'globex' })), 'continue', {
      email: 'bob@acme.test',
      password: PASSWORD,
    });
    expect(choose.buttons).toContain('allow');
    const excluded = hub.browser();
    const mayGo = await excluded.submit(await excluded.open(authorizePath()), 'continue', { email: 'dan@acme.test', password: PASSWORD });
    expect(mayGo.buttons).toContain('allow');
    await hub.admin('PUT', '/admin/v1/identity-providers/acme-idp', { ...config, enforced: false });
  });

  it('tells nobody by the form who is excluded from it, or is here at all', async () => {
    const config = { issuer: there.issuer, clientId: 'hub', name: 'Acme', tenant: 'acme', users: { link: 'email' }, enforced: true };
    await hub.admin('PUT', '/admin/v1/identity-providers/acme-idp', { ...config, exclusions: { users: ['dan'] } });
    const answer = async (email: string, action: string, password: string) => {
      const browser = hub.browser();
      const gone = await browser.submit(await browser.open(authorizePath()), action, { email, password });
      return { status: gone.status, to: gone.location?.split('?')[0], says: /<p class="notice[^]*?<\/p>/.exec(gone.html)?.[0] };
    };
    const away = { status: 303, to: `${there.issuer}/authorize`, says: undefined };
    // A member, an excluded one, one of two tenants, nobody.
    for (const email of ['ann@acme.test', 'dan@acme.test', 'bob@acme.test', 'nobody@acme.test'])
      for (const [action, password] of [
        ['continue', 'not-the-password'],
        ['continue', ''],
        ['email_code', ''],
      ] as const)
        expect({ email, action, ...(await answer(email, action, password)) }).toEqual({ email, action, ...away });
    await hub.admin('PUT', '/admin/v1/identity-providers/acme-idp', { ...config, enforced: false });
  });

  it('by the template: an address of the domain goes straight there, and the tenant’s demand holds after another sign-in', async () => {
    const template = FLOW_TEMPLATES.find(({ id }) => id === 'sso-by-domain');
    const assigned = await hub.admin('POST', '/admin/v1/apply', { flows: [{ ...template?.flow, assign: { clients: ['own'] } }] });
    expect(assigned.status).toBe(200);
    const request = { client_id: 'own', redirect_uri: 'https://own.example/cb' };
    there.person = { sub: 'acme-ann', email: 'ann@acme.test' };
    const browser = hub.browser();
    const asked = await browser.open(authorizePath(request));
    expect(asked.fields.map(({ name }) => name)).toContain('email');
    const gone = await browser.submit(asked, 'continue', { email: 'ann@acme.test' });
    expect(gone.location).toContain(`${there.issuer}/authorize`);
    expect(codeIn(await comeBack(browser, gone, 'acme-idp'))).toBeTruthy();
    // The provider says no: the page has a sentence and a button, and does not send in circles.
    const other = hub.browser();
    const out = await other.submit(await other.open(authorizePath(request)), 'continue', { email: 'ann@acme.test' });
    const { state } = there.visit(out.location ?? '');
    const back = await other.open(
      `/journey/callback/acme-idp?${new URLSearchParams({ state, error: 'server_error', iss: there.issuer }).toString()}`,
    );
    expect(back.html).toContain('That sign-in did not work');
    expect(back.buttons).toContain('sso:acme/acme-idp');
    expect((await other.open(back.url)).location).toBeUndefined();
  });
});

describe('an external page', () => {
  const answer = (claims: Record<string, unknown>, secret = PAGE_SECRET, alg = 'HS256') =>
    new SignJWT(claims).setProtectedHeader({ alg }).sign(new TextEncoder().encode(secret));

  async function atThePage() {
    const browser = hub.browser();
    const gone = await goOut(browser, await browser.open(authorizePath()), 'external:portal');
    const url = new URL(gone.location ?? '');
    const request = url.searchParams.get('request') ?? '';
    const asked = decodeJwt(request);
    const now = Math.floor(hub.clock.now() / 1000);
    const good = {
      iss: 'https://login.portal.test',
      aud: ISSUER,
      nonce: asked['nonce'],
      sub: 'p-1',
      email: 'pia@portal.test',
      email_verified: true,
      iat: now,
      exp: now + 60,
    };
    const send = async (response: string) =>
      browser.open(`${String(asked['return_to'])}&response=${encodeURIComponent(response)}`.replace(ISSUER, ''));
    return { browser, url, request, asked, good, send };
  }

  it('is told what is asked by a JWT of ours, and answers by one of theirs', async () => {
    const { url, request, asked, good, send } = await atThePage();
    expect(url.searchParams.get('theme')).toBe('1');
    expect(decodeProtectedHeader(request)).toMatchObject({ typ: 'writ-sign-in-request+jwt' });
    expect(asked).toMatchObject({
      iss: ISSUER,
      aud: 'https://login.portal.test',
      return_to: expect.stringContaining(`${ISSUER}/journey/callback/portal?state=`),
    });
    const response = await answer(good);
    const consent = await send(response);
    expect(consent.html).toContain('pia@portal.test');
    // Once.
    expect((await send(response)).status).toBe(400);
  });

  it('with a key of its own answers by that key and nothing else', async () => {
    const browser = hub.browser();
    const visit = async () => {
      const gone = await goOut(browser, await browser.open(authorizePath({ prompt: 'login' })), 'external:keyed');
      const asked = decodeJwt(new URL(gone.location ?? '').searchParams.get('request') ?? '');
      const now = Math.floor(hub.clock.now() / 1000);
      const good = {
        iss: 'https://keyed.portal.test',
        aud: ISSUER,
        nonce: asked['nonce'],
        sub: 'k-1',
        email: 'kay@portal.test',
        email_verified: true,
        iat: now,
        exp: now + 60,
      };
      return { good, to: `${String(asked['return_to'])}&response=`.replace(ISSUER, '') };
    };
    const forged = await visit();
    const { jwks } = await (await hub.admin('GET', '/admin/v1/identity-providers/keyed')).json();
    // The public key taken for a secret.
    const hmac = await new SignJWT(forged.good)
      .setProtectedHeader({ alg: 'HS256' })
      .sign(new TextEncoder().encode(JSON.stringify(jwks.keys[0])));
    expect((await browser.open(`${forged.to}${hmac}`)).status).toBe(400);
    const honest = await visit();
    const jwt = await new SignJWT(honest.good).setProtectedHeader({ alg: 'ES256', kid: 'page' }).sign(pageKey);
    expect((await browser.open(`${honest.to}${jwt}`)).html).toContain('kay@portal.test');
  });

  it.each([
    ['for somebody else', { aud: 'https://other.test' }],
    ['of another sign-in', { nonce: 'another' }],
    ['of another page', { iss: 'https://evil.test' }],
    ['that is over', { exp: 1 }],
    ['that is older than five minutes', { iat: 1 }],
    ['without a subject', { sub: undefined }],
  ])('an answer %s signs nobody in', async (_, change) => {
    const { good, send } = await atThePage();
    const shown = await send(await answer({ ...good, ...change }));
    expect(shown.status).toBe(400);
    expect(shown.html).toContain('Go back to the sign-in page');
  });

  it.each([
    ['with another secret', (good: object) => answer({ ...good }, 'another-secret-that-is-long-enough-too')],
    ['with another algorithm', (good: object) => answer({ ...good }, PAGE_SECRET.repeat(2), 'HS512')],
    [
      'not signed at all',
      (good: object) => Promise.resolve(`${btoa('{"alg":"none"}').replaceAll('=', '')}.${btoa(JSON.stringify(good)).replaceAll('=', '')}.`),
    ],
  ])('an answer %s signs nobody in', async (_, make) => {
    const { good, send } = await atThePage();
    expect((await send(await make(good))).status).toBe(400);
  });
});
