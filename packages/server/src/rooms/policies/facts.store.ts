import { sql } from 'kysely';
import { rows, type Db } from '../../base/db.ts';
import { findAgentOf } from '../agents/store.ts';
import type { Principal } from '../agents/agent.ts';
import { findClient } from '../clients/store.ts';
import type { Resource } from '../resources/resource.ts';
import { findResource } from '../resources/store.ts';
import { rolesInForce } from '../tenants/role.store.ts';
import { findTenant } from '../tenants/store.ts';
import { findUser } from '../users/store.ts';
import type { StopReasons } from './beyond.ts';
import { findConnectionFacts } from './store.ts';
import { namedIn, withTenant, type KnownThings } from './scenario.ts';

/** Reads what the hub knows of everybody whom these made-up requests name; each thing once. */
export async function knownTo(db: Db, inputs: readonly unknown[], builtIn: readonly Resource[]) {
  const named = inputs.map(namedIn);
  const clients = await found(
    named.map(({ client }) => client),
    (id) => findClient(db, id),
  );
  const users = await found(
    named.map(({ user }) => user),
    (id) => findUser(db, id),
  );
  const own = new Map(builtIn.map((resource) => [resource.id, resource]));
  const resources = await found(
    named.map(({ resource }) => resource),
    async (id) => own.get(id) ?? findResource(db, id),
  );
  const connections = await found(
    named.map(({ connection }) => connection),
    (id) => findConnectionFacts(db, id),
  );
  const settled = inputs.map((input) => namedIn(withTenant(input, { clients, users })).tenant);
  const tenants = await found(settled, (id) => findTenant(db, id));
  return { clients, users, tenants, resources, connections, roles: await rolesInForce(db) } satisfies KnownThings;
}

/** Why those of them are stopped that are. */
export async function stopReasons(
  db: Db,
  { client, user, tenant, agent }: Partial<Record<'client' | 'user' | 'tenant' | 'agent', string>>,
): Promise<StopReasons> {
  const told = await rows(
    db,
    sql<{ kind: 'client' | 'user' | 'tenant' | 'agent'; reason: string }>`SELECT kind, reason FROM (
        SELECT 'client' AS kind, state, state_reason AS reason FROM clients WHERE id = ${client ?? null}
        UNION ALL SELECT 'user', state, state_reason FROM users WHERE id = ${user ?? null}
        UNION ALL SELECT 'tenant', state, state_reason FROM tenants WHERE id = ${tenant ?? null}
        UNION ALL SELECT 'agent', state, state_reason FROM agents WHERE id = ${agent ?? null}) AS named
      WHERE state <> 'active' AND reason IS NOT NULL`,
  );
  return new Map(told.map(({ kind, reason }) => [kind, reason]));
}

async function found<T>(ids: readonly (string | undefined)[], find: (id: string) => Promise<T | undefined>): Promise<Map<string, T>> {
  const there = new Map<string, T>();
  for (const id of new Set(ids)) {
    const one = id === undefined ? undefined : await find(id);
    if (id !== undefined && one !== undefined) there.set(id, one);
  }
  return there;
}

/** A request that says nothing of an agent has the one that its client and principal have by now, if any. `agent: null` says that there is none. */
export async function withAgent(db: Db, input: unknown): Promise<unknown> {
  if (typeof input !== 'object' || input === null || ('agent' in input && input.agent !== undefined)) return input;
  const { client, user, tenant } = namedIn(input);
  if (client === undefined) return input;
  const agent = await findAgentOf(db, { clientId: client, principal: principalOf(client, user, tenant) });
  return agent === undefined ? input : { ...input, agent: { id: agent.id, state: agent.state } };
}

function principalOf(client: string, user: string | undefined, tenant: string | undefined): Principal {
  if (user !== undefined) return { kind: 'user', id: user };
  return tenant === undefined ? { kind: 'client', id: client } : { kind: 'tenant', id: tenant };
}
