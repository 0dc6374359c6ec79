import { sql } from 'kysely';
import { row, rows, touched, type Db, type Tx } from '../../base/db.ts';
import { newId } from '../../base/ids.ts';
import type { Detail } from '../resources/detail.ts';
import type { State } from '../tenants/tenant.ts';
import type { Grant } from './grant.ts';
import { COLUMNS, toGrant, type GrantRow } from './row.store.ts';

/** What consent is keyed by: who, to which client, in which tenant, for what, and where the code goes. */
export type GrantKey = { clientId: string; userId: string; tenantId?: string | undefined; resourceId: string; redirectUri: string };

export async function findGrant(db: Db, id: string): Promise<Grant | undefined> {
  const found = await row(db, sql<GrantRow>`SELECT ${COLUMNS} FROM grants WHERE id = ${id}`);
  return found === undefined ? undefined : toGrant(found);
}

/** The live grant of that key, if any. One whose end has come does not count, unless it is frozen: then a new yes must not take its place. */
export async function findLiveGrant(db: Db, key: GrantKey, now: number): Promise<Grant | undefined> {
  const found = await row(
    db,
    sql<GrantRow>`SELECT ${COLUMNS} FROM grants WHERE client_id = ${key.clientId} AND user_id = ${key.userId} AND coalesce(tenant_id, '') = ${key.tenantId ?? ''}
      AND resource_id = ${key.resourceId} AND redirect_uri = ${key.redirectUri} AND state <> 'revoked' AND (state = 'frozen' OR expires_at IS NULL OR expires_at > ${new Date(now)})`,
  );
  return found === undefined ? undefined : toGrant(found);
}

/** Whether a grant of that key is gone that was frozen, and holds the next one as it held itself (rooms/signals). */
export async function holdsNext(db: Db, key: GrantKey): Promise<boolean> {
  const found = await row(
    db,
    sql`SELECT 1 FROM containments c JOIN grants g ON g.id = c.subject WHERE c.kind = 'grant' AND c.outlives AND g.state = 'revoked' AND g.client_id = ${key.clientId}
      AND g.user_id = ${key.userId} AND coalesce(g.tenant_id, '') = ${key.tenantId ?? ''} AND g.resource_id = ${key.resourceId} AND g.redirect_uri = ${key.redirectUri}`,
  );
  return found !== undefined;
}

/** The tenant of this user's latest yes, to this client before any other; undefined: none, or the yes was for no tenant. */
export async function lastTenantOf(db: Db, of: { userId: string; clientId: string | undefined }): Promise<string | undefined> {
  const found = await row(
    db,
    sql<{ tenant_id: string }>`SELECT tenant_id FROM grants WHERE user_id = ${of.userId} AND tenant_id IS NOT NULL
      ORDER BY client_id = ${of.clientId ?? ''} DESC, consented_at DESC LIMIT 1`,
  );
  return found?.tenant_id;
}

/** Stores what the user approved now. A live grant of the same key is replaced by it: the row always holds the last approval, no more. */
export async function saveGrant(
  tx: Tx,
  of: GrantKey & {
    agentId: string;
    scopes: readonly string[];
    authorizationDetails?: readonly Detail[] | undefined;
    persistent: boolean;
    /** Left out: that of the grant it follows from, or none. */
    expiresAt?: number | undefined;
    /** It follows from this grant for the whole tenant, and its age is that one's. */
    under?: Pick<Grant, 'id' | 'consentedAt' | 'expiresAt'> | undefined;
    now: number;
  },
): Promise<Grant> {
  const now = new Date(of.now);
  const details = of.authorizationDetails === undefined ? null : JSON.stringify(of.authorizationDetails);
  const end = of.expiresAt ?? of.under?.expiresAt;
  const expires = end === undefined ? null : new Date(end);
  const consented = of.under === undefined ? now : new Date(of.under.consentedAt);
  const found = await row(
    tx,
    sql<GrantRow>`INSERT INTO grants (id, client_id, agent_id, user_id, tenant_id, resource_id, scopes, authorization_details, redirect_uri, persistent, created_at, updated_at, consented_at, expires_at, under)
      VALUES (${newId('grt', of.now)}, ${of.clientId}, ${of.agentId}, ${of.userId}, ${of.tenantId ?? null}, ${of.resourceId}, ${[...of.scopes]}, ${details}, ${of.redirectUri}, ${of.persistent}, ${now}, ${now}, ${consented}, ${expires}, ${of.under?.id ?? null})
      ON CONFLICT (client_id, user_id, coalesce(tenant_id, ''), resource_id, redirect_uri) WHERE state <> 'revoked'
      DO UPDATE SET scopes = excluded.scopes, authorization_details = excluded.authorization_details, persistent = excluded.persistent, expires_at = excluded.expires_at, updated_at = excluded.updated_at,
        consented_at = excluded.consented_at, under = excluded.under, version = grants.version + 1
      RETURNING ${COLUMNS}`,
  );
  if (found === undefined) throw new Error('a grant was neither made nor changed');
  return toGrant(found);
}

