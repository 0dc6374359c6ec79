// An administrator takes the templates of flows as they come, fills in the addresses, publishes them to one client each, and people walk through
// them: by plain forms, without a script, from the authorization address to the token and to what the token opens.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createAgent, publicClient } from '@writ/sdk-agent';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { appCode, keyOn } from '../authenticator-app.ts';
import { newPerson } from '../connect/person.ts';
import { openWorld, PASSWORD } from '../connect/world.ts';
import type { World } from '../connect/world.ts';
import { story, walk } from '../driver/walk.ts';
import type { Walk } from '../driver/walk.ts';

const OPS = 'http://localhost:9000/mcp';
const REDIRECT = 'http://127.0.0.1:3997/callback';
const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
const SECRET = 'a-long-secret-of-a-server';
const FLOWS = ['consent-with-choice', 'organisation-picker', 'step-up-on-risk', 'api-key-provisioning', 'connect-first'];

let world: World;
let keys: ReturnType<typeof createServer>;
/** What the service that makes keys was asked. */
const made: { signature: string | undefined; idempotency: string | undefined; user: string }[] = [];

beforeAll(async () => {
  world = await openWorld({ env: { WRIT_ALLOW_LOOPBACK: 'true' } });
  keys = createServer(async (request, response) => {
    let body = '';
    for await (const part of request) body += String(part);
    const { user } = JSON.parse(body);
    made.push({ signature: request.headers['x-signature']?.toString(), idempotency: request.headers['idempotency-key']?.toString(), user });
    response
      .writeHead(201, { 'content-type': 'application/json' })
      .end(JSON.stringify({ key: `sk-of-${user}-${made.length}`, name: 'main' }));
  }).listen(0, '127.0.0.1');
  await once(keys, 'listening');
  const address = keys.address();
  const host = `127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
  await world.hub.apply({
    roles: [{ name: 'client-reviewer', permissions: [] }],
    users: [
      person('cat', ['acme', 'globex']),
      person('nil', []),
      { ...person('rex', ['acme']), tenants: [{ id: 'acme', roles: ['client-reviewer'] }] },
    ],
    resources: [
      {
        id: 'ops',
        type: 'mcp',
        uri: OPS,
        scopes: [
          { name: 'tools:read', title: 'Look', risk: 'low' },
          { name: 'tools:drop', title: 'Drop', risk: 'high' },
        ],
      },
    ],
    clients: [
      ...FLOWS.map((id) => ({ id, name: id, kind: 'cli', public: true, redirectUris: [REDIRECT], grants: ['authorization_code'] })),
      {
        id: 'ops-server',
        name: 'Operations',
        kind: 'service',
        grants: [EXCHANGE],
        auth: { secrets: [{ value: SECRET }] },
        tags: ['resource-server:ops'],
      },
    ],
    connections: [{ id: 'search', type: 'api_key', header: 'x-api-key' }],
    flowSecrets: [{ id: 'provisioning', hosts: [host], value: { value: 'a-shared-secret-of-some-length' } }],
    policies: [
      {
        id: 'people',
        effect: 'allow',
        grants: ['authorization_code'],
        subject: { any: true },
        target: { resources: ['ops'] },
        scopes: 'all',
      },
      {
        id: 'search',
        effect: 'allow',
        grants: ['token_exchange'],
        subject: { any: true },
        target: { connections: ['search'] },
        scopes: 'all',
      },
    ],
  });
  const templates = await world.hub.items('flow-templates');
  for (const id of FLOWS.slice(0, 4)) {
    const template = templates.find((one) => one['id'] === id);
    await publish(id, JSON.parse(JSON.stringify(template?.['flow']).replace('https://api.example.com', `http://${host}`)), { client: id });
  }
});
afterAll(async () => {
  keys?.close();
  await world?.close();
});

const person = (id: string, tenants: string[]): object => ({
  id,
  email: `${id}@acme.test`,
  name: id,
  password: { value: PASSWORD },
  tenants: tenants.map((tenant) => ({ id: tenant, roles: [] })),
});

async function publish(id: string, flow: object, to: object): Promise<void> {
  for (const [method, path, body] of [
    ['PUT', `flows/${id}`, flow],
    ['POST', `flows/${id}/publish`, {}],
    ['POST', `flows/${id}/assign`, to],
  ] as const) {
    const answer = await world.hub.admin(method, path, body);
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  }
}

