import { setTimeout as sleep } from 'node:timers/promises';
import type { ChildProcess } from 'node:child_process';
import { READY_MS } from './answer.ts';
import type { LogFile } from './log-file.ts';
import { clearRemains, processesIn, readPidFile, runsIn, stopPostmaster, tell } from './postmaster.ts';
import { PostgresRefused } from './refusal.ts';
import { explainSpawn, launch } from './run.ts';
import type { Runner } from './run.ts';

/** All that is needed to start the server on its folder again. */
export type Site = Runner & { dataDir: string; runDir: string; configFile: string; log: LogFile };

const POLL_MS = 20;
const RETRIES = 100;
const RETRY_MS = 200;
/** After this many refusals because of children of a dead postmaster they are told to go. */
const PATIENCE_WITH_ORPHANS = 10;
const PASSING = /pre-existing shared memory block|lock file "[^"]*" already exists/;

/**
 * Starts the postmaster and answers its process id once it accepts connections. Stops one that runs on the folder unasked and waits
 * for the last children of a dead one. Throws `PostgresRefused('start_failed')` with the end of the log.
 */
export async function startPostmaster(site: Site): Promise<number> {
  for (let attempt = 1; ; attempt += 1) {
    const found = readPidFile(site.dataDir);
    if (found !== undefined && runsIn(found.pid, site.dataDir)) await stopPostmaster(found.pid, site.dataDir);
    clearRemains(site.dataDir, site.runDir, site.user);
    const from = site.log.size();
    const child = launch(site, 'postgres', ['-D', site.dataDir, '-c', `config_file=${site.configFile}`], {
      stdin: 'ignore',
      output: site.log.fd,
    });
    const ready = await waitUntilReady(child, site);
    if (ready) return ready;
    const why = site.log.since(from);
    if (!PASSING.test(why) || attempt >= RETRIES) throw new PostgresRefused('start_failed', `Postgres did not start: ${why}`);
    if (attempt >= PATIENCE_WITH_ORPHANS) for (const pid of processesIn(site.dataDir)) tell(pid, 'SIGQUIT');
    await sleep(RETRY_MS);
  }
}

/** The postmaster says in its pid file when it is ready, without the noise of refused connections. Undefined: it ended before. */
async function waitUntilReady(child: ChildProcess, site: Site): Promise<number | undefined> {
  let failure: Error | undefined;
  let ended = false;
  child.once('error', (error) => {
    failure = explainSpawn(error, site);
  });
  child.once('exit', () => {
    ended = true;
  });
  const rethrow = (): void => {
    if (failure !== undefined) throw failure;
  };
  // The hub's event loop must be able to end while Postgres runs on.
  child.unref();
  for (let waited = 0; waited < READY_MS; waited += POLL_MS) {
    rethrow();
    if (ended || child.pid === undefined) {
      await sleep(0);
      rethrow();
      return undefined;
    }
    const seen = readPidFile(site.dataDir);
    if (seen?.pid === child.pid && seen.status === 'ready') return child.pid;
    await sleep(POLL_MS);
  }
  throw new PostgresRefused('start_failed', `Postgres is not ready after ${READY_MS / 1000} s; its log tells more.`);
}
