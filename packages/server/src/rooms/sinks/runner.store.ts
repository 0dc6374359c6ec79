import { setTimeout as sleep } from 'node:timers/promises';
import { createGate } from '../../base/gate.ts';
import { newSecret, randomFill } from '../../base/ids.ts';
import { deliver, type DeliverDeps, type Memory } from './deliver.store.ts';
import { dueSinks, prolongLease, releaseSinks } from './lease.store.ts';

/** Delivers what happens, on every node; a lease per sink decides which node does. */
export type SinkRunner = {
  start(): void;
  /** One look at what is due, and all of it worked off: for tests, which bring their own time. */
  run(): Promise<void>;
  /** Ends what is under way and gives the sinks back. */
  stop(): Promise<void>;
};

const TICK_MS = 500;
/** Between two rounds of one sink: a node that catches up with an hour leaves the processor to those who wait for tokens. */
const PAUSE_MS = 10;
/** A third of the lease is over: it is made longer. */
const BEAT_MS = 6_000;
const BROKEN_MS = 30_000;
/** Sinks come and go; what is forgotten is only found out again. */
const MOST_MEMORIES = 200;

export type RunnerDeps = Omit<DeliverDeps, 'gate' | 'stopping' | 'chance'> & { abort(): Promise<void> };

export function createSinkRunner(given: RunnerDeps): SinkRunner {
  const node = `node_${newSecret(9)}`;
  const memories = new Map<string, Memory>();
  /** Sinks that this node could not work on, until when it leaves them alone: what is broken here may be whole elsewhere. */
  const broken = new Map<string, number>();
  const busy = new Map<string, Promise<void>>();
  let stopping = false;
  let timer: NodeJS.Timeout | undefined;
  const deps: DeliverDeps = {
    ...given,
    gate: createGate({ slots: 2, queue: 1_000 }),
    stopping: () => stopping,
    chance: () => (randomFill(1)[0] ?? 0) / 255,
  };

  const work = async (id: string): Promise<void> => {
    const memory = memories.get(id) ?? { limit: Number.MAX_SAFE_INTEGER, after: '' };
    memories.set(id, memory);
    const beat = setInterval(() => void prolongLease(deps.db, { id, node, now: deps.clock.now() }).catch(() => undefined), BEAT_MS);
    try {
      while (!stopping && (await deliver(deps, node, id, memory)) === 'more') await sleep(PAUSE_MS);
    } finally {
      clearInterval(beat);
    }
  };

  const begin = (id: string): Promise<void> => {
    const under = busy.get(id);
    if (under !== undefined) return under;
    const working = work(id)
      .catch((error: unknown) => {
        broken.set(id, deps.clock.now() + BROKEN_MS);
        given.log.warn({ err: error, sink: id }, 'a sink could not be worked on');
      })
      .finally(() => busy.delete(id));
    busy.set(id, working);
    return working;
  };

  const tick = async (): Promise<Promise<void>[]> => {
    const due = await dueSinks(deps.db, { node, now: deps.clock.now() });
    if (memories.size > MOST_MEMORIES) memories.clear();
    const now = deps.clock.now();
    for (const [id, until] of broken) if (until <= now) broken.delete(id);
    return due.filter((id) => !broken.has(id)).map(begin);
  };

  const loop = (): void => {
    if (stopping) return;
    timer = setTimeout(() => {
      tick()
        .catch((error: unknown) => given.log.warn({ err: error }, 'sinks cannot be looked after'))
        .finally(loop);
    }, TICK_MS);
    timer.unref();
  };

  return {
    start: loop,
    async run() {
      await Promise.all(await tick());
    },
    async stop() {
      stopping = true;
      clearTimeout(timer);
      await given.abort();
      await Promise.all(busy.values());
      await releaseSinks(deps.db, node).catch(() => 0);
    },
  };
}
