import {
  Client,
  CrossAppAccessProvider,
  discoverAndRequestJwtAuthGrant,
  StaticPrivateKeyJwtProvider,
  StreamableHTTPClientTransport,
} from '@modelcontextprotocol/client';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { basic, jsonOf } from '../attacks/ask.ts';
import { redeemForm } from '../attacks/requests.ts';
import { openWorld } from '../attacks/world.ts';
import type { World } from '../attacks/world.ts';
import { freePort, protectSample, startHub } from '../harness.ts';
import type { Hub, Protected } from '../harness.ts';
import { startProvider } from './provider.ts';
import type { Issuing } from './provider.ts';

const DESK = 'a-long-secret-of-the-desk-agent';
const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
const CALLBACK = 'https://desk.example/cb';

/** The hub that guards the sample server, the provider of another author that it trusts, and a hub that is the identity provider. */
let hub: Hub;
let guarded: Protected;
let provider: Issuing;
let idp: World;

beforeAll(async () => {
  provider = await startProvider(await freePort());
  idp = await openWorld();
  hub = await startHub();
  const desk = { id: 'desk', name: 'Desk', kind: 'agent', auth: { secrets: [{ value: DESK }] } };
  guarded = await protectSample(hub);
  const { sample, resource } = guarded;
  await hub.apply({
    roles: [{ name: 'SRE', permissions: [] }],
    issuers: [
      { id: 'platform', issuer: provider.issuer, purposes: ['client_assertion', 'jwt_bearer'], reusable: ['client_assertion'] },
      {
        id: 'provider-people',
        issuer: provider.issuer,
        tenant: 'acme',
        purposes: ['id_jag'],
        users: { link: 'email', roles: [{ claim: 'groups', value: 'sre', role: 'SRE' }] },
      },
      { id: 'hub-idp', issuer: idp.hub.issuer, tenant: 'acme', purposes: ['id_jag'], users: { link: 'email' } },
    ],
    clients: [
      {
        id: 'pod',
        name: 'Pod',
        kind: 'service',
        workload: [{ issuer: 'platform', subject: 'system:serviceaccount:prod:*', claims: { stage: 'live' } }],
      },
      { ...desk, grants: ['jwt_bearer'] },
    ],
    policies: [
      {
        id: 'agents',
        effect: 'allow',
        grants: ['client_credentials', 'jwt_bearer'],
        subject: { clients: ['pod', 'desk'] },
        target: { resources: [resource.id] },
        scopes: ['incidents:read'],
      },
    ],
  });
  await idp.hub.apply({
    resources: [
      {
        id: 'incidents-elsewhere',
        type: 'external',
        uri: sample.url,
        scopes: [{ name: 'incidents:read' }],
        settings: { external: { authorizationServer: hub.issuer, clients: { desk: 'desk' } } },
      },
    ],
    clients: [{ ...desk, grants: ['authorization_code', 'token_exchange'], redirectUris: [CALLBACK] }],
    policies: [
      {
        id: 'asserts',
        effect: 'allow',
        grants: ['token_exchange'],
        subject: { clients: ['desk'] },
        target: { resources: ['incidents-elsewhere'] },
        scopes: 'all',
      },
    ],
  });
});

afterAll(async () => {
  await guarded?.close();
  await hub?.stop();
  await idp?.close();
});

const post = async (form: Record<string, string>, headers: Record<string, string> = {}) => {
  const answer = await fetch(`${hub.issuer}/oauth/token`, { method: 'POST', headers, body: new URLSearchParams(form) });
  const body: Record<string, unknown> = await answer.json();
  return { status: answer.status, body };
};
const tools = async (authProvider: ConstructorParameters<typeof StreamableHTTPClientTransport>[1]): Promise<string[]> => {
  const client = new Client({ name: 'agent', version: '1' });
  await client.connect(new StreamableHTTPClientTransport(new URL(guarded.sample.url), authProvider));
  const listed = await client.listTools();
  await client.close();
  return listed.tools.map((tool) => tool.name).toSorted();
};
const READING = ['get_incident', 'list_deploys', 'list_incidents', 'whoami'];

/** An id_token of Ann at the hub that is the identity provider. */
async function idToken(): Promise<string> {
  const { code } = await idp.code({ client_id: 'desk', redirect_uri: CALLBACK, scope: 'openid incidents:read', prompt: 'consent' });
  const answer = await idp.post('/oauth/token', redeemForm(code, { client_id: 'desk', redirect_uri: CALLBACK }), basic('desk', DESK));
  return String(jsonOf(answer)['id_token']);
}