export type GrantFilter = {
  client?: string | undefined;
  user?: string | undefined;
  agent?: string | undefined;
  tenant?: string | undefined;
  resource?: string | undefined;
  state?: State | undefined;
};

/** A page of grants in the order of their making. */
export async function listGrants(db: Db, filter: GrantFilter, page: { limit: number; cursor?: string | undefined }): Promise<Grant[]> {
  const found = await rows(
    db,
    sql<GrantRow>`SELECT ${COLUMNS} FROM grants WHERE true
      ${filter.client === undefined ? sql`` : sql`AND client_id = ${filter.client}`}
      ${filter.user === undefined ? sql`` : sql`AND user_id = ${filter.user}`}
      ${filter.agent === undefined ? sql`` : sql`AND agent_id = ${filter.agent}`}
      ${filter.tenant === undefined ? sql`` : sql`AND tenant_id = ${filter.tenant}`}
      ${filter.resource === undefined ? sql`` : sql`AND resource_id = ${filter.resource}`}
      ${filter.state === undefined ? sql`` : sql`AND state = ${filter.state}`}
      ${page.cursor === undefined ? sql`` : sql`AND id > ${page.cursor}`}
      ORDER BY id LIMIT ${page.limit}`,
  );
  return found.map(toGrant);
}

/** Whether the user allows this client anything at all at this moment, in that tenant (or, without one, outside of all). */
export async function consentsToAnything(
  db: Db,
  { clientId, userId, tenantId, now }: { clientId: string; userId: string; tenantId: string | undefined; now: number },
): Promise<boolean> {
  const found = sql`SELECT 1 FROM grants WHERE client_id = ${clientId} AND user_id = ${userId} AND state = 'active'
    AND tenant_id IS NOT DISTINCT FROM ${tenantId ?? null}
    AND (expires_at IS NULL OR expires_at > ${new Date(now)}) LIMIT 1`;
  return (await row(db, found)) !== undefined;
}

/** Moves the state; false when nothing moved (already there, unknown, or revoked, which is final). */
export async function setGrantState(tx: Tx, id: string, state: State, reason: string): Promise<boolean> {
  return (
    (await touched(
      tx,
      sql`UPDATE grants SET state = ${state}, state_reason = ${reason}, version = version + 1 WHERE id = ${id} AND state <> ${state} AND state <> 'revoked'`,
    )) > 0
  );
}

/** Ends every grant for a resource, of a client, or that follows from a tenant's: what was allowed to one must not pass to another that is later made under the same id. */
export async function revokeGrantsOf(
  tx: Tx,
  of: { resourceId: string } | { clientId: string } | { under: string },
  reason: string,
): Promise<Pick<Grant, 'id' | 'tenantId'>[]> {
  const which =
    'resourceId' in of
      ? sql`resource_id = ${of.resourceId}`
      : 'clientId' in of
        ? sql`client_id = ${of.clientId}`
        : sql`under = ${of.under}`;
  const ended = await rows(
    tx,
    sql<{ id: string; tenant_id: string | null }>`UPDATE grants SET state = 'revoked', state_reason = ${reason}, version = version + 1
      WHERE ${which} AND state <> 'revoked' RETURNING id, tenant_id`,
  );
  return ended.map(({ id, tenant_id }) => ({ id, ...(tenant_id === null ? {} : { tenantId: tenant_id }) }));
}
