import { existsSync, mkdirSync, realpathSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { askWhenReady } from './answer.ts';
import { findPackage, prepareBinaries } from './binaries.ts';
import type { Binaries } from './binaries.ts';
import { checkVersion, createCluster, majorOf, readOrMakeSecret, replaceFile, resetPassword } from './cluster.ts';
import { lockFolder } from './folder-lock.ts';
import type { FolderLock } from './folder-lock.ts';
import { currentHome, settleHome, SHELF } from './home.ts';
import { openLog } from './log-file.ts';
import { makePrivate, postgresUser } from './os-user.ts';
import type { OsUser } from './os-user.ts';
import { readPidFile, runsIn, stopPostmaster } from './postmaster.ts';
import { PostgresRefused } from './refusal.ts';
import { binaryVersion } from './run.ts';
import { accessRules, connectionUrl, serverSettings, SOCKET_NAME } from './settings.ts';
import type { Listen } from './settings.ts';
import { startPostmaster } from './start-postmaster.ts';
import type { Site } from './start-postmaster.ts';
import { supervise } from './supervise.ts';

export type EmbeddedOptions = { dir: string; log: (message: string) => void };

/** `adopted`: a postmaster that outlived an earlier hub was taken over instead of starting one. */
export type Embedded = { url: string; adopted: boolean; stop(): Promise<void> };

/** The system's limit is 107 bytes; Postgres adds names of its own to the folder. */
const LONGEST_SOCKET_PATH = 100;
const ADOPTION_MS = 5_000;
const PORT_ATTEMPTS = 5;

/**
 * Runs the Postgres that comes with the hub on `<dir>/pg`, creating it when missing, and keeps it running until `stop()`.
 *
 * If the hub dies without `stop()` Postgres runs on, and the next start on the folder takes it over. Throws `PostgresRefused` when the
 * folder is in use (`folder_locked`) or Postgres cannot run there; the message says what to do.
 */
export function startEmbedded(options: EmbeddedOptions): Promise<Embedded> {
  return startCluster(options, (user, dir) => prepareBinaries(findPackage(), user, join(dir, 'pg.lib'), SHELF));
}

/** As `startEmbedded`, with Postgres programs from elsewhere. */
export async function startCluster(
  options: EmbeddedOptions,
  findBinaries: (user: OsUser | undefined, dir: string) => Binaries,
): Promise<Embedded> {
  mkdirSync(options.dir, { recursive: true, mode: 0o700 });
  const dir = realpathSync(options.dir);
  const locks: FolderLock[] = [await lockFolder(dir)];
  try {
    const user = postgresUser(join(currentHome(dir), 'pg'));
    const home = settleHome(dir, user, options.log);
    if (home !== dir) locks.push(await lockFolder(home));
    const runner = { binaries: findBinaries(user, home), user };
    return await open({ dir, home, runner, log: options.log, locks });
  } catch (error) {
    for (const lock of locks) lock.release();
    throw error;
  }
}

type Opening = {
  dir: string;
  home: string;
  runner: { binaries: Binaries; user: OsUser | undefined };
  log: (message: string) => void;
  locks: FolderLock[];
};

async function open({ dir, home, runner, log, locks }: Opening): Promise<Embedded> {
  const dataDir = join(home, 'pg');
  const runDir = join(home, 'run');
  const version = await binaryVersion(runner);
  const secret = readOrMakeSecret(dir);
  if (!existsSync(dataDir)) await createCluster(runner, home, secret);
  checkVersion(dataDir, version);
  makePrivate(runDir, runner.user);
  const logFile = openLog(join(dir, 'pg.log'));
  logFile.trim();
  const site: Site = { ...runner, dataDir, runDir, configFile: join(home, 'postgresql.conf'), log: logFile };
  try {
    const { pid, url, adopted } = await bringUp(site, home, secret, version);
    const end = supervise(site, pid, log);
    let stopped: Promise<void> | undefined;
    const stop = async (): Promise<void> => {
      await end();
      logFile.close();
      for (const lock of locks) lock.release();
    };
    return { url, adopted, stop: () => (stopped ??= stop()) };
  } catch (error) {
    logFile.close();
    throw error;
  }
}

type Running = { pid: number; url: string; adopted: boolean };

async function bringUp(site: Site, home: string, secret: string, version: string, attempt = 1): Promise<Running> {
  const listen = await chooseListen(site);
  const url = connectionUrl(listen, secret);
  const settled = !writeSettings(site, home, listen, version);
  const left = await adoptable(site, url, version, settled);
  if (left !== undefined) return { pid: left, url, adopted: true };
  const pid = await startPostmaster(site).catch((error: unknown) => {
    if (listen.kind === 'tcp' && attempt < PORT_ATTEMPTS && error instanceof Error && error.message.includes('could not bind'))
      return undefined;
    throw error;
  });
  // Somebody took the port between the moment it was found free and this one.
  if (pid === undefined) return bringUp(site, home, secret, version, attempt + 1);
  const answer = await askWhenReady(url, ADOPTION_MS);
  if (answer.kind === 'version') return { pid, url, adopted: false };
  if (answer.kind !== 'wrong_password')
    throw new PostgresRefused('start_failed', 'Postgres started but does not answer; pg.log tells more.');
  // pg.secret was lost or replaced: who can write the data folder owns the database, so the login gets the password that is there now.
  await stopPostmaster(pid, site.dataDir);
  await resetPassword(site, site.dataDir, secret);
  return { pid: await startPostmaster(site), url, adopted: false };
}

/** The process id of a postmaster on the folder that answers and is what we would start. Any other is left for `startPostmaster` to stop. */
async function adoptable(site: Site, url: string, version: string, settled: boolean): Promise<number | undefined> {
  const found = readPidFile(site.dataDir);
  if (found === undefined || !settled || !runsIn(found.pid, site.dataDir)) return undefined;
  const answer = await askWhenReady(url, ADOPTION_MS);
  return answer.kind === 'version' && answer.version === version ? found.pid : undefined;
}

/** The settings stand outside the data folder, which belongs to another user when the hub is root: root writes nothing into it. */
function writeSettings(site: Site, home: string, listen: Listen, version: string): boolean {
  const hbaFile = join(home, 'pg_hba.conf');
  const rules = replaceFile(hbaFile, accessRules(listen), 0o644);
  const settings = replaceFile(site.configFile, serverSettings(listen, hbaFile, majorOf(version)), 0o644);
  return rules || settings;
}

async function chooseListen(site: Site): Promise<Listen> {
  if (Buffer.byteLength(join(site.runDir, SOCKET_NAME)) <= LONGEST_SOCKET_PATH) return { kind: 'socket', dir: site.runDir };
  const found = readPidFile(site.dataDir);
  const kept = found !== undefined && found.port > 0 && runsIn(found.pid, site.dataDir);
  return { kind: 'tcp', port: kept ? found.port : await freePort() };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      const port = address !== null && typeof address === 'object' ? address.port : 0;
      probe.close(() => resolve(port));
    });
  });
}
