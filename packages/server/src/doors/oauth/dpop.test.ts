import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { prover, type ProofOf, type Prover } from './dpop.suite.ts';
import { basic, claimsOf, openWorld, OPS, type Answer, type Login, type World } from './token/world.suite.ts';

let world: World;
let ann: Prover;
let eve: Prover;
beforeAll(async () => {
  world = await openWorld();
  await world.apply({
    clients: [
      {
        id: 'bound',
        name: 'Bound',
        kind: 'cli',
        public: true,
        redirectUris: ['http://127.0.0.1/callback'],
        settings: { dpopBoundAccessTokens: true },
      },
      {
        id: 'noncer',
        name: 'Noncer',
        kind: 'service',
        auth: { secrets: [{ value: 'a-long-secret-of-the-worker' }] },
        settings: { dpopNonce: true },
      },
    ],
    resources: [
      { id: 'vault', type: 'api', uri: 'https://vault.test', scopes: [{ name: 'read' }], settings: { dpop: 'required' } },
      { id: 'safe', type: 'api', uri: 'https://safe.test', scopes: [{ name: 'read' }], settings: { dpop: 'nonce' } },
    ],
    policies: [{ id: 'strong', effect: 'allow', subject: { any: true }, target: { resources: ['vault', 'safe', 'ops'] }, scopes: 'all' }],
  });
  [ann, eve] = [await prover(), await prover()];
});
afterAll(() => world.close());

const URL_ = 'http://localhost:8787/oauth/token';
const WORKER = { grant_type: 'client_credentials', resource: OPS };
const proofOf = (of: Partial<ProofOf> = {}, by: Prover = ann): Promise<string> => by.proof({ url: URL_, now: world.clock.now(), ...of });
const ask = async (proof: string | undefined, form: Record<string, string> = WORKER, client = 'worker'): Promise<Answer> =>
  world.token(form, { ...basic(client), ...(proof === undefined ? {} : { dpop: proof }) });

