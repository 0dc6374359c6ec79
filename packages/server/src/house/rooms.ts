import { createCache } from '../base/cache.ts';
import type { ChangeFeed } from '../base/changes.ts';
import type { Clock } from '../base/clock.ts';
import type { Database } from '../base/db.ts';
import { randomFill } from '../base/ids.ts';
import type { Keks } from '../base/kek/kek.ts';
import type { Log } from '../base/log.ts';
import { createMailer } from '../base/mail/mailer.ts';
import type { Metrics } from '../base/metrics.ts';
import { createOutbound } from '../base/outbound/outbound.ts';
import { createPasswordHasher } from '../base/passwords/hasher.ts';
import { createSecretBox } from '../base/secretbox.ts';
import { createSnapshot } from '../base/snapshot.ts';
import type { Config } from '../config.ts';
import type { Elsewhere } from '../kek.ts';
import { anchoringOf } from './anchor.ts';
import { approvalsOf } from './approvals.ts';
import { createRetention } from '../rooms/audit/retention.store.ts';
import { createAudit, type Audit } from '../rooms/audit/store.ts';
import { createClientAuthentication } from '../rooms/clients/authenticate.store.ts';
import { createClientDirectory } from '../rooms/clients/directory.store.ts';
import { addressGroup, createLimiter } from '../rooms/clients/limits.ts';
import { createDriftSettings, createDriftWatch } from '../rooms/clients/drift.store.ts';
import { createKnocks } from '../rooms/clients/knocks.store.ts';
import { createRegistrations } from '../rooms/clients/registration.store.ts';
import type { Review } from '../rooms/clients/review.ts';
import { createRegistrationSettings } from '../rooms/clients/setting.store.ts';
import { createWorkloads } from '../rooms/clients/workloads.store.ts';
import { createReplay } from '../rooms/issuers/replay.store.ts';
import { createTrust } from '../rooms/issuers/trust.store.ts';
import { createKeyRing } from '../rooms/keys/ring.store.ts';
import { createPolicyDesk } from '../rooms/policies/desk.store.ts';
import { builtInResources } from '../rooms/resources/built-in.ts';
import { createCatalogue } from '../rooms/resources/catalogue.store.ts';
import { createHubStop } from '../rooms/signals/hub-stop.store.ts';
import { createDriftStop } from '../rooms/signals/drift-stop.store.ts';
import { endOfClient } from '../rooms/signals/end.store.ts';
import { rolesInForce } from '../rooms/tenants/role.store.ts';
import { findTenant } from '../rooms/tenants/store.ts';
import { agentsOf } from './agents.ts';
import { connectingOf } from './connect.ts';
import { containmentOf } from './containment.ts';
import { journeysOf } from './journeys.ts';
import { sinksOf } from './sinks.ts';
import { grantingOf } from './granting.ts';
import { streamsOf } from './streams.ts';
import { ssoOf } from './sso.ts';
import { tokensOf } from './tokens.ts';
import { vaultOf } from './vault.ts';
import { createSecondFactors } from '../rooms/users/factors.store.ts';
import { createGuard } from '../rooms/users/guard.store.ts';
import { createJoin } from '../rooms/users/join.store.ts';
import { createLogin } from '../rooms/users/login.store.ts';
import { createPasskeys } from '../rooms/users/passkey.store.ts';
import { createPost } from '../rooms/users/post.store.ts';
import { createReset } from '../rooms/users/reset.store.ts';
import { createSessions } from '../rooms/users/session.store.ts';
import { createAccountSettings } from '../rooms/users/setting.store.ts';
import { findUser } from '../rooms/users/store.ts';

export type RoomParts = {
  config: Readonly<Config>;
  keks: Keks;
  /** The hub's own key, opened; undefined: no KEK opens it, and the house is read-only. */
  root: Buffer | undefined;
  elsewhere?: Pick<Elsewhere, 'hashicorp' | 'aws'> | undefined;
  clock: Clock;
  log: Log;
  database: Database;
  feed: ChangeFeed;
  metrics: Metrics;
};

export type Rooms = ReturnType<typeof roomsOf>;

const MAX_CACHED = 20_000;

