import { createHash } from 'node:crypto';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { newPerson, type Person, type Seen } from '../connect/person.ts';
import { SECRET, startIdentity, startPlans, type Identity, type Plans } from '../federation/identity.ts';
import { ANN, freePort, protectSample, startHub, type Hub, type Protected } from '../harness.ts';

const VERIFIER = 'a-verifier-that-is-long-enough-for-rfc-7636-and-no-secret';
const CLIENT = 'http://127.0.0.1:9/callback';
const PLAN_KEY = 'canary-plan-key-7f3a91c2';

let hub: Hub;
let guarded: Protected;
let identity: Identity;
let plans: Plans;

beforeAll(async () => {
  hub = await startHub();
  const app = { public: true, grants: ['authorization_code', 'refresh_token'], redirectUris: ['http://127.0.0.1/callback'] };
  const [port, plansPort] = [await freePort(), await freePort()];
  guarded = await protectSample(hub, { clients: ['app', 'routed', 'gated'].map((id) => ({ ...app, id, name: `The ${id} app` })) });
  const callback = (id: string): string => `${hub.issuer}/journey/callback/${id}`;
  const jwks: object = await (await fetch(`${hub.issuer}/oauth/jwks`)).json();
  identity = await startIdentity(port, { redirectUris: ['corp', 'by-key', 'acme-idp'].map(callback), jwks });
  plans = await startPlans(plansPort);
  const { issuer } = identity;
  const shared = { issuer, clientId: 'hub', clientSecret: { value: SECRET } };
  const templates = await hub.items('flow-templates');
  const flowOf = (id: string): Record<string, unknown> => {
    const found: unknown = templates.find((one) => one['id'] === id)?.['flow'];
    return JSON.parse(JSON.stringify(found).replaceAll('https://api.example.com', plans.url));
  };
  await hub.apply({
    roles: [{ name: 'SRE', permissions: [] }],
    identityProviders: [
      { ...shared, id: 'corp', name: 'Corp' },
      { id: 'by-key', name: 'By key', issuer, clientId: 'hub-by-key', clientAuth: 'private_key_jwt' },
      {
        ...shared,
        id: 'acme-idp',
        name: 'Acme',
        tenant: 'acme',
        domains: ['acme.test'],
        users: { link: 'email', roles: [{ claim: 'groups', value: 'sre', role: 'SRE' }] },
      },
    ],
    flowSecrets: [{ id: 'plan-api', hosts: [new URL(plans.url).host], value: { value: PLAN_KEY } }],
    flows: [
      { ...flowOf('sso-by-domain'), assign: { clients: ['routed'] } },
      { ...flowOf('plan-gating'), assign: { clients: ['gated'] } },
    ],
  });
});

beforeEach(() => {
  identity.set('nia');
  identity.accounts.set('nia', { email: 'nia@elsewhere.test', email_verified: true, name: 'Nia There' });
  identity.accounts.set('ann', { email: ANN.email, groups: ['sre', 'staff'] });
});

afterAll(async () => {
  await Promise.all([identity?.close(), plans?.close(), guarded?.close()]);
  await hub?.stop();
});

function authorize(client: string, more: Record<string, string> = {}): string {
  const params = {
    response_type: 'code',
    client_id: client,
    redirect_uri: CLIENT,
    resource: guarded.resource.uri,
    scope: guarded.resource.scopes.map(({ name }) => name).join(' '),
    code_challenge: createHash('sha256').update(VERIFIER).digest('base64url'),
    code_challenge_method: 'S256',
    state: 's',
    ...more,
  };
  return `${hub.issuer}/oauth/authorize?${new URLSearchParams(params).toString()}`;
}

/** Allows, and what the client's token says. */
async function claimsAfter(person: Person, consent: Seen, client: string): Promise<Record<string, unknown>> {
  return tokenFor(await person.pressUntil(consent, 'allow', CLIENT), client);
}

async function tokenFor(back: string, client: string): Promise<Record<string, unknown>> {
  const code = new URL(back).searchParams.get('code') ?? '';
  const grant = { grant_type: 'authorization_code', client_id: client, redirect_uri: CLIENT, code_verifier: VERIFIER, code };
  const answer = await (await fetch(`${hub.issuer}/oauth/token`, { method: 'POST', body: new URLSearchParams(grant) })).json();
  return decodeJwt(String(answer.access_token));
}

test.each([
  ['oidc:corp', 'a client secret'],
  ['oidc:by-key', 'the key of the hub'],
])('somebody signs in by an identity provider of the hub (%s, proven by %s), and is the same person the next time', async (way) => {
  const email = `${way.replace(':', '-')}@elsewhere.test`;
  identity.accounts.set(way, { email, email_verified: true, name: 'Nia There' });
  identity.set(way);
  const person = newPerson();
  const page = await person.open(authorize('app'));
  const consent = await person.press(page, way);
  expect(consent.page.text).toContain(email);
  expect(consent.way.some((url) => url.startsWith(`${identity.issuer}/auth?`))).toBe(true);
  const first = await claimsAfter(person, consent, 'app');
  const again = newPerson();
  const next = await again.press(await again.open(authorize('app', { prompt: 'consent' })), way);
  expect((await claimsAfter(again, next, 'app'))['sub']).toBe(first['sub']);
  // Another provider with the same address is another way in, and nobody's account by that.
  const other = newPerson();
  const refused = await other.press(await other.open(authorize('app')), way === 'oidc:corp' ? 'oidc:by-key' : 'oidc:corp');
  expect(refused.page.text).toContain('already');
});

