import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Reason, Verified } from './caller.ts';
import type { Resource } from './resource.ts';
import { createResource } from './resource.ts';
import type { Wire } from './wire.suite.ts';
import { makeKey, seconds, startWire } from './wire.suite.ts';

const RESOURCE = 'http://localhost:9000/mcp';
let wire: Wire;
let resource: Resource;

beforeAll(async () => {
  wire = await startWire(RESOURCE);
  wire.keys.push(await makeKey('EdDSA', 'ed-1'), await makeKey('RS256', 'rs-1'));
  resource = createResource({ issuer: wire.issuer, resource: RESOURCE, scopes: ['incidents:read'] });
});
afterAll(() => wire.stop());

const reasonOf = (verified: Verified): Reason | 'accepted' => (verified.ok ? 'accepted' : verified.reason);
const encode = (value: unknown): string => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
const withClaims = async (claims: Record<string, unknown>): Promise<Reason | 'accepted'> =>
  reasonOf(await resource.verify(await wire.mint({ claims })));
const withHeader = async (header: Record<string, unknown>): Promise<Reason | 'accepted'> =>
  reasonOf(await resource.verify(await wire.mint({ header })));

describe('a good token', () => {
  test('yields the caller with everything the hub said', async () => {
    const act = { sub: 'reporting', agent: 'agent-2', act: { sub: 'claude', agent: 'agent-1' } };
    const verified = await resource.verify(await wire.mint({ claims: { act, scope: 'incidents:read incidents:write', roles: ['SRE'] } }));
    expect(verified).toMatchObject({
      ok: true,
      caller: {
        subject: 'ann',
        clientId: 'claude',
        agent: 'agent-1',
        tenant: 'acme',
        grantId: 'grant-1',
        txn: 'txn-1',
        actors: [
          { subject: 'reporting', agent: 'agent-2' },
          { subject: 'claude', agent: 'agent-1' },
        ],
        claims: { roles: ['SRE'] },
      },
    });
    expect(verified.ok && [...verified.caller.scopes]).toEqual(['incidents:read', 'incidents:write']);
  });

  test('has a chain that begins with the person and ends with the one acting now', async () => {
    const act = { sub: 'reporting', agent: 'agent-2', act: { sub: 'claude', agent: 'agent-1' } };
    const chainOf = async (claims: Record<string, unknown>): Promise<unknown> => {
      const verified = await resource.verify(await wire.mint({ claims }));
      return verified.ok ? verified.caller.chain.map(({ kind, id, agent }) => [kind, id, agent].join(' ').trim()) : verified.reason;
    };
    expect(await chainOf({ client_id: 'reporting', agent: 'agent-2', act })).toEqual([
      'user ann',
      'client claude agent-1',
      'client reporting agent-2',
    ]);
    expect(await chainOf({})).toEqual(['user ann', 'client claude agent-1']);
    expect(await chainOf({ sub: 'claude' })).toEqual(['client claude agent-1']);
    expect(await chainOf({ sub: 'claude', auth_time: seconds() })).toEqual(['user claude', 'client claude agent-1']);
    expect(await chainOf({ sub: 'claude', act })).toEqual(['client claude agent-1', 'client reporting agent-2']);
  });

  test('says from which tokens it was exchanged, and a lineage that is no list of ids is refused', async () => {
    const verified = await resource.verify(await wire.mint({ claims: { lineage: ['tok-2', 'tok-1'] } }));
    expect(verified).toMatchObject({ ok: true, caller: { lineage: ['tok-2', 'tok-1'] } });
    expect(await withClaims({ lineage: 'tok-1' })).toBe('claims');
    expect(await withClaims({ lineage: [''] })).toBe('claims');
    expect(await withClaims({ lineage: Array.from({ length: 65 }, () => 'tok') })).toBe('claims');
  });

  test.each(['es-1', 'ed-1', 'rs-1'])('is accepted when signed by %s', async (kid) => {
    expect(reasonOf(await resource.verify(await wire.mint({ kid })))).toBe('accepted');
  });

  test('may name its type in the long form of RFC 9068', async () => {
    expect(await withHeader({ typ: 'application/at+jwt' })).toBe('accepted');
  });

  test('may hold one audience in a list', async () => {
    expect(await withClaims({ aud: [RESOURCE] })).toBe('accepted');
  });
});

