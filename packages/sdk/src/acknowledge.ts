import { pause } from './pause.ts';

type Target = {
  readonly url: string;
  readonly authorization: string;
  readonly instance: string;
  readonly fetch: typeof fetch;
  readonly closed: AbortSignal;
};

const TIMEOUT = 5_000;
const TRIES = 3;

async function post(target: Target, seq: number): Promise<boolean> {
  try {
    const response = await target.fetch(target.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: target.authorization },
      body: JSON.stringify({ seq, instance: target.instance }),
      redirect: 'error',
      signal: AbortSignal.any([target.closed, AbortSignal.timeout(TIMEOUT)]),
    });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}

/**
 * Tells the hub how far this resource has applied its signals; the hub shows and measures it. One request at a time, only the newest number
 * counts, and a hub that does not take it is tried again with the next signal: refusing tokens never waits for this.
 */
export function createAcknowledger(target: Target): (seq: number) => void {
  let wanted = 0;
  let acknowledged = 0;
  let running = false;

  const run = async (): Promise<void> => {
    for (let failures = 0; acknowledged < wanted && failures < TRIES && !target.closed.aborted;) {
      const seq = wanted;
      if (await post(target, seq)) {
        acknowledged = Math.max(acknowledged, seq);
        failures = 0;
      } else {
        failures += 1;
        await pause(500 * failures, target.closed);
      }
    }
  };

  return (seq) => {
    wanted = Math.max(wanted, seq);
    if (running) return;
    running = true;
    void run().finally(() => {
      running = false;
    });
  };
}
