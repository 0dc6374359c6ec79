import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { basic, openWorld, OPS, type World } from './token/world.suite.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

const tokensFor = async (identity: readonly string[], user = 'ann') =>
  (await world.redeem((await world.login({ identity, user })).code)).body;
const ask = async (token: string | undefined, method = 'GET') => {
  const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const answer = await world.house.fetch(new Request(`${world.issuer}/oauth/userinfo`, { method, headers }));
  return { status: answer.status, body: JSON.parse(await answer.text()), challenge: answer.headers.get('www-authenticate') };
};

describe('userinfo', () => {
  it('says as much as the user released, by GET and by POST', async () => {
    const all = await tokensFor(['openid', 'email', 'profile']);
    for (const method of ['GET', 'POST']) {
      expect((await ask(all['access_token'], method)).body).toEqual({
        sub: 'ann',
        email: 'ann@acme.test',
        email_verified: expect.any(Boolean),
        name: 'Ann',
      });
    }
    expect((await ask((await tokensFor(['openid']))['access_token'])).body).toEqual({ sub: 'ann' });
    expect((await ask((await tokensFor(['openid', 'profile'], 'bob'))['access_token'])).body).toEqual({ sub: 'bob' });
  });

  it('says after a refresh what it said before', async () => {
    const first = await tokensFor(['openid', 'email']);
    const second = await world.refresh(first['refresh_token']);
    expect((await ask(second.body['access_token'])).body).toMatchObject({ sub: 'ann', email: 'ann@acme.test' });
  });

  it('tells whoever brings nothing how to come', async () => {
    expect(await ask(undefined)).toMatchObject({ status: 401, challenge: 'Bearer realm="writ"' });
  });

  it('refuses a token without openid, and a client that acts for itself', async () => {
    const service = await world.token({ grant_type: 'client_credentials', resource: OPS }, basic('worker'));
    for (const token of [
      (await tokensFor([]))['access_token'],
      (await tokensFor(['email']))['access_token'],
      service.body['access_token'],
    ]) {
      const answer = await ask(token);
      expect(answer).toMatchObject({ status: 403, body: { error: 'insufficient_scope' } });
      expect(answer.challenge).toMatch(/error="insufficient_scope".*scope="openid"/);
    }
  });

  it('refuses what is no access token of this hub, with one answer for all', async () => {
    const tokens = await tokensFor(['openid']);
    const access = tokens['access_token'] ?? '';
    for (const token of ['garbage', access.slice(0, -1), tokens['id_token'], `${access}=`]) {
      expect(await ask(token)).toMatchObject({ status: 401, body: { error: 'invalid_token' } });
    }
    const basicAuth = await world.get('/oauth/userinfo', basic('worker'));
    expect(basicAuth.status).toBe(400);
  });

  it('refuses a token that was given back, and one that has expired', async () => {
    const given = await tokensFor(['openid']);
    await world.post('/oauth/revoke', { token: given['access_token'] ?? '', client_id: 'cli' });
    expect((await ask(given['access_token'])).status).toBe(401);
    const old = await tokensFor(['openid']);
    world.clock.advance(600_000);
    expect((await ask(old['access_token'])).challenge).toMatch(/error="invalid_token"/);
  });
});
