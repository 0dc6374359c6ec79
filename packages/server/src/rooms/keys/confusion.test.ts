import { createHmac, createPublicKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Signer } from './key.ts';
import { claimsAt, ISSUER, ringHub, START, type RingHub, type RingNode } from './ring.suite.ts';
import type { VerifyFault } from './verify.ts';

let hub: RingHub;
let node: RingNode;
let es: Signer;
let good: string;
beforeAll(async () => {
  hub = await ringHub();
  node = hub.node();
  await node.ring.ready();
  await node.ring.ensureAlg('RS256');
  es = node.ring.signer();
  good = es.sign('at+jwt', claimsAt(START));
});
afterAll(() => hub.close());

const encode = (value: unknown): string => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
const judge = (jwt: string, more: { audience?: string; now?: number } = {}): VerifyFault | 'good' => {
  const verdict = node.ring.verify(jwt, { typ: 'at+jwt', now: START, ...more });
  return verdict.ok ? 'good' : verdict.error;
};
const header = (more: Record<string, unknown> = {}): Record<string, unknown> => ({ alg: 'ES256', typ: 'at+jwt', kid: es.kid, ...more });
const forged = (head: unknown, key: KeyObject | undefined, claims: unknown = claimsAt(START)): string => {
  const input = `${encode(head)}.${encode(claims)}`;
  const signature = key === undefined ? 'AA' : sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url');
  return `${input}.${signature}`;
};
const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const parts = (): [string, string, string] => {
  const [head = '', payload = '', signature = ''] = good.split('.');
  return [head, payload, signature];
};

it('takes what it signed itself', () => {
  expect(judge(good)).toBe('good');
  expect(judge(good, { audience: 'https://api.test/mcp' })).toBe('good');
});

const table: readonly [string, VerifyFault, () => string][] = [
  ['alg none with an empty signature', 'not_a_jws', () => `${encode(header({ alg: 'none' }))}.${parts()[1]}.`],
  ['alg none with a signature', 'algorithm', () => `${encode(header({ alg: 'none' }))}.${parts()[1]}.${parts()[2]}`],
  ['alg None by another spelling', 'algorithm', () => `${encode(header({ alg: 'nOnE' }))}.${parts()[1]}.${parts()[2]}`],
  ['HS256 keyed with the public key', 'algorithm', () => hmac('spki')],
  ['HS256 keyed with the published JWK', 'algorithm', () => hmac('jwk')],
  ['RS256 claimed for the key of ES256', 'algorithm', () => forged(header({ alg: 'RS256' }), stranger.privateKey)],
  ['ES256 claimed for the key of RS256', 'algorithm', () => forged(header({ kid: node.ring.signer('RS256').kid }), stranger.privateKey)],
  ['the right kid, a key of somebody else', 'signature', () => forged(header(), stranger.privateKey)],
  ['no kid', 'unknown_key', () => forged({ alg: 'ES256', typ: 'at+jwt' }, stranger.privateKey)],
  ['an unknown kid', 'unknown_key', () => forged(header({ kid: 'key_of_somebody' }), stranger.privateKey)],
  ['a kid that is a path', 'unknown_key', () => forged(header({ kid: '../../dev/null' }), stranger.privateKey)],
  ['a kid that every object has', 'unknown_key', () => forged(header({ kid: 'constructor' }), stranger.privateKey)],
  [
    'a key in the header (jwk)',
    'header_member',
    () => forged(header({ jwk: stranger.publicKey.export({ format: 'jwk' }) }), stranger.privateKey),
  ],
  ['a key by URL (jku)', 'header_member', () => forged(header({ jku: 'https://evil.test/jwks' }), stranger.privateKey)],
  ['a certificate by URL (x5u)', 'header_member', () => forged(header({ x5u: 'https://evil.test/cert' }), stranger.privateKey)],
  ['an extension that must be understood (crit)', 'header_member', () => forged(header({ crit: ['exp'], exp: 0 }), stranger.privateKey)],
  ['an unencoded payload (b64)', 'header_member', () => forged(header({ b64: false }), stranger.privateKey)],
  ['compression (zip)', 'header_member', () => forged(header({ zip: 'DEF' }), stranger.privateKey)],
  ['alg twice in the header', 'header', () => forged(`{"alg":"none","alg":"ES256","typ":"at+jwt","kid":"${es.kid}"}`, stranger.privateKey)],
  ['an id_token where an access token is due', 'type', () => es.sign('JWT', claimsAt(START))],
  ['the media type spelled out', 'type', () => es.sign('application/at+jwt', claimsAt(START))],
  ['no typ', 'type', () => forged({ alg: 'ES256', kid: es.kid }, stranger.privateKey)],
  ['a changed payload', 'signature', () => `${parts()[0]}.${encode(claimsAt(START, { sub: 'eve' }))}.${parts()[2]}`],
  ['a signature of zeros (CVE-2022-21449)', 'signature', () => `${parts()[0]}.${parts()[1]}.${Buffer.alloc(64).toString('base64url')}`],
  ['a signature cut short', 'signature', () => good.slice(0, -4)],
  ['a last character with the same bytes', 'signature', () => sameBytes(good)],
  ['a signature in DER', 'signature', () => der()],
  ['padding at the end', 'not_a_jws', () => `${good}==`],
  ['white space around it', 'not_a_jws', () => ` ${good}\n`],
  ['four parts', 'not_a_jws', () => `${good}.AA`],
  ['five parts', 'not_a_jws', () => `${good}.AA.AA`],
  ['JSON serialization', 'not_a_jws', () => JSON.stringify({ payload: parts()[1], protected: parts()[0], signature: parts()[2] })],
  ['nothing', 'not_a_jws', () => ''],
  ['more than it reads', 'too_long', () => es.sign('at+jwt', claimsAt(START, { fill: 'x'.repeat(8000) }))],
  ['another issuer', 'issuer', () => es.sign('at+jwt', claimsAt(START, { iss: 'https://other.test' }))],
  ['our issuer with a slash', 'issuer', () => es.sign('at+jwt', claimsAt(START, { iss: `${ISSUER}/` }))],
  ['a list of issuers', 'issuer', () => es.sign('at+jwt', claimsAt(START, { iss: [ISSUER] }))],
  ['no expiry', 'payload', () => es.sign('at+jwt', claimsAt(START, { exp: undefined }))],
  ['an expiry that is text', 'payload', () => es.sign('at+jwt', claimsAt(START, { exp: '9999999999' }))],
  ['no time of issue', 'payload', () => es.sign('at+jwt', claimsAt(START, { iat: undefined }))],
  ['a payload that is a list', 'payload', () => es.sign('at+jwt', '[]')],
  ['not valid before tomorrow', 'not_yet', () => es.sign('at+jwt', claimsAt(START, { nbf: START / 1000 + 86_400 }))],
  ['issued tomorrow', 'not_yet', () => es.sign('at+jwt', claimsAt(START + 86_400_000))],
  ['expired this very second', 'expired', () => es.sign('at+jwt', claimsAt(START, { exp: START / 1000 }))],
];

