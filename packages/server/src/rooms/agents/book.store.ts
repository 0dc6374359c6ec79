import { createCache } from '../../base/cache.ts';
import type { ChangeFeed } from '../../base/changes.ts';
import type { Database } from '../../base/db.ts';
import { ok } from '../../base/result.ts';
import { commitDeed } from '../audit/deed.store.ts';
import type { EventOrigin } from '../audit/event.ts';
import type { Audit } from '../audit/store.ts';
import type { Agent, Principal } from './agent.ts';
import { agentCreated, agentKey, ensureAgent, findAgentOf, RETIRED, type AgentKey } from './store.ts';

/** The agent of a client and principal: from memory where possible, made at its first grant. Synchronous on the hot path. */
export type AgentBook = (of: AgentKey, at: { now: number; origin: EventOrigin }) => Agent | Promise<Agent>;

const MAX_AGENTS = 20_000;

export function createAgentBook({ database, feed, audit }: { database: Database; feed: ChangeFeed; audit: Audit }): AgentBook {
  const cache = createCache<Agent>((key) => findAgentOf(database.db, splitKey(key)), MAX_AGENTS);
  // A change names the agent by its id, the cache by client and principal.
  const keys = new Map<string, string>();
  feed.on('agent', (id) => {
    const key = keys.get(id);
    // Of an agent that is being read just now the key is not known yet: what was read may be stale, so nothing in flight is kept.
    if (key === undefined) return cache.invalidate('');
    keys.delete(id);
    cache.invalidate(key);
  });
  feed.on(RETIRED, (clientId) => {
    for (const [id, key] of keys) {
      if (splitKey(key).clientId !== clientId) continue;
      keys.delete(id);
      cache.invalidate(key);
    }
    cache.invalidate('');
  });
  const remember = (key: string, agent: Agent): Agent => {
    if (keys.size > 2 * MAX_AGENTS) {
      keys.clear();
      cache.clear();
    }
    keys.set(agent.id, key);
    return agent;
  };
  const make = async (of: AgentKey, at: { now: number; origin: EventOrigin }): Promise<Agent> => {
    // Somebody else may have made it a moment ago: then there is nothing to record.
    const done = await commitDeed(audit, async (tx) => {
      const { agent, created } = await ensureAgent(tx, { ...of, now: at.now });
      return ok({ agent, entries: created ? [agentCreated(agent, at.origin)] : [], changed: [] });
    });
    if (!done.ok) throw new Error('an agent could not be made');
    return done.value.agent;
  };
  return (of, at) => {
    const key = agentKey(of);
    const found = cache.get(key);
    if (found === undefined) return make(of, at);
    if (!(found instanceof Promise)) return found;
    return found.then((agent) => (agent === undefined ? make(of, at) : remember(key, agent)));
  };
}

function splitKey(key: string): { clientId: string; principal: Principal } {
  const [clientId = '', kind, id = ''] = key.split('\n');
  return { clientId, principal: { kind: kind === 'user' || kind === 'tenant' ? kind : 'client', id } };
}
