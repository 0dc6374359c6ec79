// Connections that are an account of the hub's own at a service: a client with a secret, and one that signs for itself (RFC 7523), which may act as a
// user. Nobody connects them; the first hand-out gets the token, from a provider of another author, and two hubs ask it once.
import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createAgent, publicClient } from '@writ/sdk-agent';
import { walk } from '../driver/walk.ts';
import { freePort, startHub } from '../harness.ts';
import type { Hub } from '../harness.ts';
import { CLIENT } from './provider.ts';
import { openWorld, PASSWORD } from './world.ts';
import type { World } from './world.ts';

const SECRET = 'a-long-secret-of-the-worker';
const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
const REDIRECT = 'http://127.0.0.1:3998/callback';
const ROBOT = 'robot@project.example';
const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
const PEM = pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

let world: World;
let second: Hub;
beforeAll(async () => {
  world = await openWorld({ robot: { id: ROBOT, publicKey: pair.publicKey } });
  const { issuer } = world.provider;
  const scopes = ['calendar.read', 'calendar.write'];
  const own = { type: 'oauth', grant: 'client_credentials', tokenUrl: `${issuer}/token`, scopes };
  const robot = { ...own, grant: 'jwt_bearer', clientId: ROBOT, clientAuth: 'none' };
  const allow = (client: string, allowed: string[] | 'all') => ({
    id: `connections-${client}`,
    effect: 'allow',
    grants: ['token_exchange'],
    subject: { clients: [client] },
    target: { connections: 'all' },
    scopes: allowed,
  });
  const service = (id: string) => ({
    id,
    name: id,
    kind: 'service',
    grants: ['client_credentials', EXCHANGE],
    auth: { secrets: [{ value: SECRET }] },
    tenants: ['acme', 'globex'],
  });
  await world.hub.apply({
    resources: [{ id: 'ops', type: 'mcp', uri: 'http://localhost:9000/mcp', scopes: [{ name: 'read' }] }],
    clients: [
      { ...service('worker'), tags: ['resource-server:ops'] },
      service('reader'),
      {
        id: 'assistant',
        name: 'Assistant',
        kind: 'cli',
        public: true,
        redirectUris: [REDIRECT],
        grants: ['authorization_code', 'refresh_token'],
      },
    ],
    connections: [
      { id: 'plain', name: 'Plain', ...own, clientId: CLIENT.id, clientSecret: { value: CLIENT.secret } },
      { id: 'signed', name: 'Signed', ...robot, clientSecret: { value: PEM } },
      { id: 'file', name: 'By key file', ...robot, clientSecret: { value: JSON.stringify({ private_key: PEM, private_key_id: 'k1' }) } },
      { id: 'as-user', name: 'As user', ...robot, assertion: { subject: 'user' }, clientSecret: { value: PEM } },
      { id: 'no-key', name: 'No key', ...robot, clientSecret: { value: 'this is no key' } },
    ],
    policies: [
      {
        id: 'tokens',
        effect: 'allow',
        grants: ['client_credentials'],
        subject: { any: true },
        target: { resources: ['ops'] },
        scopes: 'all',
      },
      {
        id: 'people',
        effect: 'allow',
        grants: ['authorization_code'],
        subject: { clients: ['assistant'] },
        target: { resources: ['ops'] },
        scopes: 'all',
      },
      allow('worker', 'all'),
      allow('reader', ['calendar.read']),
    ],
  });
  second = await startHub({
    port: await freePort(),
    env: {
      WRIT_DATABASE_URL: world.database.url,
      WRIT_KEK: Buffer.alloc(32, 7).toString('base64'),
      WRIT_ISSUER: world.hub.issuer,
      WRIT_ADMIN_TOKEN: world.hub.adminToken,
    },
  });
});
afterAll(async () => {
  await second?.stop();
  await world?.close();
});
beforeEach(() => world.provider.set({ mode: 'honest' }));

type Told = { status: number; body: Record<string, unknown> };

async function post(form: Record<string, string>, client: string, at: string): Promise<Told> {
  const answer = await fetch(`${at}/oauth/token`, {
    method: 'POST',
    headers: {
      authorization: `Basic ${Buffer.from(`${client}:${SECRET}`).toString('base64')}`,
      host: new URL(world.hub.issuer).host,
      'content-type': 'application/x-www-form-urlencoded',
    },
    body: new URLSearchParams(form),
  });
  const body: unknown = await answer.json();
  return { status: answer.status, body: typeof body === 'object' && body !== null ? { ...body } : {} };
}

async function handOut(
  connection: string,
  of: { client?: string; tenant?: string; at?: string } & Record<string, string> = {},
): Promise<Told> {
  const { client = 'worker', tenant = 'acme', at = world.hub.issuer, subject, ...more } = of;
  const own =
    subject === undefined
      ? await post({ grant_type: 'client_credentials', resource: 'http://localhost:9000/mcp', tenant }, client, at)
      : { body: { access_token: subject } };
  return post(
    {
      grant_type: EXCHANGE,
      subject_token: String(own.body['access_token']),
      subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      resource: `urn:writ:connection:${connection}`,
      ...more,
    },
    client,
    at,
  );
}

