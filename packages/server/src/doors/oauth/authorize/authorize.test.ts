import { hash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PASSKEY_SCRIPT } from '../../../base/browser/passkey.ts';
import { authorizeParams, authorizePath, CHALLENGE, furnish, ISSUER, openHub, PASSWORD, type Hub } from '../../journey/hub.suite.ts';

let hub: Hub;
beforeAll(async () => {
  hub = await openHub();
  await furnish(hub);
  await hub.resource({
    id: 'closed',
    type: 'api',
    uri: 'https://closed.example/',
    name: 'Closed',
    aliases: ['https://old.example'],
    scopes: [{ name: 'c:read' }],
    registration: { dcr: { enabled: false } },
  });
  await hub.client({ id: 'capped', name: 'Capped', public: true, scopes: ['incidents:read'], redirectUris: ['https://capped.example/cb'] });
  await hub.client({ id: 'machine', name: 'Machine', public: true, grants: ['refresh_token'], redirectUris: ['https://m.example/cb'] });
  await hub.client({ id: 'shy', name: 'Shy', public: true, settings: { responseIss: false }, redirectUris: ['https://shy.example/cb'] });
});
afterAll(() => hub.close());

type Changes = Record<string, string | readonly string[] | null>;
/** A page less the script that is ours: the one whose hash its Content-Security-Policy names. */
const withoutOurs = (page: string): string =>
  page.replace(/<script type="module">([^]*?)<\/script>/, (whole, text: string) =>
    `'sha256-${hash('sha256', text, 'base64')}'` === PASSKEY_SCRIPT.source ? '' : whole,
  );
const ATTACK = '"><script>alert(1)</script>';

/** What nothing may have changed: codes, grants, sessions, journeys. */
async function issued(): Promise<number[]> {
  return Promise.all(['codes', 'grants', 'sessions', 'journeys', 'par_requests'].map((table) => hub.count(table)));
}

describe('an authorization request that names no good client or redirect URI stays on a page', () => {
  it.each<[string, Changes, string, string]>([
    ['001 unknown client', { client_id: 'nobody' }, 'invalid_client', 'unknown_client'],
    ['001 a NUL in the client id', { client_id: 'a\0b' }, 'invalid_client', 'unknown_client'],
    ['002 no client', { client_id: null }, 'invalid_request', 'no_client_id'],
    ['003 unregistered redirect URI', { redirect_uri: 'https://evil.example/cb' }, 'invalid_redirect_uri', 'redirect_uri'],
    ['004 a slash at the end', { redirect_uri: 'https://app.example/cb/' }, 'invalid_redirect_uri', 'redirect_uri'],
    ['005 host in upper case', { redirect_uri: 'https://APP.example/cb' }, 'invalid_redirect_uri', 'redirect_uri'],
    ['006 a query more', { redirect_uri: 'https://app.example/cb?x=1' }, 'invalid_redirect_uri', 'redirect_uri'],
    ['007 user information', { redirect_uri: 'https://app.example@evil.example/cb' }, 'invalid_redirect_uri', 'redirect_uri'],
    ['007 user information, encoded', { redirect_uri: 'https://app.example%40evil.example/cb' }, 'invalid_redirect_uri', 'redirect_uri'],
    ['008 a fragment', { redirect_uri: 'https://app.example/cb#f' }, 'invalid_redirect_uri', 'redirect_uri'],
    ['009 another port on https', { redirect_uri: 'https://app.example:8443/cb' }, 'invalid_redirect_uri', 'redirect_uri'],
    [
      '009 another path on loopback',
      { client_id: 'cli', redirect_uri: 'http://127.0.0.1:5000/other' },
      'invalid_redirect_uri',
      'redirect_uri',
    ],
    [
      '009 localhost for 127.0.0.1',
      { client_id: 'cli', redirect_uri: 'http://localhost:5000/callback' },
      'invalid_redirect_uri',
      'redirect_uri',
    ],
    ['011 no redirect URI, though one is registered', { client_id: 'backend', redirect_uri: null }, 'invalid_request', 'no_redirect_uri'],
    [
      '012 redirect URI twice',
      { redirect_uri: ['https://app.example/cb', 'https://evil.example/cb'] },
      'invalid_request',
      'doubled:redirect_uri',
    ],
    ['013 client twice', { client_id: ['web', 'web'] }, 'invalid_request', 'doubled:client_id'],
    [
      '031 a pushed request that never was',
      { request_uri: 'urn:ietf:params:oauth:request_uri:abc' },
      'invalid_request_uri',
      'pushed_request_unknown',
    ],
  ])('%s', async (_, changes, error, reason) => {
    const before = await issued();
    const shown = await hub.browser().send('GET', authorizePath(changes));
    expect(shown.status).toBe(400);
    expect(shown.location).toBeUndefined();
    expect(shown.headers.get('cache-control')).toBe('no-store');
    expect(shown.html).toContain(error);
    expect((await hub.events('journey.refused')).at(-1)).toMatchObject({ outcome: 'refused', reason, data: { error } });
    expect(await issued()).toEqual(before);
  });
});

