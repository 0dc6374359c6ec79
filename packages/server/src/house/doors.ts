import type { Clock } from '../base/clock.ts';
import { row } from '../base/db.ts';
import type { Route } from '../base/http/route.ts';
import type { Log } from '../base/log.ts';
import type { Metrics } from '../base/metrics.ts';
import { sql } from 'kysely';
import type { Config } from '../config.ts';
import { accountRoutes } from '../doors/account/routes.ts';
import { consoleLink } from '../doors/console/link.ts';
import { consoleSession } from '../doors/console/session.ts';
import { openSite } from '../doors/console/site.ts';
import { devMailRoutes } from '../doors/console/mail.ts';
import { consoleLinkRoute, consoleRoutes } from '../doors/console/routes.ts';
import type { SecretSource } from '../doors/admin/secrets.ts';
import { createAdminDoor } from '../doors/admin/door.ts';
import { adminOwnRoutes } from '../doors/admin/routes.ts';
import { createAdminTokens } from '../doors/admin/token.ts';
import { createConfigurator, type Configurator } from '../doors/admin/configurator.ts';
import { healthRoutes } from '../doors/health/routes.ts';
import { linkRoutes } from '../doors/journey/links.ts';
import { journeyRoutes } from '../doors/journey/routes.ts';
import { authorizeRoutes } from '../doors/oauth/authorize/routes.ts';
import { registerRoutes } from '../doors/oauth/register.ts';
import { proveKey } from '../doors/oauth/dpop.ts';
import { createApprovals } from '../doors/oauth/token/approvals.ts';
import { authorizationCode } from '../doors/oauth/token/authorization-code.ts';
import { clientCredentials } from '../doors/oauth/token/client-credentials.ts';
import { createTokenEndpoint } from '../doors/oauth/token/pipeline.ts';
import { createCredentialIssuer } from '../doors/oauth/token/credential.ts';
import { createIdJagIssuer } from '../doors/oauth/token/id-jag-issue.ts';
import { jwtBearer } from '../doors/oauth/token/jwt-bearer.ts';
import { refreshToken } from '../doors/oauth/token/refresh-token.ts';
import { tokenExchange } from '../doors/oauth/token/token-exchange.ts';
import { tokenRoutes } from '../doors/oauth/token/routes.ts';
import { createSettle } from '../doors/oauth/token/settle.ts';
import { createSignalBell } from '../doors/signals/stream.ts';
import { brokerDoor } from './broker.ts';
import { decoupledDoors, decoupledGrants } from './decoupled.ts';
import { notaryOf, verdictOf } from './evidence.ts';
import { handOutOf } from './hand-out.ts';
import { oauthEndpoints } from './oauth.ts';
import { proxyDoor } from './proxy.ts';
import type { Rooms } from './rooms.ts';
import { createScrape } from './scrape.ts';
import { decideDoor } from './decide.ts';
import { signalDoor } from './signals.ts';
import type { HandOut } from '../rooms/connections/hand-out.store.ts';
import { createIssuing } from '../rooms/connections/issue.store.ts';
import { hubAuthor } from '../rooms/audit/author.ts';
import { agentRoutes } from '../rooms/agents/http.ts';
import { approvalRoutes } from '../rooms/approvals/http.ts';
import { approvalSettingRoutes } from '../rooms/approvals/setting.http.ts';
import { retentionRoutes } from '../rooms/audit/retention.http.ts';
import { eventRoutes } from '../rooms/audit/http.ts';
import { txnRoutes } from '../rooms/audit/txn.http.ts';
import { checkRoutes } from '../rooms/clients/check.http.ts';
import { clientRoutes } from '../rooms/clients/http.ts';
import { registrationRoutes } from '../rooms/clients/registration.http.ts';
import { clientSecretRoutes } from '../rooms/clients/secrets.http.ts';
import { credentialRoutes } from '../rooms/connections/credentials.http.ts';
import { providerRoutes } from '../rooms/connections/catalogue.http.ts';
import { connectRoutes } from '../rooms/connections/connect.http.ts';
import { importRoutes } from '../rooms/connections/import.http.ts';
import { rotationRoutes } from '../rooms/connections/rotation.http.ts';
import { connectionRoutes } from '../rooms/connections/http.ts';
import { grantRoutes } from '../rooms/consent/http.ts';
import { consentsToAnything } from '../rooms/consent/store.ts';
import { flowAssignmentRoutes } from '../rooms/flows/assignment.http.ts';
import { flowHelpRoutes } from '../rooms/flows/check.http.ts';
import { flowRoutes } from '../rooms/flows/http.ts';
import { runRoutes } from '../rooms/flows/run.http.ts';
import { flowVersionRoutes } from '../rooms/flows/publish.http.ts';
import { issuerRoutes } from '../rooms/issuers/http.ts';
import { journeyAdminRoutes } from '../rooms/journeys/http.ts';
import { flowSecretRoutes } from '../rooms/journeys/connector/http.ts';
import { userBehind } from '../rooms/issuers/person.store.ts';
import { keyRoutes } from '../rooms/keys/http.ts';
import { budgetRoutes } from '../rooms/policies/budget.http.ts';
import { seeBudget, takeBudget } from '../rooms/policies/budget.store.ts';
import { decisionRoutes } from '../rooms/policies/decisions.http.ts';
import { policyExchangeRoutes } from '../rooms/policies/exchange.http.ts';
import { policyRoutes } from '../rooms/policies/http.ts';
import { reachRoutes } from '../rooms/policies/reach.http.ts';
import { replayRoutes } from '../rooms/policies/replay.http.ts';
import { shadowRoutes } from '../rooms/policies/shadow.http.ts';
import { simulateRoutes } from '../rooms/policies/simulate.http.ts';
import { policyTestRoutes } from '../rooms/policies/tests.http.ts';
import { policyVersionRoutes } from '../rooms/policies/versions.http.ts';
import { resourceRoutes } from '../rooms/resources/http.ts';
import { endOfClient, endOfResource } from '../rooms/signals/end.store.ts';
import { signalRoutes } from '../rooms/signals/http.ts';
import { sinkRoutes } from '../rooms/sinks/http.ts';
import { identityProviderRoutes } from '../rooms/sso/http.ts';
import { tenantRoutes } from '../rooms/tenants/http.ts';
import { createFamilyReader } from '../rooms/tokens/family.store.ts';
import { delegationSettingRoutes } from '../rooms/tokens/lineage.http.ts';
import { protectionRoutes } from '../rooms/tokens/protection.http.ts';
import { userRoutes } from '../rooms/users/http.ts';
import { accountSettingRoutes } from '../rooms/users/setting.http.ts';
import { findUser } from '../rooms/users/store.ts';

