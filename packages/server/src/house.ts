import { createChangeFeed } from './base/changes.ts';
import type { Clock } from './base/clock.ts';
import { openDatabase } from './base/db.ts';
import { createDispatch, forwardedAddress, type Dispatch } from './base/http/dispatch.ts';
import { fetchHandler } from './base/http/fetch.ts';
import type { Route } from './base/http/route.ts';
import { createRouter } from './base/http/router.ts';
import type { Keks } from './base/kek/kek.ts';
import { createJobs, type Jobs } from './base/jobs.ts';
import type { Log } from './base/log.ts';
import { createMetrics } from './base/metrics.ts';
import { isUnavailable } from './base/unavailable.ts';
import type { Elsewhere } from './kek.ts';
import { ConfigError, isLoopbackHost, type Config } from './config.ts';
import { doorsOf } from './house/doors.ts';
import { jobsOf } from './house/jobs.ts';
import { readOnlyRoutes } from './house/read-only.ts';
import { roomsOf, type Rooms } from './house/rooms.ts';
import { hubAuthor } from './rooms/audit/author.ts';
import { makeMonths } from './rooms/audit/retention.store.ts';
import { openRoot } from './rooms/keys/root.store.ts';

export type HouseParts = {
  config: Readonly<Config>;
  databaseUrl: string;
  keks: Keks;
  elsewhere?: Pick<Elsewhere, 'hashicorp' | 'aws'>;
  clock: Clock;
  log: Log;
};

/** The whole hub but for process and socket: tests drive it by `fetch`, `main.ts` by `dispatch`. */
export type House = {
  dispatch: Dispatch;
  fetch(request: Request): Promise<Response>;
  /** The route table, as declared. */
  routes: readonly Route[];
  rooms: Rooms;
  /** No KEK opens what is here: public documents and administrators' questions are answered, everything else is refused. */
  readOnly: boolean;
  /** First keys, caches, pollers; `jobs: false` leaves out what happens by the clock. */
  start(options?: { jobs?: boolean }): Promise<void>;
  stopAccepting(): void;
  /** Ends standing streams, so that a drain can finish. */
  endStreams(): void;
  consoleLink(user: string): Promise<string>;
  /** Applies a config as the hub itself; throws {@link ConfigError} with all faults when it does not fit. */
  applyConfig(input: unknown): Promise<void>;
  close(): Promise<void>;
};

/** The only wiring: rooms from base, doors from rooms, in the order of the floors. */
export async function buildHouse(parts: HouseParts): Promise<House> {
  const { config, clock, log } = parts;
  const database = openDatabase(parts.databaseUrl);
  const feed = createChangeFeed(database, log);
  const metrics = createMetrics();
  let accepting = true;
  const root = await openRoot(database.db, parts.keks, clock.now());
  const readOnly = root === undefined;
  const rooms = roomsOf({ ...parts, root, database, feed, metrics });
  const doors = doorsOf({ ...parts, rooms, metrics, accepting: () => accepting });
  const jobs: Jobs = createJobs(parts.databaseUrl, log);
  let jobsRunning = false;

  const dispatch = createDispatch({
    router: createRouter(readOnly ? readOnlyRoutes(doors.routes) : doors.routes),
    clock,
    log,
    clientAddress: forwardedAddress(config.isTrustedProxy),
    hostAllowed: hostCheck(config),
    isUnavailable,
    observe: (route, status, seconds) => metrics.requestSeconds.observe({ route: route?.path ?? 'none', status: String(status) }, seconds),
  });

  return {
    dispatch,
    fetch: fetchHandler(dispatch),
    routes: doors.routes,
    rooms,
    readOnly,
    async start(options = {}) {
      await rooms.ready();
      await feed.poll();
      feed.start();
      if (readOnly) return;
      rooms.knocks.start();
      if (options.jobs !== false) {
        await makeMonths(database.db, clock.now());
        await jobs.start(jobsOf({ rooms, clock, log, issuer: config.issuer }));
        jobsRunning = true;
        rooms.sinks.start();
        rooms.streams.start();
      }
    },
    stopAccepting() {
      accepting = false;
    },
    endStreams: doors.endStreams,
    consoleLink: doors.consoleLink,
    async applyConfig(input) {
      const applied = await doors.configurator.applyFrom(input, hubAuthor('config'));
      if (!applied.ok)
        throw new ConfigError(
          `WRIT_CONFIG: ${(applied.error.errors ?? []).map(({ field, message }) => `${field}: ${message}`).join('; ')}`,
        );
    },
    async close() {
      if (jobsRunning) await jobs.stop();
      feed.stop();
      await rooms.close();
      await database.close();
    },
  };
}

/** On a loopback issuer only loopback names are answered: a page elsewhere that rebinds its own name to 127.0.0.1 gets 421 (CVE-2026-34742). */
function hostCheck(config: Readonly<Config>): (host: string | undefined) => boolean {
  const issuer = new URL(config.issuer);
  if (!isLoopbackHost(issuer.hostname)) return () => true;
  return (host) => {
    if (host === undefined) return false;
    const name = host.replace(/:\d+$/, '').toLowerCase();
    return isLoopbackHost(name);
  };
}
