import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { sweepRegistrations } from '../../rooms/clients/jobs.ts';
import { filled, type Browser, type Shown } from './browser.suite.ts';
import { authorizePath, furnish, ISSUER, openHub, PASSWORD, type Hub } from './hub.suite.ts';

let hub: Hub;
beforeAll(async () => {
  hub = await openHub();
  await furnish(hub);
});
afterAll(() => hub.close());

const ANN = { email: 'ann@acme.test', password: PASSWORD };
const PATH = authorizePath({ client_id: 'cli', redirect_uri: 'http://127.0.0.1:4000/callback' });

async function atConsent(): Promise<{ browser: Browser; page: Shown }> {
  const browser = hub.browser();
  return { browser, page: await browser.submit(await browser.open(PATH), 'continue', ANN) };
}

async function issued(): Promise<number[]> {
  return Promise.all(['codes', 'grants', 'agents'].map((table) => hub.count(table)));
}

describe('a consent page that is sent back by somebody else', () => {
  it.each<[string, string | null]>([
    ['037 without the token', null],
    ['037 with an empty token', ''],
    ['037 with a made-up token', 'A'.repeat(43)],
  ])('%s is refused and written down', async (_, token) => {
    const { browser, page } = await atConsent();
    const before = await issued();
    const shown = await browser.submit(page, 'allow', { token });
    expect(shown.status).toBe(403);
    expect((await hub.events('consent.denied')).at(-1)).toMatchObject({ reason: 'csrf', actor: { user: 'ann', client: 'cli' } });
    expect(await issued()).toEqual(before);
    expect((await browser.submit(page, 'allow')).location).toContain('code=');
  });

  it('038 with the token of another journey is refused', async () => {
    const [mine, other] = [await atConsent(), await atConsent()];
    const token = other.page.fields.find((field) => field.name === 'token')?.value ?? '';
    expect((await mine.browser.submit(mine.page, 'allow', { token })).status).toBe(403);
  });

  it('039 from another browser is refused, also one where the same user is signed in', async () => {
    const victim = await atConsent();
    const thief = await atConsent();
    for (const browser of [hub.browser(), thief.browser]) {
      expect(await browser.send('GET', victim.page.url)).toMatchObject({ status: 400, location: undefined });
      expect(await browser.send('POST', victim.page.url, filled(victim.page, 'allow'))).toMatchObject({ status: 403, location: undefined });
    }
    expect((await hub.events('journey.refused')).at(-1)).toMatchObject({ reason: 'foreign_browser' });
  });

  it('is refused as JSON, as multipart, and in pieces that stand twice', async () => {
    const { browser, page } = await atConsent();
    for (const type of [
      'application/json',
      'multipart/form-data; boundary=x',
      'text/plain',
      'application/x-www-form-urlencoded; charset=utf-16',
    ]) {
      expect((await browser.send('POST', page.url, filled(page, 'allow'), { 'content-type': type })).status).toBe(400);
    }
    expect((await browser.submit(page, 'allow', { persistent: ['yes', 'yes'] })).status).toBe(400);
  });
});

describe('a consent page that was changed on the way', () => {
  it.each<[string, Record<string, string | readonly string[]>]>([
    ['client_id', { client_id: 'web' }],
    ['redirect_uri', { redirect_uri: 'https://evil.example/cb' }],
    ['resource', { resource: 'https://other.example' }],
    ['a scope that was not asked for', { scope: ['incidents:read', 'incidents:delete'] }],
    ['a scope that does not exist', { scope: ['admin'] }],
    ['a field nobody knows', { user: 'bob' }],
    ['a button that is not there', { tenant: 'x'.repeat(300) }],
  ])('042 %s: 400, nothing issued, and the stored request still stands', async (_, changes) => {
    const { browser, page } = await atConsent();
    const before = await issued();
    expect((await browser.submit(page, 'allow', changes)).status).toBe(400);
    expect(await issued()).toEqual(before);
    expect((await browser.submit(page, 'allow')).location).toMatch(/^http:\/\/127\.0\.0\.1:4000\/callback\?code=/);
  });

  it('042 a button of another page does nothing', async () => {
    const { browser, page } = await atConsent();
    expect((await browser.submit(page, 'email_code', ANN)).status).toBe(400);
    const signIn = hub.browser();
    expect((await signIn.submit(await signIn.open(PATH), 'allow', ANN)).status).toBe(400);
  });

  it('041 sent twenty times at once: one grant, one code, 400 for the rest', async () => {
    const { browser, page } = await atConsent();
    const [codes = 0] = await issued();
    const answers = await Promise.all(Array.from({ length: 20 }, () => browser.send('POST', page.url, filled(page, 'allow'))));
    expect(answers.filter((one) => one.location?.includes('code=') === true)).toHaveLength(1);
    expect(answers.filter((one) => one.status === 400)).toHaveLength(19);
    expect((await issued())[0]).toBe(codes + 1);
    expect(await browser.send('POST', page.url, filled(page, 'allow'))).toMatchObject({ status: 403, location: undefined });
  });

  it('is over after half an hour', async () => {
    const { browser, page } = await atConsent();
    hub.clock.advance(31 * 60_000);
    expect(await browser.submit(page, 'allow')).toMatchObject({ status: 400, location: undefined });
  });
});

