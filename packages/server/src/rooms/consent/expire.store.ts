import { sql } from 'kysely';
import { rows, type Tx } from '../../base/db.ts';
import type { Author } from '../audit/author.ts';
import type { EventDraft } from '../audit/event.ts';

/** A grant whose end had come, as it was ended. */
export type Overdue = {
  id: string;
  clientId: string;
  agentId: string;
  userId: string | null;
  tenantId: string | null;
  resourceId: string;
  expiresAt: number;
};

type Row = {
  id: string;
  client_id: string;
  agent_id: string;
  user_id: string | null;
  tenant_id: string | null;
  resource_id: string;
  expires_at: number;
};

/** Why a grant is revoked that nobody revoked. */
export const OVER = 'its end has come';

/**
 * Ends grants whose time is over; each is ended once, whoever looks. A frozen one stays: ended, it would no longer stand in the way of the next yes. `of`:
 * only those of this key, so that the next yes does not wake one up again with everything that was issued under it. The caller ends their refresh families.
 */
export async function endOverdue(
  tx: Tx,
  { now, limit, of }: { now: number; limit: number; of?: { clientId: string; resourceId: string; userId: string | null } },
): Promise<Overdue[]> {
  const at = new Date(now);
  const which =
    of === undefined
      ? sql``
      : sql`AND client_id = ${of.clientId} AND resource_id = ${of.resourceId} AND user_id IS NOT DISTINCT FROM ${of.userId}`;
  const ended = await rows(
    tx,
    sql<Row>`UPDATE grants SET state = 'revoked', state_reason = ${OVER}, version = version + 1
      WHERE id IN (SELECT id FROM grants WHERE expires_at <= ${at} AND state = 'active' ${which} ORDER BY expires_at LIMIT ${limit} FOR UPDATE ${of === undefined ? sql`SKIP LOCKED` : sql``})
      RETURNING id, client_id, agent_id, user_id, tenant_id, resource_id, expires_at`,
  );
  return ended.map((one) => ({
    id: one.id,
    clientId: one.client_id,
    agentId: one.agent_id,
    userId: one.user_id,
    tenantId: one.tenant_id,
    resourceId: one.resource_id,
    expiresAt: one.expires_at,
  }));
}

export function grantExpired(one: Overdue, by: Author): EventDraft {
  return {
    tenant: one.tenantId ?? undefined,
    type: 'grant.expired',
    initiator: by.initiator,
    actor: { ...by.actor, client: one.clientId, agent: one.agentId, ...(one.userId === null ? {} : { user: one.userId }) },
    target: { type: 'grant', id: one.id },
    outcome: 'success',
    reason: OVER,
    origin: by.origin,
    data: { resource: one.resourceId, expiresAt: one.expiresAt },
  };
}