async function login(user: string): Promise<string> {
  const assistant = createAgent({ issuer: world.hub.issuer, clientId: 'assistant', auth: publicClient() });
  const begun = await assistant.beginLogin({ redirectUri: REDIRECT, resource: 'http://localhost:9000/mcp', scope: ['read'] });
  const { end } = await walk(begun.url, { email: `${user}@acme.test`, password: PASSWORD, allow: 'all', stay: true }, { call: false });
  if (end.kind !== 'callback') throw new Error(`no code came back: ${end.page.text}`);
  const outcome = await assistant.finishLogin(begun, end.url);
  if (outcome.kind !== 'token') throw new Error(JSON.stringify(outcome));
  return outcome.token.accessToken;
}

const asked = (): number => (world.provider.asked['client_credentials'] ?? 0) + (world.provider.asked[JWT_BEARER] ?? 0);
const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';

describe.each(['plain', 'signed', 'file'])('an account of the hub’s own (%s)', (connection) => {
  it('has no token before it is used; of fifty uses on two hubs the first gets it, once', async () => {
    expect(await world.credentials(`connection=${connection}`)).toEqual([]);
    const before = asked();
    const all = await Promise.all(
      Array.from({ length: 50 }, (_, at) => handOut(connection, { at: at % 2 === 0 ? world.hub.issuer : second.issuer })),
    );
    expect(all.filter(({ status }) => status !== 200)).toEqual([]);
    expect(new Set(all.map(({ body }) => body['access_token'])).size).toBe(1);
    expect(asked()).toBe(before + 1);
    const token = String(all[0]?.body['access_token']);
    expect(await world.provider.isGood(token)).toBe(true);
    expect(await world.credentials(`connection=${connection}`)).toMatchObject([
      { owner: { tenant: 'acme' }, origin: 'service', label: 'for calendar.read calendar.write', state: 'active' },
    ]);
  });

  it('gives who may read a token that reads, and each tenant its own', async () => {
    const wide = await handOut(connection);
    const narrow = await handOut(connection, { client: 'reader' });
    const other = await handOut(connection, { tenant: 'globex' });
    expect(narrow).toMatchObject({ status: 200, body: { scope: 'calendar.read' } });
    expect(new Set([wide, narrow, other].map(({ body }) => body['access_token'])).size).toBe(3);
    expect(await handOut(connection, { client: 'reader', scope: 'calendar.write' })).toMatchObject({ status: 403 });
    expect(await world.credentials(`connection=${connection}&tenant=globex`)).toHaveLength(1);
  });

  it('keeps a token that lives, gets another when it is over, and says when the service does not give one', async () => {
    const before = await handOut(connection, { scope: 'calendar.read' });
    expect((await handOut(connection, { scope: 'calendar.read' })).body['access_token']).toBe(before.body['access_token']);
    await world.database.query(`UPDATE credentials SET expires_at = now() - interval '1 minute' WHERE connection_id = '${connection}'`);
    world.provider.set({ mode: 'broken' });
    expect(await handOut(connection, { scope: 'calendar.read' })).toMatchObject({
      status: 503,
      body: { error: 'temporarily_unavailable', retry_after: expect.any(Number) },
    });
    world.provider.set({ mode: 'honest' });
    await world.database.query(`UPDATE credentials SET refresh_at = NULL WHERE connection_id = '${connection}'`);
    const after = await handOut(connection, { scope: 'calendar.read' });
    expect(after.status).toBe(200);
    expect(after.body['access_token']).not.toBe(before.body['access_token']);
  });

  it('hands out nothing when it is frozen, and nothing that an administrator holds back', async () => {
    const { hub } = world;
    await hub.admin('POST', `connections/${connection}/freeze`, { reason: 'test' });
    expect(await handOut(connection)).toMatchObject({ status: 403 });
    await hub.admin('POST', `connections/${connection}/unfreeze`, { reason: 'test' });
    const held = (await world.credentials(`connection=${connection}&tenant=acme`)).find(({ label }) => String(label).includes('write'));
    await hub.admin('POST', `credentials/${String(held?.['id'])}/lock`, { reason: 'test' });
    expect(await handOut(connection)).toMatchObject({ status: 403, body: { error: 'access_denied' } });
    await hub.admin('POST', `credentials/${String(held?.['id'])}/unlock`, { reason: 'test' });
    expect(await handOut(connection)).toMatchObject({ status: 200 });
  });
});