export type DoorParts = { config: Readonly<Config>; clock: Clock; log: Log; rooms: Rooms; metrics: Metrics; accepting(): boolean };

export type Doors = { routes: Route[]; configurator: Configurator; endStreams(): void; consoleLink(user: string): Promise<string> };

export function doorsOf(parts: DoorParts): Doors {
  const { config, rooms, metrics } = parts;
  const { db } = rooms.database;
  const { issuer } = config;
  const bell = createSignalBell(rooms.feed);
  const common = { ...rooms, db, issuer, clock: parts.clock };
  const configurator = createConfigurator({
    db,
    audit: rooms.audit,
    hasher: rooms.hasher,
    builtIn: rooms.builtIn,
    dataKeys: rooms.dataKeys,
    vault: rooms.vault,
    box: rooms.box,
    issuer,
    allowLoopback: config.allowLoopback,
    flowNetworks: config.flowNetworks,
    secrets: secretsOf(config),
    settled: () => settled(rooms),
  });
  const handOut = handOutOf(parts);
  const tokens = tokenDoor(parts, handOut);
  const routes: Route[] = [
    ...healthRoutes({
      ping: () => row(db, sql`SELECT 1`),
      accepting: parts.accepting,
      metrics: createScrape({ db, clock: parts.clock, log: parts.log, metrics, streams: () => bell.count() }),
    }),
    ...authorizeRoutes(common),
    ...journeyRoutes(common),
    ...linkRoutes(common),
    ...accountRoutes(common),
    ...registerRoutes({
      issuer,
      registrations: rooms.registrations,
      onRegistration: (result) => metrics.registrations.inc({ type: 'dcr', result }),
    }),
    ...tokens.routes,
    ...proxyDoor(parts, handOut),
    ...brokerDoor(rooms, issuer),
    ...decoupledDoors(rooms, issuer),
    ...oauthEndpoints(parts, tokens.grantTypes),
    ...consoleRoutes({
      ...common,
      token: tokens.endpoint,
      judge: adminDeps(parts).token,
      desk: rooms.desk,
      site: openSite(undefined, config.mode === 'dev'),
    }),
    ...(config.mode === 'dev' ? devMailRoutes(rooms) : []),
    ...signalDoor(parts, bell),
    ...decideDoor(parts, adminDeps(parts)),
    ...createAdminDoor(adminDeps(parts))([...adminTable(parts), ...adminOwnRoutes({ db, issuer, configurator, table: () => routes })]),
  ];
  return {
    routes,
    configurator,
    endStreams: () => bell.endAll(),
    consoleLink: (user) => consoleLink(common, user, 'all', hubAuthor('console-link')),
  };
}

