import { generateKeyPairSync, createHmac, createPublicKey } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { claimsIn, openWorkloads, OPS, type WorkloadWorld } from './workload.suite.ts';

let world: WorkloadWorld;
beforeAll(async () => {
  world = await openWorkloads();
});
afterAll(() => world.close());

const expectRefused = async (answer: { status: number; body: Record<string, unknown> }, error: string, reason: string): Promise<void> => {
  expect([answer.status, answer.body['error']]).toEqual([error === 'invalid_client' ? 401 : 400, error]);
  expect((await world.last('token.refused'))?.reason).toBe(reason);
};

describe('a workload without a secret', () => {
  it('authenticates as its client by what the platform says of it, and comes back with the same token', async () => {
    const assertion = await world.cluster.sign(world.pod());
    for (const _ of [1, 2]) {
      const answer = await world.asClient(assertion, { scope: 'incidents:read' });
      expect(answer.body).toMatchObject({ token_type: 'Bearer', scope: 'incidents:read' });
      expect(claimsIn(answer)).toMatchObject({ sub: 'payer', client_id: 'payer', aud: OPS });
    }
    expect(world.cluster.asked.filter((path) => path.endsWith('/keys'))).toHaveLength(1);
  });

  it('is a client of the registration type workload, and says so in the admin API', async () => {
    const shown = await (await world.admin('GET', '/admin/v1/clients/payer')).json();
    expect(shown).toMatchObject({ registrationType: 'workload', status: 'verified', secrets: [], auth: { method: 'private_key_jwt' } });
  });

  it('takes the token endpoint as audience too, alone or beside the issuer, and nobody else', async () => {
    const endpoint = `${world.issuer}/oauth/token`;
    for (const aud of [endpoint, [world.issuer], [world.issuer, endpoint], `${world.issuer}/`])
      expect((await world.asClient(await world.cluster.sign(world.pod({ aud })))).status).toBe(200);
    for (const aud of [
      'https://kubernetes.default.svc',
      [world.issuer, 'https://sts.amazonaws.com'],
      [],
      undefined,
      `${world.issuer}.evil.test`,
    ])
      await expectRefused(await world.asClient(await world.cluster.sign(world.pod({ aud }))), 'invalid_client', 'assertion_audience');
  });

  it('123 of another namespace, with another name, or without the claim, is nobody', async () => {
    const elsewhere = [
      { sub: 'system:serviceaccount:dev:payer' },
      { sub: 'system:serviceaccount:prod-evil:payer' },
      { 'kubernetes.io': { serviceaccount: { name: 'payer2' } } },
      { 'kubernetes.io': undefined },
    ];
    for (const more of elsewhere)
      await expectRefused(await world.asClient(await world.cluster.sign(world.pod(more))), 'invalid_client', 'workload_unknown');
  });

  it('that two clients could be is refused, unless the request names one of them', async () => {
    const assertion = await world.cluster.sign(world.pod({ sub: 'system:serviceaccount:twins:b1' }));
    await expectRefused(await world.asClient(assertion), 'invalid_client', 'workload_ambiguous');
    expect((await world.last('token.refused'))?.data['detail']).toContain('twin-a, twin-b');
    const answer = await world.asClient(assertion, { client_id: 'twin-b' });
    expect(claimsIn(answer)['client_id']).toBe('twin-b');
    await expectRefused(await world.asClient(assertion, { client_id: 'payer' }), 'invalid_client', 'workload_unknown');
  });

  it('115 of an issuer that is not trusted is refused, and nothing is fetched', async () => {
    const before = world.idp.asked.length;
    await expectRefused(
      await world.asClient(await world.idp.sign(world.pod({ iss: 'http://localhost:1/evil' }))),
      'invalid_client',
      'untrusted_issuer',
    );
    // The issuer of the tenant is trusted for people alone.
    await expectRefused(
      await world.asClient(await world.idp.sign(world.pod({ iss: world.idp.issuer }))),
      'invalid_client',
      'assertion_purpose',
    );
    expect(world.idp.asked).toHaveLength(before);
  });

  it('116 and 117 no alg none, no HMAC with the public key, no key of its own, no other key', async () => {
    const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const forged = (header: object, signature = ''): string => `${encode(header)}.${encode(world.pod())}.${signature}`;
    const [{ publicKey }, other] = [
      generateKeyPairSync('ec', { namedCurve: 'P-256' }),
      await world.idp.sign(world.pod(), { kid: 'first' }),
    ];
    const hmac = (): string => {
      const unsigned = `${encode({ alg: 'HS256', kid: 'first' })}.${encode(world.pod())}`;
      const pem = createPublicKey({ key: publicKey.export({ format: 'jwk' }), format: 'jwk' }).export({ type: 'spki', format: 'pem' });
      return `${unsigned}.${createHmac('sha256', pem).update(unsigned).digest('base64url')}`;
    };
    const attacks: [string, string][] = [
      [forged({ alg: 'none' }), 'assertion_algorithm'],
      [forged({ alg: 'NONE' }, 'AAAA'), 'assertion_algorithm'],
      [hmac(), 'assertion_algorithm'],
      [forged({ alg: 'ES256', kid: 'first', jwk: publicKey.export({ format: 'jwk' }) }, 'A'.repeat(86)), 'assertion_signature'],
      [forged({ alg: 'ES256', kid: 'first' }), 'assertion_signature'],
      [forged({ alg: 'ES256', kid: 'first', crit: ['exp'] }, 'A'.repeat(86)), 'assertion_critical_header'],
      [forged({ alg: 'ES256', kid: 'first', zip: 'DEF' }, 'A'.repeat(86)), 'assertion_critical_header'],
      [forged({ alg: 'PBES2-HS256+A128KW', p2c: 2 ** 31, enc: 'A128GCM' }, 'A'), 'assertion_critical_header'],
      [other, 'assertion_signature'],
    ];
    for (const [assertion, reason] of attacks) await expectRefused(await world.asClient(assertion), 'invalid_client', reason);
  });

  it('refuses claims that stand twice, five parts, and more than eight kilobytes', async () => {
    const encode = (text: string): string => Buffer.from(text).toString('base64url');
    const twice = `${encode('{"alg":"ES256","kid":"first"}')}.${encode(`{"iss":"${world.cluster.issuer}","sub":"a","sub":"b"}`)}.AAAA`;
    for (const assertion of [twice, 'a.b.c.d.e', 'x', `${'a'.repeat(3000)}.${'b'.repeat(3000)}.cc`])
      await expectRefused(await world.asClient(assertion), 'invalid_client', 'assertion_malformed');
    const long = await world.cluster.sign(world.pod({ pad: 'x'.repeat(9_000) }));
    await expectRefused(await world.asClient(long), 'invalid_client', 'assertion_too_long');
  });

  it('119 without an end, ended, of tomorrow, too old or too long', async () => {
    const now = Math.floor(world.clock.now() / 1000);
    const times: [Record<string, unknown>, string][] = [
      [{ exp: undefined }, 'assertion_without_expiry'],
      [{ exp: 'soon' }, 'assertion_without_expiry'],
      [{ exp: now - 61 }, 'assertion_expired'],
      [{ nbf: now + 120 }, 'assertion_not_yet_valid'],
      [{ iat: now + 120 }, 'assertion_from_the_future'],
      [{ iat: now - 90_000 }, 'assertion_lives_too_long'],
      [{ exp: now + 400_000 }, 'assertion_lives_too_long'],
    ];
    for (const [more, reason] of times)
      await expectRefused(await world.asClient(await world.cluster.sign(world.pod(more))), 'invalid_client', reason);
  });

  it('is turned away while its client is frozen', async () => {
    const assertion = await world.cluster.sign(world.pod({ sub: 'system:serviceaccount:batch:nightly' }));
    expect((await world.asClient(assertion)).status).toBe(200);
    await world.admin('POST', '/admin/v1/clients/nightly/freeze', { reason: 'test' });
    await expectRefused(await world.asClient(assertion), 'invalid_client', 'client_frozen');
    await world.admin('POST', '/admin/v1/clients/nightly/unfreeze', { reason: 'test' });
    expect((await world.asClient(assertion)).status).toBe(200);
  });

  it('shows its claims to policy', async () => {
    await world.apply({
      policies: [
        {
          id: 'not-from-staging',
          effect: 'deny',
          subject: { conditions: [{ key: 'jwtClaims.stage', operator: 'equals', value: 'staging' }] },
          target: { resources: ['ops'] },
          scopes: ['incidents:write'],
        },
      ],
    });
    const scopes = async (stage: string) => (await world.asClient(await world.cluster.sign(world.pod({ stage })))).body['scope'];
    expect([await scopes('live'), await scopes('staging')]).toEqual(['incidents:read incidents:write', 'incidents:read']);
  });
});

