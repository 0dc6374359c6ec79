import { createLocalJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { basic, BOOKS, claimsOf, openWorld, OPS, REDIRECT, SECRET, type World } from './world.suite.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

const ask = (client: string, more: Record<string, string> = {}) =>
  world.token({ grant_type: 'client_credentials', ...more }, basic(client));

describe('client_credentials', () => {
  it('issues an RFC 9068 token for exactly one audience, and says what was granted', async () => {
    const { status, body, headers } = await ask('worker', { resource: OPS, scope: 'incidents:read' });
    expect(status).toBe(200);
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('content-type')).toBe('application/json');
    expect(body).toMatchObject({ token_type: 'Bearer', expires_in: 600, scope: 'incidents:read' });
    expect(Object.keys(body).toSorted()).toEqual(['access_token', 'expires_in', 'scope', 'token_type']);
    const jwks = createLocalJWKSet(JSON.parse(JSON.stringify(world.house.rooms.keys.jwks())));
    const { payload, protectedHeader } = await jwtVerify(body['access_token'] ?? '', jwks, {
      issuer: world.issuer,
      audience: OPS,
      typ: 'at+jwt',
      currentDate: new Date(world.clock.now()),
    });
    expect(protectedHeader).toMatchObject({ alg: 'ES256', typ: 'at+jwt' });
    expect(payload).toMatchObject({
      sub: 'worker',
      client_id: 'worker',
      aud: OPS,
      scope: 'incidents:read',
      tenant: 'acme',
      agent: expect.stringMatching(/^agt_/),
      txn: expect.stringMatching(/^txn_/),
    });
    expect(payload.exp).toBe((payload.iat ?? 0) + 600);
    for (const name of ['roles', 'permissions', 'auth_time', 'acr', 'amr', 'grant_id', 'act']) expect(payload).not.toHaveProperty(name);
  });

  it('writes one durable entry with the decision and its redacted input', async () => {
    const { result, entries } = await world.during(() => ask('worker', { resource: OPS, scope: 'incidents:read' }));
    expect(entries).toHaveLength(1);
    expect(entries[0]).toMatchObject({
      type: 'token.issued',
      outcome: 'success',
      tenant: 'acme',
      initiator: 'agent',
      actor: { client: 'worker' },
      target: { type: 'resource', id: 'ops' },
      decision: expect.stringMatching(/^dec_/),
      data: { jti: claimsOf(result.body['access_token'])['jti'], scopes: ['incidents:read'], policy: expect.any(Object) },
    });
    expect(JSON.stringify(entries)).not.toContain(SECRET);
  });

  it('makes one agent per client and tenant, once, also when fifty requests come at once', async () => {
    const answers = await Promise.all(Array.from({ length: 50 }, () => ask('many', { resource: OPS, tenant: 'globex' })));
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 50 }, () => 200));
    expect(new Set(answers.map(({ body }) => claimsOf(body['access_token'])['agent'])).size).toBe(1);
    const made = (await world.events('agent.created')).filter(({ actor }) => actor.client === 'many');
    expect(made).toHaveLength(1);
  });

  it('without scope grants all that policy allows of the cap of the client', async () => {
    expect((await ask('worker', { resource: OPS })).body['scope']).toBe('incidents:read incidents:write');
    expect((await ask('loner', { resource: OPS })).body['scope']).toBe('incidents:read');
  });

  it('narrows what policy does not allow, and says so', async () => {
    expect((await ask('worker', { resource: OPS, scope: 'incidents:read runbooks:read' })).body['scope']).toBe('incidents:read');
  });

  it('096 a scope not assigned to the client is invalid_scope when nothing is left', async () => {
    for (const scope of ['ledger:read', 'runbooks:read', 'nonsense', 'INCIDENTS:READ']) {
      const { status, body } = await ask('worker', { resource: OPS, scope });
      expect([scope, status, body['error']]).toEqual([scope, 400, 'invalid_scope']);
    }
    expect((await ask('loner', { resource: OPS, scope: 'incidents:write' })).body['error']).toBe('invalid_scope');
  });

  it('names the decision where policy refused', async () => {
    const { body } = await ask('worker', { resource: OPS, scope: 'runbooks:read' });
    expect(body['decision_id']).toMatch(/^dec_/);
    const refused = (await world.events('token.refused')).find(({ decision }) => decision === body['decision_id']);
    expect(refused).toMatchObject({ outcome: 'refused', actor: { client: 'worker' } });
  });

  it('refuses an excess where the resource wants that', async () => {
    expect((await ask('worker', { resource: BOOKS, scope: 'ledger:read ledger:write' })).body['error']).toBe('invalid_scope');
    expect((await ask('worker', { resource: BOOKS, scope: 'ledger:read' })).body['scope']).toBe('ledger:read');
  });

  it('a resource that no rule lets the client reach is invalid_target', async () => {
    expect((await ask('outsider', { resource: OPS })).body).toMatchObject({
      error: 'invalid_target',
      decision_id: expect.stringMatching(/^dec_/),
    });
  });

  it('097 a public client is unauthorized_client', async () => {
    const { status, body } = await world.token({ grant_type: 'client_credentials', client_id: 'cli', resource: OPS });
    expect([status, body['error']]).toEqual([400, 'unauthorized_client']);
  });

  it('a client that is not registered for the grant is unauthorized_client', async () => {
    const { status, body } = await ask('web', { resource: OPS });
    expect([status, body['error']]).toEqual([400, 'unauthorized_client']);
  });

  it('098 offline_access brings no refresh token', async () => {
    for (const scope of ['incidents:read offline_access', 'offline_access']) {
      const { status, body } = await ask('worker', { resource: OPS, scope });
      expect([scope, status, body['refresh_token']]).toEqual([scope, 200, undefined]);
      expect(body['scope']).not.toContain('offline_access');
    }
  });

  it('a missing resource is fine while only one can be meant by the scopes, else invalid_target', async () => {
    expect(claimsOf((await ask('worker', { scope: 'incidents:read' })).body['access_token'])['aud']).toBe(OPS);
    expect((await ask('worker')).body['error']).toBe('invalid_target');
  });

  it('an unknown, relative, fragmented, or near-by resource is invalid_target', async () => {
    for (const resource of [
      'https://nowhere.test',
      '/mcp',
      `${OPS}#f`,
      `${OPS}/`,
      `${OPS}?x=1`,
      'http://localhost:9000',
      `${OPS} `,
      'x'.repeat(3_000),
    ]) {
      const { status, body } = await ask('worker', { resource });
      expect([resource, status, body['error']]).toEqual([resource, 400, 'invalid_target']);
    }
  });

  it('two resources are two tokens: invalid_target, but twice the same one is fine', async () => {
    const both = new URLSearchParams({ grant_type: 'client_credentials', scope: 'incidents:read' });
    both.append('resource', OPS);
    both.append('resource', BOOKS);
    expect((await world.token(both, basic('worker'))).body['error']).toBe('invalid_target');
    both.delete('resource');
    both.append('resource', OPS);
    both.append('resource', OPS);
    expect((await world.token(both, basic('worker'))).status).toBe(200);
  });

  it('audience is taken for resource, as some clients call it', async () => {
    expect(claimsOf((await ask('worker', { audience: OPS })).body['access_token'])['aud']).toBe(OPS);
  });

  it('an alias of a resource is matched, the token names the resource itself, and the entry says so', async () => {
    const { result, entries } = await world.during(() => ask('worker', { resource: 'https://ledger.test' }));
    expect(claimsOf(result.body['access_token'])['aud']).toBe(BOOKS);
    expect(entries[0]?.data).toMatchObject({ matchedByAlias: true });
  });

  it('a client of several tenants says which one; one it does not serve is refused', async () => {
    expect(claimsOf((await ask('many', { resource: OPS, tenant: 'acme' })).body['access_token'])['tenant']).toBe('acme');
    expect(claimsOf((await ask('many', { resource: OPS, tenant: 'globex' })).body['access_token'])['tenant']).toBe('globex');
    for (const tenant of ['', 'initech', 'ACME', 'acme\u0000']) {
      expect((await ask('many', { resource: OPS, tenant })).body['error']).toBe('invalid_request');
    }
    expect((await ask('worker', { resource: OPS, tenant: 'globex' })).body['error']).toBe('invalid_request');
    expect(claimsOf((await ask('loner', { resource: OPS })).body['access_token'])).not.toHaveProperty('tenant');
  });

  it('a tenant that does not allow the grant is obeyed', async () => {
    expect((await ask('many', { resource: OPS, tenant: 'strict' })).body['error']).toBe('unauthorized_client');
  });

  it('095 a frozen client, agent or tenant is invalid_client at once, and good again when restored', async () => {
    const first = await ask('worker', { resource: OPS });
    const agent = String(claimsOf(first.body['access_token'])['agent']);
    for (const [kind, id] of [
      ['clients', 'worker'],
      ['agents', agent],
      ['tenants', 'acme'],
    ]) {
      expect((await world.admin('POST', `/admin/v1/${kind}/${id}/freeze`, { reason: 'test' })).status).toBe(200);
      const { result, entries } = await world.during(() => ask('worker', { resource: OPS }));
      expect([kind, result.status, result.body['error'], entries.map(({ type }) => type)]).toEqual([
        kind,
        401,
        'invalid_client',
        ['token.refused'],
      ]);
      expect(result.headers.get('www-authenticate')).toMatch(/^Basic/);
      expect((await world.admin('POST', `/admin/v1/${kind}/${id}/unfreeze`, { reason: 'test' })).status).toBe(200);
      expect([kind, (await ask('worker', { resource: OPS })).status]).toEqual([kind, 200]);
    }
  });

  it('095 what is frozen on one node is refused on the other as soon as it hears', async () => {
    const second = await world.secondNode();
    const onSecond = () => world.token({ grant_type: 'client_credentials', resource: OPS, tenant: 'acme' }, basic('many'), second);
    const agent = String(claimsOf((await onSecond()).body['access_token'])['agent']);
    await world.admin('POST', `/admin/v1/agents/${agent}/freeze`, { reason: 'test' });
    await expect.poll(async () => (await onSecond()).status).toBe(401);
    await world.admin('POST', `/admin/v1/agents/${agent}/unfreeze`, { reason: 'test' });
  });

  it('never carries parameters of other grants into the token', async () => {
    const { body } = await ask('worker', {
      resource: OPS,
      scope: 'incidents:read',
      act: '{"sub":"root"}',
      sub: 'ann',
      code: 'x',
      refresh_token: 'y',
      redirect_uri: REDIRECT,
    });
    expect(claimsOf(body['access_token'])).toMatchObject({ sub: 'worker' });
    expect(claimsOf(body['access_token'])).not.toHaveProperty('act');
  });

  it('a resource that asks for another algorithm gets it, once its keys are made', async () => {
    const resource = { id: 'old', type: 'api', uri: 'https://old.test', scopes: [{ name: 'old:read' }], settings: { signingAlg: 'EdDSA' } };
    await world.apply({
      resources: [resource],
      policies: [{ id: 'old', effect: 'allow', subject: { clients: ['worker'] }, target: { resources: ['old'] }, scopes: 'all' }],
    });
    await expect
      .poll(async () => decodeProtectedHeader((await ask('worker', { resource: 'https://old.test' })).body['access_token'] ?? '').alg)
      .toBe('EdDSA');
  });
});
