import { decodeJwt, decodeProtectedHeader, exportJWK, generateKeyPair } from 'jose';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { until } from '../../sdk/src/wire.suite.ts';
import { createAgent } from './agent.ts';
import type { Agent } from './agent.ts';
import { privateKeyJwt, publicClient, secret, workload } from './auth.ts';
import type { AgentOptions } from './config.ts';
import { AgentConfigError } from './config.ts';
import type { Fixture } from './hub.suite.ts';
import { RESOURCE, granted, startFixture, tokenIn } from './hub.suite.ts';
import { HubUnreachableError } from './hub.ts';

const SCOPE = ['incidents:read'];
const WISH = { resource: RESOURCE, scope: SCOPE };
let hub: Fixture;
let now: number;
beforeEach(async () => {
  hub = await startFixture();
  now = Date.now();
});
afterEach(() => hub.stop());

const agentWith = (more: Partial<AgentOptions> = {}): Agent =>
  createAgent({ issuer: hub.issuer, clientId: 'worker', auth: secret('s e:cret'), clock: () => now, ...more });
const refuse = (body: Record<string, unknown>, status = 400): void => hub.say(() => ({ status, body }));

describe('a token', () => {
  test('is asked for once by however many need it, and kept for the same resource, scope and tenant', async () => {
    const agent = agentWith();
    const tokens = await Promise.all(Array.from({ length: 20 }, () => agent.token(WISH)));
    expect(new Set(tokens.map(tokenIn)).size).toBe(1);
    expect(hub.asked).toHaveLength(1);
    expect(Object.fromEntries(hub.asked[0]?.form ?? [])).toEqual({
      grant_type: 'client_credentials',
      resource: RESOURCE,
      scope: 'incidents:read',
    });
    await agent.token({ resource: RESOURCE, scope: ['incidents:read', 'incidents:read'] });
    expect(hub.asked).toHaveLength(1);
    await agent.token({ ...WISH, tenant: 'acme' });
    await agent.token({ ...WISH, scope: ['incidents:write'] });
    expect(hub.asked).toHaveLength(3);
  });

  test('is renewed in the background in its last minute, and asked for anew when it is over', async () => {
    const agent = agentWith();
    const first = tokenIn(await agent.token(WISH));
    now += 545_000;
    expect(tokenIn(await agent.token(WISH))).toBe(first);
    await until(async () => tokenIn(await agent.token(WISH)) !== first);
    expect(hub.asked).toHaveLength(2);
    now += 600_000;
    await agent.token(WISH);
    expect(hub.asked).toHaveLength(3);
  });

  test('that cannot be renewed ahead of time is used until it ends, and the hub is left alone for a while', async () => {
    const agent = agentWith();
    const first = tokenIn(await agent.token(WISH));
    refuse({ error: 'temporarily_unavailable' }, 503);
    now += 545_000;
    for (let i = 0; i < 5; i += 1) expect(tokenIn(await agent.token(WISH))).toBe(first);
    await until(() => hub.asked.length === 2);
    now += 60_000;
    // Whoever asks while the renewal is still under way gets its answer.
    do {
      expect(await agent.token(WISH)).toMatchObject({ kind: 'refused', error: 'temporarily_unavailable', status: 503 });
    } while (hub.asked.length === 2);
    expect(hub.asked).toHaveLength(3);
  });

  test('that was dropped is not handed out again', async () => {
    const agent = agentWith();
    const first = tokenIn(await agent.token(WISH));
    agent.drop(first);
    expect(tokenIn(await agent.token(WISH))).not.toBe(first);
  });

  test('is dropped when a signal names whom it speaks for or through', async () => {
    const agent = createAgent({ issuer: hub.issuer, clientId: 'worker', auth: secret('s'), signals: true });
    await until(() => agent.signals?.state === 'open');
    const first = tokenIn(await agent.token(WISH));
    hub.wire.signal({ kind: 'agent', subject: 'somebody-else', state: 'frozen' });
    const seq = hub.wire.signal({ kind: 'grant', subject: 'grant-1', state: 'revoked' });
    await until(() => agent.signals?.lastSeq === seq);
    refuse({ error: 'invalid_grant' });
    expect(await agent.token(WISH)).toMatchObject({ kind: 'refused', error: 'invalid_grant' });
    expect(first).not.toBe('');
    agent.close();
  });
});