describe('keys of an issuer', () => {
  it('126 are asked for again when a key is unknown, at most once a minute, and stay good through an outage', async () => {
    const fetched = (): number => world.cluster.asked.filter((path) => path.endsWith('/keys')).length;
    const old = await world.cluster.sign(world.pod());
    const before = fetched();
    world.clock.advance(61_000);
    await world.cluster.rotate('second');
    expect((await world.asClient(await world.cluster.sign(world.pod()))).status).toBe(200);
    expect(fetched()).toBe(before + 1);
    await expectRefused(await world.asClient(old), 'invalid_client', 'assertion_key_unknown');
    // 126: a flood of unknown kids does not become a flood of requests.
    const forged = await Promise.all(Array.from({ length: 30 }, (_, n) => world.idp.sign(world.pod(), { kid: `flood-${n}` })));
    await Promise.all(forged.map((assertion) => world.asClient(assertion)));
    expect(fetched()).toBe(before + 1);
    for (const body of ['<html>', '{"keys": 7}', 'x'.repeat(100_000)]) {
      world.cluster.instead.set('/cluster/keys', { status: 200, body });
      world.clock.advance(61_000);
      await world.asClient(await world.idp.sign(world.pod(), { kid: 'unknown' }));
      expect((await world.asClient(await world.cluster.sign(world.pod()))).status).toBe(200);
    }
    expect(fetched()).toBe(before + 4);
    // A day without an answer is the bound.
    world.clock.advance(86_400_000);
    await expectRefused(await world.asClient(await world.cluster.sign(world.pod())), 'invalid_client', 'assertion_keys_unavailable');
    world.cluster.instead.clear();
    world.clock.advance(61_000);
    expect((await world.asClient(await world.cluster.sign(world.pod()))).status).toBe(200);
  });

  it('are not taken from a discovery document that speaks of another issuer', async () => {
    await world.apply({
      issuers: [{ id: 'mixed', issuer: `${world.cluster.issuer}/`, purposes: ['client_assertion'] }],
    });
    await expectRefused(
      await world.asClient(await world.cluster.sign(world.pod({ iss: `${world.cluster.issuer}/` }))),
      'invalid_client',
      'assertion_discovery_mismatch',
    );
  });

  it('148 are not looked for inside the network', async () => {
    await world.apply({
      issuers: [{ id: 'inside', issuer: 'https://10.0.0.1', jwksUri: 'https://169.254.169.254/keys', purposes: ['client_assertion'] }],
    });
    await expectRefused(
      await world.asClient(await world.cluster.sign(world.pod({ iss: 'https://10.0.0.1' }))),
      'invalid_client',
      'assertion_keys_unavailable',
    );
  });
});