describe('046 cookies', () => {
  it('are HttpOnly, Lax and for the whole host; both change at login, and what was there before is dead', async () => {
    const browser = hub.browser();
    const first = await browser.send('GET', PATH);
    for (const line of first.headers.getSetCookie()) expect(line).toMatch(/; Path=\/;.*HttpOnly; SameSite=Lax/);
    const planted = new Map(browser.cookies);
    const signIn = await browser.open(first.location ?? '');
    const consent = await browser.submit(signIn, 'continue', ANN);
    expect(consent.buttons).toContain('allow');
    const attacker = hub.browser();
    for (const [name, value] of planted) attacker.cookies.set(name, value);
    expect((await attacker.send('GET', consent.url)).status).toBe(400);
    expect((await attacker.send('POST', consent.url, filled(consent, 'allow'))).status).toBe(403);
    const session = browser.cookies.get('writ_session');
    const again = await browser.submit(await browser.open(authorizePath({ prompt: 'login' })), 'continue', ANN);
    expect(again.status).toBeLessThan(400);
    expect(browser.cookies.get('writ_session')).not.toBe(session);
    expect(await hub.sessions.find(session)).toBeUndefined();
  });

  it('do not pile up: a browser keeps the newest journeys only', async () => {
    const browser = hub.browser();
    for (let times = 0; times < 12; times += 1) await browser.send('GET', PATH);
    expect([...browser.cookies.keys()].filter((name) => name.startsWith('writ_jny_')).length).toBeLessThanOrEqual(6);
  });

  it("of a session that ended in the meantime, or is another user's, do not carry the journey on", async () => {
    const { browser, page } = await atConsent();
    const found = await hub.sessions.find(browser.cookies.get('writ_session'));
    if (found === undefined) throw new Error('no session');
    await hub.sessions.end(found.session, { request: 'test' });
    const before = await issued();
    const back = await browser.submit(page, 'allow');
    expect(back.html).toContain('Sign in');
    expect(await issued()).toEqual(before);
    const bob = await browser.submit(back, 'continue', { email: 'bob@acme.test', password: PASSWORD });
    expect(bob.html).toContain('In which organisation');
  });
});

describe('what was allowed can be taken away between page and click', () => {
  it.each<['agent' | 'client' | 'user' | 'tenant', string]>([
    ['client', 'shortlived'],
    ['user', 'gus'],
    ['tenant', 'umbra'],
  ])('a frozen %s gets no code', async (kind, id) => {
    await hub.tenant({ id: 'umbra', name: 'Umbra' }).catch(() => {});
    await hub.client({ id: 'shortlived', name: 'Short', public: true, redirectUris: ['https://short.example/cb'] });
    await hub.user({ id: 'gus', email: 'gus@acme.test', tenants: [{ id: 'umbra' }] }).catch(() => {});
    const browser = hub.browser();
    const path = authorizePath({ client_id: 'shortlived', redirect_uri: 'https://short.example/cb' });
    const page = await browser.submit(await browser.open(path), 'continue', { email: 'gus@acme.test', password: PASSWORD });
    expect(page.buttons).toContain('allow');
    const by = { initiator: 'admin' as const, actor: {}, origin: { request: 'test' } };
    const before = await issued();
    await hub.contain({ kind, id, to: 'frozen', reason: 'test', by });
    const back = await browser.submit(page, 'allow');
    expect(back.location).toBeUndefined();
    expect(await issued()).toEqual(before);
    await hub.contain({ kind, id, to: 'active', reason: 'test', by });
  });

  it('a hub that is stopped shows no page to allow anything, and gives no code for one that was open', async () => {
    const { browser, page } = await atConsent();
    const by = { initiator: 'admin' as const, actor: {}, origin: { request: 'test' } };
    const before = await issued();
    await hub.contain({ kind: 'hub', id: 'hub', to: 'frozen', reason: 'test', by });
    expect((await browser.submit(page, 'allow')).location).toBeUndefined();
    expect((await browser.open(PATH)).html).toContain('stopped all apps');
    expect(await issued()).toEqual(before);
    await hub.contain({ kind: 'hub', id: 'hub', to: 'active', reason: 'test', by });
    expect((await browser.open(PATH)).buttons).toContain('allow');
  });

  it('a frozen agent gets no code, and no page to allow it', async () => {
    const { browser, page } = await atConsent();
    await browser.submit(page, 'allow');
    const agent = (await hub.events('agent.created')).find((event) => event.actor.client === 'cli')?.actor.agent ?? '';
    const by = { initiator: 'admin' as const, actor: {}, origin: { request: 'test' } };
    await hub.contain({ kind: 'agent', id: agent, to: 'frozen', reason: 'test', by });
    const denied = await browser.open(PATH);
    expect(denied.html).toContain('stopped from acting for you');
    await hub.contain({ kind: 'agent', id: agent, to: 'active', reason: 'test', by });
    expect((await browser.open(PATH)).buttons).toContain('allow');
  });
});

