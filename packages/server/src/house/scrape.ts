import type { Clock } from '../base/clock.ts';
import type { Db } from '../base/db.ts';
import type { Log } from '../base/log.ts';
import type { Metrics } from '../base/metrics.ts';
import { countAgents } from '../rooms/agents/store.ts';
import { lastVerified } from '../rooms/audit/verified.store.ts';

/** Counting is work for the database, and several collectors may come by. */
const FRESH_MS = 10_000;

/** What `/metrics` answers: the counters of this process, and what only the database knows, at most ten seconds old. */
export function createScrape(deps: { db: Db; clock: Clock; log: Log; metrics: Metrics; streams(): number }): () => Promise<string> {
  const { db, clock, log, metrics } = deps;
  // Before the first verification nobody knows: 0 would ring an alarm and 1 would be a lie.
  metrics.auditChainOk.remove();
  let readAt: number | undefined;

  const read = async (): Promise<void> => {
    const [counted, verified] = await Promise.all([countAgents(db), lastVerified(db)]);
    for (const state of ['active', 'frozen', 'revoked'] as const)
      metrics.agents.set({ state }, counted.find((one) => one.state === state)?.count ?? 0);
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
