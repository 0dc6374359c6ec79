import type { ChangeFeed } from '../../base/changes.ts';
import type { Db } from '../../base/db.ts';
import { isFor, toWire, type Signal } from '../../rooms/signals/signal.ts';
import { listSignals } from '../../rooms/signals/store.ts';

const PAGE = 200;
const HEARTBEAT_MS = 10_000;
/** A receiver that reads slower than this many waiting chunks is cut off; it comes back with Last-Event-ID and misses nothing. */
const MAX_WAITING_CHUNKS = 1_000;

/** Wakes every open stream when a signal was committed on this node or read from another; ends them all when the hub drains. */
export type SignalBell = { subscribe(stream: { wake(): void; end(): void }): () => void; count(): number; endAll(): void };

export function createSignalBell(feed: ChangeFeed): SignalBell {
  const streams = new Set<{ wake(): void; end(): void }>();
  feed.on('signal', () => {
    for (const stream of streams) stream.wake();
  });
  return {
    subscribe(stream) {
      streams.add(stream);
      return () => streams.delete(stream);
    },
    count: () => streams.size,
    endAll() {
      for (const stream of [...streams]) stream.end();
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
  tenants: readonly string[],
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
              if (isFor(one, tenants)) write(frame(one));
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
        const heartbeat = setInterval(() => {
          write(': alive\n\n');
          wake();
        }, HEARTBEAT_MS);
        const leave = deps.bell.subscribe({ wake, end: () => finish() });
        let ended = false;
        finish = () => {
          if (ended) return;
          ended = true;
          clearInterval(heartbeat);
          leave();
          signal.removeEventListener('abort', finish);
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

function frame(signal: Signal): string {
  return `id: ${signal.seq}\nevent: signal\ndata: ${JSON.stringify(toWire(signal))}\n\n`;
}