type Agent = ReturnType<typeof createAgent>;
type Begun = Awaited<ReturnType<Agent['beginLogin']>>;

const agentOf = (id: string): Agent => createAgent({ issuer: world.hub.issuer, clientId: id, auth: publicClient() });
const begin = (agent: Agent, scope: string[]): Promise<Begun> => agent.beginLogin({ redirectUri: REDIRECT, resource: OPS, scope });

async function claims(agent: Agent, begun: Begun, callback: string): Promise<Record<string, unknown>> {
  const outcome = await agent.finishLogin(begun, callback);
  if (outcome.kind !== 'token') throw new Error(JSON.stringify(outcome));
  return JSON.parse(Buffer.from(outcome.token.accessToken.split('.')[1] ?? '', 'base64url').toString());
}

function callbackOf(walked: Walk): string {
  if (walked.end.kind !== 'callback') throw new Error(story(walked).join('\n'));
  return walked.end.url;
}

test('consent with choice: the token holds what was left ticked, and a no ends with a sentence', async () => {
  const agent = agentOf('consent-with-choice');
  const begun = await begin(agent, ['tools:read', 'tools:drop']);
  const walked = await walk(begun.url, { email: 'ann@acme.test', password: PASSWORD, allow: ['tools:read'] }, { call: false });
  expect(await claims(agent, begun, callbackOf(walked))).toMatchObject({ sub: 'ann', scope: 'tools:read', tenant: 'acme' });
  const again = await begin(agent, ['tools:read']);
  const denied = await walk(again.url, { email: 'ann@acme.test', password: PASSWORD, allow: 'deny' }, { call: false });
  expect(denied.steps.some(({ page }) => page?.text.includes('You allowed consent-with-choice nothing.'))).toBe(true);
  expect(new URL(callbackOf(denied)).searchParams.get('error')).toBe('access_denied');
});

test('organisation picker: the choice is the tenant of the token, and who belongs to none is told so', async () => {
  const agent = agentOf('organisation-picker');
  const begun = await begin(agent, ['tools:read']);
  const walked = await walk(begun.url, { email: 'cat@acme.test', password: PASSWORD, tenant: 'globex', allow: 'all' }, { call: false });
  expect(story(walked).join('\n')).toContain('Choose an organisation');
  expect(await claims(agent, begun, callbackOf(walked))).toMatchObject({ sub: 'cat', tenant: 'globex' });
  const other = await begin(agent, ['tools:read']);
  const nobody = await walk(other.url, { email: 'nil@acme.test', password: PASSWORD, allow: 'all' }, { call: false });
  expect(nobody.steps.some(({ page }) => page?.text.includes('nil@acme.test belongs to none'))).toBe(true);
});

test('a second factor for high-risk scopes: asked before consent, and said in the token; for others nobody is asked', async () => {
  const agent = agentOf('step-up-on-risk');
  const low = await begin(agent, ['tools:read']);
  const plain = await walk(low.url, { email: 'bob@acme.test', password: PASSWORD, allow: 'all' }, { call: false });
  expect(await claims(agent, low, callbackOf(plain))).toMatchObject({ acr: '1' });
  const high = await begin(agent, ['tools:drop']);
  const bob = newPerson();
  const enrol = await bob.press(await bob.open(high.url), 'continue', { email: 'bob@acme.test', password: PASSWORD });
  expect(enrol.page.title).toBe('Set up a second step');
  const codes = await bob.press(enrol, 'continue', { code: appCode(keyOn(enrol.html), 0) });
  const consent = await bob.press(codes, 'continue');
  const back = await bob.pressUntil(consent, 'allow', REDIRECT);
  expect(await claims(agent, high, back)).toMatchObject({ acr: '2', amr: expect.arrayContaining(['mfa']) });
});