/** `grantTypes`: what the endpoint takes, and so what the metadata says. */
function tokenDoor(
  { config, rooms, metrics }: DoorParts,
  handOut: HandOut,
): { routes: Route[]; endpoint: ReturnType<typeof createTokenEndpoint>; grantTypes: readonly string[] } {
  const { audit, catalogue, desk } = rooms;
  const { settle, refuse } = createSettle({
    issuer: config.issuer,
    desk,
    roles: () => rooms.roles.current(),
    signer: (alg) => rooms.keys.signer(alg),
    used: (agentId, now) => rooms.agentUse.used(agentId, now),
    require: {
      db: rooms.database.db,
      takeBudget,
      seeBudget,
      approvals: createApprovals(rooms.want),
      unmet: (needs) => metrics.policyUnmet.inc({ needs }),
    },
  });
  const tenant = (id: string) => rooms.tenants.get(id);
  const grants = [
    authorizationCode({ audit, catalogue }),
    refreshToken({
      audit,
      catalogue,
      family: createFamilyReader(rooms.database),
      user: (id) => rooms.users.get(id),
      tenant,
      childKey: rooms.box.derive('refresh-child/1'),
      reuse: (outcome) => metrics.refreshReuse.inc({ outcome }),
    }),
    ...decoupledGrants(rooms),
    clientCredentials({ audit, catalogue, tenant, agent: (of, { now, origin }) => rooms.agents(of, { now, origin }) }),
    jwtBearer({
      ...rooms,
      tenant,
      agent: (of, { now, origin }) => rooms.agents(of, { now, origin }),
      person: ({ issuer, subject, claims }, now, by) => userBehind({ db: rooms.database.db, audit }, { issuer, subject, claims, now, by }),
    }),
    tokenExchange({
      audit,
      catalogue,
      tokens: rooms.tokens,
      user: (id) => rooms.users.get(id),
      tenant,
      agent: (of, { now, origin }) => rooms.agents(of, { now, origin }),
      maxDepth: () => rooms.delegation.current().maxDepth,
      isConnection: (id) => rooms.connections.byId(id) !== undefined,
      issuers: {
        connection: createCredentialIssuer({
          audit,
          tokens: rooms.tokens,
          handOut,
          issue: createIssuing(audit),
          agent: (of, { now, origin }) => rooms.agents(of, { now, origin }),
          maxDepth: () => rooms.delegation.current().maxDepth,
        }),
        id_jag: createIdJagIssuer({
          ...rooms,
          tenant,
          user: (id) => rooms.users.get(id),
          agent: (of, { now, origin }) => rooms.agents(of, { now, origin }),
          consents: (of) => consentsToAnything(rooms.database.db, of),
        }),
      },
      observe: (kind, result) => metrics.exchanges.inc({ kind, result }),
    }),
  ];
  const endpoint = createTokenEndpoint({
    audit,
    authenticate: rooms.authentication.forGrant,
    mayRecord: rooms.mayRecord,
    proveKey: (inbound, of) => proveKey({ ...rooms, issuer: config.issuer }, inbound, of),
    grants,
    settle,
    refuse,
    observe({ grantType, result, reason, seconds }) {
      metrics.tokenRequests.inc({ grant_type: grantType, result, reason });
      metrics.tokenSeconds.observe(seconds);
    },
  });
  return { routes: tokenRoutes(endpoint), endpoint, grantTypes: grants.map(({ type }) => type) };
}

/** Caches of this node as fresh as the change that was just committed: who was told "done" sees it in force. */
async function settled(rooms: Rooms): Promise<void> {
  const { trust, workloads, catalogue, connections, desk, roles, settings, flows, identityProviders } = rooms;
  await Promise.all([
    trust.ready(),
    workloads.ready(),
    catalogue.ready(),
    connections.ready(),
    desk.ready(),
    roles.ready(),
    settings.ready(),
    flows.ready(),
    identityProviders.ready(),
  ]);
}

function secretsOf({ mode, ownFiles: guarded }: Readonly<Config>): SecretSource {
  return { env: process.env, plainValues: mode === 'dev', guarded };
}

