import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Shown } from '../../journey/browser.suite.ts';
import { authorizeParams, CHALLENGE, furnish, ISSUER, openHub, PASSWORD, type Hub } from '../../journey/hub.suite.ts';
import { prover, type Prover } from '../dpop.suite.ts';

const SECRET = 'a-long-secret-of-the-backend';
const CALLBACK = 'https://jar.example/cb';
const VERIFIER = 'a'.repeat(43);

let hub: Hub;
let key: CryptoKey;
let foreign: CryptoKey;
let ann: Prover;
let eve: Prover;
beforeAll(async () => {
  hub = await openHub();
  await furnish(hub);
  const pair = await generateKeyPair('ES256');
  key = pair.privateKey;
  foreign = (await generateKeyPair('ES256')).privateKey;
  const keys = { jwks: { keys: [JSON.parse(JSON.stringify(await exportJWK(pair.publicKey)))] } };
  const common = { public: false, redirectUris: [CALLBACK], auth: { secrets: [{ value: SECRET }], ...keys } };
  await hub.client({ id: 'jar', name: 'Signs', ...common });
  await hub.client({ id: 'must-sign', name: 'Must sign', ...common, settings: { requireSignedRequestObject: true } });
  await hub.client({ id: 'must-push', name: 'Must push', ...common, settings: { requirePushedAuthorizationRequests: true } });
  await hub.client({ id: 'eddsa', name: 'Signs otherwise', ...common, settings: { requestObjectSigningAlg: 'EdDSA' } });
  [ann, eve] = [await prover(), await prover()];
});
afterAll(() => hub.close());

const seconds = (): number => Math.floor(hub.clock.now() / 1000);
const GOOD = {
  response_type: 'code',
  client_id: 'jar',
  redirect_uri: CALLBACK,
  code_challenge: CHALLENGE,
  code_challenge_method: 'S256',
  state: 'inside',
  resource: 'http://localhost:9000/mcp',
  scope: 'incidents:read',
};
type Signing = { claims?: Record<string, unknown>; header?: Record<string, unknown>; by?: CryptoKey };

/** A good signed request but for what `of` says; members that are undefined are left out. */
function signed({ claims = {}, header = {}, by = key }: Signing = {}): Promise<string> {
  const all = { ...GOOD, iss: 'jar', aud: ISSUER, exp: seconds() + 300, ...claims };
  return new SignJWT(JSON.parse(JSON.stringify(all)))
    .setProtectedHeader({ alg: 'ES256', typ: 'oauth-authz-req+jwt', ...header })
    .sign(by, { crit: { exp: true } });
}
const open = (parameters: Record<string, string>): Promise<Shown> =>
  hub.browser().send('GET', `/oauth/authorize?${new URLSearchParams(parameters).toString()}`);
const basic = (id: string): Record<string, string> => ({ authorization: `Basic ${Buffer.from(`${id}:${SECRET}`).toString('base64')}` });

async function push(parameters: Record<string, string>, client = 'jar', headers: Record<string, string> = {}) {
  const shown = await hub.browser().send('POST', '/oauth/par', new URLSearchParams(parameters), { ...basic(client), ...headers });
  const body: Record<string, string> = JSON.parse(shown.html);
  return { status: shown.status, body };
}
async function follow(parameters: Record<string, string>): Promise<Shown> {
  const browser = hub.browser();
  const login = await browser.open(`/oauth/authorize?${new URLSearchParams(parameters).toString()}`);
  const consent = await browser.submit(login, 'continue', { email: 'ann@acme.test', password: PASSWORD });
  // Allowed before, and the code goes to an https address: nothing to ask.
  return consent.location?.startsWith(CALLBACK) === true ? consent : browser.submit(consent, 'allow');
}
const codeOf = (end: Shown): string => new URL(end.location ?? 'x:').searchParams.get('code') ?? '';
async function redeem(code: string, client: string, dpop?: string): Promise<{ status: number; body: Record<string, string> }> {
  const form = { grant_type: 'authorization_code', code, redirect_uri: CALLBACK, code_verifier: VERIFIER };
  const headers = { ...basic(client), 'content-type': 'application/x-www-form-urlencoded', ...(dpop === undefined ? {} : { dpop }) };
  const answer = await hub.house.fetch(
    new Request(`${ISSUER}/oauth/token`, { method: 'POST', headers, body: new URLSearchParams(form).toString() }),
  );
  return { status: answer.status, body: JSON.parse(await answer.text()) };
}
const tokenProof = (by: Prover): Promise<string> => by.proof({ url: `${ISSUER}/oauth/token`, now: hub.clock.now() });

