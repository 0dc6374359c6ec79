import type { Db } from '../../base/db.ts';
import type { Result } from '../../base/result.ts';
import type { Agent } from '../../rooms/agents/agent.ts';
import { findAgent, listAgents } from '../../rooms/agents/store.ts';
import type { Client } from '../../rooms/clients/client.ts';
import { isOver, type Grant } from '../../rooms/consent/grant.ts';
import { listGrants } from '../../rooms/consent/store.ts';
import type { Resource, Risk } from '../../rooms/resources/resource.ts';
import { findTenant } from '../../rooms/tenants/store.ts';
import type { ListedSession, Sessions } from '../../rooms/users/session.store.ts';

export type HoldingsDeps = {
  db: Db;
  clients: { find(id: string): Promise<Result<Client, unknown>> };
  catalogue: { ready(): Promise<void>; byId(id: string): Resource | undefined };
  sessions: Pick<Sessions, 'list'>;
};

/** `fixed`: goes with the rest or not at all. `about`: it tells of the person, and does nothing. */
export type HeldScope = { name: string; title: string; description: string; risk: Risk | 'about'; fixed: boolean };

/** What one agent may do for this user at one resource. Times in milliseconds. */
export type Held = {
  grant: Grant;
  resource: string;
  tenant: string | undefined;
  scopes: readonly HeldScope[];
};

/** Who holds it, if somebody does: this user themselves, or an administrator, whose freeze they cannot lift. */
export type Stopped = 'paused' | 'frozen' | undefined;

/** An agent as its user sees it. `name`: what it says of itself; `host`: where it lives, undefined on a computer of the user's. */
export type ActingAgent = {
  id: string;
  name: string;
  host: string | undefined;
  verified: boolean;
  stopped: Stopped;
  since: number;
  lastUsedAt: number | undefined;
  held: readonly Held[];
};
export type Holdings = { agents: readonly ActingAgent[]; sessions: readonly ListedSession[] };

/** More than a person can look through; whoever has more sees the newest of them. */
const MOST = 200;

/** Who acts for this user now, and where they are signed in. Agents to which nothing is allowed any more are history, not holdings. */
export async function holdingsOf(deps: HoldingsDeps, userId: string, now: number): Promise<Holdings> {
  await deps.catalogue.ready();
  const [agents, grants, sessions] = await Promise.all([
    listAgents(deps.db, { user: userId }, { limit: MOST }),
    listGrants(deps.db, { user: userId }, { limit: 5 * MOST }),
    deps.sessions.list(userId),
  ]);
  const live = grants.filter((grant) => isLive(grant, now));
  const acting = agents.filter((agent) => agent.state !== 'revoked' && live.some((grant) => grant.agentId === agent.id));
  const tenants = await tenantNames(deps.db, live);
  return { agents: await Promise.all(acting.map((agent) => present(deps, agent, live, tenants))), sessions };
}

/** One agent of this user with all that it may do; undefined where it is somebody else's, gone, or allowed nothing any more. */
export async function agentOf(deps: HoldingsDeps, userId: string, agentId: string, now: number): Promise<ActingAgent | undefined> {
  const agent = await findAgent(deps.db, agentId);
  if (agent?.principal.kind !== 'user' || agent.principal.id !== userId || agent.state === 'revoked') return undefined;
  await deps.catalogue.ready();
  const grants = await listGrants(deps.db, { user: userId, agent: agentId }, { limit: MOST });
  const live = grants.filter((grant) => isLive(grant, now));
  return live.length === 0 ? undefined : present(deps, agent, live, await tenantNames(deps.db, live));
}

/** What an app may do for everybody in an organisation. */
export type Shared = { name: string; host: string | undefined; held: Held };

export async function sharedOf(deps: HoldingsDeps, grants: readonly Grant[]): Promise<readonly Shared[]> {
  await deps.catalogue.ready();
  const tenants = await tenantNames(deps.db, grants);
  return Promise.all(
    grants.map(async (grant) => {
      const found = await deps.clients.find(grant.clientId);
      const client = found.ok ? found.value : undefined;
      return { name: client?.name ?? 'An app that is gone', host: hostOf(grant.clientId, client), held: heldBy(deps, grant, tenants) };
    }),
  );
}

function isLive(grant: Grant, now: number): boolean {
  return grant.state !== 'revoked' && !isOver(grant, now);
}

type TenantNames = ReadonlyMap<string | undefined, string>;

async function tenantNames(db: Db, grants: readonly Grant[]): Promise<TenantNames> {
  const ids = [...new Set(grants.flatMap(({ tenantId }) => tenantId ?? []))];
  return new Map(await Promise.all(ids.map(async (id) => [id, (await findTenant(db, id))?.name ?? id] as const)));
}

async function present(deps: HoldingsDeps, agent: Agent, grants: readonly Grant[], tenants: TenantNames): Promise<ActingAgent> {
  const found = await deps.clients.find(agent.clientId);
  const client = found.ok ? found.value : undefined;
  return {
    id: agent.id,
    name: client?.name ?? 'An app that is gone',
    host: hostOf(agent.clientId, client),
    verified: client?.status === 'verified',
    stopped: agent.state !== 'frozen' ? undefined : agent.pause === 'alone' ? 'paused' : 'frozen',
    since: agent.createdAt,
    lastUsedAt: agent.lastUsedAt,
    held: grants.filter((grant) => grant.agentId === agent.id).map((grant) => heldBy(deps, grant, tenants)),
  };
}

/** Where it lives: the host of its metadata document or redirect URI. Names are only what it says of itself. */
function hostOf(clientId: string, client: Client | undefined): string | undefined {
  const [uri = ''] = [...(client?.registrationType === 'cimd' ? [clientId] : []), ...(client?.redirectUris ?? [])];
  return uri.startsWith('https://') && URL.canParse(uri) ? new URL(uri).host : undefined;
}

function heldBy({ catalogue }: HoldingsDeps, grant: Grant, tenants: TenantNames): Held {
  const resource = catalogue.byId(grant.resourceId);
  return {
    grant,
    resource: resource?.name ?? grant.resourceId,
    tenant: tenants.get(grant.tenantId),
    scopes: grant.scopes.map((name) => heldScope(resource, name)),
  };
}

function heldScope(resource: Resource | undefined, name: string): HeldScope {
  const known = resource?.scopes.find((scope) => scope.name === name);
  if (known !== undefined) return { ...known, fixed: known.required };
  const identity = IDENTITY[name];
  // Who somebody is, is not narrowed: what it knows by now it knows.
  return { name, title: identity ?? name, description: '', risk: identity === undefined ? 'low' : 'about', fixed: identity !== undefined };
}

/** A scope as people call it, whether its resource has it still or not. */
export function scopeTitle(resource: Resource | undefined, name: string): string {
  return heldScope(resource, name).title;
}

const IDENTITY: Readonly<Record<string, string>> = {
  openid: 'Know that it is you',
  profile: 'See your name',
  email: 'See your e-mail address',
};
