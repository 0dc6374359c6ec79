import { createLocalJWKSet, jwtVerify } from 'jose';
import { hash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ADMIN_TOKEN } from '../../../testing/house.ts';
import { prover, type ProofOf, type Prover } from './dpop.suite.ts';
import { basic, claimsOf, openWorld, OPS, type World } from './token/world.suite.ts';

let world: World;
let ann: Prover;
let eve: Prover;
beforeAll(async () => {
  world = await openWorld();
  await world.apply({
    clients: [{ id: 'admin', name: 'Admin', kind: 'service', auth: { secrets: [{ value: 'a-long-secret-of-the-worker' }] } }],
    policies: [
      {
        id: 'admins',
        effect: 'allow',
        grants: ['client_credentials'],
        subject: { clients: ['admin'] },
        target: { resources: ['writ-admin'] },
        scopes: ['admin:agents:read'],
      },
    ],
  });
  [ann, eve] = [await prover(), await prover()];
});
afterAll(() => world.close());

const at = (path: string): string => `${world.issuer}${path}`;
const sha = (token: string): string => hash('sha256', token, 'base64url');
const proofFor = (path: string, token: string, of: Partial<ProofOf> = {}, by = ann): Promise<string> =>
  by.proof({ url: at(path), method: 'GET', now: world.clock.now(), ath: sha(token), ...of });

type Said = { status: number; body: Record<string, string>; challenge: string; nonce: string | null };
async function get(path: string, headers: Record<string, string>): Promise<Said> {
  const answer = await world.get(path, headers);
  const challenge = answer.headers.get('www-authenticate') ?? '';
  return { status: answer.status, body: JSON.parse(await answer.text()), challenge, nonce: answer.headers.get('dpop-nonce') };
}

async function userToken(proved = true): Promise<string> {
  const { code } = await world.login({ identity: ['openid'] });
  const form = {
    grant_type: 'authorization_code',
    code,
    redirect_uri: 'http://127.0.0.1/callback',
    code_verifier: 'v'.repeat(43),
    client_id: 'cli',
  };
  const dpop: Record<string, string> = proved ? { dpop: await ann.proof({ url: at('/oauth/token'), now: world.clock.now() }) } : {};
  return (await world.token(form, dpop)).body['access_token'] ?? '';
}
async function adminToken(): Promise<string> {
  const form = { grant_type: 'client_credentials', resource: at('/admin/v1'), scope: 'admin:agents:read' };
  const dpop = await ann.proof({ url: at('/oauth/token'), now: world.clock.now() });
  return (await world.token(form, { ...basic('admin'), dpop })).body['access_token'] ?? '';
}

