import type { ChangeFeed } from '../base/changes.ts';
import type { Clock } from '../base/clock.ts';
import type { Database } from '../base/db.ts';
import { createAgentBook } from '../rooms/agents/book.store.ts';
import { AGENT_USE } from '../rooms/agents/count.store.ts';
import { createAgentSettings } from '../rooms/agents/setting.store.ts';
import { createCountUp } from '../rooms/audit/counts.store.ts';
import type { Audit } from '../rooms/audit/store.ts';
import { createQuarantine } from '../rooms/signals/quarantine.store.ts';

type AgentParts = { database: Database; audit: Audit; feed: ChangeFeed; clock: Clock; takesTwo(): boolean; onError(error: unknown): void };

/** Agents, who they are and who answers for them. */
export function agentsOf(parts: AgentParts) {
  const { database, feed, onError } = parts;
  const agentSettings = createAgentSettings(parts);
  const quarantine = createQuarantine({ ...parts, agentSettings });
  // Whoever leaves is noted with the change itself; this is only so that nobody waits for the minute.
  feed.on('user', () => void quarantine.run().catch(onError));
  const countUp = createCountUp(database.db, AGENT_USE);
  return { agents: createAgentBook(parts), agentSettings, quarantine, countUp };
}
