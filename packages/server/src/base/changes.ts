import { sql } from 'kysely';
import type { Database, Db, Tx } from './db.ts';
import type { Job } from './jobs.ts';
import type { Log } from './log.ts';

/** "This thing changed": what a node's caches must forget. `kind` is a room's word (client, resource, policy, …), `key` the thing's id. */
export type Change = { kind: string; key: string };

/**
 * Carries changes to every node by a table that each node polls (no LISTEN: it does not survive transaction pooling, and NOTIFY inside a
 * hot transaction takes a lock of the whole database). The node that made the change hears of it at once.
 */
export type ChangeFeed = {
  note(tx: Tx, changes: readonly Change[]): Promise<void>;
  tellLocal(changes: readonly Change[]): void;
  on(kind: string, listener: (key: string) => void): void;
  /** Reads what is new; the poller calls it, tests may too. */
  poll(): Promise<void>;
  start(): void;
  stop(): void;
};

export function createChangeFeed(database: Database, log: Log, intervalMs = 250): ChangeFeed {
  const listeners = new Map<string, ((key: string) => void)[]>();
  // Rows are read again from the oldest transaction that was still running at the last look, because a transaction that began early may
  // commit late with a low id; `seen` keeps the repeat from being told twice.
  let horizon: string | undefined;
  let seen = new Set<number>();
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;

  const tellLocal = (changes: readonly Change[]): void => {
    for (const { kind, key } of changes) for (const listener of listeners.get(kind) ?? []) listener(key);
  };

  const poll = async (): Promise<void> => {
    if (horizon === undefined) {
      const first = await database.pool.query<{ xmin: string }>('SELECT pg_snapshot_xmin(pg_current_snapshot())::text AS xmin');
      horizon = first.rows[0]?.xmin;
      return;
    }
    const found = await database.pool.query<{ id: number; kind: string; key: string; xmin: string }>({
      name: 'changes-poll',
      text: `SELECT c.id, c.kind, c.key, s.xmin FROM (SELECT pg_snapshot_xmin(pg_current_snapshot())::text AS xmin) s
             LEFT JOIN changes c ON c.xid >= $1::xid8 ORDER BY c.id`,
      values: [horizon],
    });
    const fresh = found.rows.filter((change) => change.id !== null && !seen.has(change.id));
    seen = new Set(found.rows.map((change) => change.id));
    horizon = found.rows[0]?.xmin ?? horizon;
    tellLocal(fresh);
  };

  const loop = (): void => {
    if (stopped) return;
    timer = setTimeout(() => {
      poll()
        .catch((error: unknown) => log.warn({ err: error }, 'cannot read changes; caches may be stale'))
        .finally(loop);
    }, intervalMs);
    timer.unref();
  };

  return {
    async note(tx, changes) {
      for (const { kind, key } of changes) await sql`INSERT INTO changes (kind, key) VALUES (${kind}, ${key})`.execute(tx);
    },
    tellLocal,
    on(kind, listener) {
      listeners.set(kind, [...(listeners.get(kind) ?? []), listener]);
    },
    poll,
    start: loop,
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}

/** Every node has read a change within seconds; an hour covers one that was away. */
export function changeJobs(db: Db): Job[] {
  return [
    { name: 'changes-prune', cron: '*/15 * * * *', run: () => sql`DELETE FROM changes WHERE at < now() - interval '1 hour'`.execute(db) },
  ];
}
