import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { rows, type Db } from '../../base/db.ts';
import { newSecret, randomFill } from '../../base/ids.ts';
import type { Log } from '../../base/log.ts';
import { deriveFor, MAY_HEAR, type DeriveDeps } from './derive.store.ts';
import { pollTransmitters, type PollDeps } from './poll.store.ts';
import { pushFor, type PushDeps } from './push.store.ts';

/** Tells receivers what happens, and asks those transmitters that wait to be asked; on every node, and rows decide which one does. */
export type StreamRunner = {
  start(): void;
  /** One look at everything, and all of it worked off: for tests, which bring their own time. */
  run(): Promise<void>;
  /** Reads on for one stream now, so that whoever polls need not wait for the next look. */
  refresh(streamId: string): Promise<void>;
  stop(): Promise<void>;
};

const TICK_MS = 500;
/** Between two rounds of one stream: who catches up with an hour leaves the processor to those who wait for tokens. */
const PAUSE_MS = 5;
/** Rounds of one stream in one look. */
const MOST_ROUNDS = 50;
/** Streams that this node works on at once. */
const LANES = 4;

export type StreamRunnerDeps = DeriveDeps &
  Omit<PushDeps, 'chance' | 'stopping'> &
  Omit<PollDeps, 'chance' | 'stopping'> & { log: Log; abort(): Promise<void> };

export function createStreamRunner(given: StreamRunnerDeps): StreamRunner {
  const node = `node_${newSecret(9)}`;
  const { db } = given.database;
  /** Where each stream's next round begins, so that many busy chains take turns. */
  const after = new Map<string, string>();
  let stopping = false;
  let timer: NodeJS.Timeout | undefined;
  let looking: Promise<void> = Promise.resolve();
  const deps = { ...given, stopping: () => stopping, chance: () => (randomFill(1)[0] ?? 0) / 255 };

  const derive = async (id: string): Promise<void> => {
    for (let round = 0; round < MOST_ROUNDS && !stopping; round += 1) {
      const chain = await deriveFor(deps, id, after.get(id) ?? '');
      if (chain === undefined) return;
      after.set(id, chain);
      await sleep(PAUSE_MS);
    }
  };
  const work = async (id: string): Promise<void> => {
    try {
      await derive(id);
      while (!stopping && (await pushFor(deps, id, node))) await sleep(PAUSE_MS);
    } catch (error) {
      if (!stopping) given.log.warn({ err: error, stream: id }, 'a stream could not be worked on');
    }
  };
  const look = async (): Promise<void> => {
    const waiting = await streamsAtWork(db);
    if (after.size > waiting.length * 2 + LANES) after.clear();
    const next = async (): Promise<void> => {
      for (let id = waiting.shift(); id !== undefined && !stopping; id = waiting.shift()) await work(id);
    };
    await Promise.all([...Array.from({ length: LANES }, next), pollTransmitters(deps)]);
  };
  const loop = (): void => {
    if (stopping) return;
    timer = setTimeout(() => {
      looking = look()
        .catch((error: unknown) => given.log.warn({ err: error }, 'streams cannot be looked after'))
        .finally(loop);
    }, TICK_MS);
    timer.unref();
  };

  return {
    start: loop,
    run: look,
    refresh: derive,
    async stop() {
      stopping = true;
      clearTimeout(timer);
      await given.abort();
      await looking;
      await sql`UPDATE streams SET runner = NULL, runner_until = NULL, fence = fence + 1 WHERE runner = ${node}`.execute(db).catch(() => 0);
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
