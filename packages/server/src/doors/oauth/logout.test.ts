import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openWorld, type World } from './token/world.suite.ts';

let world: World;
let cookie: string;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());
beforeEach(async () => {
  const started = await world.house.rooms.sessions.start({
    user: { id: 'ann' },
    amr: ['pwd'],
    acr: '1',
    purpose: 'user',
    origin: { request: 'test' },
  });
  cookie = started.cookie.split(';')[0] ?? '';
});

const BACK = 'https://web.test/cb';
const hintFor = (sub: string, more: Record<string, unknown> = {}): string => {
  const iat = Math.floor(world.clock.now() / 1000);
  return world.house.rooms.keys.signer().sign('JWT', { iss: world.issuer, sub, aud: 'web', iat, exp: iat + 600, ...more });
};
const go = async (query: Record<string, string>, headers: Record<string, string> = { cookie }) =>
  shown(await world.get(`/oauth/logout?${new URLSearchParams(query).toString()}`, headers));
const send = async (form: Record<string, string>, headers: Record<string, string> = { cookie }) =>
  shown(await world.post('/oauth/logout', form, headers));
const shown = async (answer: Response) => ({
  status: answer.status,
  html: await answer.text(),
  location: answer.headers.get('location'),
  headers: answer.headers,
});
const isSignedIn = async (): Promise<boolean> => (await world.house.rooms.sessions.find(cookie.split('=')[1])) !== undefined;
/** The hidden fields of the page, as a browser sends them back. */
const hidden = (html: string): Record<string, string> =>
  Object.fromEntries(
    [...html.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g)].map(([, name = '', value = '']) => [
      name,
      value.replaceAll('&amp;', '&').replaceAll('&#39;', "'").replaceAll('&quot;', '"'),
    ]),
  );

describe('logout', () => {
  it('ends the session at once when an id_token names the user who is signed in', async () => {
    const { result, entries } = await world.during(() => go({ id_token_hint: hintFor('ann') }));
    expect(result.status).toBe(200);
    expect(result.html).toContain('You are signed out');
    expect(result.headers.get('set-cookie')).toMatch(/writ_session=;.*Max-Age=0/);
    expect(await isSignedIn()).toBe(false);
    expect(entries).toMatchObject([{ type: 'login.ended', actor: { user: 'ann' } }]);
  });

  it('takes an id_token that expired long ago', async () => {
    const hint = hintFor('ann', { iat: 1_700_000_000, exp: 1_700_000_600 });
    expect((await go({ id_token_hint: hint })).status).toBe(200);
    expect(await isSignedIn()).toBe(false);
  });

  it('returns to a registered address with state, to the letter', async () => {
    const { status, location } = await go({ id_token_hint: hintFor('ann'), post_logout_redirect_uri: BACK, state: 'a b&c' });
    expect([status, location]).toEqual([303, `${BACK}?state=a%20b%26c`]);
    expect(await isSignedIn()).toBe(false);
  });

  it('asks when there is no id_token, and ends the session when the person says so', async () => {
    const page = await go({ client_id: 'web', post_logout_redirect_uri: BACK, state: 'x"y' });
    expect([page.status, await isSignedIn()]).toEqual([200, true]);
    expect(page.headers.get('content-security-policy')).toContain("form-action 'self' https:");
    expect(page.html).toContain('Web');
    const { location } = await send({ ...hidden(page.html), action: 'continue' });
    expect(location).toBe(`${BACK}?state=x%22y`);
    expect(await isSignedIn()).toBe(false);
  });

  it('leaves the session when the person says no', async () => {
    const page = await go({});
    const { status, html } = await send({ ...hidden(page.html), action: 'cancel' });
    expect([status, await isSignedIn()]).toEqual([200, true]);
    expect(html).toContain('still signed in');
  });

  const doubtful: readonly [string, () => string][] = [
    ['of another user', () => hintFor('bob')],
    ['of another issuer', () => hintFor('ann', { iss: 'https://other.test' })],
    [
      'that is an access token',
      () => world.house.rooms.keys.signer().sign('at+jwt', { iss: world.issuer, sub: 'ann', aud: 'web', iat: 1, exp: 2 }),
    ],
    ['that is garbage', () => 'garbage'],
    ['with a changed payload', () => hintFor('ann').replace(/\.[^.]+\./, `.${Buffer.from('{"sub":"ann"}').toString('base64url')}.`)],
  ];
  for (const [what, make] of doubtful) {
    it(`asks when the id_token is one ${what}`, async () => {
      const page = await go({ id_token_hint: make() });
      expect([page.status, await isSignedIn()]).toEqual([200, true]);
      expect(page.html).toContain('name="action" value="continue"');
    });
  }

  const foreign: readonly [string, Record<string, string>][] = [
    ['an address that is not registered', { client_id: 'web', post_logout_redirect_uri: 'https://evil.test/' }],
    ['an address that only begins like a registered one', { client_id: 'web', post_logout_redirect_uri: `${BACK}/../x` }],
    ['an address without any client', { post_logout_redirect_uri: BACK }],
    ['an address of an unknown client', { client_id: 'nobody', post_logout_redirect_uri: BACK }],
    ['an address that runs', { client_id: 'web', post_logout_redirect_uri: 'javascript:alert(1)' }],
  ];
  for (const [what, query] of foreign) {
    it(`refuses ${what} on a page, and signs nobody out`, async () => {
      const { status, location, html } = await go(query);
      expect([status, location, await isSignedIn()]).toEqual([400, null, true]);
      expect(html).toContain('Nobody was signed out');
    });
  }

  it('refuses an id_token that was made for another app than the one that asks', async () => {
    expect((await go({ id_token_hint: hintFor('ann'), client_id: 'cli' })).status).toBe(400);
    expect(await isSignedIn()).toBe(true);
  });

  it('refuses a doubled parameter', async () => {
    const answer = await world.get('/oauth/logout?client_id=web&client_id=cli', { cookie });
    expect(answer.status).toBe(400);
  });

  it('does not act on a form that was not its own page: a post of another site becomes a question', async () => {
    const answer = await send({ client_id: 'web', post_logout_redirect_uri: BACK, action: 'continue' });
    expect([answer.status, await isSignedIn()]).toEqual([303, true]);
    expect(answer.location).toBe(`/oauth/logout?${new URLSearchParams({ client_id: 'web', post_logout_redirect_uri: BACK }).toString()}`);
  });

  it("refuses a page with another browser's token", async () => {
    expect((await send({ token: 'A'.repeat(43), action: 'continue' })).status).toBe(403);
    expect(await isSignedIn()).toBe(true);
  });

  it('has nothing to ask when nobody is signed in', async () => {
    expect((await go({}, {})).html).toContain('You are signed out');
    expect((await go({ client_id: 'web', post_logout_redirect_uri: BACK }, {})).location).toBe(BACK);
  });

  it('cannot be framed, cached or read by other origins', async () => {
    const { headers } = await go({});
    expect(headers.get('x-frame-options')).toBe('DENY');
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('access-control-allow-origin')).toBeNull();
  });
});
