// Ann's assistant calls a tool that needs her calendar, at a provider of another author. Nothing is connected, so the tool's server gets an address
// for her and no token; she connects, and the next call gets one, for exactly what policy lets it have. Then everything that could go wrong with it.
import { createServer } from 'node:http';
import { createAgent, publicClient } from '@writ/sdk-agent';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { PASSWORD, openWorld } from '../connect/world.ts';
import type { World } from '../connect/world.ts';
import { walk } from '../driver/walk.ts';
import { freePort } from '../harness.ts';

const REDIRECT = 'http://127.0.0.1:3998/callback';
const OPS = 'http://localhost:9000/mcp';
const SECRET = 'a-long-secret-of-a-server';
const KEY = 'the-key-of-the-search-service';

let world: World;
let search: ReturnType<typeof createServer>;
const heard: (string | undefined)[] = [];
/** Tokens of the assistant, by whom it works for. */
const tokens: Record<string, string> = {};

const allow = (id: string, client: string, connection: string, scopes: string[] | 'all', more: object = {}): object => ({
  id,
  effect: 'allow',
  grants: ['token_exchange'],
  subject: { clients: [client] },
  target: { connections: [connection] },
  scopes,
  ...more,
});
const server = (id: string): object => ({
  id,
  name: id,
  kind: 'service',
  grants: ['client_credentials', 'urn:ietf:params:oauth:grant-type:token-exchange'],
  auth: { secrets: [{ value: SECRET }] },
  tags: ['resource-server:ops'],
});

beforeAll(async () => {
  world = await openWorld({ env: { WRIT_ALLOW_LOOPBACK: 'true' } });
  const port = await freePort();
  search = createServer((request, response) => {
    heard.push(request.headers['x-api-key']?.toString());
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ found: request.url }));
  }).listen(port, '127.0.0.1');
  await world.hub.apply({
    roles: [{ name: 'SRE', permissions: [] }],
    users: [{ id: 'sam', email: 'sam@acme.test', name: 'Sam', password: { value: PASSWORD }, tenants: [{ id: 'acme', roles: ['SRE'] }] }],
    resources: [{ id: 'ops', type: 'mcp', uri: OPS, scopes: [{ name: 'tools:use', title: 'Use tools' }] }],
    clients: [
      {
        id: 'assistant',
        name: 'Assistant',
        kind: 'cli',
        public: true,
        redirectUris: [REDIRECT],
        grants: ['authorization_code', 'refresh_token'],
      },
      server('ops-server'),
      server('payments-server'),
    ],
    connections: [
      {
        id: 'search',
        type: 'api_key',
        header: 'x-api-key',
        baseUrl: `http://127.0.0.1:${port}`,
        allowedMethods: ['GET'],
        allowedPaths: ['/find*'],
      },
      {
        id: 'payments',
        type: 'oauth',
        authorizationUrl: 'https://pay.test/a',
        tokenUrl: 'https://pay.test/t',
        clientId: 'hub',
        scopes: ['charges:read', 'refunds:write'],
      },
    ],
    credentials: [
      { connection: 'search', owner: { tenant: 'acme' }, value: { value: KEY } },
      {
        connection: 'payments',
        owner: { tenant: 'acme' },
        accessToken: { value: 'a-token-of-the-payment-service' },
        scopes: ['charges:read', 'refunds:write'],
      },
    ],
    policies: [
      {
        id: 'assistant',
        effect: 'allow',
        grants: ['authorization_code'],
        subject: { clients: ['assistant'] },
        target: { resources: ['ops'] },
        scopes: 'all',
      },
      allow('calendar-read', 'ops-server', 'calendar', ['calendar.read']),
      allow('calendar-write-for-sre', 'ops-server', 'calendar', ['calendar.write'], {
        subject: {
          conditions: [
            { key: 'client.clientid', operator: 'equals', value: 'ops-server' },
            { key: 'user.roles', operator: 'contains', value: 'SRE' },
          ],
        },
      }),
      allow('charges', 'ops-server', 'payments', ['charges:read']),
      allow('refunds', 'payments-server', 'payments', 'all'),
      allow('search', 'assistant', 'search', 'all'),
    ],
  });
  for (const user of ['ann', 'bob', 'sam']) tokens[user] = await login(user);
});
afterAll(async () => {
  search?.close();
  await world?.close();
});

