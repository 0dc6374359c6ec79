import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { decodeJwt } from 'jose';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createAgent } from './agent.ts';
import type { Agent } from './agent.ts';
import { secret } from './auth.ts';
import { readChallenge } from './challenge.ts';
import { throwingFetch } from './guarded-fetch.ts';
import type { Fixture } from './hub.suite.ts';
import { granted, startFixture } from './hub.suite.ts';
import { AgentOutcomeError } from './outcome.ts';

type Seen = { authorization: string | undefined; dpop: string | undefined; body: string };
let hub: Fixture;
let agent: Agent;
let api: string;
let seen: Seen[];
let answer: (res: ServerResponse, turn: number) => void;
const server = createServer((req: IncomingMessage, res: ServerResponse) => {
  void (async () => {
    const { authorization, dpop } = req.headers;
    seen.push({ authorization, dpop: dpop === undefined ? undefined : String(dpop), body: await text(req) });
    answer(res, seen.length);
  })();
});

beforeEach(async () => {
  hub = await startFixture();
  seen = [];
  answer = (res) => res.end('served');
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  api = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}/api`;
  agent = createAgent({ issuer: hub.issuer, clientId: 'worker', auth: secret('s') });
});
afterEach(async () => {
  server.close();
  server.closeAllConnections();
  await hub.stop();
});

const challenge = (res: ServerResponse, status: number, header: string): void =>
  void res.writeHead(status, { 'www-authenticate': header }).end();
const post = (of: Agent = agent) => of.fetch(of.source({ resource: api }))(api, { method: 'POST', body: 'the body' });

test('the token is added, and the answer comes back as it is', async () => {
  const outcome = await post();
  expect(outcome.kind === 'response' && (await outcome.response.text())).toBe('served');
  expect(seen).toMatchObject([{ authorization: expect.stringMatching(/^Bearer ey/), body: 'the body' }]);
});

test('a token that is refused is replaced once, and the request repeated with its body', async () => {
  answer = (res, turn) => (turn === 1 ? challenge(res, 401, 'Bearer error="invalid_token"') : res.end('served'));
  expect(await post()).toMatchObject({ kind: 'response', response: { status: 200 } });
  expect(seen.map(({ body }) => body)).toEqual(['the body', 'the body']);
  expect(seen[0]?.authorization).not.toBe(seen[1]?.authorization);
  answer = (res) => challenge(res, 401, 'Bearer error="invalid_token"');
  expect(await post()).toMatchObject({ kind: 'response', response: { status: 401 } });
  expect(seen).toHaveLength(4);
});

test('when the hub gives no other token, what it says is the outcome', async () => {
  answer = (res) => {
    hub.say(() => ({ status: 400, body: { error: 'invalid_grant' } }));
    challenge(res, 401, 'Bearer error="invalid_token"');
  };
  expect(await post()).toMatchObject({ kind: 'refused', error: 'invalid_grant' });
});

test('a missing scope and a stronger login are demands, not errors, and nothing is repeated', async () => {
  answer = (res) => challenge(res, 403, 'Bearer error="insufficient_scope", scope="a:read a:write", resource_metadata="https://x"');
  expect(await post()).toMatchObject({ kind: 'stepUpRequired', by: 'resource', scope: ['a:read', 'a:write'], acrValues: [] });
  answer = (res) => challenge(res, 401, 'Bearer error="insufficient_user_authentication", acr_values="mfa", max_age="300"');
  expect(await post()).toMatchObject({ kind: 'stepUpRequired', by: 'resource', scope: [], acrValues: ['mfa'], maxAge: 300 });
  expect(seen).toHaveLength(2);
});

test('any other refusal is an answer like others', async () => {
  answer = (res) => res.writeHead(403).end();
  expect(await post()).toMatchObject({ kind: 'response', response: { status: 403 } });
});

test('a bound token goes with a proof of this very request, and with the nonce the server wants', async () => {
  hub.say(async () => ({ body: await granted(hub.wire, { token_type: 'DPoP' }) }));
  const bound = createAgent({ issuer: hub.issuer, clientId: 'worker', auth: secret('s'), dpop: true });
  answer = (res, turn) =>
    turn === 1
      ? void res.writeHead(401, { 'www-authenticate': 'DPoP error="use_dpop_nonce"', 'dpop-nonce': 'n' }).end()
      : res.end('served');
  expect(await post(bound)).toMatchObject({ kind: 'response', response: { status: 200 } });
  expect(seen[1]?.authorization).toMatch(/^DPoP ey/);
  expect(decodeJwt(seen[1]?.dpop ?? '')).toMatchObject({ htm: 'POST', htu: api, nonce: 'n', ath: expect.any(String) });
  expect(seen[1]?.body).toBe('the body');
});

test('the token is sent to no other server', async () => {
  const call = agent.fetch(agent.source({ resource: 'https://api.example/v1' }));
  await expect(call(api)).rejects.toThrow('is not sent to');
  expect(seen).toHaveLength(0);
});

test('for libraries that know only exceptions the outcome is thrown', async () => {
  answer = (res) => challenge(res, 403, 'Bearer error="insufficient_scope", scope="a:write"');
  const failed = throwingFetch(agent.fetch(agent.source({ resource: api })))(api);
  await expect(failed).rejects.toThrow(AgentOutcomeError);
  await expect(failed).rejects.toMatchObject({ outcome: { kind: 'stepUpRequired', scope: ['a:write'] } });
});

test.each([
  [null, {}],
  ['Basic realm="x"', {}],
  ['Bearer', {}],
  ['Bearer error="invalid_token", error_description="say \\"hi\\", now"', { error: 'invalid_token', error_description: 'say "hi", now' }],
  ['Basic realm="x", Bearer error=invalid_token', { error: 'invalid_token' }],
  ['DPoP error="use_dpop_nonce", algs="ES256", Bearer error="invalid_token"', { error: 'use_dpop_nonce', algs: 'ES256' }],
])('the challenge %s is read', (header, parameters) => {
  expect(readChallenge(header)).toEqual(parameters);
});
