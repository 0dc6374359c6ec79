// What a run started ends with it, also when it is broken off: a hub or a Postgres whose starter is gone would run on.
import process from 'node:process';

type Stop = () => Promise<void>;

const stops = new Set<Stop>();

/** The same stop, to be called when the run needs it no more; a signal to the run calls it too. */
export function stopping(stop: Stop): Stop {
  stops.add(stop);
  return async () => {
    stops.delete(stop);
    await stop();
  };
}

async function stopAll(): Promise<void> {
  // What was started last stands on what was started before.
  for (const stop of [...stops].toReversed()) await stop().catch(() => undefined);
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => void stopAll().then(() => process.exit(1)));
