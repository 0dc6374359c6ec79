import { hash } from 'node:crypto';
import { createLocalJWKSet, jwtVerify } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isRevoked } from '../../../rooms/tokens/revoked.store.ts';
import { basic, BOOKS, claimsOf, openWorld, OPS, REDIRECT, VERIFIER, type World } from './world.suite.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

const wrong = 'w'.repeat(43);
const revoked = (jwt: string | undefined) => isRevoked(world.house.rooms.database.db, String(claimsOf(jwt)['jti']));
const signalled = async (jwt: string | undefined) =>
  (await (await world.admin('GET', '/admin/v1/signals?limit=100')).text()).includes(String(claimsOf(jwt)['jti']));

/** Nothing is issued, the answer is the one of the list, and exactly one entry says why. */
async function expectRefused(
  attack: () => Promise<{ status: number; body: Record<string, unknown> }>,
  error: string,
  reason?: string,
): Promise<void> {
  const before = await world.counts();
  const { result, entries } = await world.during(attack);
  expect([result.status, result.body['error']]).toEqual([400, error]);
  expect(result.body['error_description']).toMatch(/^[\x20-\x21\x23-\x5b\x5d-\x7e]*$/);
  expect(JSON.stringify(result.body)).not.toMatch(/ey[A-Za-z0-9_-]{10}|fam_/);
  expect(entries.map(({ type, reason }) => ({ type, reason }))).toEqual([{ type: 'token.refused', reason: reason ?? expect.any(String) }]);
  expect(await world.counts()).toEqual(before);
}

describe('authorization_code', () => {
  it('issues an access token that says who, through whom, for what, in which tenant, and a refresh token', async () => {
    const { code, grantId, agentId } = await world.login();
    const { status, body, headers } = await world.redeem(code);
    expect(status).toBe(200);
    expect(headers.get('cache-control')).toBe('no-store');
    expect(body).toMatchObject({ token_type: 'Bearer', expires_in: 600, scope: 'incidents:read incidents:write' });
    expect(body['refresh_token']).toMatch(/^fam_[0-9a-v]{26}\.[A-Za-z0-9_-]{43}$/);
    expect(body).not.toHaveProperty('id_token');
    expect(claimsOf(body['access_token'])).toMatchObject({
      sub: 'ann',
      client_id: 'cli',
      aud: OPS,
      tenant: 'acme',
      roles: ['SRE'],
      permissions: ['incidents:write'],
      agent: agentId,
      grant_id: grantId,
      txn: 'txn_1',
      acr: 'pwd',
      amr: ['pwd'],
      auth_time: expect.any(Number),
      scope: 'incidents:read incidents:write',
    });
    expect(claimsOf(body['access_token'])).not.toHaveProperty('dct');
  });

  it('writes one entry, of the tenant, for the human behind the agent', async () => {
    const { code } = await world.login();
    const { entries } = await world.during(() => world.redeem(code));
    expect(entries).toMatchObject([
      {
        type: 'token.issued',
        tenant: 'acme',
        initiator: 'agent-for-human',
        actor: { user: 'ann', client: 'cli' },
        txn: 'txn_1',
        decision: expect.stringMatching(/^dec_/),
      },
    ]);
    expect(JSON.stringify(entries)).not.toContain(code);
  });

  it('gives an id_token for openid: nonce, at_hash, auth_time, audience the client', async () => {
    const { code } = await world.login({ identity: ['openid', 'email', 'profile'], nonce: 'n-0S6_WzA2Mj' });
    const { body } = await world.redeem(code);
    const jwks = createLocalJWKSet(JSON.parse(JSON.stringify(world.house.rooms.keys.jwks())));
    const { payload } = await jwtVerify(body['id_token'] ?? '', jwks, {
      issuer: world.issuer,
      audience: 'cli',
      typ: 'JWT',
      currentDate: new Date(world.clock.now()),
    });
    expect(payload).toMatchObject({
      sub: 'ann',
      nonce: 'n-0S6_WzA2Mj',
      acr: 'pwd',
      amr: ['pwd'],
      auth_time: expect.any(Number),
      email: 'ann@acme.test',
      email_verified: true,
      name: 'Ann',
    });
    expect(payload['at_hash']).toBe(
      hash('sha256', body['access_token'] ?? '', 'buffer')
        .subarray(0, 16)
        .toString('base64url'),
    );
    expect(body['scope']).toBe('incidents:read incidents:write openid email profile');
    expect(claimsOf(body['access_token'])['scope']).toBe('incidents:read incidents:write');
  });

  it('gives no refresh token where staying connected was not approved', async () => {
    const { code } = await world.login({ persistent: false });
    expect((await world.redeem(code)).body).not.toHaveProperty('refresh_token');
  });

  it('works without a tenant', async () => {
    const { code } = await world.login({ tenant: null, scopes: ['incidents:read'] });
    const { status, body } = await world.redeem(code);
    expect([status, claimsOf(body['access_token'])['tenant']]).toEqual([200, undefined]);
  });

  it('issues only what the user may still have: a permission that was lost is narrowed away', async () => {
    const { code } = await world.login({ user: 'bob' });
    expect((await world.redeem(code)).body['scope']).toBe('incidents:read');
  });
});

