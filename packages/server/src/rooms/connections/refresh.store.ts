import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../../base/clock.ts';
import type { Database } from '../../base/db.ts';
import { newId } from '../../base/ids.ts';
import type { Log } from '../../base/log.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { hubAuthor } from '../audit/author.ts';
import type { Audit } from '../audit/store.ts';
import { isServiceAccount } from './connect.ts';
import type { Connection } from './connection.ts';
import type { Credential, Secret } from './credential.ts';
import { credentialEntry } from './events.ts';
import { claim, dueForRefresh, failRefresh, giveBack, keepPending, readBooks, type Claimed, type RefreshBooks } from './lease.store.ts';
import { refreshParams, type OAuthServer, type ServerFault } from './oauth-client.ts';
import { PROVIDER_MS, type Providers } from './provider.store.ts';
import { aheadAt, isDue, MARGIN_MS, nextTryAt } from './refresh.ts';
import type { Servers } from './servers.store.ts';
import { serviceRequest } from './service-request.store.ts';
import { grantedOf, saidOf, type ProviderTokens } from './token-answer.ts';
import type { Vault } from './vault.store.ts';

/**
 * `fresh`: good to use now (renewed, or it was). `reauth`: over, a person has to connect again. `unavailable`: the provider does not renew it now;
 * `retryAt` in milliseconds. A credential whose token still lives is fresh even when its provider is down.
 */
export type Refreshed =
  | { kind: 'fresh'; credential: Credential }
  | { kind: 'reauth'; credential: Credential; reason: string }
  | { kind: 'unavailable'; credential: Credential; reason: string; retryAt: number };

export type Refresher = {
  /** `force`: the service has just refused the token. */
  fresh(credential: Credential, of?: { force?: boolean }): Promise<Refreshed>;
  /** What the background renews ahead of time. Returns how many it tried. */
  runDue(): Promise<number>;
};

export type RefreshDeps = {
  database: Database;
  audit: Audit;
  clock: Clock;
  log: Log;
  vault: Vault;
  providers: Providers;
  servers: Servers;
  connections: { byId(id: string): Connection | undefined };
  /** Told once of each credential that is over for good. */
  onEnded(credential: Credential): Promise<void>;
};

/** Longer than a request and its storing can take: whose lease has run out is dead. */
const LEASE_MS = 3 * PROVIDER_MS;
const LOOK_MS = 50;
const ONE_TURN = 200;
const MOST_TURNS = 20;
const AT_ONCE = 8;

/** Renews OAuth credentials: one request to the provider at a time for each, whichever nodes and callers want it. */
export function createRefresher(deps: RefreshDeps): Refresher {
  const { clock } = deps;
  const db = deps.database.db;
  const isService = (credential: Credential): boolean => isServiceAccount(deps.connections.byId(credential.connection));
  // Of one node everybody waits for the same attempt; between nodes the lease decides.
  const under = new Map<string, Promise<Refreshed>>();
  const together = (books: RefreshBooks): Promise<Refreshed> => {
    const key = `${books.credential.id} ${books.credential.version}`;
    const running = under.get(key) ?? attempt(deps, books).finally(() => under.delete(key));
    under.set(key, running);
    return running;
  };

  const fresh: Refresher['fresh'] = async (credential, { force = false } = {}) => {
    if (!mayNeed(credential, clock.now(), force)) return { kind: 'fresh', credential };
    const books = await readBooks(db, credential.id);
    if (books === undefined) return { kind: 'reauth', credential, reason: 'removed' };
    return judge(books, force) ?? together(books);
  };

  /** What needs no provider to be said. */
  const judge = (books: RefreshBooks, force: boolean): Refreshed | undefined => {
    const { credential } = books;
    const now = clock.now();
    if (credential.state !== 'active') return { kind: 'reauth', credential, reason: credential.failure ?? credential.state };
    if (!isDue({ expiresAt: credential.expiresAt, refreshedAt: books.refreshedAt }, now, force)) return { kind: 'fresh', credential };
    // This node has not heard of the connection yet.
    if (deps.connections.byId(credential.connection) === undefined)
      return orStillGood({ kind: 'unavailable', credential, reason: 'connection_unknown', retryAt: now + 1_000 }, now, force);
    if (!credential.refreshable && !isService(credential))
      return lives(credential, now) && !force ? { kind: 'fresh', credential } : ended(credential, force);
    if (books.failures > 0 && books.nextAt !== undefined && books.nextAt > now)
      return orStillGood({ kind: 'unavailable', credential, reason: 'backing_off', retryAt: books.nextAt }, now, force);
    return undefined;
  };

  return {
    fresh: async (credential, of) => orStillGood(await fresh(credential, of), clock.now(), of?.force === true),
    async runDue() {
      let tried = 0;
      // Whatever is tried is no longer due, however it ends.
      for (let turn = 0; turn < MOST_TURNS; turn += 1) {
        const due = await dueForRefresh(db, clock.now(), ONE_TURN);
        const rest = [...due];
        const worker = async (): Promise<void> => {
          for (let next = rest.pop(); next !== undefined; next = rest.pop()) {
            const books = await readBooks(db, next.id);
            if (books !== undefined) await together(books);
          }
        };
        await Promise.all(Array.from({ length: AT_ONCE }, worker));
        tried += due.length;
        if (due.length < ONE_TURN) break;
      }
      return tried;
    },
  };
}