describe.each([
  ['userinfo', '/oauth/userinfo', userToken],
  ['the admin API', '/admin/v1/agents', adminToken],
])('a token that is bound to a key, at %s', (_, path, issue) => {
  it('is taken with its scheme and a proof for this request', async () => {
    const token = await issue();
    expect(claimsOf(token)).toMatchObject({ cnf: { jkt: ann.jkt } });
    expect((await get(path, { authorization: `DPoP ${token}`, dpop: await proofFor(path, token) })).status).toBe(200);
    expect((await get(`${path}?limit=1`, { authorization: `dpop ${token}`, dpop: await proofFor(path, token) })).status).toBe(200);
  });

  it('is refused as a bearer token, with a challenge that says what is missing', async () => {
    const token = await issue();
    const proved: Record<string, string>[] = [{}, { dpop: await proofFor(path, token) }];
    for (const more of proved) {
      const answer = await get(path, { authorization: `Bearer ${token}`, ...more });
      expect(answer.status).toBe(401);
      expect(answer.challenge).toMatch(/^DPoP error="invalid_token".* algs="ES256 /);
    }
  });

  it('is refused without a proof, and with one that does not fit', async () => {
    const token = await issue();
    const other = await issue();
    const used = await proofFor(path, token);
    await get(path, { authorization: `DPoP ${token}`, dpop: used });
    const bad: (string | undefined)[] = [
      undefined,
      used,
      await proofFor(path, other),
      await proofFor(path, token, { ath: '' }),
      await ann.proof({ url: at(path), method: 'GET', now: world.clock.now() }),
      await proofFor(path, token, {}, eve),
      await proofFor(path, token, { method: 'POST' }),
      await proofFor('/oauth/token', token),
      `${await proofFor(path, token)}, ${await proofFor(path, token)}`,
    ];
    for (const proof of bad) {
      const answer = await get(path, { authorization: `DPoP ${token}`, ...(proof === undefined ? {} : { dpop: proof }) });
      expect(answer.status).toBe(401);
      expect(answer.challenge).toMatch(/^DPoP error="invalid_dpop_proof"/);
    }
  });

  it('needs a nonce where the hub asks for one', async () => {
    const token = await issue();
    await world.admin('PUT', '/admin/v1/settings/protection', { dpop: { nonce: true } });
    const first = await get(path, { authorization: `DPoP ${token}`, dpop: await proofFor(path, token) });
    expect(first).toMatchObject({ status: 401, challenge: expect.stringMatching(/^DPoP error="use_dpop_nonce"/) });
    const nonce = first.nonce ?? '';
    const second = await get(path, { authorization: `DPoP ${token}`, dpop: await proofFor(path, token, { nonce }) });
    await world.admin('PUT', '/admin/v1/settings/protection', {});
    expect(second.status).toBe(200);
  });
});

it('a token that is not bound is no DPoP token, whatever proof comes with it', async () => {
  const token = await userToken(false);
  const answer = await get('/oauth/userinfo', { authorization: `DPoP ${token}`, dpop: await proofFor('/oauth/userinfo', token) });
  expect(answer).toMatchObject({ status: 401, body: { error: 'invalid_token' } });
});

it('the admin token is a bearer token only', async () => {
  expect((await get('/admin/v1/agents', { authorization: `DPoP ${ADMIN_TOKEN}` })).status).toBe(401);
});

describe('introspection', () => {
  const ask = async (token: string, headers: Record<string, string>) =>
    world.post('/oauth/introspect', { token }, { ...basic('worker'), ...headers });
  const workerToken = async (): Promise<string> => {
    const dpop = await ann.proof({ url: at('/oauth/token'), now: world.clock.now() });
    const form = { grant_type: 'client_credentials', resource: OPS };
    return (await world.token(form, { ...basic('worker'), dpop })).body['access_token'] ?? '';
  };
  const JWT = 'application/token-introspection+jwt';

  it('tells to which key a token is bound', async () => {
    expect(await (await ask(await workerToken(), {})).json()).toMatchObject({ active: true, token_type: 'DPoP', cnf: { jkt: ann.jkt } });
  });

  it('answers with a signed JWT for the one who asks, if it is asked for', async () => {
    const token = await workerToken();
    for (const [sent, active] of [
      [token, true],
      ['garbage', false],
    ] as const) {
      const answer = await ask(sent, { accept: JWT });
      expect(answer.headers.get('content-type')).toBe(JWT);
      const keys: { keys: [] } = await (await world.get('/oauth/jwks')).json();
      const { payload } = await jwtVerify(await answer.text(), createLocalJWKSet(keys), {
        issuer: world.issuer,
        audience: 'worker',
        typ: 'token-introspection+jwt',
        currentDate: new Date(world.clock.now()),
      });
      expect(Object.keys(payload).sort()).toEqual(['aud', 'iat', 'iss', 'token_introspection']);
      expect(payload['token_introspection']).toMatchObject(active ? { active, client_id: 'worker', cnf: { jkt: ann.jkt } } : { active });
    }
  });

  it('answers with JSON to whoever asks for that, for anything, or not for the JWT', async () => {
    const token = await workerToken();
    for (const accept of ['application/json', '*/*', `application/json, ${JWT};q=0`])
      expect((await ask(token, { accept })).headers.get('content-type')).toBe('application/json');
  });

  it('gives out no JWT that the hub takes for an access token', async () => {
    const answer = await (await ask(await workerToken(), { accept: JWT })).text();
    expect(await (await ask(answer, {})).json()).toEqual({ active: false });
    expect((await get('/oauth/userinfo', { authorization: `Bearer ${answer}` })).status).toBe(401);
  });
});
