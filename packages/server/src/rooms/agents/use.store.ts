import type { Db } from '../../base/db.ts';
import { touchAgents } from './store.ts';

/** Remembers uses in memory and writes them together: "last used" may be some seconds late, and is lost with a crash, by choice. */
export type AgentUse = { used(agentId: string, now: number): void; flush(): Promise<void>; start(): void; stop(): Promise<void> };

export function createAgentUse(db: Db, intervalMs = 5_000): AgentUse {
  let waiting = new Map<string, number>();
  let timer: NodeJS.Timeout | undefined;

  const flush = async (): Promise<void> => {
    const batch = waiting;
    waiting = new Map();
    await touchAgents(db, batch);
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
