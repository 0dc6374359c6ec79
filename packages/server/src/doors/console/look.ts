import { sql } from 'kysely';
import { row, type Db } from '../../base/db.ts';
import { listAgents } from '../../rooms/agents/store.ts';
import type { Agent } from '../../rooms/agents/agent.ts';
import { searchEvents, verifyChains, type StoredEvent, type Verification } from '../../rooms/audit/read.store.ts';

export type Counts = { agents: number; clients: number; users: number; tenants: number; resources: number; policies: number };
export type Seen = { counts: Counts; agents: readonly Agent[]; events: readonly StoredEvent[]; chain: Verification | undefined };

/** Chains longer than this are left to `writ audit verify`: a page is not the place to wait for a million hashes. */
const VERIFY_UP_TO = 20_000;

/** What the overview shows, read in one go. */
export async function lookAround(db: Db): Promise<Seen> {
  const counts = await row(
    db,
    sql<Counts & { events: number }>`SELECT (SELECT count(*) FROM agents) AS agents, (SELECT count(*) FROM clients) AS clients, (SELECT count(*) FROM users) AS users,
      (SELECT count(*) FROM tenants) AS tenants, (SELECT count(*) FROM resources) AS resources, (SELECT count(*) FROM policies) AS policies,
      (SELECT coalesce(sum(seq), 0)::bigint FROM audit_heads) AS events`,
  );
  if (counts === undefined) throw new Error('counts could not be read');
  const agents = await listAgents(db, {}, { limit: 25 });
  const events = await searchEvents(db, { limit: 25 });
  return { counts, agents, events, chain: counts.events <= VERIFY_UP_TO ? await verifyChains(db) : undefined };
}
