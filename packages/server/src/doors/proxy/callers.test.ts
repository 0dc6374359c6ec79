import { hash } from 'node:crypto';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openProxyWorld, SECRET, type ProxyWorld } from './proxy.suite.ts';

/** Whose token opens the proxy: one that was made for it, or one that nobody but its client can show. */

const OPS = 'http://localhost:9000/mcp';
const worker = `Basic ${Buffer.from(`worker:${SECRET}`).toString('base64')}`;

let world: ProxyWorld;
beforeAll(async () => {
  world = await openProxyWorld();
});
afterAll(() => world.close());

const proxyOf = (connection: string): string => `${world.issuer}/proxy/${connection}`;

async function claimsIn(token: string): Promise<Record<string, unknown>> {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
}

async function ask(form: Record<string, string>, headers: Record<string, string> = {}) {
  const answer = await world.post('/oauth/token', { grant_type: 'client_credentials', ...form }, { authorization: worker, ...headers });
  const body: Record<string, unknown> = await answer.json();
  return { status: answer.status, body };
}

async function expectTurnedAway(path: string, token: string, headers: Record<string, string> = {}): Promise<void> {
  const before = world.service.seen.length;
  const { result, entries } = await world.during(() => world.call(path, { token, headers }));
  expect([result.status, (await result.json()).error]).toEqual([401, 'invalid_token']);
  expect(world.service.seen.length).toBe(before);
  expect(entries.filter(({ type }) => type.startsWith('credential.'))).toMatchObject([
    { type: 'credential.refused', reason: 'token_of_another_audience', data: { way: 'proxy' } },
  ]);
}

describe('the proxy of a connection is opened', () => {
  it('by a token for it, which the client gets without anybody registering it', async () => {
    const told = await ask({ resource: proxyOf('search') });
    expect(told).toMatchObject({ status: 200, body: { scope: 'call', token_type: 'Bearer' } });
    const token = String(told.body['access_token']);
    expect(await claimsIn(token)).toMatchObject({ aud: proxyOf('search'), client_id: 'worker', tenant: 'acme', scope: 'call' });
    expect((await world.call('/proxy/search/x', { token })).status).toBe(200);
  });

  it('by no token that a resource server was sent: what it could bring here is refused, and says where the right one is had', async () => {
    const token = await world.token({ resource: OPS });
    await expectTurnedAway('/proxy/search/x', token);
    const answer = await world.call('/proxy/search/x', { token });
    expect(answer.headers.get('www-authenticate')).toContain(
      `resource_metadata="${world.issuer}/.well-known/oauth-protected-resource/proxy/search"`,
    );
  });

  it('by no token for the proxy of another connection', async () => {
    await expectTurnedAway('/proxy/narrow/items/1', await world.token({ resource: proxyOf('search') }));
  });

  it('by a token for whatever, bound to a key that the call proves, and by it without the key no more', async () => {
    const { publicKey, privateKey } = await generateKeyPair('ES256');
    const jwk = await exportJWK(publicKey);
    const prove = (method: string, url: string, more: object = {}): Promise<string> =>
      new SignJWT({ jti: crypto.randomUUID(), htm: method, htu: url, ...more })
        .setProtectedHeader({ typ: 'dpop+jwt', alg: 'ES256', jwk })
        .setIssuedAt(Math.floor(world.clock.now() / 1000))
        .sign(privateKey);
    const told = await ask({ resource: OPS }, { dpop: await prove('POST', `${world.issuer}/oauth/token`) });
    const token = String(told.body['access_token']);
    expect(told.body['token_type']).toBe('DPoP');
    const ath = hash('sha256', token, 'base64url');
    const dpop = await prove('GET', `${world.issuer}/proxy/search/x`, { ath });
    const bound = { authorization: `DPoP ${token}`, dpop };
    expect((await world.call('/proxy/search/x', { headers: bound })).status).toBe(200);
    const seen = world.service.seen.length;
    for (const headers of [{ authorization: `Bearer ${token}` }, { authorization: `DPoP ${token}` }, bound])
      expect((await fetch(`${world.socket}/proxy/search/x`, { headers })).status).toBe(401);
    expect(world.service.seen.length).toBe(seen);
  });

  it('by a token for a resource that an administrator put at its address, whose rules then decide who gets one', async () => {
    const own = proxyOf('wiki');
    await world.apply({
      resources: [{ id: 'wiki-proxy', type: 'api', uri: own, scopes: [{ name: 'use' }] }],
      policies: [
        {
          id: 'wiki-tokens',
          effect: 'allow',
          grants: ['client_credentials'],
          subject: { any: true },
          target: { resources: ['wiki-proxy'] },
          scopes: 'all',
        },
      ],
    });
    const told = await ask({ resource: own });
    expect(told).toMatchObject({ status: 200, body: { scope: 'use' } });
    expect((await world.call('/proxy/wiki/x', { token: String(told.body['access_token']) })).status).toBe(200);
  });
});

