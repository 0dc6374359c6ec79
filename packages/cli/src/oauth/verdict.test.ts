import { generateKeyPair, exportJWK, SignJWT } from 'jose';
import { beforeAll, describe, expect, test } from 'vitest';
import { readResponse } from './browser.ts';
import { checkSignature, readToken } from './look.ts';
import { judgeToken, lengthOf } from './verdict.ts';
import type { Standing } from './verdict.ts';

const ISSUER = 'http://localhost:8787';
const NOW = Date.parse('2026-11-21T12:00:00Z');
const seconds = NOW / 1_000;

let keys: { keys: unknown[] };
let mint: (claims: object) => Promise<string>;
beforeAll(async () => {
  const { publicKey, privateKey } = await generateKeyPair('ES256');
  keys = { keys: [{ ...(await exportJWK(publicKey)), kid: 'k1', alg: 'ES256' }] };
  mint = (claims) =>
    new SignJWT({ iss: ISSUER, exp: seconds + 600, ...claims })
      .setProtectedHeader({ alg: 'ES256', kid: 'k1', typ: 'at+jwt' })
      .sign(privateKey);
});

async function judged(token: string, standing: Standing) {
  const reading = readToken(token);
  return judgeToken({
    reading,
    issuer: ISSUER,
    signature: reading === undefined ? undefined : await checkSignature(token, keys),
    standing,
    now: NOW,
  });
}

describe('a token', () => {
  test('that is genuine and honoured is good', async () => {
    expect(await judged(await mint({}), { state: 'live' })).toEqual({
      good: true,
      sentence: 'genuine, the hub honours it, and it expires in 10 min',
    });
    expect(await judged(await mint({}), { state: 'unasked', why: 'nobody asked' })).toMatchObject({
      good: true,
      sentence: expect.stringContaining('nobody asked'),
    });
  });

  test('that is expired, early, revoked, foreign, changed or forged is not', async () => {
    const token = await mint({ sub: 'ann' });
    const [header = '', , signature = ''] = token.split('.');
    const changed = `${header}.${Buffer.from(JSON.stringify({ iss: ISSUER, sub: 'bob', exp: seconds + 600 })).toString('base64url')}.${signature}`;
    const { privateKey } = await generateKeyPair('ES256');
    const forged = await new SignJWT({ iss: ISSUER, exp: seconds + 600 }).setProtectedHeader({ alg: 'ES256', kid: 'k2' }).sign(privateKey);
    const none = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from(JSON.stringify({ iss: ISSUER, exp: seconds + 600 })).toString('base64url')}.`;
    const cases: [string, Standing, string][] = [
      [await mint({ exp: seconds - 180 }), { state: 'live' }, 'expired 3 min ago'],
      [await mint({ nbf: seconds + 60 }), { state: 'live' }, 'not valid for another 1 min'],
      [await mint({ exp: undefined }), { state: 'live' }, 'never expires'],
      [token, { state: 'dead' }, 'revoked'],
      [await mint({ iss: 'https://evil.test' }), { state: 'live' }, 'https://evil.test'],
      [changed, { state: 'live' }, 'changed, or forged'],
      [forged, { state: 'live' }, 'no key of the hub'],
      [none, { state: 'live' }, ''],
      ['fam_1.secret', { state: 'dead' }, 'does not honour'],
    ];
    for (const [given, standing, words] of cases) {
      const verdict = await judged(given, standing);
      expect(verdict).toMatchObject({ good: false, sentence: expect.stringContaining(words) });
    }
  });
});

test('lengths of time are told in the largest unit that says something', () => {
  expect([900, 59_000, 61_000, 3_600_000, 90_000_000].map(lengthOf)).toEqual(['0 s', '59 s', '1 min', '1 h', '1 d']);
});

test('only the answer to our own request, by our own hub, ends a login', () => {
  const read = (query: string) => readResponse(new URLSearchParams(query), ISSUER, 'mine');
  const iss = encodeURIComponent(ISSUER);
  expect(read(`state=mine&iss=${iss}&code=abc`)).toEqual({ code: 'abc' });
  expect(read(`state=other&iss=${iss}&code=abc`)).toBeUndefined();
  expect(read(`iss=${iss}&code=abc`)).toBeUndefined();
  expect(read('state=mine&iss=https%3A%2F%2Fevil.test&code=abc')).toMatchObject({ error: expect.stringContaining('evil.test') });
  expect(read('state=mine&code=abc')).toMatchObject({ error: expect.stringContaining('nobody') });
  expect(read(`state=mine&iss=${iss}&error=access_denied&error_description=No`)).toEqual({ error: 'access_denied: No' });
});
