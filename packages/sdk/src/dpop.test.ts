import { createHash } from 'node:crypto';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, SignJWT } from 'jose';
import type { JWK } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Verified } from './caller.ts';
import { challengeResponse } from './challenge.ts';
import { createSeen } from './dpop-seen.ts';
import type { Resource } from './resource.ts';
import { createResource } from './resource.ts';
import type { Wire } from './wire.suite.ts';
import { seconds, startWire } from './wire.suite.ts';

const RESOURCE = 'https://api.test/mcp';
type Key = { readonly privateKey: CryptoKey; readonly jwk: JWK; readonly secret: JWK; readonly jkt: string };
type Proof = { readonly by?: Key; readonly header?: Record<string, unknown>; readonly claims?: Record<string, unknown> };

let wire: Wire;
let resource: Resource;
let ann: Key;
let eve: Key;
let token: string;

async function makePair(): Promise<Key> {
  const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true });
  const jwk = await exportJWK(publicKey);
  return { privateKey, jwk, secret: await exportJWK(privateKey), jkt: await calculateJwkThumbprint(jwk) };
}

beforeAll(async () => {
  wire = await startWire(RESOURCE);
  [ann, eve] = [await makePair(), await makePair()];
  resource = createResource({ issuer: wire.issuer, resource: RESOURCE, aliases: ['https://alias.test/mcp'] });
  token = await wire.mint({ claims: { cnf: { jkt: ann.jkt } } });
});
afterAll(() => wire.stop());

let count = 0;
const ath = (of: string): string => createHash('sha256').update(of).digest('base64url');
function prove({ by = ann, header = {}, claims = {} }: Proof = {}): Promise<string> {
  count += 1;
  const all = { jti: `proof-${count}`, htm: 'POST', htu: RESOURCE, iat: seconds(), ath: ath(token), ...claims };
  return new SignJWT(JSON.parse(JSON.stringify(all)))
    .setProtectedHeader({ typ: 'dpop+jwt', alg: 'ES256', jwk: by.jwk, ...header })
    .sign(by.privateKey, { crit: { exp: true } });
}
const ask = (dpop: string | undefined, of: { url?: string; method?: string; from?: Resource; shown?: string } = {}): Promise<Verified> =>
  (of.from ?? resource).authenticate(`DPoP ${of.shown ?? token}`, { method: of.method ?? 'POST', url: of.url ?? RESOURCE, dpop });
const wordOf = (verified: Verified): string => (verified.ok ? 'accepted' : `${verified.error} ${verified.reason}`);

describe('a token that is bound to a key', () => {
  test('is taken with a proof, at the resource and its aliases, whatever host a proxy calls them', async () => {
    const verified = await ask(await prove());
    expect(verified).toMatchObject({ ok: true, caller: { jkt: ann.jkt, subject: 'ann' } });
    expect(wordOf(await ask(await prove({ claims: { htu: 'https://alias.test/mcp' } })))).toBe('accepted');
    expect(wordOf(await ask(await prove(), { url: 'http://10.0.0.7:3000/mcp?page=2' }))).toBe('accepted');
  });

  test('is refused as a bearer token, with or without a proof', async () => {
    const shown = { method: 'POST', url: RESOURCE, dpop: await prove() };
    expect(wordOf(await resource.authenticate(`Bearer ${token}`, shown))).toBe('invalid_token proof_of_possession');
    expect(wordOf(await resource.verify(token))).toBe('invalid_token proof_of_possession');
    expect(wordOf(await resource.authenticate(`DPoP ${token}`))).toBe('invalid_token proof_of_possession');
  });

  test('is refused when it is bound in a way that nobody can judge here', async () => {
    for (const cnf of [{ 'x5t#S256': 'a' }, { jkt: ann.jkt, 'x5t#S256': 'a' }, {}, { jkt: '' }, 'jkt', null]) {
      const other = await wire.mint({ claims: { cnf } });
      expect(wordOf(await ask(await prove({ claims: { ath: ath(other) } }), { shown: other }))).toBe('invalid_token proof_of_possession');
    }
  });

  test.each<[string, Proof]>([
    ['for another method', { claims: { htm: 'GET' } }],
    ['for another path', { claims: { htu: 'https://api.test/other' } }],
    ['for another host', { claims: { htu: 'https://evil.test/mcp' } }],
    ['for another scheme', { claims: { htu: 'http://api.test/mcp' } }],
    ['whose address has a query', { claims: { htu: `${RESOURCE}?a=1` } }],
    ['whose address has a user', { claims: { htu: 'https://ann@api.test/mcp' } }],
    ['of another token', { claims: { ath: ath('another') } }],
    ['of no token', { claims: { ath: undefined } }],
    ['from ten minutes ago', { claims: { iat: seconds() - 600 } }],
    ['from in ten minutes', { claims: { iat: seconds() + 600 } }],
    ['without a time', { claims: { iat: undefined } }],
    ['without an id', { claims: { jti: undefined } }],
    ['of another type', { header: { typ: 'JWT' } }],
    ['without a key', { header: { jwk: undefined } }],
    ['with critical headers', { header: { crit: ['exp'], exp: 1 } }],
  ])('is refused with a proof %s', async (_, of) => {
    expect(wordOf(await ask(await prove(of)))).toBe('invalid_dpop_proof proof');
  });

  test('is refused with a proof of another key, one that is signed by another, and one that shows its private key', async () => {
    const bad = [
      await prove({ by: eve }),
      await prove({ by: eve, header: { jwk: ann.jwk } }),
      await prove({ header: { jwk: ann.secret } }),
    ];
    for (const proof of bad) expect(wordOf(await ask(proof))).toBe('invalid_dpop_proof proof');
  });

  test('is refused without a proof, with two, and with one that comes again', async () => {
    const once = await prove();
    expect(wordOf(await ask(undefined))).toBe('invalid_dpop_proof proof');
    expect(wordOf(await ask(`${await prove()}, ${await prove()}`))).toBe('invalid_dpop_proof proof');
    const words = await Promise.all([ask(once), ask(once), ask(once)]);
    expect(words.map(wordOf).sort()).toEqual(['accepted', 'invalid_dpop_proof proof_replayed', 'invalid_dpop_proof proof_replayed']);
  });
});

