import type pg from 'pg';
import { isRetryable, sqlState } from './db.ts';

/** Batched work of one kind: all inputs of a flush in one statement, answers in the order of the inputs. */
export type BatchLane<I, R> = { name: string; run(client: pg.ClientBase, inputs: readonly I[]): Promise<readonly R[]> };

/**
 * Group commit: what many requests want written at the same moment shares one round trip and one fsync (1.7 times the throughput of a
 * commit each, measured in docs/guides/performance.md). A promise resolves when its draft is durable, and rejects when it is not known to be.
 */
export type Group<D> = {
  add(draft: D): Promise<void>;
  /** Without a draft nothing is appended: the caller has to do something else first. */
  through<I, R>(lane: BatchLane<I, R>, input: I, draftOf: (outcome: R) => D | undefined): Promise<R>;
  close(): Promise<void>;
};

/** Thrown when the database is so far behind that waiting longer would only grow memory; the caller answers 503. */
export class Overloaded extends Error {
  override name = 'Overloaded';
}

type Waiter<D> = {
  lane: BatchLane<unknown, unknown> | undefined;
  input: unknown;
  draftOf: (outcome: unknown) => D | undefined;
  resolve(value: unknown): void;
  reject(error: unknown): void;
};

const MAX_WAITING = 20_000;
const MAX_BATCH = 500;

/**
 * Two flushes of changes overlap: the hub prepares one while the database writes the other. Only when enough is waiting, for small flushes cost
 * more than they save; entries alone gain nothing by it, they share.
 */
const MAX_RUNNING = 2;
/**
 * So many wait for no turn of the event loop either: a turn takes everything that has arrived, and if that were all of a busy hub's callers, the hub would idle while
 * the database writes, and the database while the hub works.
 */
const ENOUGH = 16;

export type Append<D> = {
  (client: pg.ClientBase, drafts: readonly D[]): Promise<void>;
  /** What was appended in a flush that then failed is not there. */
  undone(): void;
};

export function createGroup<D>(pool: pg.Pool, append: Append<D>): Group<D> {
  let waiting: Waiter<D>[] = [];
  let running = 0;
  let turn: NodeJS.Immediate | undefined;
  const quiet = Promise.withResolvers<void>();
  const gate = createGate();
  let closed = false;

  const enqueue = (waiter: Waiter<D>): void => {
    if (closed || waiting.length >= MAX_WAITING)
      return waiter.reject(new Overloaded(closed ? 'the hub is stopping' : 'too many writes are waiting'));
    waiting.push(waiter);
    if (waiting.length >= ENOUGH && (running === 0 || (waiter.lane !== undefined && running < MAX_RUNNING))) start();
    // One turn of the event loop, so that requests which arrived together are written together.
    else if (running === 0) turn ??= setImmediate(start);
  };

  const start = (): void => {
    clearImmediate(turn);
    turn = undefined;
    running += 1;
    void drain().finally(() => {
      running -= 1;
      if (running > 0) return;
      // Two that end at the same moment each leave the rest to the other.
      if (waiting.length > 0) start();
      else if (closed) quiet.resolve();
    });
  };

  const drain = async (): Promise<void> => {
    while (waiting.length > 0 && (running < 2 || waiting.length >= ENOUGH)) {
      const batch = waiting.slice(0, MAX_BATCH);
      waiting = waiting.slice(MAX_BATCH);
      await settle(batch);
    }
  };

  const settle = async (batch: readonly Waiter<D>[]): Promise<void> => {
    try {
      const outcomes = await flush({ pool, append, gate }, batch);
      batch.forEach((waiter, index) => waiter.resolve(outcomes[index]));
    } catch (error) {
      // What one request brought that no row takes must not fail those that happened to share its flush: each is tried by itself.
      if (batch.length > 1 && isDataFault(error)) for (const waiter of batch) await settle([waiter]);
      else for (const waiter of batch) waiter.reject(error);
    }
  };

  return {
    add: (draft) =>
      new Promise((resolve, reject) =>
        enqueue({ lane: undefined, input: undefined, draftOf: () => draft, resolve: () => resolve(), reject }),
      ),
    through: <I, R>(lane: BatchLane<I, R>, input: I, draftOf: (outcome: R) => D | undefined) =>
      new Promise<R>((resolve, reject) => {
        const waiter = { lane, input, draftOf, resolve, reject };
        enqueue(waiter as unknown as Waiter<D>); // reason: lane, input and outcome belong together; the list forgets their types
      }),
    async close() {
      closed = true;
      if (running > 0 || turn !== undefined) await quiet.promise;
    },
  };
}

/** SQLSTATE class 22: the statement was refused for a value in it, and undone. */
function isDataFault(error: unknown): boolean {
  return sqlState(error)?.startsWith('22') === true;
}

/** One at a time, in the order in which they came. */
type Gate = { enter(): Promise<() => void> };

function createGate(): Gate {
  let last = Promise.resolve();
  return {
    enter() {
      const before = last;
      const { promise, resolve } = Promise.withResolvers<void>();
      last = promise;
      return before.then(() => resolve);
    },
  };
}

/** `gate`: one node appends one flush after the other, or each would find the ends of the chains moved by the other. */
type Flushing<D> = { pool: pg.Pool; append: Append<D>; gate: Gate };

async function flush<D>(of: Flushing<D>, batch: readonly Waiter<D>[]): Promise<unknown[]> {
  for (let attempt = 1; ; attempt += 1) {
    const client = await of.pool.connect();
    let broken: Error | undefined;
    try {
      return await write(client, batch, of);
    } catch (error) {
      of.append.undone();
      broken = await rolledBack(client);
      if (attempt >= 3 || !isRetryable(error)) throw error;
    } finally {
      client.release(broken);
    }
  }
}

async function rolledBack(client: pg.ClientBase): Promise<Error | undefined> {
  try {
    await client.query('ROLLBACK');
    return undefined;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

async function write<D>(client: pg.ClientBase, batch: readonly Waiter<D>[], of: Flushing<D>): Promise<unknown[]> {
  const lanes = new Set(batch.map((waiter) => waiter.lane).filter((lane) => lane !== undefined));
  const outcomes: unknown[] = new Array(batch.length).fill(undefined);
  // Entries alone are one statement, which is its own transaction.
  if (lanes.size === 0) {
    await appendInTurn(client, batch, outcomes, of);
    return outcomes;
  }
  await client.query('BEGIN');
  for (const lane of lanes) {
    const places = batch.flatMap((waiter, index) => (waiter.lane === lane ? [index] : []));
    const answers = await lane.run(
      client,
      places.map((place) => batch[place]?.input),
    );
    if (answers.length !== places.length) throw new Error(`lane ${lane.name} lost an answer`);
    places.forEach((place, index) => {
      outcomes[place] = answers[index];
    });
  }
  await appendInTurn(client, batch, outcomes, of);
  await client.query('COMMIT');
  return outcomes;
}

async function appendInTurn<D>(
  client: pg.ClientBase,
  batch: readonly Waiter<D>[],
  outcomes: readonly unknown[],
  { append, gate }: Flushing<D>,
): Promise<void> {
  const leave = await gate.enter();
  try {
    await append(
      client,
      batch.map((waiter, index) => waiter.draftOf(outcomes[index])).filter((draft) => draft !== undefined),
    );
  } finally {
    leave();
  }
}
