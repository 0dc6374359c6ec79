import { GRANT_TYPES, TOKEN_TYPES } from '@writ/protocol';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { sql } from 'kysely';
import { row } from '../../../base/db.ts';
import { newId } from '../../../base/ids.ts';
import { ensureAgent } from '../../../rooms/agents/store.ts';
import { allowPending } from '../../../rooms/approvals/pending.store.ts';
import { saveGrant } from '../../../rooms/consent/store.ts';
import { openExchangeWorld, type ExchangeWorld } from './token-exchange.suite.ts';
import { basic, OPS, SECRET, type Answer } from './world.suite.ts';

/** A prepared request, so that policy can be changed between preparing and asking. Named by its grant and, behind a blank, by what comes out. */
export type Way = { file: string; prepare(world: ExchangeWorld): Promise<() => Promise<Answer>> };

const PLATFORM = 'https://platform.test';
const ELSEWHERE = 'https://as.elsewhere.test';
const TICKETS = 'https://tickets.elsewhere.test/mcp';
const platformKeys = await generateKeyPair('ES256');

/** Every way to a token. paths.test.ts fails when the token endpoint takes one that is not here. */
export const WAYS: Readonly<Record<string, Way>> = {
  authorization_code: {
    file: 'authorization-code.ts',
    async prepare(world) {
      const { code } = await world.login();
      return () => world.redeem(code);
    },
  },
  refresh_token: {
    file: 'refresh-token.ts',
    async prepare(world) {
      const { refresh } = await world.userToken();
      return () => world.refresh(refresh);
    },
  },
  client_credentials: {
    file: 'client-credentials.ts',
    prepare: async (world) => () => world.token({ grant_type: 'client_credentials', resource: OPS }, basic('worker')),
  },
  [GRANT_TYPES.token_exchange]: {
    file: 'token-exchange.ts',
    async prepare(world) {
      const { access } = await world.userToken();
      return () => world.exchange('ops-server', access, { resource: OPS });
    },
  },
  [`${GRANT_TYPES.token_exchange} id_jag`]: {
    file: 'token-exchange.ts',
    async prepare(world) {
      const { access } = await world.userToken({ client: 'porter', redirectUri: 'https://porter.test/cb' });
      return () => world.exchange('porter', access, { requested_token_type: TOKEN_TYPES.id_jag, audience: ELSEWHERE, resource: TICKETS });
    },
  },
  [GRANT_TYPES.jwt_bearer]: {
    file: 'jwt-bearer.ts',
    async prepare(world) {
      const now = Math.floor(world.clock.now() / 1000);
      const claims = { iss: PLATFORM, sub: 'job-1', aud: world.issuer, iat: now, exp: now + 60, jti: crypto.randomUUID() };
      const assertion = await new SignJWT(claims).setProtectedHeader({ alg: 'ES256', kid: 'p-1' }).sign(platformKeys.privateKey);
      return () => world.token({ grant_type: GRANT_TYPES.jwt_bearer, assertion, resource: OPS });
    },
  },
  [GRANT_TYPES.device_code]: {
    file: 'device-code.ts',
    async prepare(world) {
      const asked = await (await world.post('/oauth/device', { client_id: 'tv', resource: OPS })).json();
      await allowed(world, 'tv', GRANT_TYPES.device_code);
      return () => world.token({ grant_type: GRANT_TYPES.device_code, device_code: asked.device_code, client_id: 'tv' });
    },
  },
  [GRANT_TYPES.ciba]: {
    file: 'ciba.ts',
    async prepare(world) {
      const form = { scope: 'openid incidents:read', resource: OPS, login_hint: 'ann@acme.test' };
      const asked = await (await world.post('/oauth/backchannel', form, basic('desk'))).json();
      await allowed(world, 'desk', GRANT_TYPES.ciba);
      return () => world.token({ grant_type: GRANT_TYPES.ciba, auth_req_id: asked.auth_req_id }, basic('desk'));
    },
  },
};

/** What the end of a journey leaves for a client that asked elsewhere: Ann said yes. */
async function allowed(world: ExchangeWorld, clientId: string, address: string): Promise<void> {
  const now = world.clock.now();
  const { db } = world.house.rooms.database;
  const pending = await row(db, sql<{ id: string }>`SELECT id FROM pending_authorizations ORDER BY id DESC LIMIT 1`);
  await db.transaction().execute(async (tx) => {
    const { agent } = await ensureAgent(tx, { clientId, principal: { kind: 'user', id: 'ann' }, tenantId: 'acme', now });
    const key = { clientId, userId: 'ann', tenantId: 'acme', resourceId: 'ops', redirectUri: address };
    const scopes = ['incidents:read', 'incidents:write'];
    const grant = await saveGrant(tx, { ...key, agentId: agent.id, scopes, persistent: false, now });
    const login = { sessionId: 'ses_1', authTime: Math.floor(now / 1000), acr: '1', amr: ['pwd'] };
    const settled = { userId: 'ann', tenantId: 'acme', agentId: agent.id, grantId: grant.id, resourceId: 'ops', scopes };
    const facts = { ...settled, identityScopes: [], persistent: false, ...login, txn: newId('txn', now) };
    await allowPending(tx, { id: pending?.id ?? '', facts, by: { user: 'ann', origin: { request: 'test' } }, now });
  });
}

/** A world in which every one of {@link WAYS} leads to a token. */
export async function openWaysWorld(): Promise<ExchangeWorld> {
  const world = await openExchangeWorld();
  const jwk = { ...(await exportJWK(platformKeys.publicKey)), kid: 'p-1', alg: 'ES256' };
  const people = (client: string, grant: string) => ({
    id: `people-${client}`,
    effect: 'allow',
    grants: [grant],
    subject: { clients: [client] },
    target: { resources: ['ops'] },
    scopes: 'all',
  });
  await world.apply({
    resources: [
      {
        id: 'tickets',
        type: 'external',
        uri: TICKETS,
        scopes: [{ name: 'tickets:read' }],
        settings: { external: { authorizationServer: ELSEWHERE, clients: { porter: 'porter-over-there' } } },
      },
    ],
    issuers: [{ id: 'platform', issuer: PLATFORM, jwks: { keys: [jwk] } }],
    clients: [
      { id: 'job', name: 'Job', kind: 'service', workload: [{ issuer: 'platform', subject: 'job-*' }], tenants: ['acme'] },
      { id: 'tv', name: 'TV', kind: 'cli', public: true, grants: [GRANT_TYPES.device_code], redirectUris: [] },
      {
        id: 'porter',
        name: 'Porter',
        redirectUris: ['https://porter.test/cb'],
        auth: { secrets: [{ value: SECRET }] },
        grants: ['authorization_code', 'token_exchange'],
      },
      { id: 'desk', name: 'Desk', kind: 'service', auth: { secrets: [{ value: SECRET }] }, grants: [GRANT_TYPES.ciba] },
    ],
    policies: [
      people('job', 'jwt_bearer'),
      people('tv', 'device_code'),
      people('desk', 'ciba'),
      { ...people('porter', 'token_exchange'), target: { resources: ['tickets'] } },
    ],
  });
  return world;
}