describe('a token request with a DPoP proof', () => {
  it.each(['ES256', 'ES384', 'EdDSA', 'PS256', 'RS256'])('gets a token that is bound to the %s key', async (alg) => {
    const by = await prover(alg);
    const answer = await ask(await proofOf({}, by));
    expect(answer).toMatchObject({ status: 200, body: { token_type: 'DPoP' } });
    expect(claimsOf(answer.body['access_token'])).toMatchObject({ cnf: { jkt: by.jkt } });
    expect(answer.headers.get('dpop-nonce')).toBeNull();
  });

  it('without one gets a bearer token as ever', async () => {
    const answer = await ask(undefined);
    expect(answer).toMatchObject({ status: 200, body: { token_type: 'Bearer' } });
    expect(claimsOf(answer.body['access_token'])).not.toHaveProperty('cnf');
  });

  it('takes other spellings of the address that mean the same', async () => {
    expect((await ask(await proofOf({ url: 'HTTP://LOCALHOST:8787/oauth/./token' }))).status).toBe(200);
  });

  it.each<[string, Partial<ProofOf>]>([
    ['whose htm is another method', { method: 'GET' }],
    ['whose htu is another endpoint', { url: 'http://localhost:8787/oauth/par' }],
    ['whose htu is another host', { url: 'https://evil.test/oauth/token' }],
    ['whose htu has a query', { url: `${URL_}?a=1` }],
    ['whose htu has a fragment', { url: `${URL_}#a` }],
    ['whose htu is no address', { url: 'token' }],
    ['that was made ten minutes ago', { claims: { iat: Math.floor(Date.now() / 1000) - 600 } }],
    ['that was made in ten minutes', { claims: { iat: Math.floor(Date.now() / 1000) + 600 } }],
    ['without a time', { claims: { iat: undefined } }],
    ['whose time is a text', { claims: { iat: 'now' } }],
    ['without an id', { claims: { jti: undefined } }],
    ['whose id is empty', { claims: { jti: '' } }],
    ['whose id is endless', { claims: { jti: 'a'.repeat(257) } }],
    ['whose nonce is a number', { claims: { nonce: 1 } }],
    ['of another type of JWT', { header: { typ: 'JWT' } }],
    ['without a type', { header: { typ: undefined } }],
    ['with critical headers', { header: { crit: ['exp'], exp: 1 } }],
    ['without a key', { header: { jwk: undefined } }],
    ['whose key is a text', { header: { jwk: 'key' } }],
  ])('is refused with a proof %s', async (_, of) => {
    const proof = await proofOf(of);
    const { result, entries } = await world.during(() => ask(proof));
    expect(result).toMatchObject({ status: 400, body: { error: 'invalid_dpop_proof' } });
    expect(result.body).not.toHaveProperty('access_token');
    expect(entries).toMatchObject([{ type: 'token.refused', outcome: 'refused', data: { error: 'invalid_dpop_proof' } }]);
  });

  it('is refused with a proof whose header holds the private key', async () => {
    expect((await ask(await proofOf({ header: { jwk: ann.privateJwk } }))).body['error']).toBe('invalid_dpop_proof');
  });

  it('is refused with a proof that another key signed', async () => {
    expect((await ask(await proofOf({ header: { jwk: eve.publicJwk } }))).body['error']).toBe('invalid_dpop_proof');
  });

  it('is refused with a proof of alg none, and with one signed by a shared secret', async () => {
    const [header, payload] = (await proofOf()).split('.');
    const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const none = `${encode({ typ: 'dpop+jwt', alg: 'none', jwk: ann.publicJwk })}.${payload ?? ''}.`;
    const shared = `${encode({ typ: 'dpop+jwt', alg: 'HS256', jwk: { kty: 'oct', k: 'c2VjcmV0' } })}.${payload ?? ''}.${header ?? ''}`;
    for (const proof of [none, shared]) expect((await ask(proof)).body['error']).toBe('invalid_dpop_proof');
  });

  it('is refused with two proofs, with an empty one, and with a token for a proof', async () => {
    const [one, two] = [await proofOf(), await proofOf()];
    const token = (await ask(undefined)).body['access_token'] ?? '';
    for (const proof of [`${one}, ${two}`, ' ', token, `${one}=`, `${one}A`]) {
      expect((await ask(proof)).body['error']).toBe('invalid_dpop_proof');
    }
  });

  it('takes a proof once, also when it comes twice at the same moment, and on two nodes', async () => {
    const proof = await proofOf();
    expect((await ask(proof)).status).toBe(200);
    expect(await ask(proof)).toMatchObject({ status: 400, body: { error: 'invalid_dpop_proof' } });
    const other = await world.secondNode();
    const again = await proofOf();
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        world.token(WORKER, { ...basic('worker'), dpop: again }, index % 2 === 0 ? other : undefined),
      ),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  });

  it('lets another key use the same id, so that nobody can spoil it', async () => {
    const claims = { jti: 'one-and-the-same' };
    expect((await ask(await proofOf({ claims }))).status).toBe(200);
    expect((await ask(await proofOf({ claims }, eve))).status).toBe(200);
  });
});

describe('a nonce in the proof', () => {
  it('is asked of a client that is to use one, and comes anew with each answer', async () => {
    const first = await ask(await proofOf(), WORKER, 'noncer');
    expect(first).toMatchObject({ status: 400, body: { error: 'use_dpop_nonce' } });
    const nonce = first.headers.get('dpop-nonce') ?? '';
    expect(nonce).toMatch(/^[\w-]{32}$/);
    const second = await ask(await proofOf({ nonce }), WORKER, 'noncer');
    expect(second.status).toBe(200);
    expect(second.headers.get('dpop-nonce')).toBe(nonce);
    world.clock.advance(61_000);
    const third = await ask(await proofOf({ nonce }), WORKER, 'noncer');
    expect(third.status).toBe(200);
    expect(third.headers.get('dpop-nonce')).not.toBe(nonce);
  });

  it('of another node is as good, a made-up or old one is not', async () => {
    const other = await world.secondNode();
    const nonce = (await ask(await proofOf(), WORKER, 'noncer')).headers.get('dpop-nonce') ?? '';
    const send = async (used: string) => world.token(WORKER, { ...basic('noncer'), dpop: await proofOf({ nonce: used }) }, other);
    expect((await send(nonce)).status).toBe(200);
    expect((await send('a'.repeat(32))).body['error']).toBe('use_dpop_nonce');
    world.clock.advance(240_000);
    const late = await send(nonce);
    expect(late).toMatchObject({ status: 400, body: { error: 'use_dpop_nonce' } });
    expect(late.headers.get('dpop-nonce')).not.toBe(nonce);
  });

  it('is asked of everybody by the setting of the hub', async () => {
    await world.admin('PUT', '/admin/v1/settings/protection', { dpop: { nonce: true } });
    const first = await ask(await proofOf());
    expect(first).toMatchObject({ status: 400, body: { error: 'use_dpop_nonce' } });
    const nonce = first.headers.get('dpop-nonce') ?? '';
    expect((await ask(await proofOf({ nonce }))).status).toBe(200);
    expect((await ask(undefined)).status).toBe(200);
    await world.admin('PUT', '/admin/v1/settings/protection', {});
    expect((await ask(await proofOf())).status).toBe(200);
  });

  it('is asked for by a resource that is named, before a code is spent', async () => {
    const { code } = await world.login({ resource: 'safe', scopes: ['read'] });
    const redeem = async (nonce?: string): Promise<Answer> =>
      world.token(codeForm(code, { resource: 'https://safe.test' }), { dpop: await proofOf(nonce === undefined ? {} : { nonce }) });
    const first = await redeem();
    expect(first).toMatchObject({ status: 400, body: { error: 'use_dpop_nonce' } });
    expect((await redeem(first.headers.get('dpop-nonce') ?? '')).status).toBe(200);
  });
});

