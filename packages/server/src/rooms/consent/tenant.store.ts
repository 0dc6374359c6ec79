import { sql } from 'kysely';
import { row, rows, type Db, type Tx } from '../../base/db.ts';
import { newId } from '../../base/ids.ts';
import { portless } from '../clients/redirect.ts';
import type { Grant } from './grant.ts';
import { COLUMNS, toGrant, type GrantRow } from './row.store.ts';

/** For whom, which client, for what, and where the code goes. */
export type TenantGrantKey = { clientId: string; tenantId: string; resourceId: string; redirectUri: string };

/**
 * What an administrator allowed for the whole tenant, if that stands. Loopback ports are not told apart: the administrator's machine is not the one
 * of everybody else.
 */
export async function findTenantGrant(db: Db, key: TenantGrantKey, now: number): Promise<Grant | undefined> {
  return find(db, key, now, sql``);
}

/** The same for a change that rests on it: whoever ends it waits until this transaction is over, and then finds what it made. */
export async function holdTenantGrant(tx: Tx, key: TenantGrantKey, now: number): Promise<Grant | undefined> {
  return find(tx, key, now, sql`FOR SHARE`);
}

async function find(db: Db, { clientId, tenantId, resourceId, redirectUri }: TenantGrantKey, now: number, lock: ReturnType<typeof sql>) {
  const found = await row(
    db,
    sql<GrantRow>`SELECT ${COLUMNS} FROM grants WHERE user_id IS NULL AND client_id = ${clientId} AND tenant_id = ${tenantId}
      AND resource_id = ${resourceId} AND redirect_uri = ${portless(redirectUri)} AND state <> 'revoked'
      AND (expires_at IS NULL OR expires_at > ${new Date(now)}) ${lock}`,
  );
  return found === undefined ? undefined : toGrant(found);
}

/**
 * Stores what an administrator allows now, in place of what was allowed before. A frozen one stays frozen. Who went through on the strength of it keeps no
 * more than that either: a refresh gives what their grant says. `agentId`: of client and tenant.
 */
export async function saveTenantGrant(
  tx: Tx,
  of: TenantGrantKey & { agentId: string; scopes: readonly string[]; persistent: boolean; expiresAt?: number | undefined; now: number },
): Promise<Grant> {
  const now = new Date(of.now);
  const expires = of.expiresAt === undefined ? null : new Date(of.expiresAt);
  const found = await row(
    tx,
    sql<GrantRow>`INSERT INTO grants (id, client_id, agent_id, tenant_id, resource_id, scopes, redirect_uri, persistent, created_at, updated_at, consented_at, expires_at)
      VALUES (${newId('grt', of.now)}, ${of.clientId}, ${of.agentId}, ${of.tenantId}, ${of.resourceId}, ${[...of.scopes]}, ${portless(of.redirectUri)}, ${of.persistent}, ${now}, ${now}, ${now}, ${expires})
      ON CONFLICT (client_id, tenant_id, resource_id, redirect_uri) WHERE user_id IS NULL AND state <> 'revoked'
      DO UPDATE SET scopes = excluded.scopes, persistent = excluded.persistent, expires_at = excluded.expires_at, updated_at = excluded.updated_at, consented_at = excluded.consented_at,
        version = grants.version + 1
      RETURNING ${COLUMNS}`,
  );
  if (found === undefined) throw new Error('a grant was neither made nor changed');
  await sql`UPDATE grants SET scopes = ARRAY(SELECT s.name FROM unnest(scopes) WITH ORDINALITY AS s(name, nth) WHERE s.name = ANY(${found.scopes}::text[]) ORDER BY nth),
      updated_at = ${now}, version = version + 1
    WHERE under = ${found.id} AND state <> 'revoked' AND NOT scopes <@ ${found.scopes}::text[]`.execute(tx);
  if (expires !== null)
    await sql`UPDATE grants SET expires_at = ${expires}, updated_at = ${now}, version = version + 1
      WHERE under = ${found.id} AND state <> 'revoked' AND (expires_at IS NULL OR expires_at > ${expires})`.execute(tx);
  return toGrant(found);
}

/**
 * Freezes, or restores, what follows from a tenant's grant. Restored is only what was frozen with it: a user's grant that somebody froze by itself
 * stays so. Gives what moved.
 */
export async function moveGrantsUnder(
  tx: Tx,
  id: string,
  to: 'active' | 'frozen',
): Promise<{ id: string; tenantId: string | undefined }[]> {
  const reason = `with ${id}`;
  const moved =
    to === 'frozen'
      ? sql<Moved>`UPDATE grants SET state = 'frozen', state_reason = ${reason}, version = version + 1 WHERE under = ${id} AND state = 'active' RETURNING id, tenant_id`
      : sql<Moved>`UPDATE grants SET state = 'active', state_reason = NULL, version = version + 1 WHERE under = ${id} AND state = 'frozen' AND state_reason = ${reason} RETURNING id, tenant_id`;
  return (await moved.execute(tx)).rows.map((one) => ({ id: one.id, tenantId: one.tenant_id ?? undefined }));
}

type Moved = { id: string; tenant_id: string | null };

/** More than a person can look through; whoever has more sees the newest of them. */
const MOST = 200;

/** What stands for everybody in these tenants, the newest first. */
export async function listTenantGrants(db: Db, tenantIds: readonly string[], now: number): Promise<Grant[]> {
  const found = await rows(
    db,
    sql<GrantRow>`SELECT ${COLUMNS} FROM grants WHERE user_id IS NULL AND tenant_id = ANY(${[...tenantIds]}) AND state <> 'revoked'
      AND (expires_at IS NULL OR expires_at > ${new Date(now)}) ORDER BY id DESC LIMIT ${MOST}`,
  );
  return found.map(toGrant);
}
