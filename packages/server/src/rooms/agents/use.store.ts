import type { Db } from '../../base/db.ts';
import { touchAgents } from './store.ts';

/** Remembers uses in memory and writes them together: "last used" may be half a minute late, and is lost with a crash, by choice. */
export type AgentUse = { used(agentId: string, now: number): void; flush(): Promise<void>; start(): void; stop(): Promise<void> };

/** Rows in one statement: ten thousand at once would hold the disk while tokens wait for it. */
const PORTION = 500;

export function createAgentUse(db: Db, intervalMs = 30_000): AgentUse {
  let waiting = new Map<string, number>();
  let timer: NodeJS.Timeout | undefined;

  const flush = async (): Promise<void> => {
    const batch = [...waiting];
    waiting = new Map();
    for (let at = 0; at < batch.length; at += PORTION) await touchAgents(db, batch.slice(at, at + PORTION));
  };

  return {
    used: (agentId, now) => void waiting.set(agentId, now),
    flush,
    start() {
      timer = setInterval(() => void flush().catch(() => {}), intervalMs);
      timer.unref();
    },
    async stop() {
      clearInterval(timer);
      await flush().catch(() => {});
    },
  };
}