async function login(user: string, resource = OPS, scope = 'tools:use'): Promise<string> {
  const assistant = createAgent({ issuer: world.hub.issuer, clientId: 'assistant', auth: publicClient() });
  const begun = await assistant.beginLogin({ redirectUri: REDIRECT, resource, scope: [scope] });
  const { end } = await walk(begun.url, { email: `${user}@acme.test`, password: PASSWORD, allow: 'all', stay: true }, { call: false });
  if (end.kind !== 'callback') throw new Error(`no code came back: ${end.page.text}`);
  const outcome = await assistant.finishLogin(begun, end.url);
  if (outcome.kind !== 'token') throw new Error(JSON.stringify(outcome));
  return outcome.token.accessToken;
}

type Told = { status: number; body: Record<string, unknown> };

/** What the tool's server asks for while it serves a call of this user. */
async function handOut(user: string, connection: string, more: Record<string, string> = {}, client = 'ops-server'): Promise<Told> {
  const answer = await fetch(`${world.hub.issuer}/oauth/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(`${client}:${SECRET}`).toString('base64')}` },
    body: new URLSearchParams({
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token: tokens[user] ?? '',
      subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      resource: `urn:writ:connection:${connection}`,
      ...more,
    }),
  });
  const body: unknown = await answer.json();
  return { status: answer.status, body: typeof body === 'object' && body !== null ? { ...body } : {} };
}

test('Ann has connected nothing: the server gets an address for her instead of a token', async () => {
  const told = await handOut('ann', 'calendar', { scope: 'calendar.read' });
  expect(told).toMatchObject({
    status: 400,
    body: {
      error: 'connection_required',
      connection: 'calendar',
      scope: 'calendar.read',
      connect_url: expect.stringContaining(`${world.hub.issuer}/connect/`),
    },
  });
});

test('she follows it and connects; the next call gets a token of the provider that is good there', async () => {
  const { body } = await handOut('ann', 'calendar', { scope: 'calendar.read' });
  const ann = await world.person('ann');
  const seen = await ann.press(await ann.open(String(body['connect_url'])), 'continue');
  expect([seen.status, seen.page.title]).toEqual([200, 'Calendar is connected']);
  const told = await handOut('ann', 'calendar', { scope: 'calendar.read' });
  expect(told).toMatchObject({ status: 200, body: { token_type: 'Bearer', scope: 'calendar.read', expires_in: expect.any(Number) } });
  expect(await world.provider.isGood(String(told.body['access_token']))).toBe(true);
});

test('it is on record: who, through whom, for what, by which decision, whose account; and not what', async () => {
  const told = await handOut('ann', 'calendar', { scope: 'calendar.read' });
  const [entry] = await world.events('credential.issued');
  expect(entry).toMatchObject({
    initiator: 'agent-for-human',
    actor: { user: 'ann', client: 'ops-server', chain: ['ops-server', 'assistant'] },
    target: { type: 'connection', id: 'calendar' },
    decision: expect.stringMatching(/^dec_/),
    data: { scopes: ['calendar.read'], owner: 'user ann in tenant acme' },
  });
  expect(JSON.stringify(await world.hub.items('events?limit=200'))).not.toContain(String(told.body['access_token']));
});

test('seed: reading is for everybody, writing only when an SRE drives; everybody else is refused with 403', async () => {
  for (const user of ['ann', 'bob'])
    expect(await handOut(user, 'calendar', { scope: 'calendar.write' })).toMatchObject({
      status: 403,
      body: { error: 'access_denied', decision_id: expect.any(String) },
    });
  expect(await handOut('sam', 'calendar', { scope: 'calendar.write' })).toMatchObject({
    status: 400,
    body: { error: 'connection_required', scope: 'calendar.write' },
  });
});

