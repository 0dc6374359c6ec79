import { GRANT_TYPES } from '@writ/protocol';
import { sql, type RawBuilder } from 'kysely';
import { rows, type Db } from '../../base/db.ts';
import type { Agent, Principal } from '../agents/agent.ts';
import type { Client } from '../clients/client.ts';
import { COLUMNS as CLIENT_COLUMNS, toClient, type ClientRow } from '../clients/row.store.ts';
import type { Credential, CredentialState, Secret } from '../connections/credential.ts';
import type { Grant } from '../consent/grant.ts';
import { COLUMNS as GRANT_COLUMNS, toGrant, type GrantRow } from '../consent/row.store.ts';
import { findTenant } from '../tenants/store.ts';
import type { State, Tenant } from '../tenants/tenant.ts';
import type { User } from '../users/user.ts';
import type { Household } from './facts.ts';

/** Of one household; of more only so many are looked at, and the answer says so. */
const MOST = { agents: 100, grants: 200, credentials: 200, clients: 300, exchangers: 500 } as const;

/** Clients that may exchange tokens, by id; one more than are looked at says that there are more. */
export async function findExchangers(db: Db): Promise<{ clients: Client[]; cut: boolean }> {
  const found = await rows(
    db,
    sql<ClientRow>`SELECT ${CLIENT_COLUMNS} FROM clients c WHERE ${GRANT_TYPES.token_exchange} = ANY(c.grants) AND NOT c.public AND c.state <> 'revoked'
      ORDER BY c.id LIMIT ${MOST.exchangers + 1}`,
  );
  return { clients: found.slice(0, MOST.exchangers).map(toClient), cut: found.length > MOST.exchangers };
}

/** The households of some principals, read together: as many statements for fifty as for one. */
export async function householdsOf(db: Db, principals: readonly Principal[], now: number): Promise<Household[]> {
  const agents = await agentsOf(db, principals);
  const users = principals.filter(({ kind }) => kind === 'user').map(({ id }) => id);
  const grants = await grantsOf(db, users, now);
  const selves = await selvesOf(db, principals);
  const clientIds = [...agents.map(({ clientId }) => clientId), ...grants.map(({ clientId }) => clientId)];
  const clients = new Map([...selves, ...(await clientsOf(db, clientIds))].map((client) => [client.id, client]));
  const tenantIds = [
    ...principals.filter(({ kind }) => kind === 'tenant').map(({ id }) => id),
    ...[...agents, ...grants].flatMap(({ tenantId }) => tenantId ?? []),
  ];
  const tenants = new Map((await all(tenantIds, (id) => findTenant(db, id))).map((tenant) => [tenant.id, tenant]));
  const known = new Map((await usersOf(db, users)).map((user) => [user.id, user]));
  const credentials = await credentialsOf(db, { users, tenants: [...tenants.keys()], agents: agents.map(({ id }) => id) });
  return principals.map((principal) => {
    const own = agents.filter(({ principal: of }) => of.kind === principal.kind && of.id === principal.id);
    const theirs = principal.kind === 'user' ? grants.filter(({ userId }) => userId === principal.id) : [];
    const inTenants = new Set(
      [...own, ...theirs].flatMap(({ tenantId }) => tenantId ?? []).concat(principal.kind === 'tenant' ? [principal.id] : []),
    );
    const mine = credentials.filter(({ owner: { user, tenant, agent } }) =>
      user !== undefined
        ? principal.kind === 'user' && user === principal.id
        : agent !== undefined
          ? own.some(({ id }) => id === agent)
          : tenant !== undefined && inTenants.has(tenant),
    );
    return {
      principal,
      user: principal.kind === 'user' ? known.get(principal.id) : undefined,
      tenants: only(tenants, inTenants),
      clients: clientsFor(principal, clients, { own, theirs }),
      agents: own,
      grants: theirs,
      credentials: mine,
      cut: own.length >= MOST.agents || theirs.length >= MOST.grants || mine.length >= MOST.credentials,
    };
  });
}

type Theirs = { own: readonly Agent[]; theirs: readonly Grant[] };

function clientsFor(principal: Principal, clients: ReadonlyMap<string, Client>, { own, theirs }: Theirs): ReadonlyMap<string, Client> {
  const named = new Set([...own, ...theirs].map(({ clientId }) => clientId));
  const isSelf = ({ id, tenants }: Client): boolean =>
    principal.kind === 'tenant' ? tenants.includes(principal.id) : principal.kind === 'client' && id === principal.id;
  return new Map([...clients].filter(([id, client]) => named.has(id) || isSelf(client)));
}

function only(tenants: ReadonlyMap<string, Tenant>, ids: ReadonlySet<string>): ReadonlyMap<string, Tenant> {
  return new Map([...tenants].filter(([id]) => ids.has(id)));
}

async function all<T>(ids: readonly string[], find: (id: string) => Promise<T | undefined>): Promise<T[]> {
  const found: T[] = [];
  for (const id of new Set(ids)) {
    const one = await find(id);
    if (one !== undefined) found.push(one);
  }
  return found;
}

type UserRow = Pick<User, 'id' | 'email' | 'attributes' | 'state' | 'tenants'> & { email_verified_at: number | null; name: string | null };

/** Without what they prove themselves by. */
async function usersOf(db: Db, ids: readonly string[]): Promise<User[]> {
  if (ids.length === 0) return [];
  const found = await rows(
    db,
    sql<UserRow>`SELECT u.id, u.email, u.email_verified_at, u.name, u.attributes, u.state,
        coalesce((SELECT json_agg(json_build_object('id', m.tenant_id, 'roles', m.roles) ORDER BY m.tenant_id) FROM user_tenants m WHERE m.user_id = u.id AND m.held_by IS NULL), '[]') AS tenants
      FROM users u WHERE u.id = ANY(${[...ids]}::text[])`,
  );
  return found.map(({ email_verified_at, name, ...user }) => ({
    ...user,
    ...(email_verified_at === null ? {} : { emailVerifiedAt: email_verified_at }),
    ...(name === null ? {} : { name }),
    version: 0,
    createdAt: 0,
  }));
}

