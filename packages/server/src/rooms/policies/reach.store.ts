import type { Who } from '@writ/policy';
import type { Db } from '../../base/db.ts';
import type { Agent } from '../agents/agent.ts';
import { findAgent, listAgents } from '../agents/store.ts';
import type { Client } from '../clients/client.ts';
import { listClients } from '../clients/list.store.ts';
import { findClient } from '../clients/store.ts';
import type { Resource } from '../resources/resource.ts';
import { findResource, listResources } from '../resources/store.ts';
import { rolesInForce } from '../tenants/role.store.ts';
import { findTenant } from '../tenants/store.ts';
import type { Role, Tenant } from '../tenants/tenant.ts';
import { findUser, listUsers } from '../users/store.ts';
import type { User } from '../users/user.ts';
import { agentWho, clientPart, resourcePart, userPart } from './who.ts';

export const KINDS = ['agents', 'clients', 'users', 'resources'] as const;
export type Kind = (typeof KINDS)[number];

/** Somebody a rule may be about. A user is asked about once for each tenant, where the roles are. */
export type Candidate = { id: string; tenant?: string; client?: string; user?: string; who: Who };
type Page = { limit: number; cursor?: string | undefined };

/** A page of all there are of one kind, and the id that the next one begins after (undefined: it was the last). */
export async function candidates(db: Db, kind: Kind, page: Page): Promise<{ found: Candidate[]; next: string | undefined }> {
  const roles = kind === 'agents' || kind === 'users' ? await rolesInForce(db) : [];
  const read = await READ[kind](db, page, roles);
  return { found: read.flatMap(({ found }) => found), next: read.length < page.limit ? undefined : read.at(-1)?.id };
}

type Read = { id: string; found: Candidate[] }[];

const READ: Record<Kind, (db: Db, page: Page, roles: readonly Role[]) => Promise<Read>> = {
  async agents(db, page, roles) {
    const read: Read = [];
    const lookup = lookupIn(db);
    for (const agent of await listAgents(db, {}, page)) read.push({ id: agent.id, found: [await agentCandidate(lookup, agent, roles)] });
    return read;
  },
  async clients(db, page) {
    const listed = await listClients(db, {}, page);
    return listed.map(({ client }) => ({ id: client.id, found: [{ id: client.id, who: { client: clientPart(client) } }] }));
  },
  async users(db, page, roles) {
    const users = await listUsers(db, {}, page);
    return users.map((user) => {
      const found = user.tenants.map((tenant) => ({ id: user.id, tenant: tenant.id, who: { user: userPart(user, tenant, roles) } }));
      return {
        id: user.id,
        found: found.length > 0 ? found : [{ id: user.id, who: { user: userPart(user, undefined, roles), tenant: null } }],
      };
    });
  },
  async resources(db, page) {
    const resources = await listResources(db, page);
    return resources.map((resource) => ({ id: resource.id, found: [{ id: resource.id, who: { target: resourcePart(resource) } }] }));
  },
};

/** Who stands behind agents; many agents have one client and one tenant, and each is read once. */
type Lookup = {
  client(id: string): Promise<Client | undefined>;
  user(id: string): Promise<User | undefined>;
  tenant(id: string): Promise<Tenant | undefined>;
};

function lookupIn(db: Db): Lookup {
  return { client: once((id) => findClient(db, id)), user: once((id) => findUser(db, id)), tenant: once((id) => findTenant(db, id)) };
}

function once<T>(find: (id: string) => Promise<T>): (id: string) => Promise<T> {
  const known = new Map<string, Promise<T>>();
  return (id) => {
    const found = known.get(id) ?? find(id);
    known.set(id, found);
    return found;
  };
}

async function agentCandidate(lookup: Lookup, agent: Agent, roles: readonly Role[]): Promise<Candidate> {
  const { principal, tenantId, clientId } = agent;
  const client = await lookup.client(clientId);
  const user = principal.kind === 'user' ? await lookup.user(principal.id) : undefined;
  const tenant = tenantId === undefined ? undefined : await lookup.tenant(tenantId);
  return {
    id: agent.id,
    client: clientId,
    ...(tenantId === undefined ? {} : { tenant: tenantId }),
    ...(principal.kind === 'user' ? { user: principal.id } : {}),
    who: agentWho({ agent, client, user, tenant }, roles),
  };
}

export type Asked = {
  agent?: string | undefined;
  client?: string | undefined;
  user?: string | undefined;
  tenant?: string | undefined;
  resource?: string | undefined;
};

/** What the hub knows of those whom a question names; the name of the first that there is not. */
export async function whoIs(db: Db, asked: Asked, builtIn: readonly Resource[]): Promise<{ who: Who } | { absent: string }> {
  const roles = await rolesInForce(db);
  const who: { -readonly [Part in keyof Who]: Who[Part] } = {};
  if (asked.agent !== undefined) {
    const agent = await findAgent(db, asked.agent);
    if (agent === undefined) return { absent: 'agent' };
    Object.assign(who, (await agentCandidate(lookupIn(db), agent, roles)).who);
  }
  if (asked.client !== undefined) {
    const client = await findClient(db, asked.client);
    if (client === undefined) return { absent: 'client' };
    who.client = clientPart(client);
  }
  const tenant = asked.tenant === undefined ? undefined : await findTenant(db, asked.tenant);
  if (asked.tenant !== undefined && tenant === undefined) return { absent: 'tenant' };
  if (tenant !== undefined) who.tenant = { id: tenant.id, attributes: tenant.attributes };
  if (asked.user !== undefined) {
    const user = await findUser(db, asked.user);
    if (user === undefined) return { absent: 'user' };
    who.user = userPart(user, tenant, roles);
  }
  if (asked.resource !== undefined) {
    const resource = builtIn.find(({ id }) => id === asked.resource) ?? (await findResource(db, asked.resource));
    if (resource === undefined) return { absent: 'resource' };
    who.target = resourcePart(resource);
  }
  return { who };
}