/** Whether the row has to be looked at. On the hot path a token that lives for longer than the margin is simply used. */
function mayNeed({ kind, expiresAt }: Credential, now: number, force: boolean): boolean {
  return kind === 'oauth' && (force || (expiresAt !== undefined && expiresAt - MARGIN_MS <= now));
}

const lives = ({ expiresAt }: Credential, now: number): boolean => expiresAt === undefined || expiresAt > now;

/** A token that cannot be renewed and is over. Asked for by force, there is nothing we could do better, and the service has to say so itself. */
function ended(credential: Credential, force: boolean): Refreshed {
  return force && credential.expiresAt === undefined ? { kind: 'fresh', credential } : { kind: 'reauth', credential, reason: 'expired' };
}

function orStillGood(refreshed: Refreshed, now: number, force: boolean): Refreshed {
  const { kind, credential } = refreshed;
  // What is over is not fresh, whoever says so.
  if (kind === 'fresh' && !lives(credential, now)) return { kind: 'unavailable', credential, reason: 'in_progress', retryAt: now + 1_000 };
  return kind === 'unavailable' && !force && lives(credential, now) ? { kind: 'fresh', credential } : refreshed;
}

async function attempt(deps: RefreshDeps, books: RefreshBooks): Promise<Refreshed> {
  const { id, version } = books.credential;
  const db = deps.database.db;
  const lease = newId('cns', deps.clock.now());
  const now = deps.clock.now();
  const always = isServiceAccount(deps.connections.byId(books.credential.connection));
  const mine = await claim(db, { id, version, lease, until: now + LEASE_MS, now, always });
  if (mine === undefined) return waitFor(deps, books.credential);
  try {
    return await renew(deps, mine, books.failures, lease);
  } catch (error) {
    // Broken infrastructure of ours: the lease is given back, so that not everybody has to wait for its end.
    deps.log.warn({ err: error }, 'a credential could not be refreshed');
    const nextAt = nextTryAt({ attempts: books.failures + 1, now: deps.clock.now(), id });
    await giveBack(db, { id, lease, nextAt });
    return { kind: 'unavailable', credential: mine.credential, reason: 'hub', retryAt: nextAt };
  }
}

async function renew(deps: RefreshDeps, mine: Claimed, failures: number, lease: string): Promise<Refreshed> {
  const { credential } = mine;
  if (mine.pending !== undefined) {
    const kept = unpacked(await deps.vault.openPending(credential, mine.pending));
    return store(deps, { credential, lease, ...kept });
  }
  const connection = deps.connections.byId(credential.connection);
  const secret = await deps.vault.open(credential);
  if (connection?.state !== 'active' || secret.kind !== 'oauth')
    return giveUp(deps, { credential, lease, failures, reason: 'connection_frozen' });
  const server = await deps.servers.ofSecret(connection, secret);
  if (!server.ok) return giveUp(deps, { credential, lease, failures, reason: server.error.reason, words: server.error.words });
  const params = await paramsFor(server.value, { connection, credential, secret, now: deps.clock.now() });
  if (!params.ok) return giveUp(deps, { credential, lease, failures, reason: params.error.reason, words: params.error.words });
  const answer = await deps.providers.token(server.value, params.value);
  switch (answer.kind) {
    case 'tokens': {
      // Held against what was asked: scopes that one answer forgot come back with the next.
      const { said } = answer.tokens;
      const granted = said === undefined ? credential.granted : grantedOf(credential.asked, saidOf({ said }, true), server.value.quirks);
      const { expiresAt, refreshToken } = answer.tokens;
      return store(deps, {
        credential,
        lease,
        secret: renewed(secret, answer.tokens),
        expiresAt,
        rotated: refreshToken !== undefined,
        granted,
      });
    }
    case 'dead':
      // An account of the hub's own has nobody who connects it again: whoever mends the connection is not to have to mend each of its tokens.
      if (credential.origin === 'service') return giveUp(deps, { credential, lease, failures, reason: answer.error, words: answer.words });
      return end(deps, {
        credential,
        reason: mine.interrupted ? 'interrupted' : answer.error,
        words: answer.words,
        interrupted: mine.interrupted,
      });
    case 'refused':
    case 'unavailable': {
      const retryAt = answer.kind === 'unavailable' ? answer.retryAt : undefined;
      const reason = answer.kind === 'unavailable' ? answer.reason : answer.error;
      return giveUp(deps, { credential, lease, failures, reason, retryAt, words: answer.words });
    }
  }
}

