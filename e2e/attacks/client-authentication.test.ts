import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { SignJWT, UnsecuredJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { basic, encode, FORM } from './ask.ts';
import type { Params } from './ask.ts';
import { KEYS, SECRETS } from './furniture.ts';
import { J, mustBe, T, U } from './outcome.ts';
import type { Outcome } from './outcome.ts';
import { attacks, checkNothingLeaked, inWorld } from './runner.ts';
import type { Attack } from './runner.ts';
import type { World } from './world.ts';

const world = inWorld();
const FOR_ITSELF = { grant_type: 'client_credentials', scope: 'incidents:read' };
const RIGHT = basic('worker', SECRETS.worker);

const REFUSED = [{ type: 'token.refused' }];
const COUNTED: Attack['entries'] = [];

function asks(
  number: string,
  title: string,
  params: Params,
  headers: Record<string, string>,
  outcome: Outcome,
  entries: Attack['entries'] = REFUSED,
): Attack {
  return { number, title, send: (at) => at.post('/oauth/token', params, headers), outcome, entries };
}

function sends(
  number: string,
  title: string,
  headers: Record<string, string | string[]>,
  outcome: Outcome,
  entries: Attack['entries'] = REFUSED,
): Attack {
  return {
    number,
    title,
    send: (at) => at.ask('/oauth/token', { method: 'POST', headers: { ...FORM, ...headers }, body: encode(FOR_ITSELF) }),
    outcome,
    entries,
  };
}

describe('token: who asks', () => {
  attacks(world, [
    asks('061', 'no client authentication at all', FOR_ITSELF, {}, U('invalid_client')),
    asks('062', 'wrong secret', FOR_ITSELF, basic('worker', 'a-wrong-secret-of-the-worker'), U('invalid_client')),
    asks('062', 'unknown client', FOR_ITSELF, basic('nobody', 'a-wrong-secret-of-the-worker'), U('invalid_client')),
    asks(
      '062',
      'a secret for a client that signs',
      { ...FOR_ITSELF, client_id: 'signer', client_secret: SECRETS.worker },
      {},
      U('invalid_client'),
    ),
    asks(
      '063',
      'Basic and body secret together',
      { ...FOR_ITSELF, client_id: 'worker', client_secret: SECRETS.worker },
      RIGHT,
      T('invalid_request'),
    ),
    asks('064', 'Basic user and body client_id differ', { ...FOR_ITSELF, client_id: 'backend' }, RIGHT, T('invalid_request')),
    asks(
      '066',
      'confidential client sends only client_id (CVE-2026-92289)',
      { ...FOR_ITSELF, client_id: 'worker' },
      {},
      U('invalid_client'),
    ),
    asks('071', 'grant_type absent', { scope: 'incidents:read' }, RIGHT, T('invalid_request'), COUNTED),
    asks('071', 'grant_type twice', { grant_type: ['client_credentials', 'refresh_token'] }, RIGHT, T('invalid_request'), COUNTED),
    ...['password', 'implicit', 'urn:example:unknown', '__proto__'].map((grant) =>
      asks('071', `grant_type ${grant}`, { grant_type: grant }, RIGHT, T('unsupported_grant_type')),
    ),
    asks('072', 'scope of 100 KB (CVE-2026-4634)', { ...FOR_ITSELF, scope: 'a'.repeat(100_000) }, RIGHT, T('invalid_scope'), COUNTED),
    asks('072', 'scope of 10,000 words', { ...FOR_ITSELF, scope: 'ab '.repeat(10_000).trim() }, RIGHT, T('invalid_scope'), COUNTED),
    asks(
      '026',
      'parameters named after the prototype (CVE-2022-24999, CVE-2022-37616)',
      { ...FOR_ITSELF, __proto__x: '1', 'constructor[prototype][x]': '1', toString: 'x' },
      {},
      U('invalid_client'),
    ),
    {
      ...asks('065', 'secret in the query string', {}, {}, T('invalid_request'), COUNTED),
      send: (at) => at.post(`/oauth/token?${encode({ client_id: 'worker', client_secret: SECRETS.worker })}`, FOR_ITSELF),
    },
    {
      ...asks('065', 'GET', {}, {}, J(405, 'invalid_request'), COUNTED),
      send: (at) => at.ask(`/oauth/token?${encode(FOR_ITSELF)}`, { headers: RIGHT }),
    },
  ]);
});

/** CVE-2026-9803, GHSA-xmf8-cvqr-rfgj: a header that makes a parser throw is an answer, not a 500. */
describe('token: 073 Authorization headers', () => {
  const encoded = (text: string | Buffer): string => `Basic ${Buffer.from(text).toString('base64')}`;
  attacks(world, [
    sends('073', 'empty', { authorization: '' }, U('invalid_client')),
    sends('073', 'Basic alone', { authorization: 'Basic' }, U('invalid_client')),
    sends('073', 'Basic with what is no base64', { authorization: 'Basic %%%' }, U('invalid_client')),
    sends('073', 'no colon', { authorization: encoded('worker') }, U('invalid_client')),
    sends('073', 'a NUL', { authorization: encoded(`wor\0ker:${SECRETS.worker}`) }, U('invalid_client')),
    sends('073', 'no UTF-8', { authorization: encoded(Buffer.from([0x77, 0xff, 0x3a, 0xfe])) }, U('invalid_client')),
    sends('073', 'an array of words', { authorization: 'Bearer' }, U('invalid_client')),
    sends('073', 'another scheme', { authorization: 'Digest username="worker"' }, U('invalid_client')),
    sends('073', '10 KB', { authorization: encoded('a'.repeat(10_000)) }, U('invalid_client')),
    sends('073', 'two headers', { authorization: [RIGHT.authorization, RIGHT.authorization] }, J(400, 'invalid_request'), COUNTED),
  ]);

  it('073 of 20 KB: 431 before anything is read', async () => {
    const answer = await world().ask('/oauth/token', { method: 'POST', headers: { ...FORM, authorization: encoded('a'.repeat(15_000)) } });
    expect(answer.status).toBe(431);
  });
});

describe('token: 074 bodies that are no form', () => {
  const body = (title: string, type: string, text: string | Buffer, outcome: Outcome, more: Record<string, string> = {}): Attack => ({
    number: '074',
    title,
    send: (at) => at.ask('/oauth/token', { method: 'POST', headers: { 'content-type': type, ...RIGHT, ...more }, body: text }),
    outcome,
    entries: COUNTED,
  });
  attacks(world, [
    body('JSON', 'application/json', JSON.stringify(FOR_ITSELF), T('invalid_request')),
    body(
      'multipart',
      'multipart/form-data; boundary=x',
      '--x\r\ncontent-disposition: form-data; name="grant_type"\r\n\r\nclient_credentials\r\n--x--',
      T('invalid_request'),
    ),
    body('gzip', 'application/x-www-form-urlencoded', Buffer.from([0x1f, 0x8b, 8, 0]), J(415, 'invalid_request'), {
      'content-encoding': 'gzip',
    }),
    body('charset utf-16', 'application/x-www-form-urlencoded; charset=utf-16', encode(FOR_ITSELF), T('invalid_request')),
    body('bytes that are no UTF-8', 'application/x-www-form-urlencoded', Buffer.from([0x61, 0x3d, 0xff]), T('invalid_request')),
    body('broken percent-encoding', 'application/x-www-form-urlencoded', 'grant_type=%zz', T('invalid_request')),
    body('a NUL', 'application/x-www-form-urlencoded', 'grant_type=client_credentials&scope=a%00b', T('invalid_request')),
    body(
      '200 parameters',
      'application/x-www-form-urlencoded',
      Array.from({ length: 200 }, (_, at) => `p${at}=1`).join('&'),
      T('invalid_request'),
    ),
    body('300 KB', 'application/x-www-form-urlencoded', `a=${'a'.repeat(300_000)}`, J(413, 'invalid_request')),
  ]);
});

type Claims = Record<string, unknown>;
const TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
let counter = 0;

function claimsOf(at: World, changes: Claims = {}): Claims {
  const now = Math.floor(Date.now() / 1000);
  counter += 1;
  const all: Claims = {
    iss: 'signer',
    sub: 'signer',
    aud: at.origin,
    iat: now,
    exp: now + 60,
    jti: `jti-${process.pid}-${counter}`,
    ...changes,
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

function signed(
  claims: Claims,
  key: KeyObject | Uint8Array = KEYS.signer.privateKey,
  header: Record<string, unknown> = {},
): Promise<string> {
  return new SignJWT(claims).setProtectedHeader({ alg: 'ES256', kid: 's-1', ...header }).sign(key);
}

/** RFC 7523 §3, RFC 8725: whose word an assertion is, and for how long. */
describe('token: client assertions', () => {
  const assertion = (
    number: string,
    title: string,
    make: (at: World) => Promise<string> | string,
    outcome = U('invalid_client'),
  ): Attack => ({
    number,
    title,
    send: async (at) => at.post('/oauth/token', { ...FOR_ITSELF, client_assertion_type: TYPE, client_assertion: await make(at) }),
    outcome,
    entries: REFUSED,
  });
  const now = () => Math.floor(Date.now() / 1000);
  const publicPem = Buffer.from(KEYS.signer.publicKey.export({ format: 'pem', type: 'spki' }).toString());
  attacks(world, [
    {
      number: '067',
      title: 'the same assertion again (CVE-2020-15222, CVE-2020-5300)',
      async arrange(at) {
        const params = { ...FOR_ITSELF, client_assertion_type: TYPE, client_assertion: await signed(claimsOf(at)) };
        mustBe(200, await at.post('/oauth/token', params));
        return () => at.post('/oauth/token', params);
      },
      outcome: U('invalid_client'),
      entries: [{ type: 'token.refused', reason: 'assertion_replayed' }],
    },
    assertion('068', 'expired', (at) => signed(claimsOf(at, { exp: now() - 120 }))),
    assertion('068', 'without exp (CVE-2026-55669, GHSA-wxg7-w2v3-w38g)', (at) => signed(claimsOf(at, { exp: undefined }))),
    assertion('068', 'good for an hour', (at) => signed(claimsOf(at, { exp: now() + 3_600 }))),
    assertion('068', 'not before tomorrow', (at) => signed(claimsOf(at, { nbf: now() + 86_400 }))),
    assertion('068', 'without jti', (at) => signed(claimsOf(at, { jti: undefined }))),
    assertion('069', 'for the token endpoint (RFC 7523bis, CVE-2025-27370)', (at) =>
      signed(claimsOf(at, { aud: `${at.origin}/oauth/token` })),
    ),
    assertion('069', 'for this hub and somebody else (CVE-2025-27371)', (at) =>
      signed(claimsOf(at, { aud: [at.origin, 'https://evil.example'] })),
    ),
    assertion('069', 'for nobody', (at) => signed(claimsOf(at, { aud: [] }))),
    assertion('070', 'iss is not sub', (at) => signed(claimsOf(at, { iss: 'cosigner' }))),
    assertion('070', 'by the key of another client', (at) => signed(claimsOf(at), KEYS.cosigner.privateKey)),
    assertion('070', 'by a key that it carries', (at) => {
      const own = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      return signed(claimsOf(at), own.privateKey, { jwk: own.publicKey.export({ format: 'jwk' }) });
    }),
    assertion('070', 'alg none (CVE-2022-23539, CVE-2022-23540, CVE-2022-23541)', (at) => new UnsecuredJWT(claimsOf(at)).encode()),
    assertion('070', 'HS256 with the public key (CVE-2026-11800, CVE-2026-22817)', (at) =>
      signed(claimsOf(at), publicPem, { alg: 'HS256' }),
    ),
    assertion('070', 'an unknown algorithm (CVE-2026-28498)', async (at) =>
      forged(await signed(claimsOf(at)), { alg: 'XX256', kid: 's-1' }),
    ),
    assertion('117', 'iss as a list (CVE-2025-30144)', (at) => signed(claimsOf(at, { iss: ['signer'] }))),
    assertion('117', 'exp as a text', (at) => signed(claimsOf(at, { exp: String(now() + 60) }))),
    assertion('120', 'of 20 KB (GHSA-2c7c-3mj9-8fqh, CVE-2024-28180, CVE-2025-30204)', (at) =>
      signed(claimsOf(at, { more: 'a'.repeat(20_000) })),
    ),
    assertion('120', 'of five parts', () => 'eyJhbGciOiJQQkVTMi1IUzI1NitBMTI4S1ciLCJwMmMiOjIxNDc0ODM2NDd9.a.b.c.d'),
    {
      number: '104',
      title: 'an access token of the hub (GHSA-7fpj-9hr8-28vh)',
      async arrange(at) {
        const { access } = await at.tokens();
        return () => at.post('/oauth/token', { ...FOR_ITSELF, client_assertion_type: TYPE, client_assertion: access });
      },
      outcome: U('invalid_client'),
      entries: REFUSED,
    },
  ]);

  it('070 the honest assertion of the same client is good', async () => {
    const answer = await world().post('/oauth/token', {
      ...FOR_ITSELF,
      client_assertion_type: TYPE,
      client_assertion: await signed(claimsOf(world())),
    });
    expect(answer.status).toBe(200);
    expect(createPublicKey(createPrivateKey(KEYS.signer.privateKey.export({ format: 'pem', type: 'pkcs8' }))).asymmetricKeyType).toBe('ec');
  });
});

/** Another header on the same claims and signature. */
function forged(token: string, header: object): string {
  const [, claims = '', signature = ''] = token.split('.');
  return `${Buffer.from(JSON.stringify(header)).toString('base64url')}.${claims}.${signature}`;
}

checkNothingLeaked(world);
