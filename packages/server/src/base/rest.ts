import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

export type Rest = {
  /** Somebody asked for something. */
  stirred(): void;
  stop(): void;
};

const LOOK_MS = 10_000;
/** How many looks in a row nobody must have asked: the first time, after the start, one, so ten to twenty seconds; later twelve, two minutes. */
const FIRST = 1;
const LATER = 12;
/** What is given back must be worth the pause, a tenth of a second. Bytes. */
const WORTH = 32 * 1024 * 1024;

/**
 * Gives memory back when nobody asks for anything. V8 collects garbage because of what is allocated; a process that rests allocates nothing, and keeps
 * for days what its start or its busiest minute left behind: more than a hub with ten thousand clients needs (docs/guides/performance.md).
 */
export function createRest(collect: () => void = collector()): Rest {
  let stirs = 0;
  let seen = -1;
  let quiet = 0;
  let kept = 0;
  const look = (): void => {
    quiet = stirs === seen ? quiet + 1 : 0;
    seen = stirs;
    if (quiet < (kept === 0 ? FIRST : LATER) || process.memoryUsage.rss() < kept + WORTH) return;
    collect();
    kept = process.memoryUsage.rss();
  };
  const clock = setInterval(look, LOOK_MS).unref();
  return {
    stirred() {
      stirs += 1;
    },
    stop: () => clearInterval(clock),
  };
}

/** Node shows the collector only to who asks V8 for it. `last-resort`: pages go back to the system too. */
function collector(): () => void {
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  return typeof collect === 'function' ? () => void collect({ type: 'major', execution: 'sync', flavor: 'last-resort' }) : () => undefined;
}