type Renewing = { connection: Connection; credential: Credential; secret: Extract<Secret, { kind: 'oauth' }>; now: number };

/** What to say to the provider. */
async function paramsFor(
  server: OAuthServer,
  { connection, credential, secret, now }: Renewing,
): Promise<Result<Record<string, string>, ServerFault>> {
  if (isServiceAccount(connection)) return serviceRequest(server, { scopes: credential.asked, subject: secret.extra?.['subject'], now });
  const { refreshToken } = secret;
  return refreshToken === undefined
    ? fail({ reason: 'no_refresh_token', words: 'There is nothing to renew it with.' })
    : ok(refreshParams(server, refreshToken));
}

/** RFC 6749 §6: an answer without a refresh token leaves the old one in force. */
function renewed(secret: Extract<Secret, { kind: 'oauth' }>, tokens: ProviderTokens): Secret {
  return {
    ...secret,
    accessToken: tokens.accessToken,
    ...(tokens.refreshToken === undefined ? {} : { refreshToken: tokens.refreshToken }),
  };
}

type Storing = {
  credential: Credential;
  lease: string;
  secret: Secret;
  expiresAt: number | undefined;
  rotated: boolean;
  granted?: readonly string[];
};

/** What is kept beside the row has no columns of its own. */
function packed(secret: Secret, expiresAt: number | undefined): Secret {
  if (secret.kind !== 'oauth' || expiresAt === undefined) return secret;
  return { ...secret, extra: { ...secret.extra, pendingExpiresAt: String(expiresAt) } };
}

function unpacked(secret: Secret): { secret: Secret; expiresAt: number | undefined; rotated: boolean } {
  const { pendingExpiresAt, ...extra } = (secret.kind === 'oauth' ? secret.extra : undefined) ?? {};
  const expiresAt = pendingExpiresAt === undefined ? undefined : Number(pendingExpiresAt);
  return { secret: secret.kind === 'oauth' ? { ...secret, extra } : secret, expiresAt, rotated: true };
}

/** The old refresh token may be worth nothing any more: what came is not let go before it is stored, however the database feels. */
async function store(deps: RefreshDeps, of: Storing): Promise<Refreshed> {
  for (let pause = 50; ; pause *= 2) {
    try {
      return await storeOnce(deps, of);
    } catch (error) {
      if (pause > 10_000) throw error;
      deps.log.warn({ err: error }, 'a refreshed credential could not be stored yet');
      await sleep(pause);
    }
  }
}