test('a token that is not bound is no DPoP token', async () => {
  const plain = await wire.mint();
  expect(wordOf(await ask(await prove({ claims: { ath: ath(plain) } }), { shown: plain }))).toBe('invalid_token not_bound');
});

test('a resource that takes bound tokens only says so, and refuses others', async () => {
  const strict = createResource({ issuer: wire.issuer, resource: RESOURCE, dpop: { required: true } });
  expect(wordOf(await strict.authenticate(`Bearer ${await wire.mint()}`))).toBe('invalid_token not_bound');
  expect(strict.metadata()).toMatchObject({ dpop_bound_access_tokens_required: true });
  const challenge = strict.refuse({ ok: false, error: 'invalid_token', reason: 'missing' });
  expect(challenge.headers['www-authenticate']).toMatch(/^DPoP resource_metadata="https:\/\/api.test[^"]*", algs="ES256 /);
});

test('a challenge about keys has the scheme DPoP, and a missing token that of bearer tokens', async () => {
  const refused = await ask(undefined);
  expect(refused.ok).toBe(false);
  if (refused.ok) return;
  const answer = challengeResponse(resource.refuse(refused));
  expect(answer.status).toBe(401);
  expect(answer.headers.get('www-authenticate')).toMatch(/^DPoP error="invalid_dpop_proof", .*resource_metadata=.*algs="ES256 /);
  const anonymous = resource.refuse({ ok: false, error: 'invalid_token', reason: 'missing' });
  expect(anonymous.headers['www-authenticate']).toMatch(/^Bearer /);
});

test('with a nonce secret a proof needs a nonce, which every process with the secret takes for some minutes', async () => {
  let now = Date.now(); // reason: the tokens of the fixture are made by the real clock
  const dpop = { nonceSecret: 'a-secret-that-all-processes-of-it-share' };
  const make = (): Resource => createResource({ issuer: wire.issuer, resource: RESOURCE, dpop, clock: () => now });
  const [one, two] = [make(), make()];
  const first = await ask(await prove(), { from: one });
  expect(wordOf(first)).toBe('use_dpop_nonce nonce');
  const challenge = first.ok ? undefined : one.refuse(first);
  const nonce = challenge?.headers['dpop-nonce'] ?? '';
  expect(nonce).toMatch(/^[\w-]{32}$/);
  expect(challenge?.headers['access-control-expose-headers']).toContain('DPoP-Nonce');
  expect(wordOf(await ask(await prove({ claims: { nonce } }), { from: two }))).toBe('accepted');
  expect(wordOf(await ask(await prove({ claims: { nonce: 'made-up' } }), { from: two }))).toBe('use_dpop_nonce nonce');
  now += 200_000;
  expect(wordOf(await ask(await prove({ claims: { nonce } }), { from: one }))).toBe('use_dpop_nonce nonce');
});

test('a full memory refuses proofs as old as what it forgot, and never takes one twice', () => {
  const seen = createSeen(3, 300);
  const NOW = 1_000_000_000;
  for (const [id, age] of [
    ['a', 50],
    ['b', 40],
    ['c', 30],
    ['d', 20],
  ] as const)
    expect(seen.isFirst('ann', id, NOW / 1000 - age, NOW)).toBe(true);
  expect(seen.isFirst('ann', 'a', NOW / 1000 - 50, NOW)).toBe(false);
  expect(seen.isFirst('ann', 'older', NOW / 1000 - 60, NOW)).toBe(false);
  expect(seen.isFirst('ann', 'd', NOW / 1000 - 20, NOW)).toBe(false);
  expect(seen.isFirst('ann', 'newer', NOW / 1000, NOW)).toBe(true);
});

test('the holder of one key shuts out nobody else by many proofs from ahead in time (DoS)', () => {
  const seen = createSeen(10, 300);
  const NOW = 1_000_000_000;
  expect(seen.isFirst('ann', 'first', NOW / 1000 - 1, NOW)).toBe(true);
  for (let sent = 0; sent < 50; sent += 1) seen.isFirst('eve', `e${sent}`, NOW / 1000 + 299, NOW);
  expect(seen.isFirst('ann', 'second', NOW / 1000, NOW)).toBe(true);
  expect(seen.isFirst('ann', 'first', NOW / 1000 - 1, NOW)).toBe(false);
  expect(seen.isFirst('eve', 'e0', NOW / 1000 + 299, NOW)).toBe(false);
  // With more keys than can be told apart nothing is let through twice either.
  for (let sent = 0; sent < 50; sent += 1) seen.isFirst(`k${sent}`, 'x', NOW / 1000 - 10, NOW);
  for (let sent = 0; sent < 50; sent += 1) expect(seen.isFirst(`k${sent}`, 'x', NOW / 1000 - 10, NOW)).toBe(false);
});
