import type { Clock } from '../base/clock.ts';
import type { Route } from '../base/http/route.ts';
import type { Log } from '../base/log.ts';
import type { Config } from '../config.ts';
import type { HubSettings } from '../doors/admin/config-settings.ts';
import { createConfigurator, type Configurator } from '../doors/admin/configurator.ts';
import { directoryRoutes } from '../doors/admin/directory.ts';
import type { createAdminDoor } from '../doors/admin/door.ts';
import type { SecretSource } from '../doors/admin/secrets.ts';
import { consoleLink } from '../doors/console/link.ts';
import { consoleLinkRoute } from '../doors/console/routes.ts';
import { consoleSession } from '../doors/console/session.ts';
import { agentRoutes } from '../rooms/agents/http.ts';
import { agentSettingRoutes } from '../rooms/agents/setting.http.ts';
import { approvalRoutes } from '../rooms/approvals/http.ts';
import { approvalSettingRoutes } from '../rooms/approvals/setting.http.ts';
import { eventRoutes } from '../rooms/audit/http.ts';
import { createTurns } from '../rooms/audit/turns.store.ts';
import { anchorRoutes } from '../rooms/audit/anchor.http.ts';
import { retentionRoutes } from '../rooms/audit/retention.http.ts';
import { txnRoutes } from '../rooms/audit/txn.http.ts';
import { checkRoutes } from '../rooms/clients/check.http.ts';
import { driftRoutes } from '../rooms/clients/drift.http.ts';
import { clientRoutes } from '../rooms/clients/http.ts';
import { knockRoutes } from '../rooms/clients/knocks.http.ts';
import { registrationRoutes } from '../rooms/clients/registration.http.ts';
import { clientSecretRoutes } from '../rooms/clients/secrets.http.ts';
import { providerRoutes } from '../rooms/connections/catalogue.http.ts';
import { connectRoutes } from '../rooms/connections/connect.http.ts';
import { credentialRoutes } from '../rooms/connections/credentials.http.ts';
import { connectionRoutes } from '../rooms/connections/http.ts';
import { importRoutes } from '../rooms/connections/import.http.ts';
import { rotationRoutes } from '../rooms/connections/rotation.http.ts';
import { adviceRoutes } from '../rooms/consent/advice.http.ts';
import { grantRoutes } from '../rooms/consent/http.ts';
import { grantSettingRoutes } from '../rooms/consent/setting.http.ts';
import { flowAssignmentRoutes } from '../rooms/flows/assignment.http.ts';
import { flowHelpRoutes } from '../rooms/flows/check.http.ts';
import { flowRoutes } from '../rooms/flows/http.ts';
import { flowVersionRoutes } from '../rooms/flows/publish.http.ts';
import { runRoutes } from '../rooms/flows/run.http.ts';
import { graphRoutes } from '../rooms/graph/http.ts';
import { issuerRoutes } from '../rooms/issuers/http.ts';
import { flowSecretRoutes } from '../rooms/journeys/connector/http.ts';
import { journeyAdminRoutes } from '../rooms/journeys/http.ts';
import { keyRoutes } from '../rooms/keys/http.ts';
import { budgetRoutes } from '../rooms/policies/budget.http.ts';
import { decisionRoutes } from '../rooms/policies/decisions.http.ts';
import { policyExchangeRoutes } from '../rooms/policies/exchange.http.ts';
import { policyRoutes } from '../rooms/policies/http.ts';
import { reachRoutes } from '../rooms/policies/reach.http.ts';
import { replayRoutes } from '../rooms/policies/replay.http.ts';
import { shadowRoutes } from '../rooms/policies/shadow.http.ts';
import { simulateRoutes } from '../rooms/policies/simulate.http.ts';
import { policyTestRoutes } from '../rooms/policies/tests.http.ts';
import { policyVersionRoutes } from '../rooms/policies/versions.http.ts';
import { adminResource } from '../rooms/resources/built-in.ts';
import { resourceRoutes } from '../rooms/resources/http.ts';
import { endOfClient, endOfResource } from '../rooms/signals/end.store.ts';
import { narrowRoutes } from '../rooms/signals/narrow.http.ts';
import { handBehind, stopRoutes } from '../rooms/signals/http.ts';
import { signalRoutes } from '../rooms/signals/signals.http.ts';
import { stopsRoutes } from '../rooms/signals/stops.http.ts';
import { unfreezeRoutes } from '../rooms/signals/unfreeze.http.ts';
import { sinkRoutes } from '../rooms/sinks/http.ts';
import { streamRoutes } from '../rooms/streams/http.ts';
import { transmitterRoutes } from '../rooms/streams/transmitter.http.ts';
import { identityProviderRoutes } from '../rooms/sso/http.ts';
import { tenantRoutes } from '../rooms/tenants/http.ts';
import { delegationSettingRoutes } from '../rooms/tokens/lineage.http.ts';
import { createOwnApiJudge } from '../rooms/tokens/own-api.store.ts';
import { protectionRoutes } from '../rooms/tokens/protection.http.ts';
import { userRoutes } from '../rooms/users/http.ts';
import { accountSettingRoutes } from '../rooms/users/setting.http.ts';
import { findUser } from '../rooms/users/store.ts';
import { notaryOf, verdictOf } from './evidence.ts';
import type { Rooms } from './rooms.ts';

