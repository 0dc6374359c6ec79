import { sql } from 'kysely';
import { row, rows, type Db, type Tx } from '../../base/db.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { Author } from '../audit/author.ts';
import { adminChange } from '../audit/change.ts';
import type { Done } from '../audit/deed.store.ts';
import { BY_USER, type Principal } from './agent.ts';

export type OwnerFault = 'unknown' | 'changed' | 'no_such_user' | 'not_active' | 'not_in_tenant';

type Held = { owner_id: string | null; tenant_id: string | null; version: number };

/**
 * Makes this user answer for the agent; null: nobody does. The user's row is held meanwhile, and their membership: whoever leaves at the same moment is seen
 * here, or this agent is seen by what stops theirs. An agent of a tenant is answered for by somebody in it.
 */
export async function setOwner(
  tx: Tx,
  of: { id: string; owner: string | null; ifVersion(version: number): boolean },
  by: Author,
): Promise<Result<Done, OwnerFault>> {
  const { id, owner } = of;
  const agent = await row(tx, sql<Held>`SELECT owner_id, tenant_id, version FROM agents WHERE id = ${id} FOR NO KEY UPDATE`);
  if (agent === undefined) return fail('unknown');
  if (!of.ifVersion(agent.version)) return fail('changed');
  if (agent.owner_id === owner) return ok({ entries: [], changed: [] });
  const fault = owner === null ? undefined : await unfit(tx, owner, agent.tenant_id);
  if (fault !== undefined) return fail(fault);
  await sql`UPDATE agents SET owner_id = ${owner}, version = version + 1 WHERE id = ${id}`.execute(tx);
  const entry = adminChange({
    kind: 'agent',
    id,
    tenant: agent.tenant_id ?? undefined,
    by,
    before: { owner: agent.owner_id },
    after: { owner },
  });
  return ok({ entries: [entry], changed: [{ kind: 'agent', key: id }] });
}

async function unfit(tx: Tx, owner: string, tenant: string | null): Promise<OwnerFault | undefined> {
  const user = await row(tx, sql<{ state: string }>`SELECT state FROM users WHERE id = ${owner} AND removed_at IS NULL FOR SHARE`);
  if (user === undefined) return 'no_such_user';
  if (user.state !== 'active') return 'not_active';
  if (tenant === null) return undefined;
  const member = await row(
    tx,
    sql`SELECT 1 FROM user_tenants WHERE user_id = ${owner} AND tenant_id = ${tenant} AND held_by IS NULL FOR SHARE`,
  );
  return member === undefined ? 'not_in_tenant' : undefined;
}

/** The `stateReason` of agents that were stopped because whoever answers for them left. */
export const OWNER_LEFT = 'owner_left';

export type OwnedAgent = { id: string; tenantId: string | undefined; principal: Principal; owner: string };
type OwnedRow = { id: string; tenant_id: string | null; principal_kind: Principal['kind']; principal_id: string; owner_id: string };

const RETURNED = sql.raw('a.id, a.tenant_id, a.principal_kind, a.principal_id, a.owner_id');

function toOwned(found: OwnedRow): OwnedAgent {
  return {
    id: found.id,
    tenantId: found.tenant_id ?? undefined,
    principal: { kind: found.principal_kind, id: found.principal_id },
    owner: found.owner_id,
  };
}

/**
 * Stops what this user answers for, in one tenant or everywhere, at most so many. The pause of the person that it acts for stays beneath. `others`: not the agents
 * that act for this very user.
 */
export async function freezeOwned(
  tx: Tx,
  of: { owner: string; tenantId: string | undefined; others: boolean; limit: number },
): Promise<OwnedAgent[]> {
  const found = await rows(
    tx,
    sql<OwnedRow>`WITH owned AS (
        SELECT id FROM agents WHERE owner_id = ${of.owner} AND (state = 'active' OR state = 'frozen' AND pause = 'alone')
          ${of.tenantId === undefined ? sql`` : sql`AND tenant_id = ${of.tenantId}`}
          ${of.others ? sql`AND NOT (principal_kind = 'user' AND principal_id = ${of.owner})` : sql``} ORDER BY id LIMIT ${of.limit} FOR NO KEY UPDATE)
      UPDATE agents a SET state = 'frozen', state_reason = ${OWNER_LEFT}, pause = CASE WHEN a.pause IS NULL THEN NULL ELSE 'beneath' END, version = a.version + 1
      FROM owned o WHERE a.id = o.id RETURNING ${RETURNED}`,
  );
  return found.map(toOwned);
}

