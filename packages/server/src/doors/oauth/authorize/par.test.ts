import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Browser, Shown } from '../../journey/browser.suite.ts';
import { authorizeParams, furnish, openHub, PASSWORD, type Hub } from '../../journey/hub.suite.ts';

let hub: Hub;
beforeAll(async () => {
  hub = await openHub();
  await furnish(hub);
});
afterAll(() => hub.close());

const BACKEND = { client_id: 'backend', redirect_uri: 'https://back.example/cb', prompt: 'consent' };
const basic = (id: string, secret: string): Record<string, string> => ({
  authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`,
});
const RIGHT = basic('backend', 'a-long-secret-of-the-backend');

async function push(
  changes: Parameters<typeof authorizeParams>[0] = BACKEND,
  headers: Record<string, string> = RIGHT,
): Promise<{ status: number; body: Record<string, string> }> {
  const shown = await hub.browser().send('POST', '/oauth/par', authorizeParams(changes), headers);
  return { status: shown.status, body: JSON.parse(shown.html) };
}

const pathOf = (uri: string | undefined, client = 'backend'): string =>
  `/oauth/authorize?${new URLSearchParams({ client_id: client, request_uri: uri ?? '' }).toString()}`;
const signIn = (browser: Browser, page: Shown): Promise<Shown> =>
  browser.submit(page, 'continue', { email: 'ann@acme.test', password: PASSWORD });

describe('a pushed authorization request', () => {
  it('is named by a secret that lives a minute', async () => {
    const { status, body } = await push();
    expect(status).toBe(201);
    expect(body).toEqual({ request_uri: expect.stringMatching(/^urn:ietf:params:oauth:request_uri:[\w-]{43}$/), expires_in: 60 });
  });

  it('takes the place of whatever else the URL says', async () => {
    const { body } = await push();
    const browser = hub.browser();
    const path = `${pathOf(body['request_uri'])}&redirect_uri=${encodeURIComponent('https://evil.example/cb')}&scope=incidents:delete&state=other`;
    const consent = await signIn(browser, await browser.open(path));
    expect(consent.html).not.toContain('Delete incidents');
    const end = new URL((await browser.submit(consent, 'allow')).location ?? '');
    expect(end.origin).toBe('https://back.example');
    expect(end.searchParams.get('state')).toBe('st-1 +&');
  });

  it('may be looked at often and leads to one code', async () => {
    const { body } = await push();
    const path = pathOf(body['request_uri']);
    const [first, second] = [hub.browser(), hub.browser()];
    const pages = [await signIn(first, await first.open(path)), await signIn(second, await second.open(path))] as const;
    expect((await first.submit(pages[0], 'allow')).location).toContain('code=');
    const late = await second.submit(pages[1], 'allow');
    expect(late).toMatchObject({ status: 400, location: undefined });
    expect(await hub.browser().open(path)).toMatchObject({ status: 400, location: undefined });
  });

  it('leads to one code also when both journeys end at the same moment', async () => {
    const { body } = await push();
    const journeys = await Promise.all(
      Array.from({ length: 8 }, async () => {
        const browser = hub.browser();
        return { browser, page: await signIn(browser, await browser.open(pathOf(body['request_uri']))) };
      }),
    );
    const before = await hub.count('codes');
    await Promise.all(journeys.map(({ browser, page }) => browser.submit(page, 'allow')));
    expect((await hub.count('codes')) - before).toBe(1);
  });

  it('may still be answered when its minute is over, by whoever opened it in time', async () => {
    const { body } = await push();
    const browser = hub.browser();
    const page = await browser.open(pathOf(body['request_uri']));
    hub.clock.advance(120_000);
    expect((await browser.submit(await signIn(browser, page), 'allow')).location).toContain('code=');
  });

  it('029 is nothing to another client', async () => {
    const { body } = await push();
    const shown = await hub.browser().send('GET', pathOf(body['request_uri'], 'web'));
    expect(shown).toMatchObject({ status: 400, location: undefined });
    expect(shown.html).toContain('invalid_request_uri');
  });

  it('031 is nothing to anybody after its minute', async () => {
    const { body } = await push();
    hub.clock.advance(60_001);
    const shown = await hub.browser().send('GET', pathOf(body['request_uri']));
    expect(shown).toMatchObject({ status: 400, location: undefined });
    expect(shown.html).toContain('invalid_request_uri');
  });

  it.each<[string, Parameters<typeof authorizeParams>[0], Record<string, string>, number, string]>([
    ['032 with a request_uri', { ...BACKEND, request_uri: 'urn:ietf:params:oauth:request_uri:abc' }, RIGHT, 400, 'invalid_request'],
    ['033 without client authentication', BACKEND, {}, 401, 'invalid_client'],
    ['033 with a wrong secret', BACKEND, basic('backend', 'a-wrong-secret-of-the-backend'), 401, 'invalid_client'],
    ['034 with a bad redirect_uri', { ...BACKEND, redirect_uri: 'https://evil.example/cb' }, RIGHT, 400, 'invalid_request'],
    ['without redirect_uri', { ...BACKEND, redirect_uri: null }, RIGHT, 400, 'invalid_request'],
    ['without code_challenge', { ...BACKEND, code_challenge: null }, RIGHT, 400, 'invalid_request'],
    ['with a parameter twice', { ...BACKEND, scope: ['incidents:read', 'incidents:write'] }, RIGHT, 400, 'invalid_request'],
    ['with a NUL', { ...BACKEND, state: 'a\0b' }, RIGHT, 400, 'invalid_request'],
    ['for an unknown resource', { ...BACKEND, resource: 'https://nowhere.example' }, RIGHT, 400, 'invalid_target'],
  ])('is refused %s', async (_, changes, headers, status, error) => {
    const before = await hub.count('par_requests');
    const answer = await push(changes, headers);
    expect(answer).toMatchObject({ status, body: { error } });
    expect(answer.body).not.toHaveProperty('request_uri');
    expect(await hub.count('par_requests')).toBe(before);
  });

  it('is open to public clients, who prove nothing here and nothing elsewhere', async () => {
    expect(await push({}, {})).toMatchObject({ status: 201 });
  });

  it('keeps no credential of the client', async () => {
    await push({ ...BACKEND, client_secret: 'a-long-secret-of-the-backend' }, {});
    expect(JSON.stringify(await hub.parRows())).not.toContain('a-long-secret');
  });
});
