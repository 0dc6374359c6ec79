import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ADMIN_TOKEN } from '../../../testing/house.ts';
import { hubAuthor } from '../../rooms/audit/author.ts';
import { basic, claimsOf, openWorld, OPS, SECRET, type World } from './token/world.suite.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
  const auth = { secrets: [{ value: SECRET }] };
  await world.apply({
    clients: [
      { id: 'ops-server', name: 'Ops server', kind: 'service', auth, tags: ['resource-server:ops'] },
      { id: 'books-server', name: 'Books server', kind: 'service', auth, tags: ['resource-server:books'] },
      { id: 'globex-server', name: 'Ops server for Globex', kind: 'service', auth, tags: ['resource-server:ops'], tenants: ['globex'] },
    ],
  });
});
afterAll(() => world.close());

type Introspection = { status: number; body: Record<string, unknown> };
async function ask(token: string, headers: Record<string, string>, more: Record<string, string> = {}): Promise<Introspection> {
  const answer = await world.post('/oauth/introspect', { token, ...more }, headers);
  return { status: answer.status, body: JSON.parse(await answer.text()) };
}
const INACTIVE = { status: 200, body: { active: false } };
const ADMIN = { authorization: `Bearer ${ADMIN_TOKEN}` };

async function serviceToken(client = 'worker'): Promise<string> {
  return (await world.token({ grant_type: 'client_credentials', resource: OPS }, basic(client))).body['access_token'] ?? '';
}
async function userTokens(of: Parameters<World['login']>[0] = {}) {
  const login = await world.login(of);
  const { body } = await world.redeem(login.code);
  return { ...login, access: body['access_token'] ?? '', refresh: body['refresh_token'] ?? '' };
}
function revoke(kind: 'agent' | 'client' | 'user' | 'tenant' | 'grant', id: string, to: 'frozen' | 'active') {
  return world.house.rooms.contain({ kind, id, to, reason: 'test', by: hubAuthor('test') });
}