export type AdminParts = { config: Readonly<Config>; clock: Clock; log: Log; rooms: Rooms };

/** A whole config, applied at once by the same code that every single route runs. */
export function configuratorOf({ config, rooms }: AdminParts): Configurator {
  return createConfigurator({
    ...rooms,
    db: rooms.database.db,
    issuer: config.issuer,
    allowLoopback: config.allowLoopback,
    flowNetworks: config.flowNetworks,
    secrets: secretsOf(config),
    hubSettings: hubSettingsOf(rooms),
  });
}

/** What holds for the whole hub, by the names of the config file. */
export function hubSettingsOf(rooms: Rooms): HubSettings {
  const { accounts, agentSettings: agents, asking: approvals, containment, delegation, protection, retention } = rooms;
  const { driftSettings: drift, grantSettings: grants, settings: registration } = rooms;
  return { accounts, agents, approvals, containment, delegation, drift, grants, protection, registration, retention };
}

/** The admin routes of every room. */
export function adminTable(parts: AdminParts): Route[] {
  const { config, clock, rooms } = parts;
  const { database, audit, contain, builtIn } = rooms;
  const { db } = database;
  const collection = { db, audit, settled: rooms.settled };
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
    ...driftRoutes({ ...rooms, db, clock }),
    ...knockRoutes({ ...rooms, db, clock }),
    ...registrationRoutes({ settings: rooms.settings, clock }),
    ...protectionRoutes(rooms),
    ...agentRoutes({ ...rooms, db }),
    ...agentSettingRoutes(rooms),
    ...directoryRoutes({ ...rooms, db }),
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
    ...anchorRoutes(rooms.anchoring),
    ...eventRoutes({
      db,
      turns: createTurns({ db, clock: parts.clock }),
      countUp: rooms.countUp,
      notary: notaryOf(rooms.keys, parts.config.issuer),
      onVerified: verdictOf({ ...parts, db }),
    }),
    ...grantRoutes({ db }),
    ...grantSettingRoutes(rooms),
    ...adviceRoutes({ ...rooms, db, clock }),
    ...narrowRoutes(rooms),
    ...stopRoutes({ db, contain, releases: rooms.releases, settled: rooms.settled }),
    ...stopsRoutes({ db, containment: rooms.containment }),
    ...unfreezeRoutes({ db, releases: rooms.releases, hand: (who) => handBehind(db, who), settled: rooms.settled }),
    ...signalRoutes({ db, clock }),
    ...streamRoutes({ database, audit, box: rooms.box, clock, issuer: config.issuer }),
    ...transmitterRoutes({ ...collection, ...rooms.hearing, box: rooms.box, here: config }),
    ...sinkRoutes({ ...collection, box: rooms.box, clock, tester: rooms.sinkTester }),
    ...graphRoutes({ ...rooms, db, issuer: config.issuer }),
    ...keyRoutes({ ring: rooms.keys, clock }),
    ...rotationRoutes(rooms),
    consoleLinkRoute(
      (user, scopes, by, madeBy) => consoleLink({ audit, clock, issuer: config.issuer }, user, scopes, by, madeBy),
      (id) => findUser(db, id),
    ),
  ];
}

/** Who may come in by the admin door, and how that is known. */
export function adminDeps({ config, rooms }: AdminParts): Parameters<typeof createAdminDoor>[0] {
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
    judge: createOwnApiJudge({ db: database.db, tokens: rooms.tokens, audience: adminResource(config.issuer).uri }),
    session: (request, now) =>
      consoleSession({ db: database.db, issuer: config.issuer, sessions: rooms.sessions, desk: rooms.desk }, request, now),
  };
}

function secretsOf({ mode, ownFiles: guarded }: Readonly<Config>): SecretSource {
  return { env: process.env, plainValues: mode === 'dev', guarded };
}