describe('the agent proves itself', () => {
  test('by its secret, form-encoded into Basic', async () => {
    await agentWith().token(WISH);
    expect(hub.asked[0]?.headers.authorization).toBe(`Basic ${btoa('worker:s+e%3Acret')}`);
  });

  test('by a signed assertion that is used once, for the issuer alone', async () => {
    const { privateKey } = await generateKeyPair('ES256', { extractable: true });
    const agent = agentWith({ auth: privateKeyJwt({ ...(await exportJWK(privateKey)), alg: 'ES256', kid: 'k1' }) });
    await agent.token(WISH);
    await agent.token({ ...WISH, tenant: 'acme' });
    const assertions = hub.asked.map(({ form }) => form.get('client_assertion') ?? '');
    expect(hub.asked[0]?.form.get('client_assertion_type')).toBe('urn:ietf:params:oauth:client-assertion-type:jwt-bearer');
    expect(decodeProtectedHeader(assertions[0] ?? '')).toMatchObject({ alg: 'ES256', kid: 'k1' });
    const claims = assertions.map((one) => decodeJwt(one));
    expect(claims[0]).toMatchObject({ iss: 'worker', sub: 'worker', aud: hub.issuer });
    expect((claims[0]?.exp ?? 0) - (claims[0]?.iat ?? 0)).toBe(60);
    expect(claims[0]?.jti).not.toBe(claims[1]?.jti);
  });

  test('by the identity of its workload, read anew each time', async () => {
    let turn = 0;
    const agent = agentWith({ auth: workload(() => `platform-jwt-${(turn += 1)}\n`) });
    await agent.token(WISH);
    await agent.token({ ...WISH, tenant: 'acme' });
    expect(hub.asked.map(({ form }) => form.get('client_assertion'))).toEqual(['platform-jwt-1', 'platform-jwt-2']);
  });

  test('by its name alone where it can keep no secret', async () => {
    await agentWith({ auth: publicClient() }).token(WISH);
    expect(hub.asked[0]?.form.get('client_id')).toBe('worker');
    expect(hub.asked[0]?.headers.authorization).toBeUndefined();
  });

  test('and its tokens are bound to a key, with the nonce the hub wants', async () => {
    hub.say(async ({ headers }, count) => {
      const { nonce } = decodeJwt(String(headers['dpop']));
      if (nonce !== 'n1') return { status: 400, body: { error: 'use_dpop_nonce' }, headers: { 'dpop-nonce': 'n1' } };
      return { body: await granted(hub.wire, { token_type: 'DPoP', count }) };
    });
    const outcome = await agentWith({ dpop: true }).token(WISH);
    expect(outcome).toMatchObject({ kind: 'token', token: { tokenType: 'DPoP' } });
    const proofs = hub.asked.map(({ headers }) => String(headers['dpop']));
    expect(proofs).toHaveLength(2);
    expect(decodeProtectedHeader(proofs[1] ?? '')).toMatchObject({ typ: 'dpop+jwt', alg: 'ES256', jwk: { kty: 'EC' } });
    expect(decodeJwt(proofs[1] ?? '')).toMatchObject({ htm: 'POST', htu: expect.stringMatching(/\/token$/) });
  });
});

describe('an exchange', () => {
  test('is for one subject token, and kept for it alone', async () => {
    const agent = agentWith();
    const wish = { subjectToken: 'the-incoming-token', resource: 'http://localhost:9100/api', scope: ['ledger:read'] };
    await agent.exchange(wish);
    await agent.exchange(wish);
    await agent.exchange({ ...wish, subjectToken: 'another' });
    expect(hub.asked).toHaveLength(2);
    expect(Object.fromEntries(hub.asked[0]?.form ?? [])).toEqual({
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      resource: 'http://localhost:9100/api',
      scope: 'ledger:read',
      subject_token: 'the-incoming-token',
      subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    });
  });
});

describe('what the hub says is a value', () => {
  test.each([
    [
      'a refusal, with what explains it',
      { error: 'invalid_scope', error_description: 'none', request_id: 'r', decision_id: 'd' },
      { kind: 'refused', error: 'invalid_scope', description: 'none', requestId: 'r', decisionId: 'd', status: 400 },
    ],
    ['a spent budget', { error: 'access_denied', retry_after: 60 }, { kind: 'refused', retryAfter: 60 }],
    [
      'an approval',
      { error: 'interaction_required', approval_id: 'apr_1', interval: 2 },
      { kind: 'approvalRequired', approval: { id: 'apr_1', interval: 2, request: { approval_id: 'apr_1', resource: RESOURCE } } },
    ],
    ['a question for the user', { error: 'interaction_required' }, { kind: 'refused', error: 'interaction_required' }],
    [
      'a connection',
      { error: 'connection_required', connect_url: 'https://hub.test/connect/x' },
      { kind: 'connectionRequired', connectUrl: 'https://hub.test/connect/x' },
    ],
    [
      'a stronger login',
      { error: 'insufficient_user_authentication', acr_values: 'mfa phr', max_age: 0 },
      { kind: 'stepUpRequired', by: 'hub', acrValues: ['mfa', 'phr'], maxAge: 0 },
    ],
    ['an answer without an error', {}, { kind: 'refused', error: 'server_error' }],
  ])('%s', async (_, body, outcome) => {
    refuse(body);
    expect(await agentWith().token(WISH)).toMatchObject(outcome);
  });

  test('and is not kept: the next call asks again', async () => {
    const agent = agentWith();
    refuse({ error: 'invalid_scope' });
    await agent.token(WISH);
    hub.say(async () => ({ body: await granted(hub.wire) }));
    expect(await agent.token(WISH)).toMatchObject({ kind: 'token' });
  });
});

