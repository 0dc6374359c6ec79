import { sql, type RawBuilder } from 'kysely';
import type { EventDraft, EventOrigin } from '../audit/event.ts';
import { newId } from '../../base/ids.ts';
import { row, rows, touched, type Db, type Tx } from '../../base/db.ts';
import type { State } from '../tenants/tenant.ts';
import { BY_USER, type Agent, type Pause, type Principal } from './agent.ts';

type AgentRow = {
  id: string;
  client_id: string;
  principal_kind: Principal['kind'];
  principal_id: string;
  tenant_id: string | null;
  state: State;
  state_reason: string | null;
  pause: Pause | null;
  version: number;
  created_at: number;
  last_used_at: number | null;
};

const COLUMNS: RawBuilder<unknown> = sql.raw(
  `id, client_id, principal_kind, principal_id, tenant_id, state, state_reason, pause, version, created_at,
   (SELECT u.last_used_at FROM agent_use u WHERE u.agent_id = agents.id) AS last_used_at`,
);

function toAgent(found: AgentRow): Agent {
  return {
    id: found.id,
    clientId: found.client_id,
    principal: { kind: found.principal_kind, id: found.principal_id },
    ...(found.tenant_id === null ? {} : { tenantId: found.tenant_id }),
    state: found.state,
    ...(found.state_reason === null ? {} : { stateReason: found.state_reason }),
    ...(found.pause === null ? {} : { pause: found.pause }),
    version: found.version,
    createdAt: found.created_at,
    ...(found.last_used_at === null ? {} : { lastUsedAt: found.last_used_at }),
  };
}

export type AgentKey = { clientId: string; principal: Principal; tenantId?: string | undefined };

/** One string per client × principal, for caches. */
export function agentKey({ clientId, principal }: AgentKey): string {
  return `${clientId}\n${principal.kind}\n${principal.id}`;
}

/**
 * The agent of this client and principal, made if it is the first time. The unique constraint decides between two that make it at once;
 * exactly one of them is told `created` and writes the event.
 */
export async function ensureAgent(tx: Tx, of: AgentKey & { now: number }): Promise<{ agent: Agent; created: boolean }> {
  const created = await touched(
    tx,
    sql`INSERT INTO agents (id, client_id, principal_kind, principal_id, tenant_id, created_at, owner_id, verified)
      VALUES (${newId('agt', of.now)}, ${of.clientId}, ${of.principal.kind}, ${of.principal.id}, ${of.tenantId ?? null}, ${new Date(of.now)},
        ${of.principal.kind === 'user' ? of.principal.id : sql`(SELECT owner FROM clients WHERE id = ${of.clientId})`},
        coalesce((SELECT status = 'verified' FROM clients WHERE id = ${of.clientId}), false))
      ON CONFLICT (client_id, principal_kind, principal_id) WHERE retired_at IS NULL DO NOTHING`,
  );
  // Read, and not returned by the insert: in the place of one that was stopped it is frozen a moment after it was made.
  const agent = await findAgentOf(tx, of);
  if (agent === undefined) throw new Error('an agent that exists could not be read');
  return { agent, created: created === 1 };
}

export async function findAgentOf(db: Db, { clientId, principal }: AgentKey): Promise<Agent | undefined> {
  const found = await row(
    db,
    sql<AgentRow>`SELECT ${COLUMNS} FROM agents WHERE client_id = ${clientId} AND principal_kind = ${principal.kind} AND principal_id = ${principal.id}
      AND retired_at IS NULL`,
  );
  return found === undefined ? undefined : toAgent(found);
}

/** The change that {@link retireAgents} makes, as other nodes hear of it. */
export const RETIRED = 'agents-of-client';

/**
 * Ends the agents of a client that is removed, for good. One that is made under the same id later begins anew: it must not come into what rules,
 * people and the vault gave to these, nor make their tokens good again (CVE-2026-55670).
 */
export async function retireAgents(tx: Tx, clientId: string, of: { reason: string; now: number }): Promise<void> {
  await sql`UPDATE agents SET state = 'revoked', state_reason = ${of.reason}, retired_at = ${new Date(of.now)}, version = version + 1
    WHERE client_id = ${clientId} AND retired_at IS NULL`.execute(tx);
}