/** Everything on floor two, each given what it asks for and no more. */
export function roomsOf(parts: RoomParts) {
  const { config, clock, log, database, feed, metrics } = parts;
  const { db } = database;
  const { issuer, allowLoopback } = config;
  const onError = (error: unknown): void => log.warn({ err: error }, 'a cache could not be read again');
  const box = createSecretBox(parts.root ?? randomFill(32));
  const outbound = createOutbound({ allowLoopback });
  const mailer = createMailer({ smtpUrl: config.smtpUrl, from: `Writ <no-reply@${new URL(issuer).hostname}>`, clock });
  const hasher = createPasswordHasher();

  const audit = timed(createAudit(database, feed, clock), metrics);
  const ground = { database, feed, audit, box, outbound, mailer, hasher };
  const keys = createKeyRing({ database, audit, box, clock, feed, issuer, readOnly: parts.root === undefined, onError });
  const held = vaultOf({ ...parts, audit, onError });
  const builtIn = builtInResources(issuer);
  const connection = (id: string) => held.connections.byId(id);
  const catalogue = createCatalogue({ db, feed, onError, builtIn, proxies: { issuer, connection } });
  const people = peopleOf({ ...parts, box, mailer, hasher, audit, onError });
  const connect = connectingOf({ ...parts, ...held, audit, box, outbound, issuer, people });
  // Both are asked when a client registers or changes, long after everything here is made.
  const review: Review = (of) => reviews.review(of);
  const takesTwo = (): boolean => stopping.containment.current().secondPerson.includes('client');
  const clients = clientsOf({ ...parts, audit, outbound, catalogue, review, takesTwo, onError });
  const acting = agentsOf({ ...parts, audit, onError, takesTwo: () => stopping.containment.current().secondPerson.includes('agent') });
  const desk = deskOf({ ...parts, builtIn: builtIn.map((resource) => resource.id), onError });
  const sso = ssoOf({ ...parts, audit, box, outbound, keys, issuer, onError });
  const approvals = approvalsOf({ ...parts, audit, box, outbound, issuer, clients: clients.clients, post: people.post, onError });
  const granting = grantingOf({ ...parts, audit, onError });
  const ends = () => granting.grantSettings.current();
  const hubStop = createHubStop({ db, feed, onError });
  const hubStopped = () => hubStop.current() !== undefined;
  const needs = { ends, hubStopped, audit, box, hasher, catalogue, desk, people, issuer, onError, clients: clients.clients };
  const { flows, journeys, reviews } = journeysOf({ ...parts, ...held, ...connect, ...approvals, ...needs, sso });
  const tokens = tokensOf({ ...parts, ...needs, keys, replay: clients.replay });
  const sinks = sinksOf({ ...parts, audit, box });
  const stopping = containmentOf({ ...parts, ...connect, ...acting, audit, hubStop, onError });
  const retention = createRetention({ database, audit, feed, onError });
  const settings = [retention, approvals.asking, clients.settings, clients.driftSettings, people.accounts, granting.grantSettings];
  const known = [catalogue, held.connections, desk, people.roles, flows, sso.identityProviders];
  const more = [acting.agentSettings, tokens.delegation, tokens.protection, clients.trust, clients.workloads];
  const snapshots = [...settings, ...known, ...more, stopping.containment, hubStop];
  /** Caches of this node as fresh as the change that was just committed: who was told "done" sees it in force. */
  const settled = async (): Promise<void> => void (await Promise.all(snapshots.map((one) => one.ready())));

  const outside = anchoringOf({ ...parts, audit, box });
  const telling = streamsOf({ ...parts, audit, box, keys, contain: stopping.contain, sessions: people.sessions, settled });
  // In the order in which one begins what another ends: whoever is asked is told by mail.
  const under = [acting.quarantine, reviews, approvals.announcer, approvals.bell, stopping.orphans, connect.disconnecting, people.post];
  /** What was begun behind an answer's back is done: for shutting down, and for tests. */
  const atRest = (): Promise<void> => inTurn(under, (one) => one.settled());

  return {
    ...ground,
    retention,
    keys,
    ...held,
    ...connect,
    builtIn,
    catalogue,
    ...clients,
    ...acting,
    ...limits(),
    desk,
    flows,
    ...sso,
    journeys,
    reviews,
    ...tokens,
    ...stopping,
    ...granting,
    ...sinks,
    ...telling,
    ...outside,
    ...approvals,
    ...people,
    settled,
    atRest,
    ready: async () => void (await Promise.all([settled(), keys.ready()])),
    close: () =>
      closeAll({
        stop: [sinks.sinks, telling.streams, held.rotation, clients.knocks],
        atRest,
        close: [{ close: () => outside.closeAnchor() }, clients.replay, audit, { close: () => sso.closeSso() }, outbound],
      }),
  };
}

/** What runs by itself stops, what is under way is waited for, and what others stand on is closed last, in this order. */
async function closeAll(of: {
  stop: readonly { stop(): Promise<unknown> }[];
  atRest(): Promise<void>;
  close: readonly { close(): Promise<unknown> }[];
}): Promise<void> {
  await inTurn(of.stop, (one) => one.stop());
  await of.atRest();
  await inTurn(of.close, (one) => one.close());
}