describe('an approval', () => {
  const pending = { status: 400, body: { error: 'authorization_pending', interval: 1 } };

  test('is waited for by the same request, and the token is kept for the next time', async () => {
    const agent = agentWith();
    refuse({ error: 'interaction_required', approval_id: 'apr_1', interval: 1 });
    const outcome = await agent.token(WISH);
    if (outcome.kind !== 'approvalRequired') throw new Error(outcome.kind);
    hub.say(async (_, count) => (count < 3 ? pending : { body: await granted(hub.wire) }));
    expect(await agent.waitForApproval(outcome.approval)).toMatchObject({ kind: 'token' });
    expect(hub.asked.map(({ form }) => form.get('approval_id'))).toEqual([null, 'apr_1', 'apr_1']);
    expect(await agent.token(WISH)).toMatchObject({ kind: 'token' });
    expect(hub.asked).toHaveLength(3);
  });

  test('that was refused comes back as a refusal', async () => {
    const agent = agentWith();
    refuse({ error: 'access_denied' });
    const approval = { id: 'apr_1', interval: 1, request: { grant_type: 'client_credentials', resource: RESOURCE, approval_id: 'apr_1' } };
    expect(await agent.waitForApproval(approval)).toMatchObject({ kind: 'refused', error: 'access_denied' });
  });

  test('is no longer waited for when the caller gives up', async () => {
    const agent = agentWith();
    hub.say(() => pending);
    const gaveUp = new AbortController();
    const waiting = agent.waitForApproval({ id: 'a', interval: 1, request: {} }, { signal: gaveUp.signal });
    gaveUp.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
  });

  test('of a person who is not here is asked for by CIBA, and of one at another screen by a code', async () => {
    const agent = agentWith();
    hub.say(({ path }) =>
      path === '/device'
        ? { body: { device_code: 'dc', user_code: 'ABCD', verification_uri: 'https://hub.test/device', expires_in: 600 } }
        : { body: { auth_req_id: 'req', interval: 3, expires_in: 120 } },
    );
    expect(await agent.approve({ ...WISH, loginHint: 'ann@acme.test', bindingMessage: 'Refund 12' })).toEqual({
      kind: 'approvalRequired',
      approval: { id: 'req', interval: 3, request: { grant_type: 'urn:openid:params:grant-type:ciba', auth_req_id: 'req' } },
    });
    expect(await agent.device(WISH)).toMatchObject({
      kind: 'approvalRequired',
      approval: { id: 'dc', interval: 5, request: { grant_type: 'urn:ietf:params:oauth:grant-type:device_code', device_code: 'dc' } },
      show: { userCode: 'ABCD', verificationUri: 'https://hub.test/device' },
    });
    expect(hub.asked[0]?.form.get('binding_message')).toBe('Refund 12');
  });
});

describe('a login of a user', () => {
  const LOGIN = { redirectUri: 'http://127.0.0.1:9/callback', resource: RESOURCE, scope: SCOPE, acrValues: ['mfa'], maxAge: 0 };

  test('is begun with PKCE for one resource, finished by its code, and renews itself', async () => {
    const agent = agentWith({ auth: publicClient() });
    const login = await agent.beginLogin(LOGIN);
    const query = Object.fromEntries(new URL(login.url).searchParams);
    expect(query).toMatchObject({
      client_id: 'worker',
      resource: RESOURCE,
      code_challenge_method: 'S256',
      acr_values: 'mfa',
      max_age: '0',
    });
    hub.say(async () => ({ body: await granted(hub.wire, { refresh_token: `r${hub.asked.length}` }) }));
    const callback = `${LOGIN.redirectUri}?code=c&state=${login.state}&iss=${encodeURIComponent(hub.issuer)}`;
    const outcome = await agent.finishLogin(login, callback);
    if (outcome.kind !== 'token') throw new Error(outcome.kind);
    expect(hub.asked[0]?.form.get('code_verifier')).toBe(login.verifier);
    const kept: (string | undefined)[] = [];
    const session = agent.session(RESOURCE, outcome.token, { onChange: (token) => void kept.push(token.refreshToken) });
    expect(tokenIn(await session.get())).toBe(outcome.token.accessToken);
    session.drop(outcome.token.accessToken);
    const [one, two] = await Promise.all([session.get(), session.get()]);
    expect(tokenIn(one)).toBe(tokenIn(two));
    expect(hub.asked.map(({ form }) => form.get('refresh_token'))).toEqual([null, 'r1']);
    expect(kept).toEqual(['r2']);
  });

  test.each([
    ['of another login', (state: string) => `code=c&state=${state}x`, 'does not belong'],
    ['in the name of another server', (state: string) => `code=c&state=${state}&iss=https://evil.test`, 'evil.test'],
  ])('is refused when the answer is %s', async (_, query, words) => {
    const agent = agentWith();
    const login = await agent.beginLogin(LOGIN);
    const outcome = await agent.finishLogin(login, `${LOGIN.redirectUri}?${query(login.state)}`);
    expect(outcome).toMatchObject({ kind: 'refused', description: expect.stringContaining(words) });
    expect(hub.asked).toHaveLength(0);
  });

  test('that is over without a refresh token asks for another', async () => {
    const agent = agentWith();
    const outcome = await agent.token(WISH);
    if (outcome.kind !== 'token') throw new Error(outcome.kind);
    const session = agent.session(RESOURCE, outcome.token);
    now += 600_000;
    expect(await session.get()).toMatchObject({ kind: 'stepUpRequired' });
  });
});

