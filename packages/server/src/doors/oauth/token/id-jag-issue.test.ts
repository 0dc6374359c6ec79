import { GRANT_TYPES, TOKEN_TYPES } from '@writ/protocol';
import { createLocalJWKSet, decodeJwt, jwtVerify } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testHouse, type TestHouse } from '../../../../testing/house.ts';
import { basic, openWorld, OPS, REDIRECT, SECRET, VERIFIER, type World } from './world.suite.ts';

const PARTNER = 'http://localhost:9999';
const TICKETS = 'http://localhost:9001/mcp';

let world: World;
beforeAll(async () => {
  world = await openWorld();
  await world.apply({
    resources: [
      {
        id: 'tickets',
        type: 'external',
        uri: TICKETS,
        scopes: [{ name: 'tickets:read' }, { name: 'tickets:write' }],
        settings: { external: { authorizationServer: PARTNER, clients: { desk: 'desk-over-there' } } },
      },
    ],
    clients: ['desk', 'unlisted'].map((id) => ({
      id,
      name: id,
      kind: 'agent',
      grants: ['authorization_code', 'refresh_token', 'token_exchange'],
      redirectUris: [REDIRECT],
      auth: { secrets: [{ value: SECRET }] },
    })),
    policies: [
      {
        id: 'assert',
        effect: 'allow',
        grants: ['token_exchange'],
        subject: { any: true },
        target: { resources: ['tickets'] },
        scopes: ['tickets:read'],
      },
    ],
  });
});
afterAll(() => world.close());

/** A login of Ann at client desk: her tokens. */
async function login(client = 'desk'): Promise<{ accessToken: string; idToken: string }> {
  const { code } = await world.login({ client, user: 'ann', tenant: 'acme', identity: ['openid'] });
  const form = { grant_type: 'authorization_code', code, redirect_uri: REDIRECT, code_verifier: VERIFIER };
  const { body } = await world.token(form, basic(client));
  return { accessToken: body['access_token'] ?? '', idToken: body['id_token'] ?? '' };
}

const ask = (subject: Record<string, string>, more: Record<string, string> = {}, client = 'desk') =>
  world.token(
    {
      grant_type: GRANT_TYPES.token_exchange,
      requested_token_type: TOKEN_TYPES.id_jag,
      audience: PARTNER,
      resource: TICKETS,
      ...subject,
      ...more,
    },
    basic(client),
  );
const byId = (idToken: string) => ({ subject_token: idToken, subject_token_type: TOKEN_TYPES.id_token });
const byAccess = (accessToken: string) => ({ subject_token: accessToken, subject_token_type: TOKEN_TYPES.access_token });