describe('a signed authorization request', () => {
  it('is followed, and only what stands inside counts', async () => {
    const outside = { redirect_uri: 'https://evil.example/cb', scope: 'incidents:delete', state: 'outside' };
    const end = await follow({ client_id: 'jar', request: await signed(), ...outside });
    const back = new URL(end.location ?? '');
    expect([back.origin + back.pathname, back.searchParams.get('state')]).toEqual([CALLBACK, 'inside']);
    const { body } = await redeem(codeOf(end), 'jar');
    expect(body['scope']).not.toContain('delete');
  });

  it('without a type, or with its audience in a list of one, is as good', async () => {
    const request = await signed({ header: { typ: undefined }, claims: { aud: [ISSUER] } });
    expect((await open({ client_id: 'jar', request })).status).toBe(303);
  });

  it.each<[string, Signing]>([
    ['signed by a stranger', {}],
    ['made out by another client', { claims: { iss: 'web' } }],
    ['for another client', { claims: { client_id: 'web' } }],
    ['without a client', { claims: { client_id: undefined } }],
    ['without an issuer', { claims: { iss: undefined } }],
    ['for another hub', { claims: { aud: 'https://other.example' } }],
    ['for several hubs', { claims: { aud: [ISSUER, 'https://other.example'] } }],
    ['without an audience', { claims: { aud: undefined } }],
    ['that has expired', { claims: { exp: 1 } }],
    ['without an end', { claims: { exp: undefined } }],
    ['that lives for a day', { claims: { exp: 4_000_000_000 } }],
    ['that is not yet good', { claims: { nbf: 4_000_000_000 } }],
    ['with a request inside', { claims: { request: 'e30.e30.e30' } }],
    ['with a request_uri inside', { claims: { request_uri: 'https://evil.example/r' } }],
    ['that could be a client assertion', { claims: { sub: 'jar' } }],
    ['that is another kind of JWT', { header: { typ: 'at+jwt' } }],
    ['with critical headers', { header: { crit: ['exp'], exp: 1 } }],
    ['with an id that is none', { claims: { jti: 7 } }],
    ['with a parameter that is none', { claims: { scope: true } }],
  ])('%s is refused, and nothing is followed', async (what, of) => {
    const request = await signed(what === 'signed by a stranger' ? { by: foreign } : of);
    const before = await hub.count('journeys');
    const beside = await open({ ...GOOD, request, state: 'outside' });
    const back = new URL(beside.location ?? '');
    expect([back.origin + back.pathname, back.searchParams.get('error'), back.searchParams.get('state')]).toEqual([
      CALLBACK,
      'invalid_request_object',
      'outside',
    ]);
    const alone = await open({ client_id: 'jar', request });
    expect(alone).toMatchObject({ status: 400, location: undefined });
    expect(alone.html).toContain('invalid_request_object');
    expect(await push({ request })).toMatchObject({ status: 400, body: { error: 'invalid_request_object' } });
    expect(await hub.count('journeys')).toBe(before);
  });

  it('with alg none, with a shared secret, or in five parts is refused', async () => {
    const [, payload = ''] = (await signed()).split('.');
    const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const bad = [
      `${encode({ alg: 'none' })}.${payload}.`,
      `${encode({ alg: 'HS256' })}.${payload}.c2ln`,
      `${encode({ alg: 'RSA-OAEP', enc: 'A256GCM' })}.a.b.c.d`,
    ];
    for (const request of bad) {
      expect((await open({ client_id: 'jar', request })).html).toContain('invalid_request_object');
      expect((await push({ request })).body['error']).toBe('invalid_request_object');
    }
  });

  it('in another algorithm than the client registered, or of a client without keys, is refused', async () => {
    const claims = { iss: 'eddsa', client_id: 'eddsa' };
    expect((await open({ client_id: 'eddsa', request: await signed({ claims }) })).html).toContain('invalid_request_object');
    const web = { iss: 'web', client_id: 'web' };
    expect((await open({ client_id: 'web', request: await signed({ claims: web }) })).html).toContain('invalid_request_object');
  });

  it('excludes a reference beside it', async () => {
    const { body } = await push({ ...GOOD });
    const both = await open({ ...GOOD, request: await signed(), request_uri: 'https://evil.example/r' });
    expect(both.location).toContain('error=invalid_request&');
    // What was pushed is all there is: a request beside its name is not read.
    const pushed = await open({ client_id: 'jar', request_uri: body['request_uri'] ?? '', request: 'not.a.jwt' });
    expect(pushed.status).toBe(303);
  });

  it('with an id leads to one code, however often it is opened', async () => {
    const parameters = { client_id: 'jar', request: await signed({ claims: { jti: 'once-1', prompt: 'consent' } }) };
    const browsers = await Promise.all(
      Array.from({ length: 5 }, async () => {
        const browser = hub.browser();
        const login = await browser.open(`/oauth/authorize?${new URLSearchParams(parameters).toString()}`);
        return { browser, page: await browser.submit(login, 'continue', { email: 'ann@acme.test', password: PASSWORD }) };
      }),
    );
    const before = await hub.count('codes');
    const ends = await Promise.all(browsers.map(({ browser, page }) => browser.submit(page, 'allow')));
    expect(ends.filter(({ location }) => location?.includes('code='))).toHaveLength(1);
    expect((await hub.count('codes')) - before).toBe(1);
    expect((await push({ request: parameters.request })).body['error']).toBe('invalid_request_object');
  });

  it('without an id is refused where the hub asks for one', async () => {
    await hub.admin('PUT', '/admin/v1/settings/protection', { requestObjects: { requireId: true } });
    const without = await open({ client_id: 'jar', request: await signed() });
    const withId = await open({ client_id: 'jar', request: await signed({ claims: { jti: 'once-2' } }) });
    await hub.admin('PUT', '/admin/v1/settings/protection', {});
    expect([without.status, withId.status]).toEqual([400, 303]);
  });

  it('can be pushed, once for each id', async () => {
    const request = await signed({ claims: { jti: 'once-3', max_age: 3600 } });
    const first = await push({ request, scope: 'incidents:delete' });
    expect(first.status).toBe(201);
    expect((await push({ request })).body['error']).toBe('invalid_request_object');
    const end = await follow({ client_id: 'jar', request_uri: first.body['request_uri'] ?? '' });
    expect((await redeem(codeOf(end), 'jar')).body['scope']).not.toContain('delete');
  });
});

