import { sql, type RawBuilder } from 'kysely';
import { row, rows, touched, type Db, type Tx } from '../../base/db.ts';
import type { Credential, CredentialState, Owner, Secret } from './credential.ts';

/** The sealed half of a row; it leaves this room opened only. */
export type Sealed = { keyId: string; sealed: Buffer };

export type Stored = { credential: Credential; secret: Sealed };

export type CredentialRow = {
  id: string;
  connection_id: string;
  owner_user: string | null;
  owner_tenant: string | null;
  owner_agent: string | null;
  label: string;
  kind: Secret['kind'];
  origin: Credential['origin'];
  granted: string[];
  asked: string[];
  refreshable: boolean;
  expires_at: number | null;
  state: CredentialState;
  failure: string | null;
  key_id: string;
  sealed: Buffer;
  version: number;
  connected_at: number;
  created_at: number;
};

export const NAMES = [
  'id',
  'connection_id',
  'owner_user',
  'owner_tenant',
  'owner_agent',
  'label',
  'kind',
  'origin',
  'granted',
  'asked',
  'refreshable',
  'expires_at',
  'state',
  'failure',
  'key_id',
  'sealed',
  'version',
  'connected_at',
  'created_at',
];
export const COLUMNS: RawBuilder<unknown> = sql.raw(NAMES.map((name) => `c.${name}`).join(', '));

export function toStored(found: CredentialRow): Stored {
  const { owner_user, owner_tenant, owner_agent } = found;
  const owner: Owner = {
    ...(owner_user === null ? {} : { user: owner_user }),
    ...(owner_tenant === null ? {} : { tenant: owner_tenant }),
    ...(owner_agent === null ? {} : { agent: owner_agent }),
  };
  const { id, label, kind, origin, granted, asked, refreshable, state, version } = found;
  const credential: Credential = {
    id,
    connection: found.connection_id,
    owner,
    label,
    kind,
    origin,
    granted,
    asked,
    refreshable,
    ...(found.expires_at === null ? {} : { expiresAt: found.expires_at }),
    state,
    ...(found.failure === null ? {} : { failure: found.failure }),
    version,
    connectedAt: found.connected_at,
    createdAt: found.created_at,
  };
  return { credential, secret: { keyId: found.key_id, sealed: found.sealed } };
}

export async function findCredential(db: Db, id: string): Promise<Credential | undefined> {
  return (await findStored(db, id))?.credential;
}

export async function findStored(db: Db, id: string): Promise<Stored | undefined> {
  const found = await row(db, sql<CredentialRow>`SELECT ${COLUMNS} FROM credentials c WHERE c.id = ${id}`);
  return found === undefined ? undefined : toStored(found);
}

/** Which slot: one connection, one owner, one label. */
export type Slot = { connection: string; owner: Owner; label: string };

function inSlot({ connection, owner, label }: Slot): RawBuilder<unknown> {
  const { user = '', tenant = '', agent = '' } = owner;
  return sql`c.connection_id = ${connection} AND coalesce(c.owner_user, '') = ${user} AND coalesce(c.owner_tenant, '') = ${tenant}
    AND coalesce(c.owner_agent, '') = ${agent} AND c.label = ${label}`;
}

/** How many tokens of the hub's own account an owner has at a connection. */
export async function countOwnTokens(tx: Tx, { connection, owner }: Pick<Slot, 'connection' | 'owner'>): Promise<number> {
  const { user = '', tenant = '', agent = '' } = owner;
  const found = await row(
    tx,
    sql<{
      n: number;
    }>`SELECT count(*)::int AS n FROM credentials c WHERE c.connection_id = ${connection} AND coalesce(c.owner_user, '') = ${user}
      AND coalesce(c.owner_tenant, '') = ${tenant} AND coalesce(c.owner_agent, '') = ${agent} AND c.origin = 'service'`,
  );
  return found?.n ?? 0;
}

/** Held until the transaction ends. */
export async function holdSlot(tx: Tx, slot: Slot): Promise<Stored | undefined> {
  const found = await row(tx, sql<CredentialRow>`SELECT ${COLUMNS} FROM credentials c WHERE ${inSlot(slot)} FOR UPDATE`);
  return found === undefined ? undefined : toStored(found);
}

