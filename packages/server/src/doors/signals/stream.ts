import type { ChangeFeed } from '../../base/changes.ts';
import type { Db } from '../../base/db.ts';
import { isFor, toWire, type Signal } from '../../rooms/signals/signal.ts';
import { listSignals } from '../../rooms/signals/store.ts';

const PAGE = 200;
/** Whoever listens gives a stream up that is silent for fifteen seconds. */
const HEARTBEAT_MS = 5_000;
/** Of heartbeats, how many go by between two looks whether a wake was lost, and between two that are written down. */
const LOOK_EVERY = 2;
const ALIVE_EVERY = 6;
/** A receiver that reads slower than this many waiting chunks is cut off; it comes back with Last-Event-ID and misses nothing. */
const MAX_WAITING_CHUNKS = 1_000;

/** Who listens. `stillGood`: asks again whether they may; a stream outlives the moment it was opened in. */
export type Listener = {
  id: string;
  tenants: readonly string[];
  stillGood(): Promise<boolean>;
  /** It stands still: twice a minute. */
  onAlive(): void;
  onEnd(): void;
};

type OpenStream = { receiver: string; wake(): void; end(): void; recheck(): void };

/**
 * Wakes every open stream when a signal was committed on this node or read from another; ends them all when the hub drains. When a
 * client changed, whoever listens in its name is judged anew.
 */
export type SignalBell = { subscribe(stream: OpenStream): () => void; count(): number; endAll(): void };

export function createSignalBell(feed: ChangeFeed): SignalBell {
  const streams = new Set<OpenStream>();
  feed.on('signal', () => {
    for (const stream of streams) stream.wake();
  });
  feed.on('client', (id) => {
    for (const stream of streams) if (stream.receiver === id) stream.recheck();
  });
  return {
    subscribe(stream) {
      streams.add(stream);
      return () => streams.delete(stream);
    },
    count: () => streams.size,
    endAll() {
      for (const stream of streams) stream.end();
    },
  };
}

/**
 * `text/event-stream` of signals after number `after`, each exactly once and in order. Every wake reads from the database what lies beyond the
 * stream's own position, so that a wake that is lost costs a heartbeat's delay and never a signal.
 */
export function signalStream(
  deps: { db: Db; bell: SignalBell },
  after: number,
  receiver: Listener,
  signal: AbortSignal,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let finish: () => void = () => {};
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        let position = after;
        let reading: Promise<void> | undefined;
        let again = false;
        let caughtUp = false;
        const write = (text: string): void => {
          if ((controller.desiredSize ?? 0) < -MAX_WAITING_CHUNKS) return finish();
          controller.enqueue(encoder.encode(text));
        };
        const readOn = async (): Promise<void> => {
          do {
            again = false;
            const found = await listSignals(deps.db, { after: position, limit: PAGE });
            for (const one of found) {
              position = one.seq;
              if (isFor(one, receiver.tenants)) write(frame(one, receiver.tenants));
            }
            if (found.length === PAGE) again = true;
          } while (again);
          // Says that the backlog is over: from here on silence means that nothing was killed.
          if (!caughtUp) write(`event: open\ndata: ${JSON.stringify({ seq: position })}\n\n`);
          caughtUp = true;
        };
        const wake = (): void => {
          again = true;
          reading ??= readOn()
            .catch(() => finish())
            .finally(() => {
              reading = undefined;
            });
        };
        const recheck = (): void => {
          receiver.stillGood().then(
            (good) => (good ? undefined : finish()),
            () => finish(),
          );
        };
        let beats = 0;
        const heartbeat = setInterval(() => {
          write(': alive\n\n');
          beats += 1;
          if (beats % ALIVE_EVERY === 0) receiver.onAlive();
          if (beats % LOOK_EVERY === 0) wake();
        }, HEARTBEAT_MS);
        const leave = deps.bell.subscribe({ receiver: receiver.id, wake, end: () => finish(), recheck });
        let ended = false;
        finish = () => {
          if (ended) return;
          ended = true;
          clearInterval(heartbeat);
          leave();
          signal.removeEventListener('abort', finish);
          receiver.onEnd();
          try {
            controller.close();
          } catch {
            // Already cancelled by the reader: nothing is left to close.
          }
        };
        signal.addEventListener('abort', finish);
        write('retry: 1000\n\n');
        wake();
      },
      cancel: () => finish(),
    },
    { highWaterMark: 16 },
  );
}

/**
 * A receiver of some tenants learns of what belongs to none (a user, a user's agent, a client) that it is stopped, and not why: an
 * administrator's reason may speak of another tenant's affairs.
 */
function frame(signal: Signal, tenants: readonly string[]): string {
  const told = tenants.length > 0 && signal.tenantId === undefined ? { ...signal, reason: 'not told' } : signal;
  return `id: ${signal.seq}\nevent: signal\ndata: ${JSON.stringify(toWire(told))}\n\n`;
}