test('who presses Cancel over there, or has been stopped here, is told so on the sign-in page', async () => {
  const person = newPerson();
  identity.set(undefined);
  const back = await person.press(await person.open(authorize('app')), 'oidc:corp');
  expect(back.page.text).toContain('You did not sign in there');
  identity.set('stopped');
  identity.accounts.set('stopped', { email: 'stopped@elsewhere.test', email_verified: true });
  const { sub } = await claimsAfter(person, await person.press(back, 'oidc:corp'), 'app');
  await hub.admin('POST', `users/${String(sub)}/freeze`, { reason: 'left' });
  const again = newPerson();
  const stopped = await again.press(await again.open(authorize('app')), 'oidc:corp');
  expect(stopped.page.text).toContain('has been stopped');
});

test('people of a domain go straight to their tenant’s provider, and come back with the roles of their groups', async () => {
  identity.set('ann');
  const person = newPerson();
  const asked = await person.open(authorize('routed'));
  const consent = await person.press(asked, 'continue', { email: ANN.email });
  expect(consent.way.filter((url) => url.startsWith(`${identity.issuer}/auth?`))).toHaveLength(1);
  const claims = await claimsAfter(person, consent, 'routed');
  expect(claims).toMatchObject({ sub: 'ann', tenant: 'acme', roles: ['SRE'] });
  // Out of the group, out of the role.
  identity.accounts.set('ann', { email: ANN.email, groups: [] });
  const again = newPerson();
  const back = await again
    .pressUntil(await again.open(authorize('routed')), 'continue', CLIENT, { email: ANN.email })
    .catch(() => undefined);
  const second = back === undefined ? undefined : await tokenFor(back, 'routed');
  expect(second?.['roles'] ?? []).not.toContain('SRE');
});

test('a provider of a tenant cannot bring in people of other domains, whoever they say that they are', async () => {
  identity.set('mallory');
  identity.accounts.set('mallory', { email: 'boss@globex.test', email_verified: true });
  const person = newPerson();
  const refused = await person.press(await person.open(authorize('routed')), 'continue', { email: 'mallory@acme.test' });
  expect(refused.page.text).toContain('no confirmed e-mail address');
  expect(await hub.items('users?email=boss%40globex.test')).toEqual([]);
});

test('a plan from the customer’s own system decides who goes on, and stands in the token', async () => {
  const signIn = async () => {
    const person = newPerson();
    return { person, page: await person.press(await person.open(authorize('gated')), 'continue', ANN) };
  };
  plans.answer((response) => response.writeHead(200, { 'content-type': 'application/json' }).end('{"tier":"free"}'));
  const free = await signIn();
  expect(free.page.page.text).toContain('The gated app is part of the Pro plan. You are on free.');
  plans.answer((response) => response.writeHead(200, { 'content-type': 'application/json' }).end('{"tier":"pro","seats":5}'));
  const paid = await signIn();
  expect(await claimsAfter(paid.person, paid.page, 'gated')).toMatchObject({ sub: 'ann', plan: 'pro' });
  expect(plans.heard.at(-1)).toMatchObject({ url: '/plans/ann', headers: { authorization: `Bearer ${PLAN_KEY}` } });
  for (const down of [
    (response: Parameters<Parameters<Plans['answer']>[0]>[0]) => void response.writeHead(302, { location: '/plans/pro' }).end(),
    (response: Parameters<Parameters<Plans['answer']>[0]>[0]) =>
      void response.writeHead(200, { 'content-type': 'application/json' }).end('{"tier":'),
    (response: Parameters<Parameters<Plans['answer']>[0]>[0]) => void response.writeHead(200).end('x'.repeat(400_000)),
    (response: Parameters<Parameters<Plans['answer']>[0]>[0]) => void response.socket?.destroy(),
  ]) {
    plans.answer(down);
    expect((await signIn()).page.page.text).toContain('Your plan cannot be looked up right now');
  }
  plans.answer(() => undefined);
  const slow = await signIn();
  expect(slow.page.page.text).toContain('Your plan cannot be looked up right now');
});

test('secrets of providers and calls are in no entry, no list, no export and no log', async () => {
  const events = JSON.stringify(await hub.items('events'));
  const lists = await Promise.all(
    ['identity-providers', 'flow-secrets', 'export'].map(async (path) => (await hub.admin('GET', path)).text()),
  );
  expect(events).toContain('identity provider');
  for (const text of [events, ...lists, hub.said()]) {
    for (const secret of [SECRET, encodeURIComponent(SECRET), PLAN_KEY, 'canary']) expect(text).not.toContain(secret);
    expect(text).not.toMatch(/eyJ[\w-]{20,}\.eyJ/);
  }
});
