import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Lie } from './upstream.suite.ts';
import { ssoWorld, type SsoWorld } from './world.suite.ts';

let at: SsoWorld;
beforeAll(async () => {
  at = await ssoWorld((issuer) => [
    { id: 'corp', name: 'Corp', issuer, clientId: 'hub', clientSecret: { value: 'canary-client-secret' } },
    { id: 'twin', name: 'Twin', issuer, clientId: 'hub', clientSecret: { value: 'canary-client-secret' } },
  ]);
});
beforeEach(() => {
  at.there.lie = {};
  at.there.person = { sub: 'there-eve', email: 'eve@elsewhere.test', email_verified: true };
  at.clock.set(Date.now()); // reason: the provider has a clock of its own
});
afterAll(() => at.close());

const b64 = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const claimsIn = (jwt: string): Record<string, unknown> => JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString());
const hour = 3_600;
const seconds = (): number => Math.floor(Date.now() / 1000); // reason: the provider has a clock of its own

const LIES: readonly [string, string, () => Lie][] = [
  ['another nonce', 'id_token_nonce', () => ({ claims: { nonce: 'another' } })],
  ['no nonce', 'id_token_nonce', () => ({ claims: { nonce: undefined } })],
  ['another audience', 'id_token_audience', () => ({ claims: { aud: 'somebody-else' } })],
  ['a second audience', 'id_token_audience', () => ({ claims: { aud: ['hub', 'somebody-else'] } })],
  ['another authorized party', 'id_token_azp', () => ({ claims: { azp: 'somebody-else' } })],
  ['another issuer', 'id_token_issuer', () => ({ claims: { iss: 'https://other.test' } })],
  ['an issuer with a slash more', 'id_token_issuer', () => ({ claims: { iss: `${at.there.issuer}/` } })],
  ['an end that is over', 'id_token_expired', () => ({ claims: { exp: seconds() - hour } })],
  ['no end', 'id_token_expired', () => ({ claims: { exp: undefined } })],
  ['an end that is a text', 'id_token_expired', () => ({ claims: { exp: '9999999999' } })],
  ['a time of issue that is to come', 'id_token_issued', () => ({ claims: { iat: seconds() + hour } })],
  ['no time of issue', 'id_token_issued', () => ({ claims: { iat: undefined } })],
  ['an age of an hour', 'id_token_old', () => ({ claims: { iat: seconds() - hour } })],
  ['a time before which it is not good', 'id_token_issued', () => ({ claims: { nbf: seconds() + hour } })],
  ['no subject', 'id_token_subject', () => ({ claims: { sub: undefined } })],
  ['a subject that is a list', 'id_token_subject', () => ({ claims: { sub: ['there-eve'] } })],
  ['a subject with a bell', 'id_token_subject', () => ({ claims: { sub: 'there\u0007' } })],
  ['the key of a stranger', 'id_token_signature', () => ({ strangersKey: true })],
  ['the type of an access token', 'id_token_type', () => ({ header: { typ: 'at+jwt' } })],
  ['the type of a logout token', 'id_token_type', () => ({ header: { typ: 'logout+jwt' } })],
  ['no signature (alg none)', 'id_token_algorithm', () => ({ raw: (jwt) => `${b64({ alg: 'none' })}.${jwt.split('.')[1]}.` })],
  [
    'an HMAC with the public key (alg HS256)',
    'id_token_algorithm',
    () => ({
      raw(jwt) {
        const signed = `${b64({ alg: 'HS256', kid: 'k1' })}.${jwt.split('.')[1]}`;
        return `${signed}.${createHmac('sha256', 'public').update(signed).digest('base64url')}`;
      },
    }),
  ],
  [
    'an HMAC with our client secret (alg HS256)',
    'id_token_algorithm',
    () => ({
      raw(jwt) {
        const signed = `${b64({ alg: 'HS256' })}.${jwt.split('.')[1]}`;
        return `${signed}.${createHmac('sha256', 'canary-client-secret').update(signed).digest('base64url')}`;
      },
    }),
  ],
  [
    'claims that were changed',
    'id_token_signature',
    () => ({
      raw(jwt) {
        const [head, , signature] = jwt.split('.');
        return `${head}.${b64({ ...claimsIn(jwt), sub: 'there-ann' })}.${signature}`;
      },
    }),
  ],
  [
    'a header that asks for more (crit)',
    'id_token_malformed',
    () => ({ raw: (jwt) => `${b64({ alg: 'ES256', crit: ['exp'] })}.x.${jwt.split('.')[2]}` }),
  ],
  [
    'a claim that stands twice',
    'id_token_malformed',
    () => ({ raw: (jwt) => `${jwt.split('.')[0]}.${Buffer.from('{"sub":"a","sub":"b"}').toString('base64url')}.AA` }),
  ],
  ['five parts (JWE)', 'id_token_malformed', () => ({ raw: () => 'a.b.c.d.e' })],
  ['a megabyte', 'id_token_malformed', () => ({ claims: { groups: Array.from({ length: 5_000 }, (_, n) => `group-${n}`) } })],
  [
    'userinfo of somebody else',
    'userinfo_subject',
    () => ({ claims: { name: undefined, email: undefined }, userinfo: { sub: 'there-ann', email: 'ann@acme.test', email_verified: true } }),
  ],
  ['no id_token', 'token_without_id_token', () => ({ token: { status: 200, body: '{"access_token":"x"}' } })],
];

