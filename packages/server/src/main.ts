import { existsSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { collectGently } from './base/heap.ts';
import { nodeListener } from './base/http/listener.ts';
import { KekUnavailable, type Keks } from './base/kek/kek.ts';
import { createLog, type Log } from './base/log.ts';
import { systemClock } from './base/clock.ts';
import { newSecret } from './base/ids.ts';
import { migrate } from './base/migrate.ts';
import { createRest, type Rest } from './base/rest.ts';
import { startEmbedded } from './base/postgres/embedded.ts';
import { openDatabase, sqlState } from './base/db.ts';
import { isUnavailable } from './base/unavailable.ts';
import { ConfigError, type Config } from './config.ts';
import { loadConfigFile } from './doors/admin/load.ts';
import { buildHouse, type House } from './house.ts';
import { hubStarted } from './house/started.ts';
import { devKekFile, elsewhereOf, type Elsewhere } from './kek.ts';
import { isSealed } from './rooms/keys/root.store.ts';

/** A running hub. */
export type Hub = {
  /** Where it listens; the issuer unless a port of 0 was asked for. */
  url: string;
  /** The bearer of its admin API: what the environment gave, or one made for this run (dev only). */
  adminToken: string | undefined;
  /** Asks the admin API from inside the process, as the admin token. */
  admin(path: string, init?: { method?: string; headers?: Record<string, string>; body?: string }): Promise<Response>;
  /** A link that opens the console for that user, once, within ten minutes. */
  consoleLink(user: string): Promise<string>;
  /** Stops taking requests, lets those in work finish (10 s), writes what waits, stops the embedded database. */
  close(): Promise<void>;
};

export type StartOptions = { log?: Log; onProgress?: (sentence: string) => void };

/**
 * Database, migrations, house, socket. Throws `ConfigError`, `PostgresRefused` or the system's error for a taken port; whatever was
 * started before the failure is stopped again.
 */
export async function startHub(config: Readonly<Config>, options: StartOptions = {}): Promise<Hub> {
  collectGently();
  const log = options.log ?? createLog(config.logLevel);
  const say = options.onProgress ?? (() => {});
  const undo: (() => Promise<void>)[] = [];
  const stopAll = async (): Promise<void> => {
    for (const stop of undo.toReversed()) await stop().catch((error: unknown) => log.error({ err: error }, 'while stopping'));
  };
  try {
    const databaseUrl = config.databaseUrl ?? (await embedded(config, log, say, undo));
    const applied = await migrate(databaseUrl);
    if (applied.length > 0) say(`Database ready (${applied.length} migration${applied.length === 1 ? '' : 's'} applied).`);
    const elsewhere = elsewhereOf(config, systemClock);
    undo.push(() => elsewhere.close());
    const adminToken = config.adminToken ?? (config.mode === 'dev' ? newSecret() : undefined);
    const house = await buildHouse({
      config: { ...config, adminToken },
      databaseUrl,
      keks: await keksOf(elsewhere, databaseUrl),
      elsewhere,
      clock: systemClock,
      log,
    });
    undo.push(() => house.close());
    await house.start();
    if (house.readOnly) sayReadOnly(config, log, say);
    else if (config.configPath !== undefined) await house.applyConfig(loadConfigFile(config.configPath));
    if (!house.readOnly) await house.rooms.audit.record(hubStarted(config));
    const rest = createRest();
    undo.push(async () => rest.stop());
    const server = await listen(config, house, rest);
    undo.push(() => drain(server, house));
    return {
      url: urlOf(config, server),
      adminToken,
      admin: adminFetch(config, house, adminToken),
      consoleLink: house.consoleLink,
      close: stopAll,
    };
  } catch (error) {
    await stopAll();
    throw refusalOf(error, config) ?? error;
  }
}

/** What the person who starts the hub can mend: a database that does not let us in, or a service that keeps the KEK and does not. */
function refusalOf(error: unknown, { databaseUrl }: Readonly<Config>): ConfigError | undefined {
  if (error instanceof KekUnavailable) return new ConfigError(`WRIT_KEK_PROVIDER: ${error.message}`);
  if (databaseUrl === undefined || !(error instanceof Error)) return undefined;
  const state = sqlState(error);
  // 28: who we are is not accepted; 3D: there is no such database (PostgreSQL, appendix A).
  if (state !== undefined && /^(28|3D)/.test(state)) return new ConfigError(`WRIT_DATABASE_URL: ${error.message}`);
  if (!isUnavailable(error)) return undefined;
  const reason = 'code' in error && typeof error.code === 'string' ? error.code : error.message;
  return new ConfigError(`WRIT_DATABASE_URL: the database cannot be reached (${reason})`);
}

/** A KEK is made up only where nothing was ever sealed. Where one is needed and gone, a stand-in that opens nothing makes the house read-only. */
async function keksOf(elsewhere: Elsewhere, databaseUrl: string): Promise<Keks> {
  const database = openDatabase(databaseUrl, { max: 1 });
  try {
    return elsewhere.keks(await isSealed(database.db)) ?? { current: NO_KEK, also: [] };
  } finally {
    await database.close();
  }
}

const NO_KEK: Keks['current'] = {
  id: 'none',
  wrap: () => Promise.reject(new KekUnavailable('there is no key-encryption key')),
  unwrap: () => Promise.resolve(undefined),
};

function sayReadOnly(config: Readonly<Config>, log: Log, say: (sentence: string) => void): void {
  const place = config.databaseUrl === undefined ? `the database in ${config.dataDir}` : 'this database';
  const why = config.kek === undefined ? devReason(devKekFile(config), place) : `WRIT_KEK: ${place} ${MADE_UNDER_ANOTHER} Give it back`;
  const sentence = `${why}, and start again. Until then the hub is read-only: it issues, signs and changes nothing, and makes no new key.`;
  log.error({ readOnly: true }, sentence);
  say(sentence);
}

const MADE_UNDER_ANOTHER = 'was made under another key-encryption key, and only that one opens it.';

function devReason(file: string, place: string): string {
  if (!existsSync(file)) return `${file} is gone, and nothing else opens ${place}. Put it back`;
  return `${file}: ${place} ${MADE_UNDER_ANOTHER} Put that one back, or remove the data folder to start anew`;
}

async function embedded(
  config: Readonly<Config>,
  log: Log,
  say: (sentence: string) => void,
  undo: (() => Promise<void>)[],
): Promise<string> {
  say('Starting the embedded database…');
  const database = await startEmbedded({ dir: config.dataDir, log: (message) => log.info(message) });
  undo.push(() => database.stop());
  return database.url;
}

function listen(config: Readonly<Config>, house: House, rest: Rest): Promise<Server> {
  const server = createServer(
    // A request has 30 s to arrive whole and 10 s for its head: slow senders do not hold sockets (RFC 9112 §9.5).
    { requestTimeout: 30_000, headersTimeout: 10_000, keepAliveTimeout: 65_000, maxHeaderSize: 16_384, connectionsCheckingInterval: 5_000 },
    nodeListener(house.dispatch),
  );
  server.on('request', () => rest.stirred());
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(config.port, config.host, () => {
      server.off('error', reject);
      resolve(server);
    });
  });
}

async function drain(server: Server, house: House): Promise<void> {
  house.stopAccepting();
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const patience = setTimeout(() => server.closeAllConnections(), 10_000);
  house.endStreams();
  await closed;
  clearTimeout(patience);
}

function urlOf(config: Readonly<Config>, server: Server): string {
  const address: AddressInfo | string | null = server.address();
  return config.port === 0 && address !== null && typeof address === 'object' ? `http://${config.host}:${address.port}` : config.issuer;
}

function adminFetch(config: Readonly<Config>, house: House, adminToken: string | undefined): Hub['admin'] {
  return (path, init = {}) => {
    if (adminToken === undefined) throw new Error('there is no admin token: set WRIT_ADMIN_TOKEN');
    const headers = { authorization: `Bearer ${adminToken}`, 'user-agent': 'writ (in process)', ...init.headers };
    return house.fetch(new Request(`${config.issuer}${path}`, { ...init, headers }));
  };
}