function adminTable(parts: DoorParts): Route[] {
  const { config, clock, rooms } = parts;
  const { database, audit, contain, builtIn } = rooms;
  const { db } = database;
  const collection = { db, audit, settled: () => settled(rooms) };
  const revoke = (kind: 'user' | 'tenant') => (id: string, reason: string, by: Parameters<typeof contain>[0]['by']) =>
    contain({ kind, id, to: 'revoked', reason, by });
  return [
    ...tenantRoutes({ ...collection, revoke: revoke('tenant') }),
    ...userRoutes({
      ...collection,
      hasher: rooms.hasher,
      join: rooms.join,
      reset: rooms.reset,
      sessions: rooms.sessions,
      factors: rooms.factors,
      revoke: revoke('user'),
    }),
    ...accountSettingRoutes(rooms),
    ...approvalSettingRoutes(rooms),
    ...approvalRoutes({ db, deciding: rooms.deciding }),
    ...delegationSettingRoutes(rooms),
    ...resourceRoutes({ ...collection, builtIn, endOf: endOfResource(clock) }),
    ...checkRoutes({ ...rooms, clock }),
    ...identityProviderRoutes({ ...config, ...collection, box: rooms.box, clock, book: rooms.identityProviders }),
    ...flowSecretRoutes({ ...collection, box: rooms.box }),
    ...issuerRoutes({ ...collection, issuer: config.issuer, clock }),
    ...clientRoutes({ ...collection, endOf: endOfClient(clock) }),
    ...clientSecretRoutes({ audit, clock }),
    ...registrationRoutes({ settings: rooms.settings, clock }),
    ...protectionRoutes(rooms),
    ...agentRoutes({ db }),
    ...connectionRoutes({ ...collection, dataKeys: rooms.dataKeys }),
    ...providerRoutes(),
    ...importRoutes({ ...rooms.upstream, audit, clock, vault: rooms.vault, connections: rooms.connections }),
    ...credentialRoutes({ db, audit, vault: rooms.vault, disconnecting: rooms.disconnecting }),
    ...connectRoutes({ ...rooms, db, clock, issuer: config.issuer }),
    ...policyRoutes({ ...collection, builtIn }),
    ...policyVersionRoutes({ ...collection, builtIn }),
    ...policyTestRoutes({ ...collection, builtIn }),
    ...policyExchangeRoutes({ ...collection, builtIn, desk: rooms.desk }),
    ...simulateRoutes({ db, builtIn, desk: rooms.desk }),
    ...replayRoutes({ db, builtIn, desk: rooms.desk }),
    ...shadowRoutes({ db, desk: rooms.desk }),
    ...reachRoutes({ db, builtIn, desk: rooms.desk }),
    ...budgetRoutes({ db, clock }),
    ...decisionRoutes({ db, desk: rooms.desk }),
    ...flowRoutes({ ...collection, builtIn }),
    ...flowVersionRoutes({ ...collection, builtIn }),
    ...flowAssignmentRoutes({ ...collection, builtIn, book: rooms.flows }),
    ...flowHelpRoutes({ db }),
    ...runRoutes({ ...rooms, db, call: rooms.connector }),
    ...journeyAdminRoutes({ db }),
    ...txnRoutes({ db, clock }),
    ...retentionRoutes(rooms),
    ...eventRoutes({ db, notary: notaryOf(rooms.keys, parts.config.issuer), onVerified: verdictOf({ ...parts, db }) }),
    ...grantRoutes({ db }),
    ...signalRoutes({ db, contain }),
    ...sinkRoutes({ ...collection, box: rooms.box, clock, tester: rooms.sinkTester }),
    ...keyRoutes({ ring: rooms.keys, clock }),
    ...rotationRoutes(rooms),
    consoleLinkRoute(
      (user, scopes, by) => consoleLink({ audit, clock, issuer: config.issuer }, user, scopes, by),
      (id) => findUser(db, id),
    ),
  ];
}

function adminDeps({ config, rooms }: DoorParts): Parameters<typeof createAdminDoor>[0] {
  const { database, audit, box } = rooms;
  return {
    database,
    audit,
    box,
    issuer: config.issuer,
    adminToken: config.adminToken,
    secrets: secretsOf(config),
    mayRecord: rooms.mayRecord,
    proofs: rooms.proofs,
    holding: rooms.holding,
    token: createAdminTokens({ db: database.db, issuer: config.issuer, keys: rooms.keys }),
    session: (request, now) =>
      consoleSession({ db: database.db, issuer: config.issuer, sessions: rooms.sessions, desk: rooms.desk }, request, now),
  };
}
