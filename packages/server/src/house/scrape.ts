import type { Clock } from '../base/clock.ts';
import type { Db } from '../base/db.ts';
import type { Log } from '../base/log.ts';
import type { Metrics } from '../base/metrics.ts';
import { countAgents } from '../rooms/agents/store.ts';
import { findAnchor } from '../rooms/audit/anchor.store.ts';
import { lastVerified } from '../rooms/audit/verified.store.ts';
import { countSilent } from '../rooms/signals/listener.store.ts';
import { streamFigures } from '../rooms/streams/store.ts';
import type { Sink } from '../rooms/sinks/sink.ts';
import { listSinks, MOST_SINKS } from '../rooms/sinks/store.ts';

/** Counting is work for the database, and several collectors may come by. */
const FRESH_MS = 10_000;

/** What `/metrics` answers: the counters of this process, and what only the database knows, at most ten seconds old. */
export function createScrape(deps: { db: Db; clock: Clock; log: Log; metrics: Metrics; streams(): number }): () => Promise<string> {
  const { db, clock, log, metrics } = deps;
  // Before the first verification nobody knows: 0 would ring an alarm and 1 would be a lie.
  metrics.auditChainOk.remove();
  let readAt: number | undefined;

  const read = async (): Promise<void> => {
    const [counted, verified, sinks, silent] = await Promise.all([
      countAgents(db),
      lastVerified(db),
      listSinks(db, { limit: MOST_SINKS }),
      countSilent(db, clock.now()),
    ]);
    metrics.signalSilent.set(silent);
    for (const state of ['active', 'frozen', 'revoked'] as const)
      metrics.agents.set({ state }, counted.find((one) => one.state === state)?.count ?? 0);
    readSinks(metrics, sinks, clock.now());
    await readOutside(db, metrics, clock.now());
    if (verified !== undefined) metrics.auditChainOk.set(verified.ok ? 1 : 0);
  };

  return async () => {
    metrics.signalStreams.set(deps.streams());
    const now = clock.now();
    if (readAt === undefined || now - readAt >= FRESH_MS) {
      readAt = now;
      // A database that is away must not take the metrics with it that would show so.
      await read().catch((error: unknown) => log.warn({ err: error }, 'metrics of the database are not fresh'));
    }
    return metrics.registry.metrics();
  };
}

/** How late receivers of shared signals are, and the checkpoints that are kept outside. */
async function readOutside(db: Db, metrics: Metrics, now: number): Promise<void> {
  const [figures, anchor] = await Promise.all([streamFigures(db), findAnchor(db)]);
  metrics.streamPending.set(figures.pending);
  metrics.streamsFailing.set(figures.failing);
  metrics.streamLag.set(figures.oldest === undefined ? 0 : Math.max(0, now - figures.oldest) / 1_000);
  if (anchor === undefined) metrics.anchorLag.remove();
  else metrics.anchorLag.set(anchor.books.oldestPendingAt === undefined ? 0 : Math.max(0, now - anchor.books.oldestPendingAt) / 1_000);
}

/** Afresh, or a sink that was removed would be late for ever. */
function readSinks(metrics: Metrics, sinks: readonly Sink[], now: number): void {
  for (const gauge of [metrics.sinkLag, metrics.sinkPending, metrics.sinkDeadLetters]) gauge.reset();
  for (const { id, books } of sinks) {
    metrics.sinkLag.set({ sink: id }, books.oldestPendingAt === undefined ? 0 : Math.max(0, now - books.oldestPendingAt) / 1_000);
    metrics.sinkPending.set({ sink: id }, books.pending);
    metrics.sinkDeadLetters.set({ sink: id }, books.deadLetters);
  }
}
