import { createHmac, generateKeyPairSync, sign } from 'node:crypto';
import { TOKEN_TYPES } from '@writ/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openExchangeWorld, type ExchangeWorld } from './token-exchange.suite.ts';
import { basic, BOOKS, claimsOf, OPS, type Answer } from './world.suite.ts';

let world: ExchangeWorld;
let good: string;
beforeAll(async () => {
  world = await openExchangeWorld();
  good = (await world.userToken()).access;
});
afterAll(() => world.close());

const TO_BOOKS = { resource: BOOKS, scope: 'ledger:read' };
const encoded = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
/** A token signed by the hub itself, as no road of it would make one. */
const minted = (claims: object, typ = 'at+jwt'): string => world.house.rooms.keys.signer().sign(typ, { ...claimsOf(good), ...claims });

/** Refused with this word, one entry with this reason, nothing issued. */
async function expectRefused(
  subject: string,
  of: { client?: string; more?: Record<string, string | undefined>; error?: string; reason?: string } = {},
): Promise<void> {
  const { client = 'ops-server', more = {}, error = 'invalid_request', reason } = of;
  const { result, entries } = await world.during(() => world.exchange(client, subject, { ...TO_BOOKS, ...more }));
  expect([result.status, result.body['error']]).toEqual([400, error]);
  expect(result.body).not.toHaveProperty('access_token');
  // An agent may come to be with its first attempt, as with every grant.
  const told = entries.filter(({ type }) => type !== 'agent.created');
  expect(told).toMatchObject([{ type: 'token.refused', outcome: 'refused', ...(reason === undefined ? {} : { reason }) }]);
}

describe('the parameters of an exchange', () => {
  it.each([
    ['099 no subject_token', { subject_token: undefined }],
    ['099 an empty subject_token', { subject_token: '' }],
    ['099 no subject_token_type', { subject_token_type: undefined }],
    ['100 an actor_token without its type', { actor_token: 'a.b.c' }],
    ['100 an actor_token_type without its token', { actor_token_type: TOKEN_TYPES.access_token }],
    ['100 an actor_token of another type', { actor_token: 'a.b.c', actor_token_type: TOKEN_TYPES.id_token }],
    ['112 a requested_token_type that nobody knows', { requested_token_type: 'urn:example:type' }],
    ['112 a refresh token', { requested_token_type: TOKEN_TYPES.refresh_token }],
    ['112 an id token', { requested_token_type: TOKEN_TYPES.id_token }],
    ['112 a SAML assertion', { requested_token_type: TOKEN_TYPES.saml2 }],
    ['104 a subject that is called an id token', { subject_token_type: TOKEN_TYPES.id_token }],
    ['104 a subject that is called a refresh token', { subject_token_type: TOKEN_TYPES.refresh_token }],
    ['104 a subject that is called a SAML assertion', { subject_token_type: TOKEN_TYPES.saml2 }],
    ['a tenant that is not that of the token', { tenant: 'globex' }],
  ])('are refused with %s', (_, more) => expectRefused(good, { more }));

  it('110 that forge an act are ignored', async () => {
    const forged = {
      act: JSON.stringify({ sub: 'root' }),
      actor: 'root',
      sub: 'bob',
      may_act: '{"sub":"stranger"}',
      client_id: 'ops-server',
    };
    const { body } = await world.exchange('ops-server', good, { ...TO_BOOKS, ...forged });
    expect(claimsOf(body['access_token'])).toMatchObject({ sub: 'ann', act: { sub: 'ops-server', act: { sub: 'cli' } } });
    expect(JSON.stringify(claimsOf(body['access_token']))).not.toContain('"root"');
  });

  it('that name the tenant of the token are fine', async () => {
    expect((await world.exchange('ops-server', good, { ...TO_BOOKS, tenant: 'acme' })).status).toBe(200);
  });
});