describe('what a code is bound to', () => {
  it('075 a garbage code is invalid_grant, an empty one invalid_request', async () => {
    for (const code of ['garbage', 'x'.repeat(5_000), "' OR 1=1 --", 'a.b.c'])
      await expectRefused(() => world.redeem(code), 'invalid_grant', 'code_unknown');
    await expectRefused(() => world.redeem(''), 'invalid_request', 'code_missing');
  });

  it('076 an expired code is invalid_grant', async () => {
    const { code } = await world.login();
    world.clock.advance(60_000);
    await expectRefused(() => world.redeem(code), 'invalid_grant', 'expired');
  });

  it('077 a missing, 078 empty, plain, or malformed verifier is invalid_grant', async () => {
    for (const code_verifier of [
      '',
      wrong,
      VERIFIER.slice(0, 42),
      'v'.repeat(129),
      `${VERIFIER}=`,
      hash('sha256', VERIFIER, 'base64url'),
    ]) {
      const { code } = await world.login();
      await expectRefused(() => world.redeem(code, { code_verifier }), 'invalid_grant');
    }
  });

  it('079 a wrong verifier burns the code: the right one comes too late', async () => {
    const { code } = await world.login();
    await expectRefused(() => world.redeem(code, { code_verifier: wrong }), 'invalid_grant', 'verifier_mismatch');
    const { result, entries } = await world.during(() => world.redeem(code));
    expect([result.status, result.body['error'], entries.map(({ type }) => type)]).toEqual([400, 'invalid_grant', ['token.replayed']]);
  });

  it('080 another redirect_uri, a port beside it, or none is invalid_grant and names the parameter', async () => {
    for (const redirect_uri of [
      '',
      `${REDIRECT}/`,
      'http://127.0.0.1:8080/callback',
      'http://localhost/callback',
      'https://evil.test/cb',
      `${REDIRECT}?x=1`,
    ]) {
      const { code } = await world.login();
      await expectRefused(() => world.redeem(code, { redirect_uri }), 'invalid_grant');
    }
    const { code } = await world.login();
    expect((await world.redeem(code, { redirect_uri: 'https://evil.test/cb' })).body['error_description']).toContain('redirect_uri');
  });

  it('081 a resource that is not in the grant is invalid_target; the granted one may be named again, also by slips that clients make', async () => {
    for (const resource of [BOOKS, 'https://nowhere.test', `${OPS}/`]) {
      const { code } = await world.login();
      await expectRefused(() => world.redeem(code, { resource }), 'invalid_target', 'target_not_granted');
    }
    for (const resource of [OPS, 'HTTP://LOCALHOST:9000/mcp']) {
      const { code } = await world.login();
      const { status, body } = await world.redeem(code, { resource });
      expect([status, claimsOf(body['access_token'])['aud']]).toEqual([200, OPS]);
    }
  });

  it('082 each binding fails alone, in every combination (CVE-2026-28513, CVE-2026-55672)', async () => {
    for (let mask = 1; mask < 16; mask += 1) {
      const { code } = await world.login();
      const more = {
        ...((mask & 1) === 0 ? {} : { client_id: 'other' }),
        ...((mask & 2) === 0 ? {} : { redirect_uri: 'https://evil.test/cb' }),
        ...((mask & 4) === 0 ? {} : { code_verifier: wrong }),
      };
      if ((mask & 8) !== 0) world.clock.advance(61_000);
      const { status, body } = await world.redeem(code, more);
      expect([mask, status, body['error']]).toEqual([mask, 400, 'invalid_grant']);
    }
  });

  it('a confidential client needs both its secret and PKCE (CVE-2026-92289)', async () => {
    const uri = 'https://web.test/cb';
    const form = async () => ({
      grant_type: 'authorization_code',
      code: (await world.login({ client: 'web', redirectUri: uri })).code,
      redirect_uri: uri,
    });
    expect((await world.token({ ...(await form()), code_verifier: VERIFIER }, basic('web'))).status).toBe(200);
    expect((await world.token({ ...(await form()), code_verifier: VERIFIER, client_id: 'web' })).status).toBe(401);
    expect((await world.token({ ...(await form()), code_verifier: VERIFIER }, basic('web', 'not-the-secret-at-all'))).status).toBe(401);
    expect((await world.token(await form(), basic('web'))).body['error']).toBe('invalid_grant');
  });

  it('083 no other artefact is a code (CVE-2026-4282)', async () => {
    const { body } = await world.redeem((await world.login({ identity: ['openid'] })).code);
    const [family = '', secret = ''] = (body['refresh_token'] ?? '').split('.');
    for (const artefact of [
      body['access_token'],
      body['id_token'],
      body['refresh_token'],
      family,
      secret,
      'urn:ietf:params:oauth:request_uri:x',
    ]) {
      await expectRefused(() => world.redeem(artefact ?? ''), 'invalid_grant', 'code_unknown');
    }
  });

  it('088 no prefix of a code and no code with one character changed is good', async () => {
    const { code } = await world.login();
    for (let length = 1; length < code.length; length += 1)
      expect((await world.redeem(code.slice(0, length))).body['error']).toBe('invalid_grant');
    for (let at = 0; at < code.length; at += 1) {
      const changed = `${code.slice(0, at)}${code[at] === 'A' ? 'B' : 'A'}${code.slice(at + 1)}`;
      expect((await world.redeem(changed)).body['error']).toBe('invalid_grant');
    }
    expect((await world.redeem(code)).status).toBe(200);
  });

  it('a code of a user, agent, grant or tenant that fell in the meantime is invalid_grant', async () => {
    for (const kind of ['users', 'agents', 'grants', 'tenants']) {
      const { code, agentId, grantId } = await world.login();
      const id = { users: 'ann', agents: agentId, grants: grantId, tenants: 'acme' }[kind];
      await world.admin('POST', `/admin/v1/${kind}/${id}/freeze`, { reason: 'test' });
      await expectRefused(() => world.redeem(code), 'invalid_grant');
      await world.admin('POST', `/admin/v1/${kind}/${id}/unfreeze`, { reason: 'test' });
    }
  });
});