describe('the trust itself', () => {
  const put = async (id: string, body: object) => {
    const answer = await world.admin('PUT', `/admin/v1/issuers/${id}`, { id, ...body });
    return { status: answer.status, body: await answer.json() };
  };

  it('is written, shown, exported and removed like its neighbours', async () => {
    const jwks = { keys: [{ kty: 'OKP', crv: 'Ed25519', x: 'A'.repeat(43) }] };
    expect(await put('ci', { issuer: 'https://ci.test', jwks, algorithms: ['EdDSA'] })).toMatchObject({
      status: 201,
      body: { maxAge: 600, reusable: [] },
    });
    expect(await put('ci', { issuer: 'https://ci.test', jwks, algorithms: ['EdDSA'] })).toMatchObject({ status: 200 });
    const exported = await (await world.admin('GET', '/admin/v1/export')).json();
    expect(exported.issuers.map(({ id }: { id: string }) => id)).toContain('ci');
    expect(exported.clients.map(({ id }: { id: string }) => id)).toContain('payer');
    const plan = await (await world.admin('POST', '/admin/v1/plan', exported)).json();
    expect(plan.changes.filter(({ change }: { change: string }) => change !== 'none')).toEqual([]);
    expect((await world.admin('DELETE', '/admin/v1/issuers/ci')).status).toBe(204);
    expect((await world.admin('GET', '/admin/v1/issuers/ci')).status).toBe(404);
  });

  it.each([
    ['http elsewhere than loopback', { issuer: 'http://ci.test' }],
    ['the hub itself', { issuer: 'http://localhost:8787' }],
    ['a tenant that is not there', { issuer: 'https://ci.test', tenant: 'nobody' }],
    ['people of an ID-JAG without a mapping', { issuer: 'https://ci.test', purposes: ['id_jag'] }],
    ['an algorithm with a shared key', { issuer: 'https://ci.test', algorithms: ['HS256'] }],
    ['a pattern that says nothing', { issuer: 'https://ci.test', claims: { sub: '*' } }],
    ['an STS endpoint of somebody else', { issuer: 'https://sts.evil.test', preset: 'aws_sts', purposes: ['client_assertion'] }],
    [
      'a private key',
      { issuer: 'https://ci.test', jwks: { keys: [{ kty: 'OKP', crv: 'Ed25519', x: 'A'.repeat(43), d: 'A'.repeat(43) }] } },
    ],
  ])('is refused for %s', async (_, body) => {
    expect((await put('bad', body)).status).toBe(400);
  });

  it('121 of a host of many strangers needs a whole repository name', async () => {
    await world.apply({
      issuers: [
        {
          id: 'github',
          issuer: 'https://token.actions.githubusercontent.com',
          preset: 'github',
          purposes: ['client_assertion'],
          jwks: { keys: [{ kty: 'OKP', crv: 'Ed25519', x: 'A'.repeat(43) }] },
        },
      ],
    });
    const client = async (rule: object) => {
      const answer = await world.admin('PUT', '/admin/v1/clients/ci', {
        id: 'ci',
        name: 'CI',
        kind: 'service',
        workload: [{ issuer: 'github', ...rule }],
      });
      return answer.status;
    };
    for (const rule of [
      { subject: 'repo:acme/app*' },
      { subject: 'repo:*:ref:refs/heads/main' },
      { claims: { ref: 'refs/heads/main' } },
      { claims: { repository: 'acme/*' } },
    ])
      expect([rule, await client(rule)]).toEqual([rule, 400]);
    for (const rule of [{ subject: 'repo:acme/app:ref:refs/heads/*' }, { claims: { repository: 'acme/app', ref: 'refs/heads/main' } }])
      expect([rule, [200, 201].includes(await client(rule))]).toEqual([rule, true]);
    expect(await client({ issuer: 'nobody', subject: 'x' })).toBe(400);
  });
});
