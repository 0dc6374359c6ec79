import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { once } from 'node:events';
import { generateKeyPairSync } from 'node:crypto';
import { SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { basic, jsonOf } from './ask.ts';
import type { Answer, Params } from './ask.ts';
import { RESOURCE } from './furniture.ts';
import { mustBe, T, U } from './outcome.ts';
import { attacks, checkNothingLeaked, inWorld } from './runner.ts';
import type { Attack } from './runner.ts';
import type { World } from './world.ts';

const world = inWorld();
const SECRET = 'a-long-secret-of-the-broker';
const GRANT = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
const PLATFORM = 'https://platform.example';
const IDP = 'https://idp.acme.example';
const FORGE = 'https://token.actions.githubusercontent.com';
const DOMAIN = 'spiffe://prod.example';

const platform = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const jwks = { keys: [{ ...platform.publicKey.export({ format: 'jwk' }), kid: 'p-1', alg: 'ES256', use: 'sig' }] };

/** A host with keys that misbehaves: what it answers, and how often it was asked. */
let badHost: Server;
let asked = 0;
let misbehave = 'html';
const ANSWERS: Record<string, string> = { html: '<html>', huge: 'x'.repeat(5_000_000), other: JSON.stringify({ keys: [] }) };

beforeAll(async () => {
  badHost = createServer((_, response) => {
    asked += 1;
    if (misbehave === 'silence') return;
    response.writeHead(200, { 'content-type': 'application/json' }).end(ANSWERS[misbehave]);
  });
  badHost.listen(0, '127.0.0.1');
  await once(badHost, 'listening');
  const address = badHost.address();
  const port = address !== null && typeof address === 'object' ? address.port : 0;
  await world().hub.apply({
    issuers: [
      { id: 'platform', issuer: PLATFORM, jwks, preset: 'kubernetes' },
      { id: 'forge', issuer: FORGE, jwks, preset: 'github', algorithms: ['ES256'] },
      { id: 'domain', issuer: DOMAIN, jwks, preset: 'spiffe' },
      { id: 'idp', issuer: IDP, jwks, tenant: 'acme', purposes: ['id_jag'], users: { jit: true } },
      ...['html', 'huge', 'other', 'silence'].map((one) => ({
        id: one,
        issuer: `https://${one}.example`,
        jwksUri: `http://127.0.0.1:${port}/${one}`,
      })),
    ],
    clients: [
      { id: 'pod', name: 'Pod', kind: 'service', workload: [{ issuer: 'platform', subject: 'system:serviceaccount:prod:*' }] },
      {
        id: 'pipeline',
        name: 'Pipeline',
        kind: 'service',
        workload: [{ issuer: 'forge', subject: 'repo:acme/app:ref:refs/heads/main', claims: { repository_id: '1234' } }],
      },
      { id: 'svid', name: 'SVID', kind: 'service', workload: [{ issuer: 'domain', subject: `${DOMAIN}/ns/prod/*` }] },
      { id: 'broker', name: 'Broker', kind: 'agent', grants: ['jwt_bearer'], auth: { secrets: [{ value: SECRET }] } },
    ],
    policies: [
      {
        id: 'bearers',
        effect: 'allow',
        grants: ['jwt_bearer', 'client_credentials'],
        subject: { clients: ['pod', 'pipeline', 'svid', 'broker'] },
        target: { resources: ['ops'] },
        scopes: 'all',
      },
    ],
  });
  world().secrets.add(SECRET);
});
afterAll(() => {
  badHost.closeAllConnections();
  badHost.close();
});

const now = (): number => Math.floor(Date.now() / 1000);
let count = 0;
type Claims = Record<string, unknown>;

function base(at: World, more: Claims): Claims {
  const times = { iat: now(), exp: now() + 300, jti: `j-${(count += 1)}` };
  const claims = { iss: PLATFORM, sub: 'system:serviceaccount:prod:pod', aud: at.origin, ...times, ...more };
  return JSON.parse(JSON.stringify(claims).replaceAll('"SELF"', JSON.stringify(at.origin)));
}
const FORK: Claims = { iss: FORGE, sub: 'repo:acme/app:ref:refs/heads/main', repository: 'acme/app', repository_id: '1234' };
const ANN: Claims = { iss: IDP, sub: 'idp-ann', client_id: 'broker', resource: RESOURCE, email: 'new@acme.test' };

async function signed(at: World, claims: Claims, header: Record<string, unknown> = {}, key = platform.privateKey): Promise<string> {
  const token = await new SignJWT(base(at, claims)).setProtectedHeader({ alg: 'ES256', kid: 'p-1', ...header }).sign(key);
  at.secrets.add(token.split('.')[2] ?? token);
  return token;
}
const REFUSED = (reason: string): Attack['entries'] => [{ type: 'token.refused', reason }];
const asGrant = (at: World, assertion: string, more: Params = {}): Promise<Answer> =>
  at.post('/oauth/token', { grant_type: GRANT, resource: RESOURCE, assertion, ...more });
const asJag = (at: World, assertion: string): Promise<Answer> =>
  at.post('/oauth/token', { grant_type: GRANT, assertion }, basic('broker', SECRET));

/** A workload that brings its assertion as the grant. */
function grant(number: string, title: string, claims: Claims, reason: string, header: Record<string, unknown> = {}): Attack {
  return {
    number,
    title,
    send: async (at) => asGrant(at, await signed(at, claims, header)),
    outcome: T('invalid_grant'),
    entries: REFUSED(reason),
  };
}

/** The same as client authentication. */
function asClient(number: string, title: string, claims: Claims, reason: string): Attack {
  return {
    number,
    title,
    send: async (at) =>
      at.post('/oauth/token', {
        grant_type: 'client_credentials',
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        client_assertion: await signed(at, claims),
      }),
    outcome: U('invalid_client'),
    entries: REFUSED(reason),
  };
}

function jag(number: string, title: string, claims: Claims, reason: string): Attack {
  return {
    number,
    title,
    send: async (at) => asJag(at, await signed(at, { ...ANN, ...claims }, { typ: 'oauth-id-jag+jwt' })),
    outcome: T('invalid_grant'),
    entries: REFUSED(reason),
  };
}

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const raw = (number: string, title: string, make: (at: World) => string, reason: string): Attack => ({
  number,
  title,
  send: (at) => asGrant(at, make(at)),
  outcome: T('invalid_grant'),
  entries: REFUSED(reason),
});

describe('token: assertions of workloads', () => {
  attacks(world, [
    grant('115', 'assertion of an unknown issuer', { iss: 'https://evil.example' }, 'untrusted_issuer'),
    grant('115', 'issuer with a slash more', { iss: `${PLATFORM}/` }, 'untrusted_issuer'),
    grant('115', 'issuer in upper case', { iss: 'https://PLATFORM.example' }, 'untrusted_issuer'),
    grant('115', 'no issuer', { iss: undefined }, 'untrusted_issuer'),
    grant('115', 'this hub as its own issuer', { iss: 'SELF' }, 'untrusted_issuer'),
    asClient('115', 'client assertion of an unknown issuer', { iss: 'https://evil.example' }, 'untrusted_issuer'),
    grant('117', 'audience of somebody else', { aud: 'https://other.example' }, 'assertion_audience'),
    grant('117', 'audience that only begins like ours', { aud: 'http://localhost.evil.example' }, 'assertion_audience'),
    grant('117', 'audiences of which one is somebody else', { aud: ['https://other.example', 'SELF'] }, 'assertion_audience'),
    grant('117', 'audience as an object', { aud: { toString: 'x' } }, 'assertion_audience'),
    grant('117', 'subject as a list', { sub: ['system:serviceaccount:prod:pod'] }, 'assertion_subject'),
    grant('117', 'expiry as a text', { exp: '9999999999' }, 'assertion_without_expiry'),
    grant('119', 'without an end', { exp: undefined }, 'assertion_without_expiry'),
    grant('119', 'expired', { exp: now() - 3_600, iat: now() - 3_700 }, 'assertion_expired'),
    grant('119', 'not yet valid', { nbf: now() + 600 }, 'assertion_not_yet_valid'),
    grant('119', 'issued in the future', { iat: now() + 600, exp: now() + 900 }, 'assertion_from_the_future'),
    grant('119', 'with a life of a month', { exp: now() + 2_592_000 }, 'assertion_lives_too_long'),
    raw('120', 'five parts (JWE)', () => 'a.b.c.d.e', 'assertion_malformed'),
    raw(
      '120',
      'compressed',
      (at) => `${encode({ alg: 'ES256', kid: 'p-1', zip: 'DEF' })}.${encode(base(at, {}))}.AAAA`,
      'assertion_critical_header',
    ),
    raw(
      '120',
      'PBES2 with two thousand million rounds',
      (at) => `${encode({ alg: 'PBES2-HS256+A128KW', p2c: 2 ** 31, enc: 'A128GCM' })}.${encode(base(at, {}))}.AA`,
      'assertion_critical_header',
    ),
    raw(
      '120',
      'a header of nine kilobytes',
      (at) => `${encode({ alg: 'ES256', pad: 'x'.repeat(9_000) })}.${encode(base(at, {}))}.AA`,
      'assertion_too_long',
    ),
    raw('120', 'a token of 200 kilobytes', () => 'x'.repeat(200_000), 'assertion_too_long'),
    raw('117', 'alg none', (at) => `${encode({ alg: 'none' })}.${encode(base(at, {}))}.`, 'assertion_algorithm'),
    grant('121', 'subject of a fork', { ...FORK, sub: 'repo:mallory/app:ref:refs/heads/main', repository_id: '666' }, 'workload_unknown'),
    grant('121', 'subject of a pull request', { ...FORK, sub: 'repo:acme/app:pull_request' }, 'workload_unknown'),
    grant('121', 'repository with the same beginning', { ...FORK, sub: 'repo:acme/app-evil:ref:refs/heads/main' }, 'workload_unknown'),
    grant('121', 'repository of the same name, made again by somebody else', { ...FORK, repository_id: '666' }, 'workload_unknown'),
    grant('121', 'branch with the same beginning', { ...FORK, sub: 'repo:acme/app:ref:refs/heads/main2' }, 'workload_unknown'),
    // CVE-2020-16250, CVE-2020-16251, CVE-2025-11621, CVE-2025-59048: identities of a platform that were told apart by less than the whole name.
    grant('123', 'service account of another namespace', { sub: 'system:serviceaccount:dev:pod' }, 'workload_unknown'),
    grant('123', 'namespace with the same beginning', { sub: 'system:serviceaccount:prod2:pod' }, 'workload_unknown'),
    grant('123', 'SPIFFE ID of another trust domain', { iss: undefined, sub: 'spiffe://other.example/ns/prod/x' }, 'untrusted_issuer'),
    grant(
      '123',
      'trust domain with the same beginning',
      { iss: undefined, sub: 'spiffe://prod.example.evil/ns/prod/x' },
      'untrusted_issuer',
    ),
    grant('123', 'SPIFFE ID of another path', { iss: undefined, sub: `${DOMAIN}/ns/dev/x` }, 'workload_unknown'),
    asClient('123', 'client assertion of another namespace', { sub: 'system:serviceaccount:dev:pod' }, 'workload_unknown'),
    {
      number: '124',
      title: 'assertion twice',
      async arrange(at) {
        const assertion = await signed(at, {});
        mustBe(200, await asGrant(at, assertion));
        return () => asGrant(at, assertion);
      },
      outcome: T('invalid_grant'),
      entries: REFUSED('assertion_replayed'),
    },
    {
      number: '124',
      title: 'assertion without an id twice',
      async arrange(at) {
        const assertion = await signed(at, { jti: undefined });
        mustBe(200, await asGrant(at, assertion));
        return () => asGrant(at, assertion);
      },
      outcome: T('invalid_grant'),
      entries: REFUSED('assertion_replayed'),
    },
    {
      number: '117',
      title: 'signed by another key of the same name',
      send: async (at) => asGrant(at, await signed(at, {}, {}, stranger.privateKey)),
      outcome: T('invalid_grant'),
      entries: REFUSED('assertion_signature'),
    },
  ]);

  for (const [word, what] of [
    ['html', 'is no JSON'],
    ['huge', 'has five megabytes'],
    ['other', 'lacks the key'],
    ['silence', 'does not answer'],
  ] as const) {
    it(`126 keys of an issuer whose host ${what}: T(invalid_grant) soon, and one request a minute`, async () => {
      misbehave = word;
      const before = asked;
      const answers = await Promise.all(
        Array.from({ length: 20 }, async (_, at) =>
          asGrant(world(), await signed(world(), { iss: `https://${word}.example` }, { kid: `k-${at}` })),
        ),
      );
      for (const answer of answers) expect([answer.status, jsonOf(answer)['error']]).toEqual([400, 'invalid_grant']);
      await asGrant(world(), await signed(world(), { iss: `https://${word}.example` }));
      expect(asked - before).toBe(1);
    });
  }
});

describe('token: identity assertions (ID-JAG)', () => {
  attacks(world, [
    jag('115', 'ID-JAG of an issuer that is not trusted for people', { iss: PLATFORM }, 'assertion_purpose'),
    jag('117', 'ID-JAG for another client', { client_id: 'web' }, 'assertion_client'),
    jag('117', 'ID-JAG for another authorization server', { aud: 'https://other.example' }, 'assertion_audience'),
    jag('117', 'ID-JAG for a resource that is not here', { resource: 'https://other.example/mcp' }, 'assertion_resource'),
    jag('117', 'ID-JAG for another tenant', { aud_tenant: 'globex' }, 'assertion_tenant'),
    jag('117', 'ID-JAG with the address of a stranger to the tenant', { email: 'ann@acme.test', sub: 'evil' }, 'user_address_taken'),
    jag('119', 'ID-JAG of an hour ago', { iat: now() - 3_600, exp: now() + 60 }, 'assertion_too_old'),
    {
      number: '124',
      title: 'ID-JAG twice',
      async arrange(at) {
        const assertion = await signed(at, ANN, { typ: 'oauth-id-jag+jwt' });
        mustBe(200, await asJag(at, assertion));
        return () => asJag(at, assertion);
      },
      outcome: T('invalid_grant'),
      entries: REFUSED('assertion_replayed'),
    },
    {
      number: '117',
      title: 'an id_token as ID-JAG',
      send: async (at) => asJag(at, await signed(at, ANN, { typ: 'JWT' })),
      outcome: T('invalid_grant'),
      entries: REFUSED('assertion_purpose'),
    },
  ]);
});

checkNothingLeaked(world);
