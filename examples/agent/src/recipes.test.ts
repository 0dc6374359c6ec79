import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateKeyPair } from 'jose';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Fixture } from '../../../packages/sdk-agent/src/hub.suite.ts';
import { granted, startFixture } from '../../../packages/sdk-agent/src/hub.suite.ts';
import {
  agentInCluster,
  agentWithKey,
  agentWithSecret,
  comeBack,
  listTools,
  loginAgain,
  nextHop,
  readReports,
  refund,
  store,
} from './recipes.ts';

let hub: Fixture;
beforeEach(async () => {
  hub = await startFixture();
});
afterEach(() => hub.stop());

const formOf = (index: number): Record<string, string> => Object.fromEntries(hub.asked.at(index)?.form ?? []);

test('an agent proves itself by a secret, by its workload and by a key', async () => {
  const path = join(mkdtempSync(join(tmpdir(), 'writ-agent-')), 'token');
  writeFileSync(path, 'jwt-of-the-platform\n');
  const { privateKey } = await generateKeyPair('ES256');
  for (const agent of [agentWithSecret(hub.issuer, 's'), agentInCluster(hub.issuer, path), agentWithKey(hub.issuer, privateKey)])
    expect(await agent.token({ resource: 'http://localhost:9000/mcp' })).toMatchObject({ kind: 'token' });
  expect(hub.asked[0]?.headers.authorization).toMatch(/^Basic /);
  expect(formOf(1)['client_assertion']).toBe('jwt-of-the-platform');
  expect(hub.asked[2]?.headers['dpop']).toMatch(/^ey/);
});

test('a call that waits for a person goes on by itself when they have said yes', async () => {
  const agent = agentWithSecret(hub.issuer, 's');
  hub.say(async (_, count) =>
    count === 1
      ? { status: 400, body: { error: 'interaction_required', approval_id: 'apr_1', interval: 1 } }
      : { body: await granted(hub.wire) },
  );
  const url = hub.issuer;
  hub.wire.answer('/', (res) => void res.writeHead(200, { 'content-type': 'application/json' }).end('["Q1"]'));
  expect(await readReports(agent, url)).toEqual(['Q1']);
});

test('what only somebody else can do is said in words', async () => {
  const agent = agentWithSecret(hub.issuer, 's');
  const said = (body: Record<string, unknown>): Promise<unknown> => {
    hub.say(() => ({ status: 400, body }));
    return readReports(agent, hub.issuer);
  };
  expect(await said({ error: 'connection_required', connect_url: 'https://c' })).toBe('Please connect your account: https://c');
  expect(await said({ error: 'insufficient_user_authentication', acr_values: 'mfa' })).toBe('Please log in again for mfa');
  expect(await said({ error: 'invalid_scope', decision_id: 'dec_1' })).toBe('No: invalid_scope (decision dec_1)');
  expect(await listTools(agent.source({ resource: `${hub.issuer}/mcp` }))).toMatchObject({ kind: 'refused' });
});

test('a person who is not there is asked what exactly they allow', async () => {
  hub.say(async ({ path }) => ({ body: path === '/backchannel' ? { auth_req_id: 'r', interval: 1 } : await granted(hub.wire) }));
  expect(await refund(agentWithSecret(hub.issuer, 's'), 'http://localhost:9000/pay')).toMatchObject({ kind: 'token' });
  expect(JSON.parse(formOf(0)['authorization_details'] ?? '')).toMatchObject([{ type: 'refund', amount: '42.00' }]);
  expect(formOf(1)).toMatchObject({ auth_req_id: 'r' });
});

test('a token is exchanged for the next hop', async () => {
  const agent = agentWithSecret(hub.issuer, 's');
  expect(await nextHop(agent, 'incoming', 'http://localhost:9011/ledger')).toMatchObject({ kind: 'token' });
  expect(formOf(0)).toMatchObject({ subject_token: 'incoming', scope: 'entries:read' });
});

test('a user logs in again with what was demanded, and the newest refresh token is kept', async () => {
  const agent = agentWithSecret(hub.issuer, 's');
  const demand = { kind: 'stepUpRequired', by: 'hub', acrValues: ['mfa'], maxAge: 0, scope: ['b'], description: undefined } as const;
  const login = await loginAgain(agent, demand, 'http://localhost:9000/mcp', ['a']);
  expect(Object.fromEntries(new URL(login.url).searchParams)).toMatchObject({ scope: 'a b', acr_values: 'mfa', max_age: '0' });
  hub.say(async (_, count) => ({ body: await granted(hub.wire, { refresh_token: `r${count}`, expires_in: count === 1 ? 1 : 600 }) }));
  const callback = `https://agent.example/callback?code=c&state=${login.state}&iss=${encodeURIComponent(hub.issuer)}`;
  const session = await comeBack(agent, login, callback);
  if (!('get' in session)) throw new Error(session.kind);
  expect(await session.get()).toMatchObject({ kind: 'token' });
  expect(store.at(-1)).toBe('r2');
});