describe('an account that signs for itself', () => {
  it('says who it is and what for, each time anew, and is nobody but itself', () => {
    expect(world.provider.acted.length).toBeGreaterThan(3);
    expect(new Set(world.provider.acted.map(({ sub }) => sub))).toEqual(new Set([ROBOT]));
  });

  it('without a key that is one is unavailable, with the reason in the entry and nothing of the secret', async () => {
    expect(await handOut('no-key')).toMatchObject({ status: 503, body: { error: 'temporarily_unavailable' } });
    const [failed] = await world.events('credential.failed');
    expect(failed).toMatchObject({ reason: 'no_key' });
    expect(JSON.stringify(await world.hub.items('events?limit=200'))).not.toContain('this is no key');
  });

  it('that acts as users acts as none for a program alone, and is connected by nobody', async () => {
    expect(await handOut('as-user')).toMatchObject({ status: 403, body: { error: 'access_denied' } });
    expect((await world.hub.admin('POST', 'connections/as-user/connect', { tenant: 'acme' })).status).toBe(400);
    expect(await world.credentials('connection=as-user')).toEqual([]);
  });

  it('acts as the user who is there, by the address that they have now, and keeps the tokens of users apart', async () => {
    const [ann, bob] = [await login('ann'), await login('bob')];
    const tokens = [await handOut('as-user', { subject: ann }), await handOut('as-user', { subject: bob })];
    expect(tokens.map(({ status }) => status)).toEqual([200, 200]);
    expect(new Set(tokens.map(({ body }) => body['access_token'])).size).toBe(2);
    expect(world.provider.acted.slice(-2).map(({ sub }) => sub)).toEqual(['ann@acme.test', 'bob@acme.test']);
    expect(await world.credentials('connection=as-user&user=ann')).toMatchObject([
      { owner: { user: 'ann', tenant: 'acme' }, label: 'as ann@acme.test for calendar.read calendar.write', origin: 'service' },
    ]);
    await world.hub.apply({ users: [{ id: 'bob', email: 'robert@acme.test', name: 'Bob', tenants: [{ id: 'acme', roles: [] }] }] });
    await world.until(async () => {
      await handOut('as-user', { subject: bob });
      return world.provider.acted.at(-1)?.sub === 'robert@acme.test';
    });
    // Somebody writes an address there that nobody proved.
    const wrong = { id: 'bob', email: 'director@acme.test', emailVerified: false, name: 'Bob', tenants: [{ id: 'acme', roles: [] }] };
    await world.hub.apply({ users: [wrong] });
    await world.until(async () => (await handOut('as-user', { subject: bob })).status !== 200);
    const [refused] = await world.events('credential.refused');
    expect(refused?.['reason']).toBe('email_not_verified');
    expect(world.provider.acted.map(({ sub }) => sub)).not.toContain('director@acme.test');
  });

  it('gives nobody by a label what they may not have: other scopes, or an address that the user had once', async () => {
    const wide = (await world.credentials('connection=signed&tenant=acme')).find(({ label }) => String(label).includes('write'));
    expect(wide).toBeDefined();
    const named = await handOut('signed', { client: 'reader', account: String(wide?.['label']) });
    expect(named).toMatchObject({ status: 400, body: { error: 'connection_required' } });
    expect(await handOut('signed', { client: 'reader', account: 'for calendar.read' })).toMatchObject({
      status: 200,
      body: { scope: 'calendar.read' },
    });
    const ann = await login('ann');
    expect((await handOut('as-user', { subject: ann })).status).toBe(200);
    const [old] = await world.credentials('connection=as-user&user=ann');
    await world.hub.apply({ users: [{ id: 'ann', email: 'anna@acme.test', name: 'Ann', tenants: [{ id: 'acme', roles: [] }] }] });
    await world.until(async () => {
      await handOut('as-user', { subject: ann });
      return world.provider.acted.at(-1)?.sub === 'anna@acme.test';
    });
    expect(await handOut('as-user', { subject: ann, account: String(old?.['label']) })).toMatchObject({ status: 400 });
    expect(world.provider.acted.at(-1)?.sub).toBe('anna@acme.test');
  });

  it('is called nowhere else because its connection was edited, without its key given again', async () => {
    const { issuer } = world.provider;
    const edited = { type: 'oauth', grant: 'jwt_bearer', tokenUrl: `${issuer}/token`, clientId: ROBOT, baseUrl: 'https://evil.example' };
    const answer = await world.hub.admin('PUT', 'connections/no-key', edited);
    expect([answer.status >= 400, JSON.stringify(await answer.json())]).toEqual([true, expect.stringContaining('clientSecret')]);
  });

  it('does not become one whose key is sent as a client secret', async () => {
    for (const { id } of await world.credentials('connection=no-key')) await world.hub.admin('DELETE', `credentials/${String(id)}`);
    const answer = await world.hub.admin('PUT', 'connections/no-key', {
      type: 'oauth',
      grant: 'client_credentials',
      tokenUrl: `${world.provider.issuer}/token`,
      clientId: ROBOT,
    });
    expect([answer.status, JSON.stringify(await answer.json())]).toEqual([expect.any(Number), expect.stringContaining('clientSecret')]);
    expect(answer.status).toBeGreaterThanOrEqual(400);
  });
});