type AgentRow = {
  id: string;
  client_id: string;
  kind: Principal['kind'];
  principal_id: string;
  tenant_id: string | null;
  state: State;
  created_at: number;
};

async function agentsOf(db: Db, principals: readonly Principal[]): Promise<Agent[]> {
  const found = await rows(
    db,
    sql<AgentRow>`SELECT a.id, a.client_id, p.kind, a.principal_id, a.tenant_id, a.state, a.created_at FROM json_to_recordset(${JSON.stringify(principals)}::json) AS p(kind text, id text)
      CROSS JOIN LATERAL (SELECT * FROM agents a WHERE a.principal_kind = p.kind AND a.principal_id = p.id AND a.retired_at IS NULL ORDER BY a.id LIMIT ${MOST.agents}) a`,
  );
  return found.map(({ id, client_id, kind, principal_id, tenant_id, state, created_at }) => ({
    id,
    state,
    clientId: client_id,
    principal: { kind, id: principal_id },
    version: 0,
    createdAt: created_at,
    ...(tenant_id === null ? {} : { tenantId: tenant_id }),
  }));
}

async function grantsOf(db: Db, users: readonly string[], now: number): Promise<Grant[]> {
  if (users.length === 0) return [];
  const found = await rows(
    db,
    sql<GrantRow>`SELECT g.* FROM unnest(${[...users]}::text[]) AS u(id)
      CROSS JOIN LATERAL (SELECT ${GRANT_COLUMNS} FROM grants WHERE user_id = u.id AND state <> 'revoked' AND (expires_at IS NULL OR expires_at > ${new Date(now)})
        ORDER BY grants.id LIMIT ${MOST.grants}) g`,
  );
  return found.map(toGrant);
}

async function clientsOf(db: Db, ids: readonly string[]): Promise<Client[]> {
  if (ids.length === 0) return [];
  return (await rows(db, sql<ClientRow>`SELECT ${CLIENT_COLUMNS} FROM clients c WHERE c.id = ANY(${[...new Set(ids)]}::text[])`)).map(
    toClient,
  );
}

/** Clients that act for these tenants, or for themselves. */
async function selvesOf(db: Db, principals: readonly Principal[]): Promise<Client[]> {
  const tenants = principals.filter(({ kind }) => kind === 'tenant').map(({ id }) => id);
  const clients = principals.filter(({ kind }) => kind === 'client').map(({ id }) => id);
  if (tenants.length === 0) return clientsOf(db, clients);
  const grants = [GRANT_TYPES.client_credentials, GRANT_TYPES.jwt_bearer];
  const found = await rows(
    db,
    sql<ClientRow>`SELECT ${CLIENT_COLUMNS} FROM clients c WHERE (c.tenants && ${tenants}::text[] AND c.grants && ${grants}::text[] AND c.state <> 'revoked') OR c.id = ANY(${clients}::text[])
      ORDER BY c.id LIMIT ${MOST.clients}`,
  );
  return found.map(toClient);
}

type CredentialRow = {
  id: string;
  connection_id: string;
  owner_user: string | null;
  owner_tenant: string | null;
  owner_agent: string | null;
  label: string;
  kind: Secret['kind'];
  origin: Credential['origin'];
  granted: string[];
  refreshable: boolean;
  expires_at: number | null;
  state: CredentialState;
  connected_at: number;
};

const CREDENTIAL_COLUMNS: RawBuilder<unknown> = sql.raw(
  'c.id, c.connection_id, c.owner_user, c.owner_tenant, c.owner_agent, c.label, c.kind, c.origin, c.granted, c.refreshable, c.expires_at, c.state, c.connected_at',
);

/** Without what is sealed: nothing of a secret is read here. */
async function credentialsOf(
  db: Db,
  of: { users: readonly string[]; tenants: readonly string[]; agents: readonly string[] },
): Promise<Credential[]> {
  const owned = (column: 'owner_user' | 'owner_tenant' | 'owner_agent', ids: readonly string[], more = sql``): RawBuilder<CredentialRow> =>
    sql`(SELECT ${CREDENTIAL_COLUMNS} FROM credentials c WHERE c.${sql.raw(column)} = ANY(${[...ids]}::text[]) AND c.state <> 'revoked' ${more}
      ORDER BY c.id LIMIT ${MOST.credentials * Math.max(1, ids.length)})`;
  const found = await rows(
    db,
    sql<CredentialRow>`${owned('owner_user', of.users)} UNION ALL ${owned('owner_tenant', of.tenants, sql`AND c.owner_user IS NULL`)} UNION ALL ${owned('owner_agent', of.agents)}`,
  );
  return found.map(toCredential);
}

function toCredential(one: CredentialRow): Credential {
  return {
    id: one.id,
    connection: one.connection_id,
    owner: {
      ...(one.owner_user === null ? {} : { user: one.owner_user }),
      ...(one.owner_tenant === null ? {} : { tenant: one.owner_tenant }),
      ...(one.owner_agent === null ? {} : { agent: one.owner_agent }),
    },
    label: one.label,
    kind: one.kind,
    origin: one.origin,
    granted: one.granted,
    asked: [],
    refreshable: one.refreshable,
    state: one.state,
    ...(one.expires_at === null ? {} : { expiresAt: one.expires_at }),
    version: 0,
    connectedAt: one.connected_at,
    createdAt: one.connected_at,
  };
}