const codeForm = (code: string, more: Record<string, string> = {}): Record<string, string> => ({
  grant_type: 'authorization_code',
  code,
  redirect_uri: 'http://127.0.0.1/callback',
  code_verifier: 'v'.repeat(43),
  client_id: 'cli',
  ...more,
});

describe('who must prove a key', () => {
  it('is a client that registered for bound tokens', async () => {
    const { code } = await world.login({ client: 'bound' });
    const form = codeForm(code, { client_id: 'bound' });
    expect(await world.token(form)).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
    expect(await world.token(form, { dpop: await proofOf() })).toMatchObject({ status: 200, body: { token_type: 'DPoP' } });
  });

  it('is everybody at a resource that takes bound tokens only', async () => {
    const form = { grant_type: 'client_credentials', resource: 'https://vault.test' };
    expect(await ask(undefined, form)).toMatchObject({ status: 400, body: { error: 'invalid_dpop_proof' } });
    expect((await ask(await proofOf(), form)).status).toBe(200);
  });
});

describe('a refresh token', () => {
  const family = async (of: Login, headers: Record<string, string>, form: Record<string, string> = {}) => {
    const { code } = await world.login(of);
    return (await world.token(codeForm(code, form), headers)).body['refresh_token'] ?? '';
  };
  const refresh = (
    token: string,
    headers: Record<string, string>,
    client: Record<string, string> = { client_id: 'cli' },
  ): Promise<Answer> => world.token({ grant_type: 'refresh_token', refresh_token: token, ...client }, headers);

  it('of a public client is good with the key it was got with, and with no other', async () => {
    const token = await family({}, { dpop: await proofOf() });
    const before = await world.counts();
    expect(await refresh(token, {})).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
    expect(await refresh(token, { dpop: await proofOf({}, eve) })).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
    expect(await world.counts()).toEqual(before);
    const next = await refresh(token, { dpop: await proofOf() });
    expect(next).toMatchObject({ status: 200, body: { token_type: 'DPoP' } });
    expect(claimsOf(next.body['access_token'])).toMatchObject({ cnf: { jkt: ann.jkt } });
    expect((await refresh(next.body['refresh_token'] ?? '', {})).status).toBe(400);
  });

  it('of a public client that came without a key needs none later', async () => {
    const token = await family({}, {});
    const bound = await refresh(token, { dpop: await proofOf() });
    expect(claimsOf(bound.body['access_token'])).toMatchObject({ cnf: { jkt: ann.jkt } });
    expect((await refresh(bound.body['refresh_token'] ?? '', {})).status).toBe(200);
  });

  it('of a client that authenticates is not bound to the key, its secret does that', async () => {
    const web = { client: 'web', redirectUri: 'https://web.test/cb' };
    const token = await family(web, { ...basic('web'), dpop: await proofOf() }, { client_id: 'web', redirect_uri: 'https://web.test/cb' });
    const answer = await refresh(token, { ...basic('web'), dpop: await proofOf({}, eve) }, {});
    expect(claimsOf(answer.body['access_token'])).toMatchObject({ cnf: { jkt: eve.jkt } });
  });
});
