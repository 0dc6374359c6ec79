import type { Agent, Principal } from '../agents/agent.ts';
import type { Client } from '../clients/client.ts';
import type { Connection } from '../connections/connection.ts';
import type { Credential } from '../connections/credential.ts';
import type { Grant } from '../consent/grant.ts';
import type { Rulebook } from '../policies/rulebook.ts';
import type { Resource } from '../resources/resource.ts';
import type { Role, Tenant } from '../tenants/tenant.ts';
import type { User } from '../users/user.ts';

/** What is the same for everybody: held in memory by the hub, but for the clients that exchange. */
export type HubFacts = {
  now: number;
  book: Rulebook;
  roles: readonly Role[];
  /** Also the hub's own. */
  resources: readonly Resource[];
  /** The proxy of each connection, as a resource. */
  proxies: readonly Resource[];
  connections: readonly Connection[];
  /** Clients that may exchange tokens. */
  exchangers: readonly Client[];
  maxDepth: number;
};

/** Everything that lets somebody be acted for. */
export type Household = {
  principal: Principal;
  user?: User | undefined;
  /** Those of grants and agents, by id. */
  tenants: ReadonlyMap<string, Tenant>;
  clients: ReadonlyMap<string, Client>;
  agents: readonly Agent[];
  grants: readonly Grant[];
  credentials: readonly Credential[];
  /** There is more of it than is looked at. */
  cut: boolean;
};

/** What is taken away, or how policies would be, to see what follows. */
export type Change = {
  policy?: string | undefined;
  grant?: string | undefined;
  credential?: string | undefined;
  connection?: string | undefined;
  role?: string | undefined;
  client?: string | undefined;
  user?: string | undefined;
  resource?: string | undefined;
};

/** The hub without it. `book`: the rules that are left, compiled once for all. */
export function hubWithout(hub: HubFacts, gone: Change, book: Rulebook): HubFacts {
  return {
    ...hub,
    book,
    // Whoever has a role by name keeps the name, and none of its permissions; what it kept closed stays closed (rooms/tenants/role.store.ts).
    roles: gone.role === undefined ? hub.roles : withoutRole(hub.roles, gone.role),
    resources: hub.resources.filter(({ id }) => id !== gone.resource),
    proxies: hub.proxies.filter(({ proxied }) => gone.connection === undefined || proxied?.connection?.id !== gone.connection),
    connections: hub.connections.filter(({ id }) => id !== gone.connection),
    exchangers: hub.exchangers.filter(({ id }) => id !== gone.client),
  };
}

function withoutRole(roles: readonly Role[], name: string): Role[] {
  const left = roles.filter((role) => role.name !== name);
  const kept = new Set(left.flatMap(({ permissions }) => permissions));
  const orphaned = (roles.find((role) => role.name === name)?.permissions ?? []).filter((permission) => !kept.has(permission));
  return orphaned.length === 0 ? left : [...left, { name: '', permissions: orphaned, version: 0 }];
}

/** Somebody's household without it. */
export function householdWithout(of: Household, gone: Change): Household {
  const isGone =
    of.principal.kind === 'user' ? of.principal.id === gone.user : of.principal.kind === 'client' && of.principal.id === gone.client;
  return {
    ...of,
    ...(isGone ? { user: undefined, agents: [], grants: [], credentials: [] } : {}),
    ...(gone.client === undefined
      ? {}
      : {
          clients: new Map([...of.clients].filter(([id]) => id !== gone.client)),
          agents: of.agents.filter(({ clientId }) => clientId !== gone.client),
        }),
    ...(gone.grant === undefined ? {} : { grants: of.grants.filter(({ id, under }) => id !== gone.grant && under !== gone.grant) }),
    ...(gone.credential === undefined ? {} : { credentials: of.credentials.filter(({ id }) => id !== gone.credential) }),
  };
}
