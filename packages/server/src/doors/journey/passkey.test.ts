import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAuthenticator, type Lie } from '../../rooms/users/authenticator.suite.ts';
import type { Browser, Shown } from './browser.suite.ts';
import { authorizePath, furnish, ISSUER, openHub, PASSWORD, type Hub } from './hub.suite.ts';
import { claimsOf, codeOf, secretOn } from './second.suite.ts';

let hub: Hub;
beforeAll(async () => {
  hub = await openHub();
  await furnish(hub);
});
afterAll(() => hub.close());

const PATH = authorizePath({ scope: 'incidents:read', prompt: 'consent' });
type Key = ReturnType<typeof createAuthenticator>;

/** What the page hands to the browser for a passkey. */
function askedOn(page: Shown): { challenge: string; allowCredentials: { id: string }[]; userVerification: string } {
  const text = /data-passkey="([^"]*)"/.exec(page.html)?.[1] ?? '{}';
  return JSON.parse(text.replaceAll('&quot;', '"').replaceAll('&amp;', '&'));
}

/** Somebody with a passkey, made on the account page. */
async function withKey(id: string, lie: Lie = {}): Promise<{ key: Key; email: string; made: Shown; browser: Browser }> {
  const email = `${id}@acme.test`;
  await hub.user({ id, email, tenants: [{ id: 'acme' }] });
  const browser = hub.browser();
  await browser.submit(await browser.open('/account/security'), 'continue', { email, password: PASSWORD });
  const page = await browser.open('/account/security/passkey');
  const key = createAuthenticator('localhost', ISSUER);
  return { key, email, browser, made: await browser.submit(page, 'passkey', { credential: key.make(askedOn(page), lie) }) };
}

async function alone(
  key: Key,
  lie: Lie = {},
  browser = hub.browser(),
): Promise<{ browser: Browser; page: Shown; shown: Shown; sent: string }> {
  const page = await browser.open(PATH);
  const sent = key.use(askedOn(page), lie);
  return { browser, page, sent, shown: await browser.submit(page, 'passkey', { credential: sent }) };
}

const secondFactor = (how: 'offered' | 'required'): Promise<unknown> =>
  hub.admin('PUT', '/admin/v1/settings/accounts', { registration: 'invite', secondFactor: how });

const lastFailure = async (): Promise<string | undefined> => (await hub.events('login.failed')).at(-1)?.reason;