for (const [what, fault, make] of table) {
  it(`refuses ${what}`, () => {
    expect(judge(make())).toBe(fault);
  });
}

for (const audience of ['https://api.test', 'https://api.test/mcp/', 'https://api.test/mcp2', 'HTTPS://api.test/mcp', '']) {
  it(`118: is not for the audience "${audience}"`, () => {
    expect(judge(good, { audience })).toBe('audience');
  });
}

for (const aud of [['https://api.test/mcp'], [], '', '*', null]) {
  it(`118: takes no aud of ${JSON.stringify(aud)}`, () => {
    expect(judge(es.sign('at+jwt', claimsAt(START, { aud })), { audience: 'https://api.test/mcp' })).toBe('audience');
  });
}

it('lets no single changed character pass', () => {
  for (let at = 0; at < good.length; at += 1) {
    const changed = `${good.slice(0, at)}${good[at] === 'A' ? 'B' : 'A'}${good.slice(at + 1)}`;
    expect(judge(changed), `character ${at}`).not.toBe('good');
  }
});

function hmac(how: 'spki' | 'jwk'): string {
  const jwk = node.ring.jwks().keys.find((key) => key.kid === es.kid);
  const secret =
    how === 'jwk' ? JSON.stringify(jwk) : createPublicKey({ key: { ...jwk }, format: 'jwk' }).export({ format: 'pem', type: 'spki' });
  const input = `${encode(header({ alg: 'HS256' }))}.${encode(claimsAt(START))}`;
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
}

/** The last of 86 characters carries four bits that no byte holds. */
function sameBytes(jwt: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  return jwt.slice(0, -1) + alphabet[(alphabet.indexOf(jwt.at(-1) ?? '') & 0b110000) | 0b000001];
}

function der(): string {
  const [head, payload, signature] = parts();
  const bytes = Buffer.from(signature, 'base64url');
  const integer = (half: Buffer): Buffer => Buffer.concat([Buffer.from([2, half.length + 1, 0]), half]);
  const body = Buffer.concat([integer(bytes.subarray(0, 32)), integer(bytes.subarray(32))]);
  return `${head}.${payload}.${Buffer.concat([Buffer.from([48, body.length]), body]).toString('base64url')}`;
}