describe('a client that must protect its requests', () => {
  it('cannot come unsigned, pushed or not', async () => {
    const plain = { ...GOOD, client_id: 'must-sign' };
    const shown = await open(plain);
    expect(new URL(shown.location ?? '').searchParams.get('error')).toBe('invalid_request');
    expect(await push(plain, 'must-sign')).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
    const request = await signed({ claims: { iss: 'must-sign', client_id: 'must-sign' } });
    expect((await open({ client_id: 'must-sign', request })).status).toBe(303);
    const pushed = await push({ request }, 'must-sign');
    expect((await open({ client_id: 'must-sign', request_uri: pushed.body['request_uri'] ?? '' })).location).toContain('/journey/');
  });

  it('cannot come in the open when it must push', async () => {
    const plain = { ...GOOD, client_id: 'must-push' };
    expect(new URL((await open(plain)).location ?? '').searchParams.get('error')).toBe('invalid_request');
    const { body } = await push(plain, 'must-push');
    expect((await open({ client_id: 'must-push', request_uri: body['request_uri'] ?? '' })).location).toContain('/journey/');
  });

  it('is every client, where the hub takes signed requests only', async () => {
    await hub.admin('PUT', '/admin/v1/settings/protection', { requestObjects: { required: true } });
    const [plain, pushed, good] = [await open(GOOD), await push(GOOD), await open({ client_id: 'jar', request: await signed() })];
    await hub.admin('PUT', '/admin/v1/settings/protection', {});
    expect(new URL(plain.location ?? '').searchParams.get('error')).toBe('invalid_request');
    expect(pushed).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
    expect(good.location).toContain('/journey/');
  });

  it('is every client, where the hub takes pushed requests only', async () => {
    await hub.admin('PUT', '/admin/v1/settings/protection', { par: { required: true } });
    const shown = await hub.browser().send('GET', `/oauth/authorize?${authorizeParams().toString()}`);
    const pushed = await push(GOOD);
    const metadata: Record<string, unknown> = await (
      await hub.house.fetch(new Request(`${ISSUER}/.well-known/oauth-authorization-server`))
    ).json();
    await hub.admin('PUT', '/admin/v1/settings/protection', {});
    expect(new URL(shown.location ?? '').searchParams.get('error')).toBe('invalid_request');
    expect(pushed.status).toBe(201);
    expect(metadata['require_pushed_authorization_requests']).toBe(true);
  });
});

