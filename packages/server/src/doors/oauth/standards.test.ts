import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ADMIN_TOKEN } from '../../../testing/house.ts';
import { authorizeParams, authorizePath } from '../journey/hub.suite.ts';
import { claimsOf, openBench, OPS, type Answer, type Bench } from './quirks.suite.ts';

// Rules of the standards that no other test shows; docs/specs lists them all.
let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
const BACKEND = { ...FORM, authorization: `Basic ${btoa('backend:a-long-secret-of-the-backend')}` };
const WEB = 'https://app.example/cb';
const NATIVE = 'http://127.0.0.1:3999/callback';
const idOf = ({ body }: Answer): string => String(body['client_id']);

async function logIn(clientId = 'web', redirectUri = WEB, more: Record<string, string> = {}): Promise<Answer['body']> {
  const back = await bench.allow(
    authorizePath({ client_id: clientId, redirect_uri: redirectUri, scope: 'incidents:read openid email', ...more }),
  );
  const { status, body } = await bench.redeem({ code: back.searchParams.get('code') ?? '', clientId, redirectUri });
  expect(status).toBe(200);
  return body;
}

async function isActive(token: unknown): Promise<unknown> {
  const body = new URLSearchParams({ token: String(token) }).toString();
  return (await bench.call('POST', '/oauth/introspect', body, { ...FORM, authorization: `Bearer ${ADMIN_TOKEN}` })).body['active'];
}

const refresh = (clientId: string, token: unknown) =>
  bench.token({ grant_type: 'refresh_token', client_id: clientId, refresh_token: String(token) });

describe('the standards', () => {
  it('RFC 6750 §2.3: a token in the URL or in a form is no token', async () => {
    const { access_token: token } = await logIn();
    const asked = await bench.call('GET', `/oauth/userinfo?access_token=${String(token)}`);
    const posted = await bench.call('POST', '/oauth/userinfo', new URLSearchParams({ access_token: String(token) }).toString(), FORM);
    for (const { status, headers } of [asked, posted])
      expect([status, headers.get('www-authenticate')]).toEqual([401, 'Bearer realm="writ"']);
  });

  it('RFC 7009 §2.1: a hint that is wrong or unknown hides no token', async () => {
    for (const [hint, kind] of [
      ['refresh_token', 'access_token'],
      ['access_token', 'refresh_token'],
      ['something_else', 'refresh_token'],
    ] as const) {
      const token = (await logIn())[kind];
      expect(await isActive(token)).toBe(true);
      const form = new URLSearchParams({ token: String(token), token_type_hint: hint, client_id: 'web' }).toString();
      expect((await bench.call('POST', '/oauth/revoke', form, FORM)).status).toBe(200);
      expect([hint, await isActive(token)]).toEqual([hint, false]);
    }
  });

  it('RFC 7591 §2.3: a software statement is left out, not believed', async () => {
    const statement = [{ alg: 'none' }, { client_name: 'Your Bank' }].map((part) => btoa(JSON.stringify(part))).join('.');
    const { status, body } = await bench.register({ client_name: 'App', redirect_uris: [WEB], software_statement: `${statement}.` });
    expect([status, body['client_name'], 'software_statement' in body]).toEqual([201, 'App', false]);
  });

  it('RFC 7591 §3.2.1: two registrations of the same metadata are two clients with ids, secrets and tokens of their own', async () => {
    const [one, two] = [await bench.register({ redirect_uris: [WEB] }), await bench.register({ redirect_uris: [WEB] })];
    for (const name of ['client_id', 'client_secret', 'registration_access_token', 'registration_client_uri'])
      expect([name, typeof one.body[name], one.body[name] === two.body[name]]).toEqual([name, 'string', false]);
    expect(one.body['client_id_issued_at']).toBe(Math.floor(bench.clock.now() / 1000));
  });

  it('RFC 7592 §2.3: a client that withdraws takes its grants and tokens along', async () => {
    const made = await bench.register({ client_name: 'Leaver', redirect_uris: [NATIVE], token_endpoint_auth_method: 'none' });
    const tokens = await logIn(idOf(made), NATIVE);
    const bearer = { authorization: `Bearer ${String(made.body['registration_access_token'])}` };
    expect((await bench.call('DELETE', `/oauth/register/${idOf(made)}`, undefined, bearer)).status).toBe(204);
    expect([await isActive(tokens['access_token']), await isActive(tokens['refresh_token'])]).toEqual([false, false]);
    expect(await refresh(idOf(made), tokens['refresh_token'])).toMatchObject({ status: 401, body: { error: 'invalid_client' } });
  });

  it('RFC 9068 §2.2.1: auth_time, acr and amr stay those of the login, through every refresh', async () => {
    const first = await logIn();
    bench.clock.advance(300_000);
    const second = await refresh('web', first['refresh_token']);
    const [before, after] = [claimsOf(first['access_token']), claimsOf(second.body['access_token'])];
    for (const name of ['auth_time', 'acr', 'amr']) expect([name, after[name]]).toEqual([name, before[name]]);
    expect(Number(after['iat']) - Number(before['iat'])).toBe(300);
    expect(after['jti']).not.toBe(before['jti']);
  });

  it('RFC 9126 §2: a pushed request is answered 201 as JSON, never cached; anything but POST is 405', async () => {
    const body = authorizeParams({ client_id: 'backend', redirect_uri: 'https://back.example/cb' }).toString();
    const { status, headers } = await bench.call('POST', '/oauth/par', body, BACKEND);
    expect([status, headers.get('cache-control'), headers.get('content-type')]).toEqual([201, 'no-store', 'application/json']);
    expect((await bench.call('GET', `/oauth/par?${body}`)).status).toBe(405);
  });

  it('OIDC Core §15.1: display, ui_locales, claims_locales and acr_values are taken without complaint', async () => {
    const more = { display: 'popup', ui_locales: 'fr-CA fr en', claims_locales: 'de', acr_values: 'urn:example:gold pwd' };
    expect((await logIn('web', WEB, more))['id_token']).toEqual(expect.any(String));
  });

  it('OIDC Core §5.3.2: userinfo, id_token and access token speak of the same sub', async () => {
    const tokens = await logIn();
    const info = await bench.call('GET', '/oauth/userinfo', undefined, { authorization: `Bearer ${String(tokens['access_token'])}` });
    const subs = [info.body['sub'], claimsOf(tokens['id_token'])['sub'], claimsOf(tokens['access_token'])['sub']];
    expect(subs).toEqual(['ann', 'ann', 'ann']);
    expect(claimsOf(tokens['access_token'])['aud']).toBe(OPS);
  });
});
