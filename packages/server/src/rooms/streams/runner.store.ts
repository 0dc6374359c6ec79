import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { rows, type Db } from '../../base/db.ts';
import { createGate } from '../../base/gate.ts';
import { newSecret, randomFill } from '../../base/ids.ts';
import { releaseAll } from '../../base/lease.ts';
import type { Log } from '../../base/log.ts';
import { createRunner, type Runner } from '../../base/runner.ts';
import { createLimiter } from '../clients/limits.ts';
import { deriveFor, MAY_HEAR, type DeriveDeps } from './derive.store.ts';
import { dueTransmitters, pollOne, type PollDeps } from './poll.store.ts';
import { pushFor, type PushDeps } from './push.store.ts';

export type StreamRunner = Runner & {
  /** Reads on for one stream now, so that whoever polls need not wait for the next look. */
  refresh(streamId: string): Promise<void>;
};

const TICK_MS = 500;
/** Between two rounds of one stream: who catches up with an hour leaves the processor to those who wait for tokens. */
const PAUSE_MS = 5;
/** Rounds of one stream in one look. */
const MOST_ROUNDS = 50;
/** Streams that read in the record at once: that is work for the database. */
const READING = { slots: 4, queue: 10_000 };
/** Refused SETs of one transmitter that are written down: whoever sends ten thousand bad ones fills no record with them. */
const REFUSALS = { size: 20, refillMs: 60_000 };
/** Streams come and go; where one began is only found out again. */
const MOST_PLACES = 1_000;

export type StreamRunnerDeps = DeriveDeps &
  Omit<PushDeps, 'chance' | 'stopping'> &
  Omit<PollDeps, 'chance' | 'stopping' | 'mayRecord'> & { log: Log; abort(): Promise<void> };

/** Tells receivers what happens, and asks those transmitters that wait to be asked; on every node, and rows decide which one does. */
export function createStreamRunner(given: StreamRunnerDeps): StreamRunner {
  const node = `node_${newSecret(9)}`;
  const { db } = given.database;
  /** Where each stream's next round begins, so that many busy chains take turns. */
  const after = new Map<string, string>();
  const reading = createGate(READING);
  /** By stream, for who polls: once at a time, or a thousand polls of one stream would fill the queue of all. */
  const refreshing = new Map<string, Promise<void>>();
  let stopping = false;
  const refusals = createLimiter(REFUSALS, 1_000);
  const deps = {
    ...given,
    stopping: () => stopping,
    chance: () => (randomFill(1)[0] ?? 0) / 255,
    mayRecord: (transmitter: string) => refusals.take(transmitter, given.clock.now()).ok,
  };

  const derive = async (id: string): Promise<void> => {
    for (let round = 0; round < MOST_ROUNDS && !stopping; round += 1) {
      const read = await reading.run(() => deriveFor(deps, id, after.get(id) ?? ''));
      if (!read.ran || read.value === undefined) return;
      after.set(id, read.value);
      await sleep(PAUSE_MS);
    }
  };
  const workOff = async (id: string): Promise<void> => {
    await derive(id);
    while (!stopping && (await pushFor(deps, id, node))) await sleep(PAUSE_MS);
  };
  const runner = createRunner({
    pauseMs: TICK_MS,
    abort: () => given.abort(),
    async due() {
      const [streams, transmitters] = await Promise.all([streamsAtWork(db), dueTransmitters(deps)]);
      if (after.size > MOST_PLACES) after.clear();
      return [
        ...streams.map((id) => ({ key: `stream ${id}`, work: () => workOff(id) })),
        ...transmitters.map((id) => ({ key: `transmitter ${id}`, work: () => pollOne(deps, id) })),
      ];
    },
    onError(error, of) {
      if (of !== undefined && stopping) return;
      given.log.warn(
        { err: error, of },
        of === undefined ? 'streams cannot be looked after' : 'a stream or transmitter could not be worked on',
      );
    },
  });

  return {
    ...runner,
    refresh(id) {
      const under = refreshing.get(id) ?? derive(id).finally(() => refreshing.delete(id));
      refreshing.set(id, under);
      return under;
    },
    async stop() {
      stopping = true;
      await runner.stop();
      await releaseAll(db, 'streams', node).catch(() => 0);
    },
  };
}

async function streamsAtWork(db: Db): Promise<string[]> {
  const found = await rows(
    db,
    sql<{ id: string }>`SELECT s.id FROM streams s JOIN clients c ON c.id = s.client_id 
      WHERE ${MAY_HEAR} AND (s.status = 'enabled' OR EXISTS (SELECT 1 FROM stream_sets w WHERE w.stream_id = s.id AND w.state = 'pending' AND starts_with(w.jti, 'upd_'))) ORDER BY s.id`,
  );
  return found.map(({ id }) => id);
}