describe('a code that is bound to a key', () => {
  it('is redeemed with a proof of that key, and spent by any other', async () => {
    const ask = { ...GOOD, dpop_jkt: ann.jkt };
    const good = await redeem(codeOf(await follow(ask)), 'jar', await tokenProof(ann));
    expect(good).toMatchObject({ status: 200, body: { token_type: 'DPoP' } });
    for (const proof of [undefined, await tokenProof(eve)]) {
      const code = codeOf(await follow(ask));
      expect(await redeem(code, 'jar', proof)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
      expect(await redeem(code, 'jar', await tokenProof(ann))).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
    }
  });

  it('binds the refresh tokens too, also of a client with a secret', async () => {
    const { body } = await redeem(codeOf(await follow({ ...GOOD, dpop_jkt: ann.jkt })), 'jar', await tokenProof(ann));
    const refresh = async (dpop: string) => {
      const headers = { ...basic('jar'), 'content-type': 'application/x-www-form-urlencoded', dpop };
      const form = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: body['refresh_token'] ?? '' }).toString();
      return (await hub.house.fetch(new Request(`${ISSUER}/oauth/token`, { method: 'POST', headers, body: form }))).status;
    };
    expect(await refresh(await tokenProof(eve))).toBe(400);
    expect(await refresh(await tokenProof(ann))).toBe(200);
  });

  it('is refused when the key is no thumbprint', async () => {
    expect(new URL((await open({ ...GOOD, dpop_jkt: 'short' })).location ?? '').searchParams.get('error')).toBe('invalid_request');
  });

  it('can be bound by a proof with the push, which must be of the key that the request names', async () => {
    const parProof = (by: Prover) => by.proof({ url: `${ISSUER}/oauth/par`, now: hub.clock.now() });
    const proof = await parProof(ann);
    const { status, body } = await push(GOOD, 'jar', { dpop: proof });
    expect(status).toBe(201);
    expect(await push(GOOD, 'jar', { dpop: proof })).toMatchObject({ status: 400, body: { error: 'invalid_dpop_proof' } });
    const code = codeOf(await follow({ client_id: 'jar', request_uri: body['request_uri'] ?? '' }));
    expect((await redeem(code, 'jar', await tokenProof(eve))).body['error']).toBe('invalid_grant');
    const both = { ...GOOD, dpop_jkt: ann.jkt };
    expect((await push(both, 'jar', { dpop: await parProof(ann) })).status).toBe(201);
    expect((await push(both, 'jar', { dpop: await parProof(eve) })).body['error']).toBe('invalid_dpop_proof');
    expect((await push(GOOD, 'jar', { dpop: await tokenProof(ann) })).body['error']).toBe('invalid_dpop_proof');
  });
});