/** Who holds it may still act: a removed or frozen owner has no credentials, nor has a user in a tenant that he left. */
export const OWNER_STANDS_SQL = `
  (c.owner_user IS NULL OR EXISTS (SELECT 1 FROM users u WHERE u.id = c.owner_user AND u.state = 'active'))
  AND (c.owner_tenant IS NULL OR EXISTS (SELECT 1 FROM tenants t WHERE t.id = c.owner_tenant AND t.state = 'active'))
  AND (c.owner_user IS NULL OR c.owner_tenant IS NULL
    OR EXISTS (SELECT 1 FROM user_tenants m WHERE m.user_id = c.owner_user AND m.tenant_id = c.owner_tenant AND m.held_by IS NULL))
  AND (c.owner_agent IS NULL OR EXISTS (SELECT 1 FROM agents a WHERE a.id = c.owner_agent AND a.state = 'active'))`;
const OWNER_STANDS: RawBuilder<unknown> = sql.raw(OWNER_STANDS_SQL);

/**
 * The credential of the first of these owners who has one; of several accounts the one with this label, or the newest that works. A failed
 * one is found too: to go on to another owner's would be to act as somebody else without a word.
 */
export async function findFor(
  db: Db,
  of: { connection: string; owners: readonly Owner[]; label?: string | undefined },
): Promise<Stored | undefined> {
  if (of.owners.length === 0) return undefined;
  const wanted = of.owners.map(({ user = null, tenant = null, agent = null }, rank) => ({ rank, user, tenant, agent }));
  const found = await row(
    db,
    sql<CredentialRow>`SELECT ${COLUMNS} FROM json_to_recordset(${JSON.stringify(wanted)}::json) AS w(rank int, "user" text, tenant text, agent text)
      JOIN credentials c ON c.connection_id = ${of.connection} AND coalesce(c.owner_user, '') = coalesce(w."user", '')
        AND coalesce(c.owner_tenant, '') = coalesce(w.tenant, '') AND coalesce(c.owner_agent, '') = coalesce(w.agent, '')
      WHERE c.state <> 'revoked' ${of.label === undefined ? sql`` : sql`AND c.label = ${of.label}`} AND ${OWNER_STANDS}
      ORDER BY w.rank, c.state <> 'active', c.connected_at DESC, c.id LIMIT 1`,
  );
  return found === undefined ? undefined : toStored(found);
}

export type CredentialFilter = {
  connection?: string | undefined;
  user?: string | undefined;
  tenant?: string | undefined;
  agent?: string | undefined;
  state?: CredentialState | undefined;
  origin?: Credential['origin'] | undefined;
};

/** A page in the order of their ids. */
export async function listCredentials(
  db: Db,
  filter: CredentialFilter,
  page: { limit: number; cursor?: string | undefined },
): Promise<Credential[]> {
  const wanted: [string, string | undefined][] = [
    ['connection_id', filter.connection],
    ['owner_user', filter.user],
    ['owner_tenant', filter.tenant],
    ['owner_agent', filter.agent],
    ['state', filter.state],
    ['origin', filter.origin],
  ];
  const conditions = wanted.flatMap(([column, value]) => (value === undefined ? [] : [sql`AND c.${sql.raw(column)} = ${value}`]));
  const beyond = page.cursor === undefined ? sql`` : sql`AND c.id > ${page.cursor}`;
  const found = await rows(
    db,
    sql<CredentialRow>`SELECT ${COLUMNS} FROM credentials c WHERE true ${sql.join(conditions, sql` `)} ${beyond} ORDER BY c.id LIMIT ${page.limit}`,
  );
  return found.map((one) => toStored(one).credential);
}

export type Saving = Slot & {
  id: string;
  kind: Secret['kind'];
  origin: Credential['origin'];
  granted: readonly string[];
  asked: readonly string[];
  refreshable: boolean;
  expiresAt: number | undefined;
  refreshAt: number | undefined;
  secret: Sealed;
  now: number;
};