describe('043 every page of these doors', () => {
  it('carries the headers that keep it from frames, foreign content and chatter', async () => {
    const { browser, page } = await atConsent();
    const stranger = hub.browser();
    const pages = [
      page,
      await stranger.open(PATH),
      await stranger.send('GET', authorizePath({ client_id: 'nobody' })),
      await stranger.send('GET', page.url),
      await stranger.send('GET', '/journey/x'),
      await stranger.send('POST', page.url, filled(page, 'allow')),
      await stranger.send('GET', '/join/nothing'),
      await stranger.send('GET', '/reset/nothing'),
      await stranger.send('GET', '/account/signed-out'),
      await browser.open('/account'),
    ];
    for (const shown of pages) {
      expect(shown.headers.get('content-type')).toBe('text/html; charset=utf-8');
      const policy = shown.headers.get('content-security-policy') ?? '';
      for (const part of ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'"]) expect(policy).toContain(part);
      expect(policy).not.toContain('unsafe');
      const style = /<style>([^]*?)<\/style>/.exec(shown.html)?.[1] ?? '';
      expect(policy).toContain(`style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`);
      expect(shown.headers.get('x-frame-options')).toBe('DENY');
      expect(shown.headers.get('x-content-type-options')).toBe('nosniff');
      expect(shown.headers.get('referrer-policy')).toBe('no-referrer');
      expect(shown.headers.get('cache-control')).toBe('no-store');
      expect(shown.headers.get('access-control-allow-origin')).toBeNull();
      expect(shown.headers.get('x-request-id')).toMatch(/^req_/);
      // Where there is a button for passkeys, its script, and by its hash no other.
      const script = /<script type="module">([^<]*)<\/script>/.exec(shown.html)?.[1];
      expect(/script-src ([^;]*)/.exec(policy)?.[1]).toBe(
        script === undefined ? undefined : `'sha256-${createHash('sha256').update(script).digest('base64')}'`,
      );
      expect(shown.html.replace(/<script type="module">[^<]*<\/script>/, '')).not.toMatch(
        /<script|\son\w+=|style="|https?:\/\/(?!localhost)/,
      );
    }
  });
});

describe('consent to a registration that is swept at that very moment', () => {
  const DAY = 86_400_000;
  const REDIRECT = 'https://late.example/cb';
  let late: Hub;
  beforeAll(async () => {
    late = await openHub();
    await furnish(late);
  });
  afterAll(() => late.close());

  async function registered(): Promise<string> {
    const body = JSON.stringify({ client_name: 'Late', redirect_uris: [REDIRECT], token_endpoint_auth_method: 'none' });
    const headers = { 'content-type': 'application/json' };
    const answer = await late.house.fetch(new Request(`${ISSUER}/oauth/register`, { method: 'POST', headers, body }));
    return z.object({ client_id: z.string() }).parse(await answer.json()).client_id;
  }

  it('grants nothing, says so on a page, and ends the journey', async () => {
    const node = await late.secondNode();
    // This node does not hear that the client is gone before its own database says so.
    late.house.rooms.feed.stop();
    const client = await registered();
    late.clock.advance(7 * DAY - 60_000);
    const browser = late.browser();
    const page = await browser.submit(await browser.open(authorizePath({ client_id: client, redirect_uri: REDIRECT })), 'continue', ANN);
    expect(page.buttons).toContain('allow');
    late.clock.advance(120_000);
    expect(await sweepRegistrations({ audit: node.rooms.audit, clock: late.clock })).toBe(1);

    const end = await browser.submit(page, 'allow');
    expect(end).toMatchObject({ status: 400, location: undefined });
    expect(end.html).toContain('no longer known here');
    for (const table of ['codes', 'grants', 'agents']) expect([table, await late.count(table)]).toEqual([table, 0]);
    expect((await late.events()).at(-1)).toMatchObject({ type: 'journey.refused', reason: 'client_gone', actor: { user: 'ann', client } });
    expect((await browser.submit(page, 'allow')).status).toBe(400);
    expect(await late.count('codes')).toBe(0);
  });
});