/** Lets go on what was stopped because this user was, in one tenant or wherever they are in it still; what their person has paused stays paused. */
export async function restoreOwned(
  tx: Tx,
  of: { owner: string; tenantId: string | undefined; limit: number },
): Promise<(OwnedAgent & { paused: boolean })[]> {
  const found = await rows(
    tx,
    sql<OwnedRow & { paused: boolean }>`WITH owned AS (
        SELECT id FROM agents WHERE owner_id = ${of.owner} AND state = 'frozen' AND state_reason = ${OWNER_LEFT}
          AND (tenant_id IS NULL OR EXISTS (SELECT 1 FROM user_tenants m WHERE m.user_id = ${of.owner} AND m.tenant_id = agents.tenant_id AND m.held_by IS NULL))
          ${of.tenantId === undefined ? sql`` : sql`AND tenant_id = ${of.tenantId}`}
        ORDER BY id LIMIT ${of.limit} FOR NO KEY UPDATE)
      UPDATE agents a SET state = CASE WHEN a.pause IS NULL THEN 'active' ELSE 'frozen' END, state_reason = CASE WHEN a.pause IS NULL THEN NULL ELSE ${BY_USER} END,
        pause = CASE WHEN a.pause IS NULL THEN NULL ELSE 'alone' END, version = a.version + 1
      FROM owned o WHERE a.id = o.id RETURNING ${RETURNED}, a.pause IS NOT NULL AS paused`,
  );
  return found.map((one) => ({ ...toOwned(one), paused: one.paused }));
}

/** Somebody who was stopped or came back, who left a tenant, or whose membership was put on hold or let go (`back`), by the number of the note. */
export type OwnerMove = { id: number; userId: string; tenantId: string | undefined; back: boolean };

/** The oldest note that nobody is at, held until the transaction ends. */
export async function holdOwnerMove(tx: Tx): Promise<OwnerMove | undefined> {
  const found = await row(
    tx,
    sql<{
      id: number;
      user_id: string;
      tenant_id: string | null;
      back: boolean;
    }>`SELECT id, user_id, tenant_id, back FROM owner_moves ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED`,
  );
  return found === undefined
    ? undefined
    : { id: found.id, userId: found.user_id, tenantId: found.tenant_id ?? undefined, back: found.back };
}

export async function forgetOwnerMove(db: Db, id: number): Promise<void> {
  await sql`DELETE FROM owner_moves WHERE id = ${id}`.execute(db);
}

/** How an owner stands, in this tenant where one is meant; `on_hold`: their membership is. Locked, so that nobody comes back or goes meanwhile. */
export async function holdOwner(
  tx: Db,
  { userId, tenantId }: Pick<OwnerMove, 'userId' | 'tenantId'>,
): Promise<'there' | 'on_hold' | 'gone'> {
  const user = await row(tx, sql<{ state: string }>`SELECT state FROM users WHERE id = ${userId} FOR SHARE`);
  if (user?.state !== 'active') return 'gone';
  if (tenantId === undefined) return 'there';
  const tenant = await row(tx, sql`SELECT 1 FROM tenants WHERE id = ${tenantId} AND state <> 'revoked'`);
  // What belongs to a tenant that is gone is stopped with it.
  if (tenant === undefined) return 'there';
  const member = await row(
    tx,
    sql<{ held_by: string | null }>`SELECT held_by FROM user_tenants WHERE user_id = ${userId} AND tenant_id = ${tenantId} FOR SHARE`,
  );
  if (member === undefined) return 'gone';
  return member.held_by === null ? 'there' : 'on_hold';
}