/** Into its slot, new or in the place of what was there; whatever was under way with the old secret is forgotten. */
export async function saveCredential(tx: Tx, of: Saving): Promise<Credential> {
  const { owner, now, expiresAt, refreshAt } = of;
  const saved = await row(
    tx,
    sql<CredentialRow>`INSERT INTO credentials AS c (id, connection_id, owner_user, owner_tenant, owner_agent, label, kind, origin, granted, asked, refreshable,
        expires_at, refresh_at, key_id, sealed, connected_at, created_at)
      VALUES (${of.id}, ${of.connection}, ${owner.user ?? null}, ${owner.tenant ?? null}, ${owner.agent ?? null}, ${of.label}, ${of.kind}, ${of.origin},
        ${[...of.granted]}, ${[...of.asked]}, ${of.refreshable}, ${dateOf(expiresAt)}, ${dateOf(refreshAt)}, ${of.secret.keyId}, ${of.secret.sealed}, ${new Date(now)}, ${new Date(now)})
      ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, origin = excluded.origin, granted = excluded.granted, asked = excluded.asked,
        refreshable = excluded.refreshable, expires_at = excluded.expires_at, refresh_at = excluded.refresh_at, key_id = excluded.key_id, sealed = excluded.sealed,
        connected_at = excluded.connected_at, state = CASE c.state WHEN 'locked' THEN c.state ELSE 'active' END, failure = NULL,
        refresh_state = 'idle', refresh_lease = NULL, refresh_lease_until = NULL, refresh_failures = 0, refresh_pending = NULL, refresh_pending_key = NULL,
        version = c.version + 1
      RETURNING ${COLUMNS}`,
  );
  if (saved === undefined) throw new Error('a credential was not saved');
  return toStored(saved).credential;
}

export type Replacing = {
  granted: readonly string[];
  refreshable: boolean;
  expiresAt: number | undefined;
  refreshAt: number | undefined;
  secret: Sealed;
  now: number;
};

/** The renewed secret over the one of that version; false when somebody else was first, or an administrator locked or removed it. */
export async function replaceSealed(tx: Db, id: string, of: Replacing, expectVersion: number): Promise<boolean> {
  return (
    (await touched(
      tx,
      sql`UPDATE credentials SET granted = ${[...of.granted]}, refreshable = ${of.refreshable}, expires_at = ${dateOf(of.expiresAt)}, refresh_at = ${dateOf(of.refreshAt)},
          key_id = ${of.secret.keyId}, sealed = ${of.secret.sealed}, state = 'active', failure = NULL, refresh_state = 'idle', refresh_lease = NULL,
          refresh_lease_until = NULL, refresh_failures = 0, refresh_pending = NULL, refresh_pending_key = NULL, refreshed_at = ${new Date(of.now)}, version = version + 1
        WHERE id = ${id} AND version = ${expectVersion} AND state IN ('active', 'failed')`,
    )) > 0
  );
}

/** Moves the state; undefined when it was in none of `from`. A failure is a sentence that may be shown. */
export async function moveCredential(
  tx: Tx,
  id: string,
  to: { state: CredentialState; from: readonly CredentialState[]; failure?: string | undefined },
): Promise<Credential | undefined> {
  const moved = await row(
    tx,
    sql<CredentialRow>`UPDATE credentials AS c SET state = ${to.state}, failure = ${to.failure ?? null}, version = c.version + 1
      WHERE c.id = ${id} AND c.state = ANY(${[...to.from]}::text[]) RETURNING ${COLUMNS}`,
  );
  return moved === undefined ? undefined : toStored(moved).credential;
}

export async function deleteCredentials(
  tx: Tx,
  where: { id: string } | { user: string } | { tenant: string } | { agent: string },
): Promise<Credential[]> {
  const condition =
    'id' in where
      ? sql`c.id = ${where.id}`
      : 'user' in where
        ? sql`c.owner_user = ${where.user}`
        : 'tenant' in where
          ? sql`c.owner_tenant = ${where.tenant}`
          : sql`c.owner_agent = ${where.agent}`;
  const gone = await rows(tx, sql<CredentialRow>`DELETE FROM credentials AS c WHERE ${condition} RETURNING ${COLUMNS}`);
  return gone.map((one) => toStored(one).credential);
}

function dateOf(time: number | undefined): Date | null {
  return time === undefined ? null : new Date(time);
}
