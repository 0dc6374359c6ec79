import { setTimeout as sleep } from 'node:timers/promises';
import { createGate } from '../../base/gate.ts';
import { newSecret, randomFill } from '../../base/ids.ts';
import { releaseAll } from '../../base/lease.ts';
import { createRunner, type Runner } from '../../base/runner.ts';
import { deliver, type DeliverDeps, type Memory } from './deliver.store.ts';
import { dueSinks, prolongLease } from './lease.store.ts';

const TICK_MS = 500;
/** Between two rounds of one sink: a node that catches up with an hour leaves the processor to those who wait for tokens. */
const PAUSE_MS = 10;
/** A third of the lease is over: it is made longer. */
const BEAT_MS = 6_000;
const BROKEN_MS = 30_000;
/** Sinks come and go; what is forgotten is only found out again. */
const MOST_MEMORIES = 200;

export type SinkRunnerDeps = Omit<DeliverDeps, 'gate' | 'stopping' | 'chance'> & { abort(): Promise<void> };

/** Delivers what happens, on every node; a lease per sink decides which node does. Once it is stopped the sinks are in nobody's hands. */
export function createSinkRunner(given: SinkRunnerDeps): Runner {
  const node = `node_${newSecret(9)}`;
  const memories = new Map<string, Memory>();
  /** Sinks that this node could not work on, until when it leaves them alone: what is broken here may be whole elsewhere. */
  const broken = new Map<string, number>();
  let stopping = false;
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

  const runner = createRunner({
    pauseMs: TICK_MS,
    abort: () => given.abort(),
    async due() {
      const now = deps.clock.now();
      const due = await dueSinks(deps.db, { node, now });
      if (memories.size > MOST_MEMORIES) memories.clear();
      for (const [id, until] of broken) if (until <= now) broken.delete(id);
      return due.filter((id) => !broken.has(id)).map((id) => ({ key: id, work: () => work(id) }));
    },
    onError(error, sink) {
      if (sink !== undefined) broken.set(sink, deps.clock.now() + BROKEN_MS);
      given.log.warn({ err: error, sink }, sink === undefined ? 'sinks cannot be looked after' : 'a sink could not be worked on');
    },
  });

  return {
    ...runner,
    async stop() {
      stopping = true;
      await runner.stop();
      await releaseAll(deps.db, 'sinks', node).catch(() => 0);
    },
  };
}