describe('introspection', () => {
  it('tells a client what its own token says', async () => {
    const token = await serviceToken();
    const { status, body } = await ask(token, basic('worker'));
    expect(status).toBe(200);
    expect(body).toEqual({ ...claimsOf(token), active: true, token_type: 'Bearer' });
  });

  it('tells a resource server about tokens made for its resource, without what is between the hub and itself', async () => {
    const { access } = await userTokens({ identity: ['openid', 'email'] });
    const { body } = await ask(access, basic('ops-server'), { token_type_hint: 'refresh_token' });
    expect(body).toMatchObject({ active: true, sub: 'ann', client_id: 'cli', tenant: 'acme', roles: ['SRE'], aud: OPS });
    expect(body).not.toHaveProperty('ident');
  });

  it('156 says inactive to a resource server that is not the audience, and writes it down', async () => {
    const token = await serviceToken();
    const { result, entries } = await world.during(() => ask(token, basic('books-server')));
    expect(result).toEqual(INACTIVE);
    expect(entries).toMatchObject([
      {
        type: 'token.introspected',
        outcome: 'refused',
        reason: 'not_for_this_client',
        target: { id: claimsOf(token)['jti'] },
        actor: { client: 'books-server' },
      },
    ]);
  });

  it('156 says inactive to another client, with or without a tag of its own making', async () => {
    expect(await ask(await serviceToken(), basic('loner'))).toEqual(INACTIVE);
  });

  it("155 says inactive of another tenant's token", async () => {
    expect(await ask(await serviceToken(), basic('globex-server'))).toEqual(INACTIVE);
    const ofGlobex = await world.token({ grant_type: 'client_credentials', resource: OPS, tenant: 'globex' }, basic('many'));
    expect((await ask(ofGlobex.body['access_token'] ?? '', basic('globex-server'))).body['active']).toBe(true);
  });

  it('155 says inactive, and nothing else, of garbage and of what has expired', async () => {
    const token = await serviceToken();
    for (const bad of [
      'garbage',
      'a.b.c',
      token.slice(0, -2),
      `${token}x`,
      'fam_00000000000000000000000000.x',
      'null',
      'x'.repeat(20_000),
    ]) {
      expect(await ask(bad, basic('worker'))).toEqual(INACTIVE);
    }
    world.clock.advance(600_000);
    expect(await ask(token, basic('worker'))).toEqual(INACTIVE);
  });

  it('155 refuses whoever does not prove who they are', async () => {
    const token = await serviceToken();
    const wrong = [
      {},
      basic('worker', 'wrong-secret-of-the-worker'),
      basic('nobody'),
      { authorization: 'Bearer wrong' },
      { authorization: `Bearer ${token}` },
    ];
    for (const headers of wrong) {
      const { result, entries } = await world.during(() => ask(token, headers));
      expect(result).toMatchObject({ status: 401, body: { error: 'invalid_client' } });
      expect(entries).toMatchObject([{ type: 'token.introspected', outcome: 'refused' }]);
    }
    expect(await ask(token, {}, { client_id: 'cli' })).toMatchObject({ status: 401, body: { error: 'invalid_client' } });
  });

  it('refuses a request without token, with a doubled parameter, and in JSON', async () => {
    const plain = { 'content-type': 'application/x-www-form-urlencoded', ...basic('worker') };
    const send = (body: string, headers = plain) =>
      world.house.fetch(new Request(`${world.issuer}/oauth/introspect`, { method: 'POST', headers, body }));
    for (const body of ['', 'token=', 'token=a&token=b']) expect((await send(body)).status).toBe(400);
    expect((await send('{"token":"a"}', { ...plain, 'content-type': 'application/json' })).status).toBe(400);
    expect((await world.get('/oauth/introspect')).status).toBe(405);
  });

  it('tells an administrator of any token, and writes each look down', async () => {
    const token = await serviceToken();
    const { result, entries } = await world.during(() => ask(token, ADMIN));
    expect(result.body).toMatchObject({ active: true, client_id: 'worker' });
    expect(entries).toMatchObject([
      { type: 'token.introspected', initiator: 'admin', outcome: 'success', tenant: 'acme', data: { active: true } },
    ]);
    expect(await ask('garbage', ADMIN)).toEqual(INACTIVE);
  });

  it('does not write down what a client asks about its own tokens', async () => {
    const token = await serviceToken();
    expect((await world.during(() => ask(token, basic('worker')))).entries).toEqual([]);
  });

  it('cannot be read by pages of other origins', async () => {
    const answer = await world.post('/oauth/introspect', { token: 'x' }, { ...basic('worker'), origin: 'https://evil.test' });
    expect(answer.headers.get('access-control-allow-origin')).toBeNull();
  });

  it('is inactive while anything behind the token is frozen, and active again afterwards', async () => {
    const { access, refresh, agentId, grantId } = await userTokens();
    const live = async () => [(await ask(access, ADMIN)).body['active'], (await ask(refresh, ADMIN)).body['active']];
    expect(await live()).toEqual([true, true]);
    const parts = [
      ['agent', agentId],
      ['grant', grantId],
      ['client', 'cli'],
      ['user', 'ann'],
      ['tenant', 'acme'],
    ] as const;
    for (const [kind, id] of parts) {
      await revoke(kind, id, 'frozen');
      expect([kind, ...(await live())]).toEqual([kind, false, false]);
      await revoke(kind, id, 'active');
      expect([kind, ...(await live())]).toEqual([kind, true, true]);
    }
  });

  it('is inactive when the user has left the tenant or is gone', async () => {
    const { access } = await userTokens({ user: 'bob' });
    expect((await ask(access, ADMIN)).body['active']).toBe(true);
    await world.apply({ users: [{ id: 'bob', email: 'bob@acme.test', tenants: [] }] });
    expect(await ask(access, ADMIN)).toEqual(INACTIVE);
  });

  it('does not take a client for the user who bears its id', async () => {
    await world.apply({ users: [{ id: 'worker', email: 'worker@acme.test', tenants: [] }] });
    const token = await serviceToken();
    await revoke('user', 'worker', 'frozen');
    expect((await ask(token, basic('worker'))).body['active']).toBe(true);
  });

  it('knows a refresh token of the client that holds it, and takes looking for no use', async () => {
    const { code } = await world.login({ client: 'web', redirectUri: 'https://web.test/cb' });
    const redeemed = await world.token(
      { grant_type: 'authorization_code', code, redirect_uri: 'https://web.test/cb', code_verifier: 'v'.repeat(43) },
      basic('web'),
    );
    const first = redeemed.body['refresh_token'] ?? '';
    expect((await ask(first, basic('web'))).body).toMatchObject({
      active: true,
      client_id: 'web',
      sub: 'ann',
      scope: 'incidents:read incidents:write',
    });
    expect(await ask(first, basic('ops-server'))).toEqual(INACTIVE);
    const next = await world.token({ grant_type: 'refresh_token', refresh_token: first }, basic('web'));
    world.clock.advance(120_000);
    expect(await ask(first, basic('web'))).toEqual(INACTIVE);
    expect((await ask(next.body['refresh_token'] ?? '', basic('web'))).body['active']).toBe(true);
  });

  it('refuses an id_token where an access token is asked about', async () => {
    const { code } = await world.login({ identity: ['openid'] });
    const { body } = await world.redeem(code);
    expect(await ask(body['id_token'] ?? '', ADMIN)).toEqual(INACTIVE);
  });
});