export async function findAgent(db: Db, id: string): Promise<Agent | undefined> {
  const found = await row(db, sql<AgentRow>`SELECT ${COLUMNS} FROM agents WHERE id = ${id}`);
  return found === undefined ? undefined : toAgent(found);
}

export type AgentFilter = {
  client?: string | undefined;
  user?: string | undefined;
  tenant?: string | undefined;
  state?: State | undefined;
};

/** A page of agents in the order of their making. */
export async function listAgents(db: Db, filter: AgentFilter, page: { limit: number; cursor?: string | undefined }): Promise<Agent[]> {
  const found = await rows(
    db,
    sql<AgentRow>`SELECT ${COLUMNS} FROM agents WHERE true
      ${filter.client === undefined ? sql`` : sql`AND client_id = ${filter.client}`}
      ${filter.user === undefined ? sql`` : sql`AND principal_kind = 'user' AND principal_id = ${filter.user}`}
      ${filter.tenant === undefined ? sql`` : sql`AND tenant_id = ${filter.tenant}`}
      ${filter.state === undefined ? sql`` : sql`AND state = ${filter.state}`}
      ${page.cursor === undefined ? sql`` : sql`AND id > ${page.cursor}`}
      ORDER BY id LIMIT ${page.limit}`,
  );
  return found.map(toAgent);
}

/**
 * Moves the state; false when nothing moved (already there, unknown, or revoked, which is final). A pause of the person it acts for stays beneath an
 * administrator's freeze, and holds the agent again once that is lifted: nobody else takes it back.
 */
export async function setAgentState(tx: Tx, id: string, state: State, reason: string): Promise<boolean> {
  const move =
    state === 'active'
      ? sql`UPDATE agents SET state = CASE WHEN pause IS NULL THEN 'active' ELSE 'frozen' END, state_reason = CASE WHEN pause IS NULL THEN ${reason} ELSE ${BY_USER} END,
          pause = CASE WHEN pause IS NULL THEN NULL ELSE 'alone' END, version = version + 1
        WHERE id = ${id} AND state = 'frozen' AND pause IS DISTINCT FROM 'alone'`
      : sql`UPDATE agents SET state = ${state}, state_reason = ${reason}, pause = CASE WHEN pause IS NULL THEN NULL ELSE 'beneath' END, version = version + 1
        WHERE id = ${id} AND (state <> ${state} OR pause = 'alone') AND state <> 'revoked'`;
  return (await touched(tx, move)) > 0;
}

/** Pauses an agent that acts for this user, if it is active; false: it is not, or is not theirs. */
export async function pauseAgent(tx: Tx, of: { id: string; userId: string }): Promise<boolean> {
  const move = sql`UPDATE agents SET state = 'frozen', state_reason = ${BY_USER}, pause = 'alone', version = version + 1
    WHERE id = ${of.id} AND principal_kind = 'user' AND principal_id = ${of.userId} AND state = 'active'`;
  return (await touched(tx, move)) > 0;
}

/** Takes this user's pause back, where nothing else holds the agent; false: somebody else does, or nobody. */
export async function resumeAgent(tx: Tx, of: { id: string; userId: string }): Promise<boolean> {
  const move = sql`UPDATE agents SET state = 'active', state_reason = NULL, pause = NULL, version = version + 1
    WHERE id = ${of.id} AND principal_kind = 'user' AND principal_id = ${of.userId} AND state = 'frozen' AND pause = 'alone'`;
  return (await touched(tx, move)) > 0;
}

export async function countAgents(db: Db): Promise<{ state: State; count: number }[]> {
  return rows(db, sql<{ state: State; count: number }>`SELECT state, count(*) AS count FROM agents GROUP BY state`);
}

/** What is written when an agent turns up for the first time. */
export function agentCreated(agent: Agent, origin: EventOrigin, user?: string): EventDraft {
  return {
    tenant: agent.tenantId,
    type: 'agent.created',
    initiator: user === undefined ? 'agent' : 'human',
    actor: { user, agent: agent.id, client: agent.clientId },
    target: { type: 'agent', id: agent.id },
    outcome: 'success',
    origin,
    data: {
      client: agent.clientId,
      principal: { kind: agent.principal.kind, id: agent.principal.id },
      // Frozen as the one that was in its place.
      ...(agent.state === 'active' ? {} : { state: agent.state }),
    },
  };
}
