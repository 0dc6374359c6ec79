import { setTimeout as sleep } from 'node:timers/promises';
import { runsIn, stopPostmaster } from './postmaster.ts';
import { startPostmaster } from './start-postmaster.ts';
import type { Site } from './start-postmaster.ts';

const LOOK_MS = 500;
const LOOKS_PER_TRIM = 60;
const LONGEST_PAUSE_MS = 10_000;

/**
 * Looks after a running postmaster, own child or adopted: when it dies it is started again on the same address, for as long as it
 * takes. Returns the function that ends the watch and then the server.
 */
export function supervise(site: Site, firstPid: number, log: (message: string) => void): () => Promise<void> {
  let pid = firstPid;
  let stopping = false;
  let repair: Promise<void> | undefined;
  let looks = 0;

  const revive = async (): Promise<void> => {
    log(`the embedded database (process ${pid}) is gone, starting it again`);
    for (let pause = LOOK_MS; !stopping; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
      try {
        pid = await startPostmaster(site);
        log(`the embedded database runs again as process ${pid}`);
        return;
      } catch (error) {
        log(`the embedded database did not start: ${error instanceof Error ? error.message : String(error)}`);
        await sleep(pause);
      }
    }
  };

  const look = (): void => {
    looks += 1;
    if (looks % LOOKS_PER_TRIM === 0) site.log.trim();
    if (repair !== undefined || runsIn(pid, site.dataDir)) return;
    repair = revive().finally(() => {
      repair = undefined;
    });
  };
  const timer = setInterval(look, LOOK_MS);
  timer.unref();

  return async () => {
    stopping = true;
    clearInterval(timer);
    await repair;
    if (runsIn(pid, site.dataDir)) await stopPostmaster(pid, site.dataDir);
  };
}