async function inTurn<T>(all: readonly T[], work: (one: T) => Promise<unknown>): Promise<void> {
  for (const one of all) await work(one);
}

/** What strangers may cost, by address. */
function limits() {
  // Refusals of callers who proved nothing: 600 at once per address, then ten a second, or a stranger could fill the record (they stay in the metrics).
  const strangers = createLimiter({ size: 600, refillMs: 100 });
  // What a client that proves nothing may have kept for it: a pushed request is up to 16 KB for an hour. 300 at once per address, then five a second.
  const pushers = createLimiter({ size: 300, refillMs: 200 });
  return {
    mayRecord: (ip: string, now: number): boolean => strangers.take(addressGroup(ip), now).ok,
    mayPush: (ip: string, now: number): boolean => pushers.take(addressGroup(ip), now).ok,
  };
}

function deskOf({ database, metrics, ...parts }: RoomParts & { builtIn: string[]; onError(error: unknown): void }) {
  return createPolicyDesk({
    ...parts,
    db: database.db,
    observe(decision, differs) {
      metrics.policyDecisions.inc({ effect: decision.outcome, state: 'enforce' });
      if (differs) metrics.policyShadowDiff.inc();
    },
  });
}

function timed(audit: Audit, metrics: Metrics): Audit {
  const observe = <T>(promise: Promise<T>): Promise<T> => {
    const end = metrics.auditAppendSeconds.startTimer();
    return promise.finally(end);
  };
  return { ...audit, commit: (change) => observe(audit.commit(change)) };
}

type ClientParts = RoomParts & {
  audit: Audit;
  outbound: ReturnType<typeof createOutbound>;
  catalogue: ReturnType<typeof createCatalogue>;
  takesTwo(): boolean;
  review: Review;
  onError(error: unknown): void;
};

function clientsOf({ config, clock, database, feed, metrics, audit, outbound, catalogue, review, takesTwo, onError }: ClientParts) {
  const { issuer, allowLoopback } = config;
  const settings = createRegistrationSettings({ database, audit, feed, clock, onError });
  const driftSettings = createDriftSettings({ database, audit, feed, onError });
  const driftStop = createDriftStop(clock, takesTwo);
  const watch = createDriftWatch({ driftSettings, settings, stop: driftStop.stop });
  const needs = { database, audit, feed, clock, outbound, settings, catalogue, issuer, allowLoopback, review, drift: watch };
  const knocks = createKnocks(database.db);
  const trusted = {
    trust: createTrust({ ...needs, db: database.db, onError }),
    workloads: createWorkloads({ db: database.db, feed, onError }),
    replay: createReplay(database.pool),
  };
  const clients = createClientDirectory({
    ...needs,
    onFetch: (outcome, seconds) => metrics.cimdFetchSeconds.observe({ result: outcome }, seconds),
  });
  return {
    settings,
    driftSettings,
    restart: driftStop.restart,
    clients,
    ...trusted,
    knocks,
    authentication: createClientAuthentication({ issuer, directory: clients, outbound, clock, knocks, ...trusted }),
    registrations: createRegistrations({ ...needs, endOf: endOfClient(clock) }),
  };
}

type PeopleParts = RoomParts & {
  box: ReturnType<typeof createSecretBox>;
  mailer: ReturnType<typeof createMailer>;
  hasher: ReturnType<typeof createPasswordHasher>;
  audit: Audit;
  onError(error: unknown): void;
};

function peopleOf({ config, clock, log, database, feed, box, mailer, hasher, audit, onError }: PeopleParts) {
  const { db } = database;
  const { issuer } = config;
  const post = createPost({ mailer, log });
  const guard = createGuard({ db, secretBox: box });
  const needs = { database, audit, clock, hasher, secretBox: box, guard, post, issuer };
  const users = createCache((id) => findUser(db, id), MAX_CACHED);
  const tenants = createCache((id) => findTenant(db, id), MAX_CACHED);
  const accounts = createAccountSettings({ database, audit, feed, onError });
  const roles = createSnapshot({ name: 'roles', load: () => rolesInForce(db), onError });
  feed.on('user', (id) => users.invalidate(id));
  feed.on('tenant', (id) => tenants.invalidate(id));
  feed.on('role', () => roles.stale());
  return {
    users,
    tenants,
    roles,
    accounts,
    post,
    sessions: createSessions({ db, audit, clock, issuer }),
    login: createLogin(needs),
    factors: createSecondFactors(needs),
    passkeys: createPasskeys(needs),
    join: createJoin({ ...needs, registration: () => accounts.current().registration }),
    reset: createReset(needs),
  };
}