describe('164 an answer of a provider that lies signs nobody in', () => {
  it.each(LIES)('%s: %s', async (_, reason, lie) => {
    const before = await at.counts();
    at.there.lie = lie();
    const way = await at.setOut('oidc:corp');
    const returned = await way.comeBack();
    expect(returned).toMatchObject(
      reason === 'token_without_id_token' ? { kind: 'back', notice: 'provider_failed' } : { kind: 'refused', reason },
    );
    const failures = await at.failures();
    expect(failures.at(-1)).toMatchObject({
      reason,
      body: { target: { type: 'identity provider', id: 'corp' }, data: { journey: way.journeyId } },
    });
    expect(await at.counts()).toEqual(before);
    // The honest way works afterwards.
    at.there.lie = {};
    expect((await (await at.setOut('oidc:corp')).comeBack()).kind).toBe('proven');
  });
});

describe('163 a callback is taken once, from the browser that set out, at its own provider', () => {
  it.each([
    ['without a state', 'callback: no_state', { callback: { state: undefined } }],
    ['with a made-up state', 'callback: unknown_state', { callback: { state: 'x'.repeat(43) } }],
    ['in another browser (login CSRF)', 'callback: other_browser', { secret: 'y'.repeat(43) }],
    ['in a browser without the journey', 'callback: other_browser', { secret: undefined }],
    ['at another provider', 'callback: other_provider', { provider: 'twin' }],
    ['165 that says another issuer (mix-up)', 'callback: other_issuer', { callback: { iss: 'https://other.test' } }],
    ['165 that says no issuer, though this provider does', 'callback: other_issuer', { callback: { iss: undefined } }],
    ['without a code', 'callback: no_code', { callback: { code: undefined } }],
  ])('not %s', async (_, reason, of) => {
    const before = await at.counts();
    const asked = at.there.asked.length;
    const way = await at.setOut('oidc:corp');
    expect(await way.comeBack(of)).toMatchObject({ kind: 'refused', reason });
    expect((await at.failures()).at(-1)).toMatchObject({ reason });
    expect(at.there.asked.length).toBe(asked);
    expect(await at.counts()).toEqual(before);
  });

  it('a stranger who brings it does not spend it', async () => {
    const way = await at.setOut('oidc:corp');
    await way.comeBack({ secret: 'z'.repeat(43) });
    await way.comeBack({ provider: 'twin' });
    expect((await way.comeBack()).kind).toBe('proven');
  });

  it('not twice, and of ten at once on two nodes one', async () => {
    const other = await at.secondNode();
    const way = await at.setOut('oidc:corp');
    const returned = await Promise.all(Array.from({ length: 10 }, (_, n) => way.comeBack(n % 2 === 0 ? {} : { node: other })));
    expect(returned.filter(({ kind }) => kind === 'proven')).toHaveLength(1);
    expect(returned.filter((one) => one.kind === 'refused' && one.reason === 'callback: replayed')).toHaveLength(9);
  });

  it('not after ten minutes', async () => {
    const way = await at.setOut('oidc:corp');
    at.clock.advance(11 * 60_000);
    expect(await way.comeBack()).toMatchObject({ kind: 'refused', reason: 'callback: too_late' });
  });

  it('a code of another session is worth nothing: PKCE holds it to the one who set out', async () => {
    const mine = await at.setOut('oidc:corp');
    const { code } = at.there.visit((await at.setOut('oidc:corp')).location);
    expect(await mine.comeBack({ code })).toMatchObject({ kind: 'back', notice: 'provider_failed' });
    expect((await at.failures()).at(-1)).toMatchObject({ reason: 'token_refused: invalid_grant' });
  });

  it('172 not where the provider was switched off, pointed elsewhere or removed on the way', async () => {
    const put = (of: object) =>
      at.admin('PUT', '/admin/v1/identity-providers/brief', {
        issuer: at.there.issuer,
        clientId: 'hub',
        clientSecret: { value: 's' },
        ...of,
      });
    await put({});
    const off = await at.setOut('oidc:brief');
    await put({ state: 'off' });
    expect(await off.comeBack()).toMatchObject({ kind: 'refused', reason: 'callback: provider_changed' });
    await put({});
    const moved = await at.setOut('oidc:brief');
    await put({ clientId: 'another' });
    expect(await moved.comeBack()).toMatchObject({ kind: 'refused', reason: 'callback: provider_changed' });
    const gone = await at.setOut('oidc:brief');
    await at.admin('DELETE', '/admin/v1/identity-providers/brief');
    expect(await gone.comeBack()).toMatchObject({ kind: 'refused', reason: 'callback: unknown_state' });
    expect(await at.setOut('oidc:brief')).toMatchObject({ notice: 'provider_unavailable' });
  });
});