describe('an authorization request with another fault is answered to the registered redirect URI', () => {
  it.each<[string, Changes, string]>([
    ['014 scope twice', { scope: ['incidents:read', 'incidents:write'] }, 'invalid_request'],
    ['014 code_challenge twice', { code_challenge: [CHALLENGE, CHALLENGE] }, 'invalid_request'],
    ['a NUL in state', { state: 'a\0b' }, 'invalid_request'],
    ['a state of 10 KB', { state: 'a'.repeat(10_000) }, 'invalid_request'],
    ['016 no response_type', { response_type: null }, 'invalid_request'],
    ['017 response_type token', { response_type: 'token' }, 'unsupported_response_type'],
    ['017 response_type id_token', { response_type: 'id_token' }, 'unsupported_response_type'],
    ['017 response_type code token', { response_type: 'code token' }, 'unsupported_response_type'],
    ['response_mode fragment', { response_mode: 'fragment' }, 'invalid_request'],
    ['a client without the grant', { client_id: 'machine', redirect_uri: 'https://m.example/cb' }, 'unauthorized_client'],
    ['018 no code_challenge, public', { code_challenge: null }, 'invalid_request'],
    [
      '018 no code_challenge, confidential',
      { client_id: 'backend', redirect_uri: 'https://back.example/cb', code_challenge: null },
      'invalid_request',
    ],
    ['019 method plain', { code_challenge_method: 'plain' }, 'invalid_request'],
    ['019 no method', { code_challenge_method: null }, 'invalid_request'],
    ['a challenge that is no SHA-256', { code_challenge: 'short' }, 'invalid_request'],
    ['021 scope entirely unknown', { scope: 'nothing:here' }, 'invalid_scope'],
    [
      '021 scope beyond the cap of the client',
      { client_id: 'capped', redirect_uri: 'https://capped.example/cb', scope: 'incidents:write' },
      'invalid_scope',
    ],
    ['072 a scope of 100 KB', { scope: 'x '.repeat(50_000) }, 'invalid_request'],
    ['022 unknown resource', { resource: 'https://nowhere.example/mcp' }, 'invalid_target'],
    ['022 relative resource', { resource: '/mcp' }, 'invalid_target'],
    ['022 resource with fragment', { resource: 'http://localhost:9000/mcp#f' }, 'invalid_target'],
    ['two resources', { resource: ['http://localhost:9000/mcp', 'https://closed.example/'] }, 'invalid_target'],
    ['no resource where two can be meant', { resource: null, scope: null }, 'invalid_target'],
    ['024 prompt none and login', { prompt: 'none login' }, 'invalid_request'],
    ['prompt unknown', { prompt: 'create' }, 'invalid_request'],
    ['max_age that is no number', { max_age: '-1' }, 'invalid_request'],
    ['024 prompt none without session', { prompt: 'none' }, 'login_required'],
    ['027 a request object with alg none', { request: 'eyJhbGciOiJub25lIn0.e30.' }, 'invalid_request_object'],
    ['028 request_uri of a stranger', { request_uri: 'https://evil.example/r.jwt' }, 'request_uri_not_supported'],
  ])('%s', async (_, changes, error) => {
    const before = await issued();
    const shown = await hub.browser().send('GET', authorizePath(changes));
    expect(shown.status).toBe(303);
    const location = new URL(shown.location ?? '');
    const asked = new URLSearchParams(authorizeParams(changes));
    expect(shown.location).toMatch(new RegExp(`^${(asked.get('redirect_uri') ?? '').replaceAll('.', '\\.')}\\?error=`));
    expect(location.searchParams.get('error')).toBe(error);
    expect(location.searchParams.get('error_description') ?? '').toMatch(/^[\x20-\x21\x23-\x5b\x5d-\x7e]*$/);
    expect(location.searchParams.getAll('state')).toEqual(asked.getAll('state'));
    expect(location.searchParams.get('iss')).toBe(ISSUER);
    expect((await hub.events('journey.refused')).at(-1)).toMatchObject({ outcome: 'refused' });
    expect(await issued()).toEqual(before);
  });

  it('014 does not echo a state that stands twice', async () => {
    const { location } = await hub.browser().send('GET', authorizePath({ state: ['one', 'two'] }));
    const params = new URL(location ?? '').searchParams;
    expect(params.get('error')).toBe('invalid_request');
    expect(params.has('state')).toBe(false);
  });

  it('keeps the query of a redirect URI and adds to it', async () => {
    const { location } = await hub
      .browser()
      .send('GET', authorizePath({ redirect_uri: 'https://app.example/cb2?x=1', response_type: 'token' }));
    expect(location).toMatch(/^https:\/\/app\.example\/cb2\?x=1&error=/);
  });

  it('leaves iss out only for a client that an administrator says cannot take it', async () => {
    const { location } = await hub
      .browser()
      .send('GET', authorizePath({ client_id: 'shy', redirect_uri: 'https://shy.example/cb', response_type: 'token' }));
    expect(new URL(location ?? '').searchParams.has('iss')).toBe(false);
  });
});