describe('a passkey', () => {
  it('is made on the account page, with recovery codes for the day it is lost', async () => {
    const { made } = await withKey('pat');
    expect(made.url).toBe('/account/security/codes');
    expect((await hub.events('factor.enrolled')).at(-1)).toMatchObject({ actor: { user: 'pat' }, data: { kind: 'passkey' } });
  });

  it('signs in alone, as two factors, and names nobody before', async () => {
    const { key } = await withKey('pam');
    const { browser, page, shown } = await alone(key);
    expect(askedOn(page)).toMatchObject({ allowCredentials: [], userVerification: 'required' });
    expect(shown.buttons).toContain('allow');
    expect(await claimsOf(hub, await browser.submit(shown, 'allow'))).toMatchObject({ sub: 'pam', acr: '2', amr: ['pop', 'user', 'mfa'] });
  });

  it('is the second factor after a password', async () => {
    const { key, email } = await withKey('peg');
    const browser = hub.browser();
    const page = await browser.submit(await browser.open(PATH), 'continue', { email, password: PASSWORD });
    expect(page.html).toContain('One more step');
    expect(askedOn(page)).toMatchObject({ allowCredentials: [{ id: key.id }], userVerification: 'preferred' });
    const consent = await browser.submit(page, 'passkey', { credential: key.use(askedOn(page), { verified: false }) });
    expect(await claimsOf(hub, await browser.submit(consent, 'allow'))).toMatchObject({ acr: '2', amr: ['pwd', 'pop', 'user', 'mfa'] });
  });

  it.each<[string, Lie, string]>([
    ['that was talked out of somebody at another address', { origin: 'https://evil.example' }, 'passkey not verified'],
    ['for another challenge', { challenge: 'AAAA' }, 'passkey not verified'],
    ['that was made rather than used', { type: 'webauthn.create' }, 'passkey not verified'],
    ['of an id that nobody knows', { id: 'AAAAAAAA' }, 'unknown passkey'],
    ['that did not see who touched it, alone', { verified: false }, 'passkey without user verification'],
  ])('%s opens nothing', async (_, lie, reason) => {
    const { key } = await withKey(`p${reason.length}${Object.keys(lie).join('')}`);
    const { shown, browser } = await alone(key, lie);
    expect(shown.html).toContain('That passkey did not work');
    expect([...browser.cookies.keys()]).not.toContain('writ_session');
    expect(await lastFailure()).toBe(reason);
  });

  it('of which there is a copy is found out by its counter', async () => {
    const { key } = await withKey('pip');
    expect((await alone(key, { counter: 50 })).shown.buttons).toContain('allow');
    expect((await alone(key, { counter: 20 })).shown.html).toContain('That passkey did not work');
  });

  it('answers once: not again on the page, nor in another journey', async () => {
    const { key } = await withKey('pix');
    const { sent, page, browser } = await alone(key);
    const elsewhere = hub.browser();
    const other = await elsewhere.submit(await elsewhere.open(PATH), 'passkey', { credential: sent });
    expect(other.html).toContain('That passkey did not work');
    // The login changed the cookie of the journey (046), and with it the token of its pages.
    expect((await browser.submit(page, 'passkey', { credential: sent })).status).toBe(403);
  });

  it('answers once, of twenty at the same moment', async () => {
    const { key } = await withKey('poz');
    const browser = hub.browser();
    const page = await browser.open(PATH);
    const credential = key.use(askedOn(page));
    const before = (await hub.sessions.list('poz')).length;
    const copies = Array.from({ length: 20 }, () => {
      const copy = hub.browser();
      for (const [name, value] of browser.cookies) copy.cookies.set(name, value);
      return copy.submit(page, 'passkey', { credential });
    });
    await Promise.all(copies);
    expect((await hub.sessions.list('poz')).length - before).toBe(1);
  });

  it('is good for its owner only, as a second factor', async () => {
    const { key } = await withKey('pol');
    const { email } = await withKey('pod');
    const browser = hub.browser();
    const page = await browser.submit(await browser.open(PATH), 'continue', { email, password: PASSWORD });
    const shown = await browser.submit(page, 'passkey', { credential: key.use(askedOn(page)) });
    expect(shown.html).toContain('That passkey did not work');
  });

  it('stays the only way where a page to set up a first factor was left open by somebody who knows the password', async () => {
    const email = 'pug@acme.test';
    await hub.user({ id: 'pug', email, tenants: [{ id: 'acme' }] });
    const thief = hub.browser();
    await secondFactor('required');
    try {
      const open = await thief.submit(await thief.open(PATH), 'continue', { email, password: PASSWORD });
      expect(open.html).toContain('Set up a second step');
      await secondFactor('offered');
      const owner = hub.browser();
      await owner.submit(await owner.open('/account/security'), 'continue', { email, password: PASSWORD });
      const page = await owner.open('/account/security/passkey');
      const key = createAuthenticator('localhost', ISSUER);
      await owner.submit(page, 'passkey', { credential: key.make(askedOn(page)) });
      const late = await thief.submit(open, 'continue', { code: codeOf({ secret: secretOn(open) }, hub.clock.now()) });
      expect(late.html).toContain('One more step');
      expect([...thief.cookies.keys()].filter((name) => name.includes('session'))).toEqual([]);
    } finally {
      await secondFactor('offered');
    }
  });

  it('of somebody who was stopped opens nothing', async () => {
    const { key } = await withKey('pax');
    await hub.contain({
      kind: 'user',
      id: 'pax',
      to: 'frozen',
      reason: 'test',
      by: { initiator: 'admin', actor: {}, origin: { request: 'req_t' } },
    });
    expect((await alone(key)).shown.html).toContain('This account has been stopped');
  });

  it('is not made for another page, nor twice', async () => {
    expect((await withKey('pun', { challenge: 'AAAA' })).made.html).toContain('That took too long');
    const { key, browser } = await withKey('pet');
    const page = await browser.open('/account/security/passkey');
    // Whoever has a second factor shows it before they change anything.
    const credential = key.use(askedOn(await browser.open(page.url)));
    expect(page.html).toContain('<h1>Sign in</h1>');
    await browser.submit(page, 'passkey', { credential });
    const again = await browser.open('/account/security/passkey');
    expect((await browser.submit(again, 'passkey', { credential: key.make(askedOn(again)) })).html).toContain('known here already');
  });

  it.each(['', '{}', 'null', '[]', '{"id":1}', 'x'.repeat(30_000)])(
    'that is nonsense (%#) is a 4xx or a notice, and an entry',
    async (credential) => {
      const browser = hub.browser();
      const shown = await browser.submit(await browser.open(PATH), 'passkey', { credential });
      expect(shown.html).toContain('That passkey did not work');
    },
  );
});
