import type { RequestFacts } from '@writ/policy';
import { isObject } from '../../base/json.ts';
import type { Client } from '../clients/client.ts';
import type { Resource } from '../resources/resource.ts';
import type { Role, Tenant } from '../tenants/tenant.ts';
import { membershipIn } from '../users/membership.ts';
import type { User } from '../users/user.ts';

/** What is known of those whom a made-up request may name by id: of the hub by its tables, of a config file by its text. */
export type KnownThings = {
  clients: ReadonlyMap<string, Pick<Client, 'id' | 'name' | 'registrationType' | 'status' | 'owner' | 'tags' | 'tenants'>>;
  users: ReadonlyMap<string, Pick<User, 'id' | 'tenants' | 'attributes'>>;
  tenants: ReadonlyMap<string, Pick<Tenant, 'id' | 'attributes'>>;
  resources: ReadonlyMap<string, Pick<Resource, 'id' | 'type' | 'tags'> & { scopes: readonly { name: string }[] }>;
  connections: ReadonlyMap<string, KnownConnection>;
  roles: readonly Role[];
};

/** `scopes`: none for what is handed out whole. */
export type KnownConnection = { id: string; type: string; tags: readonly string[]; scopes: readonly string[] };

/** The ids that a made-up request names. */
export type Named = { client?: string; user?: string; tenant?: string; resource?: string; connection?: string };

export function namedIn(input: unknown): Named {
  const fields = isObject(input) ? input : {};
  const target = isObject(fields['target']) ? fields['target'] : undefined;
  const isConnection = target?.['kind'] === 'connection';
  const [client, user, tenant, resource, connection] = [
    fields['client'],
    fields['user'],
    fields['tenant'],
    fields['resource'] ?? (isConnection ? undefined : target),
    fields['connection'] ?? (isConnection ? target : undefined),
  ].map(idOf);
  return {
    ...(client === undefined ? {} : { client }),
    ...(user === undefined ? {} : { user }),
    ...(tenant === undefined ? {} : { tenant }),
    ...(resource === undefined ? {} : { resource }),
    ...(connection === undefined ? {} : { connection }),
  };
}

/**
 * A request that says nothing of a tenant is in the only one that its user (without a user: its client) belongs to, as at the token endpoint.
 * `tenant: null` says that there is none.
 */
export function withTenant(input: unknown, known: Pick<KnownThings, 'clients' | 'users'>): unknown {
  if (!isObject(input) || input['tenant'] !== undefined) return input;
  const { client, user } = namedIn(input);
  const theirs = user === undefined ? known.clients.get(client ?? '')?.tenants : known.users.get(user)?.tenants.map(({ id }) => id);
  return theirs?.length === 1 ? { ...input, tenant: theirs[0] } : input;
}

/** For the parser of the policy language: what stands where the request itself says nothing. */
export function factsFor(input: unknown, known: KnownThings, now?: number): RequestFacts {
  const { tenant: tenantId } = namedIn(input);
  return {
    ...(now === undefined ? {} : { now }),
    target: ({ kind, id }) => {
      if (kind === 'connection') return known.connections.get(id);
      const resource = known.resources.get(id);
      return resource && { type: resource.type, tags: resource.tags, scopes: resource.scopes.map(({ name }) => name) };
    },
    client: (id) => {
      const client = known.clients.get(id);
      if (client === undefined) return undefined;
      const { name, registrationType, status, owner, tags } = client;
      return { name, registrationType, status, tags, ...(owner === undefined ? {} : { owner }) };
    },
    user: (id) => {
      const user = known.users.get(id);
      if (user === undefined) return undefined;
      const { roles, permissions } = membershipIn(user, tenantId === undefined ? undefined : { id: tenantId }, known.roles);
      return { roles, permissions, tenantIds: user.tenants.map((one) => one.id), attributes: user.attributes };
    },
    tenant: (id) => known.tenants.get(id),
  };
}

/** Whom the request names and nobody knows (`client ops-agnet`): they were taken as they are described, which a typing mistake looks like too. */
export function unknownIn(named: Named, known: KnownThings): string[] {
  const there = {
    client: known.clients,
    user: known.users,
    tenant: known.tenants,
    resource: known.resources,
    connection: known.connections,
  } as const;
  return (['client', 'user', 'tenant', 'resource', 'connection'] as const).flatMap((kind) => {
    const id = named[kind];
    return id === undefined || there[kind].has(id) ? [] : [`${kind} ${id}`];
  });
}

function idOf(value: unknown): string | undefined {
  const id = isObject(value) ? value['id'] : value;
  return typeof id === 'string' && id !== '' ? id : undefined;
}