describe('a token for a proxy', () => {
  const UNKNOWN = { error: 'invalid_target', error_description: 'This hub knows no such resource.' };

  it('is not to be had where nothing stands behind it, whether it is not there or another tenant has it (attack 178)', async () => {
    for (const connection of ['nowhere', 'globex-only']) {
      const { result, entries } = await world.during(() => ask({ resource: proxyOf(connection) }));
      expect(result).toMatchObject({ status: 400, body: UNKNOWN });
      expect(entries.filter(({ type }) => type === 'token.refused')).toMatchObject([{ reason: 'unknown_target' }]);
    }
    expect(await ask({ resource: `${world.issuer}/proxy/a/b` })).toMatchObject({ status: 400, body: UNKNOWN });
    expect(await ask({ resource: `${world.issuer}/proxy/` })).toMatchObject({ status: 400, body: UNKNOWN });
  });

  it('is not to be had by a client that no rule lets use the connection, and the refusal explains itself', async () => {
    const basic = `Basic ${Buffer.from(`stranger:${SECRET}`).toString('base64')}`;
    const refused = await ask({ resource: proxyOf('search') }, { authorization: basic });
    expect(refused).toMatchObject({ status: 400, body: { error: 'invalid_target', decision_id: expect.stringMatching(/^dec_/) } });
    const explained = await world.admin('GET', `/admin/v1/decisions/${String(refused.body['decision_id'])}/explain`);
    expect([explained.status, (await explained.json()).recorded]).toMatchObject([200, { granted: [] }]);
  });

  it('is for one connection: two are two tokens, and one with a resource is none', async () => {
    for (const other of [proxyOf('narrow'), OPS]) {
      const form = new URLSearchParams([
        ['grant_type', 'client_credentials'],
        ['resource', proxyOf('search')],
        ['resource', other],
      ]);
      const answer = await world.post('/oauth/token', form, { authorization: worker });
      expect([answer.status, (await answer.json()).error]).toEqual([400, 'invalid_target']);
    }
  });

  it('may be asked for with a slash at the end, and is the same', async () => {
    const told = await ask({ resource: `${proxyOf('search')}/` });
    expect(await claimsIn(String(told.body['access_token']))).toMatchObject({ aud: proxyOf('search') });
  });

  it('is as short and as bound as the rules of the connection say; what they want of the use is wanted at the call', async () => {
    const rule = (id: string, require: object) => ({
      id,
      effect: 'require',
      subject: { any: true },
      target: { connections: ['search'] },
      scopes: 'all',
      require,
    });
    await world.apply({ policies: [rule('short', { maxLifetime: 60 }), rule('asked', { approval: { from: { roles: ['admin'] } } })] });
    const told = await ask({ resource: proxyOf('search') });
    expect(told).toMatchObject({ status: 200, body: { expires_in: 60 } });
    const answer = await world.call('/proxy/search/x', { token: String(told.body['access_token']) });
    expect([answer.status, (await answer.json()).error]).toEqual([400, 'interaction_required']);
    await world.apply({ policies: [rule('keys', { proofOfPossession: true })] });
    expect(await ask({ resource: proxyOf('search') })).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
    for (const id of ['short', 'asked', 'keys']) await world.admin('DELETE', `/admin/v1/policies/${id}`);
  });

  it('is had by a client whose scopes are capped too; the cap counts at the call', async () => {
    await world.apply({
      clients: [
        {
          id: 'capped',
          name: 'Capped',
          kind: 'service',
          auth: { secrets: [{ value: SECRET }] },
          tenants: ['acme'],
          scopes: ['nothing-here'],
        },
      ],
      policies: [
        {
          id: 'capped',
          effect: 'allow',
          grants: ['token_exchange'],
          subject: { clients: ['capped'] },
          target: { connections: 'all' },
          scopes: 'all',
        },
      ],
    });
    const token = (connection: string): Promise<string> => world.token({ resource: proxyOf(connection) }, 'capped');
    expect((await world.call('/proxy/search/x', { token: await token('search') })).status).toBe(200);
    const answer = await world.call('/proxy/calendar/x', { token: await token('calendar') });
    expect([answer.status, (await answer.json()).error]).toEqual([400, 'invalid_scope']);
  });

  it('says at a well-known place how it is had, and for every name the same', async () => {
    const of = async (name: string): Promise<unknown> => (await world.get(`/.well-known/oauth-protected-resource/proxy/${name}`)).json();
    expect(await of('search')).toEqual({
      resource: proxyOf('search'),
      authorization_servers: [world.issuer],
      scopes_supported: ['call'],
      bearer_methods_supported: ['header'],
      dpop_signing_alg_values_supported: expect.arrayContaining(['ES256']),
    });
    expect(JSON.stringify(await of('nowhere'))).toBe(JSON.stringify(await of('search')).replaceAll('search', 'nowhere'));
    expect((await world.get('/.well-known/oauth-protected-resource/proxy/%22%0d%0a')).status).toBe(404);
  });
});