describe('issuing an ID-JAG', () => {
  it('asserts the user to the other authorization server, under the id by which that knows the client', async () => {
    const { idToken } = await login();
    const { status, body } = await ask(byId(idToken), { scope: 'tickets:read' });
    expect([status, body]).toMatchObject([
      200,
      { token_type: 'N_A', issued_token_type: TOKEN_TYPES.id_jag, scope: 'tickets:read', expires_in: 300 },
    ]);
    const jwks = createLocalJWKSet(JSON.parse(JSON.stringify(world.house.rooms.keys.jwks())));
    const { payload, protectedHeader } = await jwtVerify(body['access_token'] ?? '', jwks, {
      audience: PARTNER,
      issuer: world.issuer,
      currentDate: new Date(world.clock.now()),
    });
    expect(protectedHeader['typ']).toBe('oauth-id-jag+jwt');
    expect(payload).toMatchObject({
      sub: 'ann',
      client_id: 'desk-over-there',
      resource: TICKETS,
      scope: 'tickets:read',
      tenant: 'acme',
      email: 'ann@acme.test',
      jti: expect.any(String),
    });
    const [entry] = (await world.events('token.exchanged')).slice(-1);
    expect(entry).toMatchObject({
      actor: { user: 'ann', client: 'desk' },
      target: { type: 'resource', id: 'tickets' },
      data: { jti: payload.jti },
    });
  });

  it('is asked of policy on the external resource', async () => {
    const { idToken } = await login();
    expect((await ask(byId(idToken))).body['scope']).toBe('tickets:read');
    expect(await ask(byId(idToken), { scope: 'tickets:write' })).toMatchObject({ status: 400, body: { error: 'invalid_scope' } });
  });

  it('takes an access token of the client’s own login too, and never outlives it', async () => {
    const { accessToken } = await login();
    const { body } = await ask(byAccess(accessToken));
    expect(decodeJwt(body['access_token'] ?? '')).toMatchObject({ sub: 'ann', aud: PARTNER });
    world.clock.advance(500_000);
    const { expires_in } = (await ask(byAccess(accessToken))).body;
    expect(expires_in).toBeLessThanOrEqual(100);
  });

  it.each([
    ['another authorization server', { audience: 'https://elsewhere.test' }, 'invalid_target'],
    ['a resource that it does not guard', { resource: OPS }, 'invalid_target'],
    ['no audience', { audience: '' }, 'invalid_request'],
    ['details, which it could not keep', { authorization_details: '[{"type":"ticket"}]' }, 'invalid_authorization_details'],
    ['a refresh token', { subject_token_type: TOKEN_TYPES.refresh_token }, 'invalid_request'],
    ['a token of nobody', { subject_token: 'x.y.z' }, 'invalid_request'],
  ])('refuses %s', async (_, more: Record<string, string>, error) => {
    const { idToken } = await login();
    expect(await ask(byId(idToken), more)).toMatchObject({ status: 400, body: { error } });
  });

  it('refuses a client that the other side does not know, and a token of another client', async () => {
    const { idToken, accessToken } = await login('unlisted');
    expect(await ask(byId(idToken), {}, 'unlisted')).toMatchObject({ body: { error: 'invalid_target' } });
    expect(await ask(byId(idToken))).toMatchObject({ body: { error: 'invalid_request' } });
    expect(await ask(byAccess(accessToken))).toMatchObject({ body: { error: 'invalid_request' } });
  });

  it('refuses after the user took the consent back, also with an id_token that is still young', async () => {
    const { idToken } = await login();
    const { items } = await (await world.admin('GET', '/admin/v1/grants?client=desk&state=active')).json();
    for (const { id } of items) await world.admin('POST', `/admin/v1/grants/${id}/revoke`, { reason: 'test' });
    expect(await ask(byId(idToken))).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
  });

  it('asserts nobody in a tenant for which they allowed this client nothing (cross-tenant)', async () => {
    await world.apply({ users: [{ id: 'cid', email: 'cid@acme.test', tenants: [{ id: 'acme' }, { id: 'globex' }] }] });
    const { code } = await world.login({ client: 'desk', user: 'cid', tenant: 'acme', identity: ['openid'] });
    const form = { grant_type: 'authorization_code', code, redirect_uri: REDIRECT, code_verifier: VERIFIER };
    const idToken = (await world.token(form, basic('desk'))).body['id_token'] ?? '';
    expect(await ask(byId(idToken), { tenant: 'globex' })).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
    const { body } = await ask(byId(idToken), { tenant: 'acme' });
    expect(decodeJwt(body['access_token'] ?? '')).toMatchObject({ sub: 'cid', tenant: 'acme' });
  });

  it('stays in the tenant of an access token, whatever tenant the request names', async () => {
    const { accessToken } = await login();
    expect(await ask(byAccess(accessToken), { tenant: 'globex' })).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
    expect((await ask(byAccess(accessToken), { tenant: 'acme' })).status).toBe(200);
  });

  it('gives no access token for what it does not guard', async () => {
    const { accessToken } = await login();
    const form = { grant_type: GRANT_TYPES.token_exchange, resource: TICKETS, ...byAccess(accessToken) };
    expect(await world.token(form, basic('desk'))).toMatchObject({ body: { error: 'invalid_target' } });
  });
});

describe('metadata', () => {
  const metadata = async (hub: TestHouse) => (await hub.get('/.well-known/oauth-authorization-server')).json();

  it('says which of the two roles the hub has, and nothing when it has none', async () => {
    expect(await metadata(world)).toMatchObject({ identity_chaining_requested_token_types_supported: [TOKEN_TYPES.id_jag] });
    expect(await metadata(world)).not.toHaveProperty('authorization_grant_profiles_supported');
    const other = await testHouse();
    await other.apply({
      issuers: [{ id: 'idp', issuer: 'https://idp.test', purposes: ['id_jag'], users: {}, jwksUri: 'https://idp.test/keys' }],
    });
    expect(await metadata(other)).toMatchObject({ authorization_grant_profiles_supported: ['urn:ietf:params:oauth:grant-profile:id-jag'] });
    await other.close();
  });
});