describe('a hub that is not what it should be', () => {
  test('is not believed when its metadata speaks for another', async () => {
    hub.metadata({ issuer: 'https://other.test' });
    await expect(agentWith().token(WISH)).rejects.toThrow(HubUnreachableError);
  });

  test('gets no secret unencrypted', async () => {
    hub.metadata({ token_endpoint: 'http://hub.example/token' });
    await expect(agentWith().token(WISH)).rejects.toThrow('safe for secrets');
  });

  test('that is away throws, and is asked again later', async () => {
    const agent = agentWith();
    hub.wire.answer('/.well-known/oauth-authorization-server', (res) => void res.writeHead(502).end('bad gateway'));
    await expect(agent.token(WISH)).rejects.toThrow(HubUnreachableError);
    hub.metadata();
    expect(await agent.token(WISH)).toMatchObject({ kind: 'token' });
  });
});

test.each<[string, Partial<AgentOptions>]>([
  ['issuer', { issuer: 'http://hub.example' }],
  ['issuer', { issuer: 'hub' }],
  ['issuer', { issuer: 'https://hub.test?x' }],
  ['clientId', { clientId: '' }],
  ['signals', { signals: true, auth: publicClient() }],
  ['maxTokens', { maxTokens: 0 }],
])('a wrong %s is refused at the start: %j', (option, wrong) => {
  expect(() => agentWith(wrong)).toThrow(AgentConfigError);
  expect(() => agentWith(wrong)).toThrow(option);
});

describe('a credential of a connection', () => {
  const wish = { subjectToken: 'of-the-user', scopes: ['repo'], account: 'work' };

  test('is asked for with the token in hand, at each use', async () => {
    const agent = agentWith();
    hub.say(() => ({ body: { access_token: 'gho_1', token_type: 'Bearer', scope: 'repo', expires_in: 600 } }));
    for (let i = 0; i < 2; i += 1)
      expect(await agent.credential('github', wish)).toMatchObject({
        kind: 'credential',
        credential: { value: 'gho_1', scope: ['repo'], expiresAt: now + 600_000 },
      });
    expect(hub.asked).toHaveLength(2);
    expect(Object.fromEntries(hub.asked[0]?.form ?? [])).toMatchObject({
      resource: 'urn:writ:connection:github',
      subject_token: 'of-the-user',
      scope: 'repo',
      account: 'work',
    });
  });

  test('that needs a connected account is an outcome with the address and what is missing', async () => {
    refuse({ error: 'connection_required', connect_url: 'https://hub.test/connect/x', connection: 'github', scope: 'repo' });
    expect(await agentWith().credential('github', wish)).toEqual({
      kind: 'connectionRequired',
      connectUrl: 'https://hub.test/connect/x',
      connection: 'github',
      missing: ['repo'],
      description: undefined,
    });
  });

  test('that policy refuses is an outcome too', async () => {
    refuse({ error: 'access_denied', decision_id: 'dec_1' }, 403);
    expect(await agentWith().credential('github', wish)).toMatchObject({ kind: 'refused', error: 'access_denied', decisionId: 'dec_1' });
  });

  test('of a form nobody knows is not used on a guess', async () => {
    hub.say(() => ({ body: { access_token: 'k', token_type: 'N_A' } }));
    expect(await agentWith().credential('github', wish)).toMatchObject({ kind: 'refused', error: 'server_error' });
  });
});