describe('015 markup in a parameter', () => {
  const names = [
    'client_id',
    'redirect_uri',
    'response_type',
    'scope',
    'state',
    'nonce',
    'code_challenge',
    'code_challenge_method',
    'resource',
    'prompt',
    'login_hint',
    'max_age',
    'tenant',
    'request',
    'request_uri',
    'audience',
  ];
  it.each(names)('%s comes back neither as markup nor in a header', async (name) => {
    const browser = hub.browser();
    for (const shown of [
      await browser.send('GET', authorizePath({ [name]: ATTACK })),
      await browser.open(authorizePath({ [name]: ATTACK })),
    ]) {
      expect(withoutOurs(shown.html)).not.toContain('<script');
      for (const [, value] of shown.headers) expect(value).not.toContain('<script');
      expect(shown.status).toBeLessThan(500);
    }
  });
});

describe('quirks of real clients are absorbed', () => {
  const signIn = async (changes: Changes) => hub.browser().open(authorizePath(changes));

  it.each<[string, Changes]>([
    ['any loopback port', { client_id: 'cli', redirect_uri: 'http://127.0.0.1:53172/callback' }],
    ['audience instead of resource', { resource: null, audience: 'http://localhost:9000/mcp' }],
    ['the same resource twice', { resource: ['http://localhost:9000/mcp', 'http://localhost:9000/mcp'] }],
    ['no resource where the scopes say which', { resource: null }],
    ['a resource by its alias', { resource: 'https://old.example', scope: null }],
    ['a slash on a bare origin', { resource: 'https://closed.example', scope: null }],
    ['no state', { state: null }],
    ['a login_hint that is cut inside a character', { login_hint: `${'a'.repeat(253)}😀` }],
    ['no scope', { scope: null }],
    ['scope that is offline_access alone', { scope: 'offline_access' }],
    ['021 scope partly unknown', { scope: 'incidents:read nothing:here' }],
    ['parameters nobody knows', { foo: 'bar', ui_locales: 'de', claims: '{}' }],
  ])('%s', async (_, changes) => {
    const page = await signIn(changes);
    expect(page.status).toBe(200);
    expect(page.html).toContain('Sign in');
  });

  it('the request as a form (OIDC Core 3.1.2.1), and nothing but a form', async () => {
    const browser = hub.browser();
    const posted = await browser.send('POST', '/oauth/authorize', authorizeParams());
    expect(posted.location).toMatch(/^\/journey\/jny_/);
    const json = await browser.send('POST', '/oauth/authorize', authorizeParams(), { 'content-type': 'application/json' });
    expect(json).toMatchObject({ status: 400, location: undefined });
  });

  it('a look at the address without cookies beforehand: nothing is used up by it', async () => {
    const path = authorizePath();
    for (let times = 0; times < 3; times += 1) expect((await hub.browser().send('GET', path)).status).toBe(303);
    const browser = hub.browser();
    const consent = await browser.submit(await browser.open(path), 'continue', { email: 'ann@acme.test', password: PASSWORD });
    expect((await browser.submit(consent, 'allow')).location).toContain('code=');
  });
});

describe('a stopped client', () => {
  it('is told nothing: the person hears that it was stopped', async () => {
    await hub.client({ id: 'stopped', name: 'Stopped', public: true, redirectUris: ['https://stopped.example/cb'] });
    await hub.contain({
      kind: 'client',
      id: 'stopped',
      to: 'frozen',
      reason: 'test',
      by: { initiator: 'admin', actor: {}, origin: { request: 'test' } },
    });
    const shown = await hub.browser().send('GET', authorizePath({ client_id: 'stopped', redirect_uri: 'https://stopped.example/cb' }));
    expect(shown).toMatchObject({ status: 400, location: undefined });
    expect((await hub.events('journey.refused')).at(-1)).toMatchObject({ reason: 'client_frozen' });
  });
});