describe('the header never chooses how it is checked', () => {
  test.each(['none', 'None', 'nOnE', ''])('alg %j without signature is refused', async (alg) => {
    const unsigned = `${encode({ typ: 'at+jwt', alg, kid: 'es-1' })}.${encode(wire.claimsOf({}))}`;
    for (const token of [`${unsigned}.`, `${unsigned}.AA`, unsigned])
      expect(['malformed', 'algorithm']).toContain(reasonOf(await resource.verify(token)));
  });

  test.each(['es-1', 'rs-1'])('HS256 keyed with the public key %s is refused (CVE-2026-11800)', async (kid) => {
    const jwk = wire.keys.find((key) => key.kid === kid)?.publicJwk ?? {};
    for (const secret of [JSON.stringify(jwk), Buffer.from(jwk.n ?? jwk.x ?? '', 'base64url')]) {
      const signed = `${encode({ typ: 'at+jwt', alg: 'HS256', kid })}.${encode(wire.claimsOf({}))}`;
      const token = `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
      expect(reasonOf(await resource.verify(token))).toBe('algorithm');
    }
  });

  test('an algorithm that is allowed but not the one of the key is refused', async () => {
    const [, payload, signature] = (await wire.mint()).split('.');
    for (const alg of ['RS256', 'EdDSA', 'ES384', 'PS256', 'ES256K']) {
      const token = `${encode({ typ: 'at+jwt', alg, kid: 'es-1' })}.${payload}.${signature}`;
      expect(reasonOf(await resource.verify(token))).toBe('algorithm');
    }
  });

  test('an algorithm left out of the configuration is refused even if the hub has such a key', async () => {
    const strict = createResource({ issuer: wire.issuer, resource: RESOURCE, algorithms: ['ES256'] });
    expect(reasonOf(await strict.verify(await wire.mint({ kid: 'rs-1' })))).toBe('algorithm');
    expect(reasonOf(await strict.verify(await wire.mint()))).toBe('accepted');
  });

  test('jku, x5u and an embedded jwk are never followed', async () => {
    const evil = await makeKey('ES256', 'es-1');
    const before = wire.requests.length;
    for (const header of [{ jku: `${wire.issuer}/evil` }, { x5u: `${wire.issuer}/evil` }, { jwk: evil.publicJwk }]) {
      const stranger = await startWire(RESOURCE);
      const token = await stranger.mint({ header, claims: { iss: wire.issuer } });
      await stranger.stop();
      expect(reasonOf(await resource.verify(token))).toBe('signature');
    }
    expect(wire.requests.length).toBe(before);
  });

  test.each([[['b64']], [['exp']], ['exp'], [[]]])('crit %j is refused', async (crit) => {
    const [, payload, signature] = (await wire.mint()).split('.');
    const token = `${encode({ typ: 'at+jwt', alg: 'ES256', kid: 'es-1', crit })}.${payload}.${signature}`;
    expect(reasonOf(await resource.verify(token))).toBe('critical');
  });
});

describe('only an access token is an access token', () => {
  test.each(['JWT', 'logout+jwt', 'oauth-id-jag+jwt', 'dpop+jwt', 'AT+JWT', 'at+jwt ', undefined, 7])('typ %j is refused', async (typ) => {
    expect(await withHeader({ typ })).toBe('type');
  });
});

describe('the audience is this resource and nothing like it', () => {
  test.each([
    [`${RESOURCE}/`],
    ['http://localhost:9000'],
    ['http://localhost:9000/'],
    ['http://localhost:9000/mcp/admin'],
    ['http://localhost:9000/mc'],
    ['HTTP://LOCALHOST:9000/mcp'],
    ['http://127.0.0.1:9000/mcp'],
    ['*'],
    [''],
    [undefined],
    [null],
    [[]],
    [[RESOURCE, 'http://evil.test']],
    [[RESOURCE, RESOURCE]],
    [[[RESOURCE]]],
    [{ 0: RESOURCE }],
    [true],
  ])('aud %j is refused (CVE-2024-5798, CVE-2020-26160)', async (aud) => {
    expect(await withClaims({ aud })).toBe('audience');
  });
});

describe('the issuer is compared byte for byte', () => {
  test('near misses and lists are refused (CVE-2025-30144, CVE-2026-23552)', async () => {
    const { issuer } = wire;
    const misses = [
      `${issuer}/`,
      `${issuer}/t1`,
      issuer.replace('127.0.0.1', 'localhost'),
      issuer.toUpperCase(),
      [issuer],
      [issuer, 'x'],
      null,
      undefined,
      7,
    ];
    for (const iss of misses) expect(await withClaims({ iss })).toBe('issuer');
  });
});

describe('every claim has its type and every time its bound', () => {
  test.each(['sub', 'client_id', 'jti', 'iat', 'exp'])('%s must be there, of its type, and not empty', async (name) => {
    for (const value of [undefined, null, '', [], ['ann'], {}, true, 'x'.repeat(0)])
      expect(await withClaims({ [name]: value })).toBe('claims');
  });

  test.each(['agent', 'tenant', 'grant_id', 'txn', 'scope'])('%s may be missing but not of another type', async (name) => {
    for (const value of [null, 7, ['a'], { a: 1 }]) expect(await withClaims({ [name]: value })).toBe('claims');
    expect(await withClaims({ [name]: undefined })).toBe('accepted');
  });

  test('times as text or infinite numbers are refused', async () => {
    for (const exp of [String(seconds() + 600), -1]) expect(await withClaims({ exp })).toBe('claims');
    expect(await withClaims({ nbf: 'now' })).toBe('claims');
    expect(await withClaims({ exp: 1e300 })).toBe('lifetime');
  });

  test('an expired token is refused beyond the leeway', async () => {
    expect(await withClaims({ iat: seconds() - 900, exp: seconds() - 31 })).toBe('expired');
    expect(await withClaims({ iat: seconds() - 900, exp: seconds() - 5 })).toBe('accepted');
  });

  test('a token from the future is refused beyond the leeway', async () => {
    expect(await withClaims({ iat: seconds() + 90, exp: seconds() + 600 })).toBe('not_yet_valid');
    expect(await withClaims({ nbf: seconds() + 90 })).toBe('not_yet_valid');
    expect(await withClaims({ nbf: seconds() + 5 })).toBe('accepted');
  });

  test('a token that outlives the memory of revocations is refused', async () => {
    expect(await withClaims({ exp: seconds() + 86_400 + 60 })).toBe('lifetime');
  });

  test('a bound token shown as a bearer token is refused', async () => {
    expect(await withClaims({ cnf: { jkt: 'abc' } })).toBe('proof_of_possession');
  });

  test('a broken or endless delegation chain is refused', async () => {
    let act: Record<string, unknown> = { sub: 'a' };
    for (let depth = 0; depth < 20; depth += 1) act = { sub: 'a', act };
    for (const bad of [act, null, 'a', [], {}, { sub: '' }, { sub: 'a', act: 'b' }]) expect(await withClaims({ act: bad })).toBe('claims');
  });
});

describe('what is not a token is refused before any work', () => {
  test.each(['', '.', '..', 'a.b', 'a.b.c.d', 'a.b.c\n', ' a.b.c', 'é.b.c', 'a=.b.c'])('%j is malformed', async (token) => {
    expect(reasonOf(await resource.verify(token))).toBe('malformed');
  });

  test('a token of 100 KB is refused unread', async () => {
    expect(await withClaims({ pad: 'x'.repeat(100_000) })).toBe('too_large');
  });

  test('a payload that is not a JSON object is refused though signed', async () => {
    const { CompactSign } = await import('jose');
    const key = wire.keys[0];
    if (key === undefined) throw new Error('no key');
    for (const payload of ['[]', '"x"', 'null', '{', '\xff']) {
      const token = await new CompactSign(Buffer.from(payload, 'latin1'))
        .setProtectedHeader({ typ: 'at+jwt', alg: 'ES256', kid: 'es-1' })
        .sign(key.privateKey);
      expect(['malformed', 'signature']).toContain(reasonOf(await resource.verify(token)));
    }
  });

  test('one flipped bit anywhere is refused', async () => {
    const token = await wire.mint();
    for (let at = 0; at < token.length - 1; at += 7) {
      const flipped = token.slice(0, at) + (token[at] === 'A' ? 'B' : 'A') + token.slice(at + 1);
      expect(flipped === token || reasonOf(await resource.verify(flipped)) !== 'accepted').toBe(true);
    }
  });
});

describe('the Authorization header', () => {
  test('takes the scheme in any case and one token only', async () => {
    const token = await wire.mint();
    expect(reasonOf(await resource.authenticate(`bEaReR ${token}`))).toBe('accepted');
    expect(reasonOf(await resource.authenticate(`Bearer ${token} x`))).toBe('malformed');
    expect(reasonOf(await resource.authenticate('Bearer'))).toBe('malformed');
    for (const none of [undefined, null, '', 'Basic YTpi', token]) expect(reasonOf(await resource.authenticate(none))).toBe('missing');
  });
});