test('an account that has granted less is connected again, for what it has and what is missing', async () => {
  const sam = await world.person('sam');
  const first = await handOut('sam', 'calendar', { scope: 'calendar.read' });
  await sam.press(await sam.open(String(first.body['connect_url'])), 'continue');
  const second = await handOut('sam', 'calendar', { scope: 'calendar.read calendar.write' });
  expect(second).toMatchObject({ status: 400, body: { error: 'connection_required', scope: 'calendar.write' } });
  await sam.press(await sam.open(String(second.body['connect_url'])), 'continue');
  expect(await handOut('sam', 'calendar', { scope: 'calendar.read calendar.write' })).toMatchObject({ status: 200 });
});

test("seed: refunds are reachable by one server's tools only", async () => {
  expect(await handOut('ann', 'payments', { scope: 'charges:read' })).toMatchObject({ status: 200, body: { scope: 'charges:read' } });
  expect(await handOut('ann', 'payments', { scope: 'refunds:write' })).toMatchObject({ status: 403, body: { error: 'access_denied' } });
  expect(await handOut('ann', 'payments', { scope: 'refunds:write' }, 'payments-server')).toMatchObject({ status: 200 });
});

test('seed: a key is handed out whole or not at all', async () => {
  await world.hub.apply({ policies: [allow('search-in-part', 'ops-server', 'search', 'all', { effect: 'deny' })] });
  expect(await handOut('ann', 'search')).toMatchObject({ status: 403, body: { error: 'access_denied' } });
});

test('the assistant uses a key that it never sees, by a token for that alone, which Ann allowed', async () => {
  const token = await login('ann', `${world.hub.issuer}/proxy/search`, 'call');
  const call = (path: string, init: RequestInit = {}, by = token): Promise<Response> =>
    fetch(`${world.hub.issuer}/proxy/search${path}`, { ...init, headers: { authorization: `Bearer ${by}` } });
  // Any server that the assistant calls holds this one.
  expect((await call('/find?q=writ', {}, tokens['ann'])).status).toBe(401);
  expect(heard).toEqual([]);
  const answer = await call('/find?q=writ');
  expect([answer.status, await answer.json()]).toEqual([200, { found: '/find?q=writ' }]);
  expect(heard).toEqual([KEY]);
  expect((await call('/admin')).status).toBe(403);
  expect((await call('/find', { method: 'POST' })).status).toBe(403);
  expect(heard).toEqual([KEY]);
  const [entry] = await world.events('credential.used');
  expect(entry).toMatchObject({
    actor: { user: 'ann', client: 'assistant' },
    data: { call: { method: 'GET', path: '/find', status: 200 } },
  });
});

test('fifty calls that all met a refusal renew the token once', async () => {
  const [stored] = await world.credentials('connection=calendar&user=ann');
  expect(stored).toMatchObject({ state: 'active' });
  await world.hub.apply({ policies: [allow('calendar-read', 'ops-server', 'calendar', ['calendar.read'])] });
  const before = world.provider.asked['refresh_token'] ?? 0;
  const all = await Promise.all(
    Array.from({ length: 50 }, () => handOut('ann', 'calendar', { scope: 'calendar.read', force_refresh: 'true' })),
  );
  expect(new Set(all.map(({ status }) => status))).toEqual(new Set([200]));
  expect(new Set(all.map(({ body }) => body['access_token'])).size).toBeLessThanOrEqual(2);
  expect((world.provider.asked['refresh_token'] ?? 0) - before).toBeLessThanOrEqual(1);
});

test('when she takes the access back at the provider, the next renewal asks her to connect again', async () => {
  await world.provider.revokeAll();
  await new Promise((wake) => setTimeout(wake, 10_100));
  const told = await handOut('ann', 'calendar', { scope: 'calendar.read', force_refresh: 'true' });
  expect(told).toMatchObject({ status: 400, body: { error: 'connection_required', connect_url: expect.any(String) } });
  const [refused] = await world.events('credential.refused');
  expect(refused).toMatchObject({ reason: 'credential_failed' });
});