describe('a workload of a provider of another author', () => {
  it('reads with the MCP SDK, by the JWT of its platform and no secret', async () => {
    const jwtBearerAssertion = await provider.token('pod', hub.issuer);
    const authProvider = new StaticPrivateKeyJwtProvider({ clientId: 'pod', jwtBearerAssertion, expectedIssuer: hub.issuer });
    expect(await tools({ authProvider })).toEqual(READING);
  });

  it('brings the JWT as the grant (workload identity federation), once', async () => {
    const assertion = await provider.token('pod', hub.issuer);
    const form = { grant_type: JWT_BEARER, assertion, resource: guarded.sample.url };
    const { body } = await post(form);
    expect(decodeJwt(String(body['access_token']))).toMatchObject({ sub: 'pod', client_id: 'pod', scope: 'incidents:read' });
    expect(await post(form)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
  });

  it('is refused with a JWT for somebody else', async () => {
    const assertion = await provider.token('pod', 'http://localhost:1/other');
    expect(await post({ grant_type: JWT_BEARER, assertion })).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
  });
});

describe('enterprise-managed authorization', () => {
  it('with two hubs and the MCP SDK: one asserts who Ann is, the other lets her agent in', async () => {
    const token = await idToken();
    const authProvider = new CrossAppAccessProvider({
      clientId: 'desk',
      clientSecret: DESK,
      expectedIssuer: hub.issuer,
      async assertion({ authorizationServerUrl, resourceUrl, scope }) {
        const grant = await discoverAndRequestJwtAuthGrant({
          idpUrl: idp.hub.issuer,
          audience: authorizationServerUrl,
          resource: resourceUrl,
          idToken: token,
          clientId: 'desk',
          clientSecret: DESK,
          ...(scope === undefined ? {} : { scope: 'incidents:read' }),
        });
        return grant.jwtAuthGrant;
      },
    });
    expect(await tools({ authProvider })).toEqual(READING);
    const accessToken = authProvider.tokens()?.access_token ?? '';
    expect(decodeJwt(accessToken)).toMatchObject({
      iss: hub.issuer,
      sub: 'ann',
      client_id: 'desk',
      tenant: 'acme',
      aud: guarded.sample.url,
    });
  });

  it('both hubs say which of the two roles they have', async () => {
    const metadata = async (issuer: string) => (await fetch(`${issuer}/.well-known/oauth-authorization-server`)).json();
    expect(await metadata(idp.hub.issuer)).toMatchObject({
      identity_chaining_requested_token_types_supported: ['urn:ietf:params:oauth:token-type:id-jag'],
    });
    expect(await metadata(hub.issuer)).toMatchObject({
      authorization_grant_profiles_supported: ['urn:ietf:params:oauth:grant-profile:id-jag'],
    });
  });

  it('an assertion that a stranger caught is nothing without the client, and nothing twice', async () => {
    const exchange = {
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      requested_token_type: 'urn:ietf:params:oauth:token-type:id-jag',
      audience: hub.issuer,
      subject_token: await idToken(),
      subject_token_type: 'urn:ietf:params:oauth:token-type:id_token',
    };
    const asserted = jsonOf(await idp.post('/oauth/token', exchange, basic('desk', DESK)));
    const form = { grant_type: JWT_BEARER, assertion: String(asserted['access_token']) };
    expect((await post(form)).body).toMatchObject({ error: 'invalid_grant' });
    expect((await post({ ...form, client_id: 'pod' })).body).toMatchObject({ error: 'invalid_grant' });
    const authorization = `Basic ${Buffer.from(`desk:${DESK}`).toString('base64')}`;
    expect((await post(form, { authorization })).status).toBe(200);
    expect((await post(form, { authorization })).body).toMatchObject({ error: 'invalid_grant' });
  });

  it('takes the assertion of a provider of another author, and the role that it gives', async () => {
    const assertion = await provider.token('ann', hub.issuer);
    const authorization = `Basic ${Buffer.from(`desk:${DESK}`).toString('base64')}`;
    const { body } = await post({ grant_type: JWT_BEARER, assertion, resource: guarded.sample.url }, { authorization });
    expect(decodeJwt(String(body['access_token']))).toMatchObject({ sub: 'ann', roles: ['SRE'], tenant: 'acme' });
  });
});

it('an outage of the provider locks nobody out: its keys stay known', async () => {
  const assertion = await provider.token('pod', hub.issuer);
  await provider.stop();
  expect((await post({ grant_type: JWT_BEARER, assertion, resource: guarded.sample.url })).status).toBe(200);
});