async function storeOnce(deps: RefreshDeps, of: Storing): Promise<Refreshed> {
  const { credential, lease, secret, expiresAt, rotated, granted = credential.granted } = of;
  const now = deps.clock.now();
  // What was got when it was needed is got again when it is needed.
  const isAhead = expiresAt !== undefined && credential.origin !== 'service';
  const refreshAt = isAhead ? aheadAt({ expiresAt, refreshedAt: now }, credential.id) : undefined;
  // Its own transaction with the entry; a refresh that lost its place writes none.
  const stored = await deps.audit
    .commit(async (tx) => {
      if (!(await deps.vault.replace(tx, credential, { secret, granted, expiresAt, refreshAt }))) throw new Lost();
      const lost = credential.granted.filter((scope) => !granted.includes(scope));
      const data = { rotated, ...(lost.length === 0 ? {} : { lost }) };
      return { value: true, entries: [credentialEntry('credential.refreshed', credential, { by: hubAuthor('refresh'), data })] };
    })
    .catch((error: unknown) => {
      if (error instanceof Lost) return false;
      throw error;
    });
  if (!stored) {
    const db = deps.database.db;
    const pending = await deps.vault.sealPending(db, credential, packed(secret, expiresAt));
    const kept = await keepPending(db, { id: credential.id, lease, pending });
    deps.log.info({ credential: credential.id, kept }, 'a credential changed while it was refreshed');
  }
  const books = await readBooks(deps.database.db, credential.id);
  if (books === undefined) return { kind: 'reauth', credential, reason: 'removed' };
  const current = books.credential;
  return current.state === 'active'
    ? { kind: 'fresh', credential: current }
    : { kind: 'reauth', credential: current, reason: current.state };
}

/** Thrown out of a transaction that is to leave nothing behind. */
class Lost extends Error {}

type GivingUp = { credential: Credential; lease: string; failures: number; reason: string; retryAt?: number | undefined; words?: string };

/** Not now: the token stays as it is. One entry per row of failures, not one per try. */
async function giveUp(deps: RefreshDeps, of: GivingUp): Promise<Refreshed> {
  const { credential, failures, reason, words } = of;
  const nextAt = nextTryAt({ attempts: failures + 1, now: deps.clock.now(), id: credential.id, retryAt: of.retryAt });
  await giveBack(deps.database.db, { id: credential.id, lease: of.lease, nextAt });
  if (failures === 0) {
    const data = { again: true, ...(words === undefined ? {} : { words }) };
    await deps.audit.record(
      credentialEntry('credential.failed', credential, { by: hubAuthor('refresh'), outcome: 'failed', reason, data }),
    );
  }
  return { kind: 'unavailable', credential, reason, retryAt: nextAt };
}

const INTERRUPTED = 'The hub was interrupted while it renewed this, and the provider no longer takes what it has.';

async function end(
  deps: RefreshDeps,
  of: { credential: Credential; reason: string; words: string; interrupted: boolean },
): Promise<Refreshed> {
  const { credential, reason, words } = of;
  const failure = of.interrupted
    ? INTERRUPTED
    : words === ''
      ? 'The provider no longer takes it.'
      : `The provider no longer takes it (${words}).`;
  const failed = await deps.audit
    .commit(async (tx) => {
      const moved = await failRefresh(tx, { id: credential.id, version: credential.version, failure });
      if (moved === undefined) throw new Lost();
      const entry = credentialEntry('credential.failed', moved, {
        by: hubAuthor('refresh'),
        outcome: 'failed',
        reason,
        data: { again: false, words },
      });
      return { value: moved, entries: [entry] };
    })
    .catch((error: unknown) => {
      if (error instanceof Lost) return undefined;
      throw error;
    });
  if (failed !== undefined) {
    await deps.onEnded(failed);
    return { kind: 'reauth', credential: failed, reason };
  }
  const books = await readBooks(deps.database.db, credential.id);
  return books?.credential.state === 'active' ? { kind: 'fresh', credential: books.credential } : { kind: 'reauth', credential, reason };
}

/** Somebody else is at it: their outcome is ours. */
async function waitFor(deps: RefreshDeps, credential: Credential): Promise<Refreshed> {
  const looks = Math.ceil((PROVIDER_MS + 5_000) / LOOK_MS);
  for (let look = 0; look < looks; look += 1) {
    await sleep(LOOK_MS);
    const books = await readBooks(deps.database.db, credential.id);
    if (books === undefined) return { kind: 'reauth', credential, reason: 'removed' };
    const { credential: current, leasedUntil, failures, nextAt } = books;
    if (current.state !== 'active') return { kind: 'reauth', credential: current, reason: current.failure ?? current.state };
    if (current.version !== credential.version) return { kind: 'fresh', credential: current };
    if (leasedUntil === undefined && failures > 0)
      return { kind: 'unavailable', credential: current, reason: 'backing_off', retryAt: nextAt ?? deps.clock.now() };
    // Its lease ran out, or it was given back without a word: the next caller takes it up.
    if (leasedUntil === undefined || leasedUntil <= deps.clock.now()) break;
  }
  return { kind: 'unavailable', credential, reason: 'in_progress', retryAt: deps.clock.now() + 1_000 };
}