test('a key is made for the person after consent, kept in the vault, and handed out by exchange to the server that the agent calls', async () => {
  const agent = agentOf('api-key-provisioning');
  const begun = await begin(agent, ['tools:read']);
  const walked = await walk(begun.url, { email: 'ida@acme.test', password: PASSWORD, allow: 'all' }, { call: false });
  const outcome = await agent.finishLogin(begun, callbackOf(walked));
  expect(outcome.kind).toBe('token');
  expect(made).toEqual([{ signature: expect.any(String), idempotency: 'ida-api-key-provisioning', user: 'ida' }]);
  expect(await world.credentials('connection=search')).toMatchObject([{ owner: { user: 'ida' }, origin: 'flow', state: 'active' }]);
  const answer = await fetch(`${world.hub.issuer}/oauth/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(`ops-server:${SECRET}`).toString('base64')}` },
    body: new URLSearchParams({
      grant_type: EXCHANGE,
      subject_token: outcome.kind === 'token' ? outcome.token.accessToken : '',
      subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      resource: 'urn:writ:connection:search',
    }),
  });
  expect(await answer.json()).toMatchObject({ access_token: 'sk-of-ida-1' });
  const told = JSON.stringify([
    await world.events('credential.stored'),
    await world.events('flow.noted'),
    await world.events('journey.finished'),
  ]);
  expect(told).toContain('key.provisioned');
  expect(told).not.toContain('sk-of-ida');
});

test('an account at another service is connected on the way, at a provider of another author', async () => {
  await publish(
    'connect-first',
    {
      name: 'Connect first',
      purpose: 'authorize',
      start: 'signIn',
      nodes: [
        { id: 'signIn', kind: 'authenticate', methods: ['password'] },
        { id: 'consent', kind: 'consent' },
        { id: 'calendar', kind: 'connect', connection: 'calendar', scopes: ['calendar.read'] },
        { id: 'done', kind: 'complete' },
      ],
      edges: [
        { from: 'signIn', to: 'consent' },
        { from: 'consent', to: 'calendar' },
        { from: 'calendar', to: 'done' },
      ],
    },
    { client: 'connect-first' },
  );
  const agent = agentOf('connect-first');
  const begun = await begin(agent, ['tools:read']);
  const ann = newPerson();
  const consent = await ann.press(await ann.open(begun.url), 'continue', { email: 'ann@acme.test', password: PASSWORD });
  const asked = await ann.press(consent, 'allow');
  expect(asked.page.title).toBe('Connect Calendar');
  const connected = await ann.press(await ann.press(asked, 'connect'), 'continue');
  expect(connected.way.some((url) => url.startsWith(world.provider.issuer))).toBe(true);
  expect(connected.headers.get('refresh')).toBe(`0;url=${new URL(asked.url).pathname}`);
  expect(await claims(agent, begun, await ann.until(asked.url, REDIRECT))).toMatchObject({ sub: 'ann' });
  expect(await world.credentials('connection=calendar')).toMatchObject([{ owner: { user: 'ann' }, origin: 'connect' }]);
});

test('registration review: a stranger is registered without standing until somebody lets it in', async () => {
  const template = (await world.hub.items('flow-templates')).find((one) => one['id'] === 'registration-review');
  await publish('registration-review', { ...Object(template?.['flow']) }, { everywhere: true });
  const register = async (host: string) => {
    const metadata = { client_name: 'Stranger', redirect_uris: [`https://${host}/cb`], token_endpoint_auth_method: 'none' };
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(`${world.hub.issuer}/oauth/register`, { method: 'POST', headers, body: JSON.stringify(metadata) });
    return { status: answer.status, body: await answer.json() };
  };
  expect(await register('x.invalid')).toMatchObject({
    status: 400,
    body: { error_description: 'This hub does not take registrations of this client.' },
  });
  expect((await register('tools.acme.test')).body).not.toHaveProperty('registration_status');
  const { status, body } = await register('tools.example');
  expect([status, body.registration_status]).toEqual([201, 'pending']);
  const rex = newPerson();
  const account = await rex.signIn(world.hub.issuer, 'rex@acme.test', PASSWORD);
  expect(account.page.text).toContain('asks to be let in here');
  const [asked] = await world.hub.items('approvals?state=pending');
  const decide = await rex.open(`${world.hub.issuer}/account/approvals/${String(asked?.['id'])}`);
  expect(decide.page.text).toContain('https://tools.example/cb');
  await rex.press(decide, 'allow');
  await world.until(async () => (await (await world.hub.admin('GET', `clients/${body.client_id}`)).json()).state === 'active');
  expect(await (await world.hub.admin('GET', `clients/${body.client_id}`)).json()).toMatchObject({ tags: ['reviewed'] });
});