describe('what goes wrong upstream leads back to the page with a sentence', () => {
  it.each([
    ['access_denied', 'provider_denied', 'provider: access_denied'],
    ['server_error', 'provider_failed', 'provider: server_error'],
    ['<script>', 'provider_failed', 'provider: <script>'],
    ['x'.repeat(500), 'provider_failed', 'provider: unreadable'],
  ])('error %s', async (error, notice, reason) => {
    const way = await at.setOut('oidc:corp');
    expect(await way.comeBack({ callback: { error, code: undefined } })).toMatchObject({ kind: 'back', notice });
    expect((await at.failures()).at(-1)).toMatchObject({ reason });
  });

  it.each([
    [500, 'oops', 'provider_unavailable', 'token_refused: 500'],
    [400, '{"error":"invalid_client"}', 'provider_failed', 'token_refused: invalid_client'],
    [302, '', 'provider_unavailable', 'token_redirect'],
    [200, 'x'.repeat(300_000), 'provider_unavailable', 'token_too_large'],
    [200, '<html>', 'provider_failed', 'token_without_id_token'],
  ])('token endpoint %i', async (status, body, notice, reason) => {
    at.there.lie = { token: { status, body } };
    expect(await (await at.setOut('oidc:corp')).comeBack()).toMatchObject({ kind: 'back', notice });
    expect((await at.failures()).at(-1)).toMatchObject({ reason });
  });

  it('a discovery document of somebody else is nobody’s', async () => {
    await at.admin('PUT', '/admin/v1/identity-providers/liar', {
      issuer: `${at.there.issuer}/tenant`,
      clientId: 'hub',
      clientSecret: { value: 's' },
    });
    expect(await at.setOut('oidc:liar')).toMatchObject({ notice: 'provider_unavailable' });
  });

  it('174 addresses inside are not connected to', async () => {
    for (const issuer of ['https://169.254.169.254', 'https://10.0.0.1/idp', 'https://[::ffff:10.0.0.1]', 'https://127.0.0.1:22'])
      expect(
        (await at.admin('PUT', '/admin/v1/identity-providers/inside', { issuer, clientId: 'x', clientSecret: { value: 's' } })).status,
      ).toBe(400);
  });
});

it('keeps secrets, codes and tokens out of the record and of every answer', async () => {
  await (await at.setOut('oidc:corp')).comeBack();
  const dump = JSON.stringify([
    await at.failures(),
    await (await at.admin('GET', '/admin/v1/identity-providers')).json(),
    await (await at.admin('GET', '/admin/v1/events?limit=200')).json(),
    await (await at.admin('GET', '/admin/v1/export')).text(),
  ]);
  expect(dump).toContain('corp');
  for (const secret of ['canary-client-secret', 'eyJ', '"code-']) expect(dump).not.toContain(secret);
});
