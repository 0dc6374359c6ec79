// The promise on the first page of the README, from outside and in order: an agent that nobody configured logs in to a protected MCP
// server, gets three of the five scopes it asked for, is refused what policy forbids, is killed, and all of it is on record.
import { randomBytes, createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { walk } from '../driver/walk.ts';
import { ANN, protectSample, startHub } from '../harness.ts';
import type { Hub, Protected } from '../harness.ts';

const FIVE = ['incidents:read', 'incidents:comment', 'incidents:write', 'deploys:rollback', 'customers:export'];
const REDIRECT = 'http://127.0.0.1:3998/callback';
const VERIFIER = randomBytes(32).toString('base64url');

let hub: Hub;
let guarded: Protected;
let clientId: string;
let tokens: { access_token: string; refresh_token: string; scope: string };

beforeAll(async () => {
  hub = await startHub();
  guarded = await protectSample(hub, {
    policies: [
      {
        id: 'nothing-risky-for-strangers',
        effect: 'deny',
        subject: { conditions: [{ key: 'client.status', operator: 'equals', value: 'unverified' }] },
        target: { resources: ['acme-incidents'] },
        scopes: ['deploys:rollback', 'customers:export'],
      },
    ],
  });
});
afterAll(async () => {
  await guarded?.close();
  await hub?.stop();
});

const form = (path: string, fields: Record<string, string>): Promise<Response> =>
  fetch(`${hub.issuer}${path}`, { method: 'POST', body: new URLSearchParams(fields) });

const callTool = (name: string): Promise<Response> =>
  fetch(guarded.sample.url, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${tokens.access_token}`,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: {} } }),
  });

const agentId = async (): Promise<string> => {
  const [agent] = await hub.items(`agents?client=${clientId}`);
  return String(agent?.['id']);
};

/** Asks until the answer has this status: how soon it has is measured by the kill runs (e2e/kills). */
async function until(status: number): Promise<void> {
  while ((await callTool('list_incidents')).status !== status) await sleep(20);
}

test('the server points the stranger to the hub, and the hub lets it register', async () => {
  const refused = await fetch(guarded.sample.url, { method: 'POST', body: '{}' });
  expect(refused.status).toBe(401);
  expect(refused.headers.get('www-authenticate')).toContain('resource_metadata=');
  const registered = await fetch(`${hub.issuer}/oauth/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ client_name: 'Nobody configured me', redirect_uris: [REDIRECT], token_endpoint_auth_method: 'none' }),
  });
  expect(registered.status).toBe(201);
  clientId = (await registered.json()).client_id;
});

test('of five scopes it gets the three that policy allows and the user agrees to', async () => {
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: clientId,
    redirect_uri: REDIRECT,
    scope: FIVE.join(' '),
    resource: guarded.resource.uri,
    code_challenge: createHash('sha256').update(VERIFIER).digest('base64url'),
    code_challenge_method: 'S256',
    state: 's',
  });
  const walked = await walk(`${hub.issuer}/oauth/authorize?${query}`, { ...ANN, allow: 'all', stay: true }, { call: false });
  if (walked.end.kind !== 'callback') throw new Error('no code came back');
  const code = new URL(walked.end.url).searchParams.get('code') ?? '';
  const answer = await form('/oauth/token', {
    grant_type: 'authorization_code',
    client_id: clientId,
    code,
    redirect_uri: REDIRECT,
    code_verifier: VERIFIER,
  });
  expect(answer.status).toBe(200);
  tokens = await answer.json();
  expect(tokens.scope.split(' ').toSorted()).toEqual(['incidents:comment', 'incidents:read', 'incidents:write']);
});

test('its tools work, and the server refuses the tool whose scope policy forbade, naming what is needed', async () => {
  expect((await callTool('list_incidents')).status).toBe(200);
  const refused = await callTool('rollback_deploy');
  expect(refused.status).toBe(403);
  expect(refused.headers.get('www-authenticate')).toMatch(/insufficient_scope.*deploys:rollback|deploys:rollback.*insufficient_scope/);
});

test('frozen, it is refused by the running server, with its token unexpired, and by the hub at once', async () => {
  const frozen = await hub.admin('POST', `agents/${await agentId()}/freeze`, { reason: 'the story needs it' });
  expect(frozen.status).toBe(200);
  const refresh = await form('/oauth/token', { grant_type: 'refresh_token', client_id: clientId, refresh_token: tokens.refresh_token });
  expect([refresh.status, (await refresh.json()).error]).toEqual([400, 'invalid_grant']);
  await until(401);
});

test('restored, the same token works again, and so does its refresh token', async () => {
  expect((await hub.admin('POST', `agents/${await agentId()}/unfreeze`, { reason: 'all is well' })).status).toBe(200);
  await until(200);
  const refresh = await form('/oauth/token', { grant_type: 'refresh_token', client_id: clientId, refresh_token: tokens.refresh_token });
  expect(refresh.status).toBe(200);
  tokens = await refresh.json();
});

test('revoked, it is over: the token dies at the server, the family at the hub, and nothing brings it back', async () => {
  expect((await hub.admin('POST', `agents/${await agentId()}/revoke`, { reason: 'the end' })).status).toBe(200);
  await until(401);
  const refresh = await form('/oauth/token', { grant_type: 'refresh_token', client_id: clientId, refresh_token: tokens.refresh_token });
  expect(refresh.status).toBe(400);
  expect((await hub.admin('POST', `agents/${await agentId()}/unfreeze`, { reason: 'please' })).status).toBe(409);
});

test('every step is on record, in a chain that verifies', async () => {
  const events = await hub.items('events');
  const types = new Set(events.map((event) => event['type']));
  for (const type of [
    'client.registered',
    'journey.started',
    'login.succeeded',
    'agent.created',
    'consent.granted',
    'journey.finished',
    'token.issued',
    'agent.frozen',
    'signal.sent',
    'signal.acknowledged',
    'token.refused',
    'agent.unfrozen',
    'token.refreshed',
    'agent.revoked',
  ])
    expect(types, type).toContain(type);
  const issued = events.find((event) => event['type'] === 'token.issued');
  expect(issued).toMatchObject({
    decision: expect.stringMatching(/^dec_/),
    data: { scopes: ['incidents:read', 'incidents:comment', 'incidents:write'] },
  });
  const verified = await hub.admin('GET', 'events/verify');
  expect(await verified.json()).toMatchObject({ ok: true, checked: expect.any(Number) });
});