describe('a subject token that is none', () => {
  it('104 is every other kind of thing that this hub gives out (GHSA-7fpj-9hr8-28vh)', async () => {
    const { refresh, idToken } = await world.userToken({ identity: ['openid'] });
    const { code } = await world.login();
    for (const other of [refresh, idToken, code, 'garbage', 'a.b.c', 'null', 'x'.repeat(20_000)]) await expectRefused(other);
    for (const typ of ['JWT', 'logout+jwt', 'id+jwt', 'oauth-id-jag+jwt', 'AT+JWT', 'application/at+jwt', ''])
      await expectRefused(minted({}, typ));
    expect((await world.exchange('ops-server', good, { ...TO_BOOKS, subject_token_type: TOKEN_TYPES.jwt })).status).toBe(200);
  });

  it('107 is one of another issuer, with a key of its own, or with a header that asks for one (CVE-2026-11800)', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const kid = world.house.rooms.keys.jwks().keys[0]?.kid ?? '';
    const signed = (header: object, claims: object = claimsOf(good)): string => {
      const input = `${encoded({ alg: 'ES256', typ: 'at+jwt', kid, ...header })}.${encoded(claims)}`;
      return `${input}.${sign('sha256', Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
    };
    const hmac = (): string => {
      const input = `${encoded({ alg: 'HS256', typ: 'at+jwt', kid })}.${encoded(claimsOf(good))}`;
      return `${input}.${createHmac('sha256', JSON.stringify(world.house.rooms.keys.jwks().keys[0])).update(input).digest('base64url')}`;
    };
    const [header = '', payload = '', signature = ''] = good.split('.');
    const forged = [
      minted({ iss: 'https://other.test' }),
      minted({ iss: [world.issuer] }),
      signed({}),
      signed({ kid: 'elsewhere' }),
      signed({ jku: 'https://evil.test/jwks' }),
      signed({ jwk: {} }),
      signed({ x5u: 'https://evil.test/cert' }),
      signed({ crit: ['exp'] }),
      hmac(),
      `${encoded({ alg: 'none', typ: 'at+jwt', kid })}.${payload}.`,
      `${encoded({ alg: 'none', typ: 'at+jwt', kid })}.${payload}.${signature}`,
      `${header}.${encoded({ ...claimsOf(good), scope: 'incidents:write' })}.${signature}`,
      good.slice(0, -1),
      `${good}=`,
      `${good}.`,
    ];
    for (const token of forged) await expectRefused(token);
  });

  it('is one whose claims are not as we write them', async () => {
    for (const claims of [
      { act: 'root' },
      { act: { agent: 'x' } },
      { lineage: 'tok' },
      { jti: 5 },
      { sub: '' },
      { aud: [OPS] },
      { client_id: null },
      { exp: 'soon' },
    ])
      await expectRefused(minted(claims));
  });

  it('106 is one that has expired (CVE-2026-9097)', async () => {
    const iat = Math.floor(world.clock.now() / 1000);
    await expectRefused(minted({ iat: iat - 600, exp: iat }), { reason: 'subject_expired' });
  });

  it('is one bound to a key that the request does not prove', async () => {
    await expectRefused(minted({ jti: 'tok_bound', cnf: { jkt: 'thumbprint' } }), { reason: 'subject_bound_to_a_key' });
    await expectRefused(minted({ jti: 'tok_bound_2', cnf: { 'x5t#S256': 'thumbprint' } }), { reason: 'subject_bound_to_a_key' });
  });

  it('is one for a resource that is gone', async () => {
    await expectRefused(minted({ jti: 'tok_gone', aud: 'https://gone.test' }), { reason: 'subject_of_another_client' });
  });
});

describe('a subject token of somebody who is stopped', () => {
  it('106 is refused while anybody behind it is frozen, and good again afterwards', async () => {
    const { access, agentId, grantId } = await world.userToken();
    const parts = [
      ['users', 'ann'],
      ['clients', 'cli'],
      ['agents', agentId],
      ['grants', grantId],
      ['tenants', 'acme'],
    ];
    for (const [kind, id] of parts) {
      expect((await world.admin('POST', `/admin/v1/${kind}/${id}/freeze`, { reason: 'test' })).status).toBe(200);
      await expectRefused(access, { reason: 'subject_not_alive' });
      expect((await world.admin('POST', `/admin/v1/${kind}/${id}/unfreeze`, { reason: 'test' })).status).toBe(200);
      expect([kind, (await world.exchange('ops-server', access, TO_BOOKS)).status]).toEqual([kind, 200]);
    }
  });

  it('106 is refused once it was taken back, on each node', async () => {
    const { access } = await world.userToken();
    const second = await world.secondNode();
    expect((await world.exchange('ops-server', access, TO_BOOKS, second)).status).toBe(200);
    await world.post('/oauth/revoke', { token: access, client_id: 'cli' });
    await expectRefused(access, { reason: 'subject_not_alive' });
    expect((await world.exchange('ops-server', access, TO_BOOKS, second)).body['error']).toBe('invalid_request');
  });

  it('is refused once the user has left the tenant', async () => {
    await world.apply({ users: [{ id: 'dan', email: 'dan@acme.test', tenants: [{ id: 'acme', roles: [] }] }] });
    const { access } = await world.userToken({ user: 'dan' });
    await world.apply({ users: [{ id: 'dan', email: 'dan@acme.test', tenants: [{ id: 'globex', roles: [] }] }] });
    await expectRefused(access, { reason: 'subject_not_alive' });
  });
});

describe('105 the tenant of an exchange (CVE-2026-9094, CVE-2026-23552)', () => {
  it("is the token's: a server of another tenant is refused, and only its own tenant's record says so", async () => {
    const { result, entries } = await world.during(() => world.exchange('globex-server', good, TO_BOOKS));
    expect([result.status, result.body['error']]).toEqual([400, 'invalid_request']);
    expect(entries).toMatchObject([{ tenant: 'globex', reason: 'subject_cross_tenant', actor: { client: 'globex-server' } }]);
    expect(JSON.stringify(entries)).not.toContain('"ann"');
    expect(entries[0]?.txn).toBeUndefined();
  });

  it('stays what it is: a server of the hub may exchange it, and the new token is of the same tenant', async () => {
    expect(claimsOf((await world.exchange('acme-server', good, TO_BOOKS)).body['access_token'])['tenant']).toBe('acme');
    expect(claimsOf((await world.exchange('ops-server', good, TO_BOOKS)).body['access_token'])['tenant']).toBe('acme');
  });

  it('is none for a token of none, which a server of one tenant may not take for its own', async () => {
    const ofNone = await world.serviceToken('loner', { scope: 'incidents:read' });
    await expectRefused(ofNone, { client: 'acme-server', reason: 'subject_cross_tenant' });
    expect(claimsOf((await world.exchange('ops-server', ofNone, TO_BOOKS)).body['access_token'])).not.toHaveProperty('tenant');
  });

  it('may forbid exchange altogether, and is obeyed', async () => {
    const ofStrict = await world.serviceToken('many', { tenant: 'globex' });
    await world.apply({ tenants: [{ id: 'globex', name: 'Globex', settings: { allowedGrants: ['client_credentials'] } }] });
    await expectRefused(ofStrict, { error: 'unauthorized_client', reason: 'grant_not_allowed_in_tenant' });
    for (const name of ['token_exchange', 'urn:ietf:params:oauth:grant-type:token-exchange']) {
      await world.apply({ tenants: [{ id: 'globex', name: 'Globex', settings: { allowedGrants: ['client_credentials', name] } }] });
      expect([name, (await world.exchange('ops-server', ofStrict, TO_BOOKS)).status]).toEqual([name, 200]);
    }
    await world.apply({ tenants: [{ id: 'globex', name: 'Globex' }] });
  });
});

describe('111 the depth of a chain', () => {
  /** Between the servers of ops and books, to and fro; the last answer. */
  const handOn = async (token: string, times: number, hop = 0): Promise<Answer> => {
    const [client, resource] = hop % 2 === 0 ? ['ops-server', BOOKS] : ['books-server', OPS];
    const answer = await world.exchange(client, token, { resource });
    return hop + 1 < times ? handOn(answer.body['access_token'] ?? '', times, hop + 1) : answer;
  };

  it('is bounded by the hub: five hops, and not a sixth', async () => {
    const fifth = await handOn(good, 5);
    expect(fifth.status).toBe(200);
    await expectRefused(fifth.body['access_token'] ?? '', {
      client: 'books-server',
      more: { resource: OPS, scope: undefined },
      reason: 'delegation_too_deep',
    });
  });

  it('is bounded as an administrator says, from then on and on each node', async () => {
    const second = await world.secondNode();
    expect((await world.admin('PUT', '/admin/v1/settings/delegation', { maxDepth: 1 })).status).toBe(200);
    const first = (await handOn(good, 1)).body['access_token'] ?? '';
    await expectRefused(first, { client: 'books-server', more: { resource: OPS, scope: undefined }, reason: 'delegation_too_deep' });
    await expect.poll(async () => (await world.exchange('books-server', first, { resource: OPS }, second)).status).toBe(400);
    expect((await world.admin('PUT', '/admin/v1/settings/delegation', { maxDepth: 0 })).status).toBe(200);
    await expectRefused(good, { reason: 'delegation_too_deep' });
    for (const bad of [{ maxDepth: -1 }, { maxDepth: 99 }, { maxDepth: '5' }, {}])
      expect((await world.admin('PUT', '/admin/v1/settings/delegation', bad)).status).toBe(400);
    await world.admin('PUT', '/admin/v1/settings/delegation', { maxDepth: 5 });
  });

  it('is bounded further by policy, with the decision', async () => {
    const rule = {
      id: 'shallow',
      effect: 'require',
      subject: { any: true },
      target: { resources: ['ops'] },
      require: { maxDelegationDepth: 1 },
    };
    await world.apply({ policies: [{ ...rule, grants: ['token_exchange'], scopes: 'all' }] });
    const first = (await handOn(good, 1)).body['access_token'] ?? '';
    const { body } = await world.exchange('books-server', first, { resource: OPS });
    expect(body).toMatchObject({ error: 'invalid_request', decision_id: expect.stringMatching(/^dec_/) });
    expect((await world.exchange('ops-server', good)).status).toBe(200);
    await world.admin('DELETE', '/admin/v1/policies/shallow');
  });

  it('cannot be stretched by exchanging a token of its own again and again', async () => {
    let token = good;
    for (let n = 0; n < 16; n += 1) token = (await world.exchange('ops-server', token)).body['access_token'] ?? '';
    expect(claimsOf(token)['lineage']).toHaveLength(16);
    await expectRefused(token, { more: { resource: undefined, scope: undefined }, reason: 'delegation_too_deep' });
  });
});

describe('a policy for exchange', () => {
  it('sees the token that was presented, the chain, and the login behind it', async () => {
    const rule = (id: string, conditions: object[]) => ({
      id,
      effect: 'deny',
      grants: ['token_exchange'],
      subject: { conditions },
      target: { resources: ['books'] },
      scopes: 'all',
    });
    const conditions = {
      claim: { key: 'jwtClaims.client_id', operator: 'equals', value: 'cli' },
      actor: { key: 'delegation.actors', operator: 'contains', value: 'cli' },
      depth: { key: 'delegation.depth', operator: 'equals', value: 1 },
      login: { key: 'token.acr', operator: 'equals', value: 'pwd' },
      role: { key: 'user.roles', operator: 'contains', value: 'SRE' },
    };
    for (const [name, condition] of Object.entries(conditions)) {
      await world.apply({ policies: [rule('deny-it', [condition])] });
      expect([name, (await world.exchange('ops-server', good, TO_BOOKS)).body['error']]).toEqual([name, 'invalid_scope']);
      await world.admin('DELETE', '/admin/v1/policies/deny-it');
      expect([name, (await world.exchange('ops-server', good, TO_BOOKS)).status]).toEqual([name, 200]);
    }
  });

  it('bounds the life of what is handed on', async () => {
    const rule = { id: 'brief', effect: 'require', subject: { any: true }, target: { resources: ['books'] }, require: { maxLifetime: 60 } };
    await world.apply({ policies: [{ ...rule, scopes: 'all' }] });
    expect((await world.exchange('ops-server', good, TO_BOOKS)).body.expires_in).toBe(60);
    await world.admin('DELETE', '/admin/v1/policies/brief');
  });
});

it('114 there is no exchange without an actor: whoever brings no actor_token is named all the same', async () => {
  const { body } = await world.exchange('ops-server', good, TO_BOOKS);
  expect(claimsOf(body['access_token'])).toMatchObject({ act: { sub: 'ops-server' } });
});

it('is announced, and open to clients that an administrator registered for it only', async () => {
  const metadata: unknown = JSON.parse(await (await world.get('/.well-known/oauth-authorization-server')).text());
  expect(metadata).toMatchObject({ grant_types_supported: expect.arrayContaining(['urn:ietf:params:oauth:grant-type:token-exchange']) });
  const refused = await world.admin('PUT', '/admin/v1/clients/open', { name: 'Open', public: true, grants: ['token_exchange'] });
  expect(refused.status).toBe(400);
  expect((await world.token({ grant_type: 'token_exchange' }, basic('ops-server'))).body['error']).toBe('unsupported_grant_type');
});
