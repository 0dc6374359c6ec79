import { sql } from 'kysely';
import { row, rows, type Db } from '../../base/db.ts';
import { listAgents } from '../../rooms/agents/store.ts';
import type { Agent } from '../../rooms/agents/agent.ts';
import { searchEvents, verifyChains, type StoredEvent, type Verification } from '../../rooms/audit/read.store.ts';

export type Counts = { agents: number; clients: number; users: number; tenants: number; resources: number; policies: number };

/** What ids on the page are called. An id that is not here has no name: it was removed, or never had one. */
export type Names = {
  clients: ReadonlyMap<string, { name: string; verified: boolean }>;
  users: ReadonlyMap<string, string>;
  tenants: ReadonlyMap<string, string>;
};

export type Seen = {
  counts: Counts;
  agents: readonly Agent[];
  events: readonly StoredEvent[];
  names: Names;
  chain: Verification | undefined;
};

/** Chains longer than this are left to `writ audit verify`: a page is not the place to wait for a million hashes. */
const VERIFY_UP_TO = 20_000;

/** What the overview shows, read in one go. */
export async function lookAround(db: Db): Promise<Seen> {
  const { events: length, ...counts } = await countAll(db);
  const agents = await listAgents(db, {}, { limit: 25 });
  const events = await searchEvents(db, { limit: 25 });
  const names = await namesOf(db, agents, events);
  return { counts, agents, events, names, chain: length <= VERIFY_UP_TO ? await verifyChains(db) : undefined };
}

async function countAll(db: Db): Promise<Counts & { events: number }> {
  const counts = await row(
    db,
    sql<
      Counts & { events: number }
    >`SELECT (SELECT count(*) FROM agents) AS agents, (SELECT count(*) FROM clients) AS clients, (SELECT count(*) FROM users) AS users,
      (SELECT count(*) FROM tenants) AS tenants, (SELECT count(*) FROM resources) AS resources, (SELECT count(*) FROM policies) AS policies,
      (SELECT coalesce(sum(seq), 0)::bigint FROM audit_heads) AS events`,
  );
  if (counts === undefined) throw new Error('counts could not be read');
  return counts;
}

/** One statement for all names: a page of fifty ids must not become fifty queries. */
async function namesOf(db: Db, agents: readonly Agent[], events: readonly StoredEvent[]): Promise<Names> {
  const listed = (ids: readonly (string | undefined | null)[]) => [...new Set(ids.filter((id) => typeof id === 'string'))];
  const principals = (kind: Agent['principal']['kind']) =>
    agents.map(({ principal }) => (principal.kind === kind ? principal.id : undefined));
  const clients = listed([...agents.map(({ clientId }) => clientId), ...events.map(({ actor }) => actor.client)]);
  const users = listed([...principals('user'), ...events.map(({ actor }) => actor.user)]);
  const tenants = listed([...principals('tenant'), ...agents.map(({ tenantId }) => tenantId)]);
  const found = await rows(
    db,
    sql<{ kind: string; id: string; name: string; verified: boolean }>`
      SELECT 'client' AS kind, id, name, status = 'verified' AS verified FROM clients WHERE id = ANY(${clients})
      UNION ALL SELECT 'user', id, coalesce(name, email), false FROM users WHERE id = ANY(${users})
      UNION ALL SELECT 'tenant', id, name, false FROM tenants WHERE id = ANY(${tenants})`,
  );
  const named = (kind: string) => found.filter((one) => one.kind === kind);
  const plain = (kind: string) => new Map(named(kind).map(({ id, name }) => [id, name]));
  return {
    clients: new Map(named('client').map(({ id, name, verified }) => [id, { name, verified }])),
    users: plain('user'),
    tenants: plain('tenant'),
  };
}