describe('a code that comes back', () => {
  it('takes back what the first use obtained: the family, and the access token by revocation and signal', async () => {
    const { code } = await world.login();
    const { body } = await world.redeem(code);
    expect(await revoked(body['access_token'])).toBe(false);
    const { result, entries } = await world.during(() => world.redeem(code));
    expect([result.status, result.body['error']]).toEqual([400, 'invalid_grant']);
    expect(entries.map(({ type }) => type)).toEqual(['token.replayed', 'signal.sent']);
    expect(await revoked(body['access_token'])).toBe(true);
    expect(await signalled(body['access_token'])).toBe(true);
    expect((await world.refresh(body['refresh_token'])).body['error']).toBe('invalid_grant');
  });

  it('takes back what the family obtained since', async () => {
    const { code } = await world.login();
    const first = await world.redeem(code);
    const second = await world.refresh(first.body['refresh_token']);
    await world.redeem(code);
    for (const { body } of [first, second]) expect(await revoked(body['access_token'])).toBe(true);
    expect((await world.refresh(second.body['refresh_token'])).body['error']).toBe('invalid_grant');
  });

  it('by another client harms nobody', async () => {
    const { code } = await world.login();
    const { body } = await world.redeem(code);
    expect((await world.redeem(code, { client_id: 'other' })).body['error']).toBe('invalid_grant');
    expect(await revoked(body['access_token'])).toBe(false);
    expect((await world.refresh(body['refresh_token'])).status).toBe(200);
  });

  it('084 fifty at once on two nodes: exactly one is issued (GHSA-7w99-5wm4-3g79)', async () => {
    const second = await world.secondNode();
    for (let round = 0; round < 3; round += 1) {
      const { code } = await world.login();
      const answers = await Promise.all(Array.from({ length: 50 }, (_, n) => world.redeem(code, {}, n % 2 === 0 ? world.house : second)));
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
      expect(answers.filter(({ status, body }) => status === 400 && body['error'] === 'invalid_grant')).toHaveLength(49);
    }
  });
});
