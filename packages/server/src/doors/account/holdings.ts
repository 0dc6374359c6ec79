import type { Db } from '../../base/db.ts';
import type { Result } from '../../base/result.ts';
import type { Agent } from '../../rooms/agents/agent.ts';
import { listAgents } from '../../rooms/agents/store.ts';
import type { Client } from '../../rooms/clients/client.ts';
import type { Grant } from '../../rooms/consent/grant.ts';
import { listGrants } from '../../rooms/consent/store.ts';
import type { Resource, Risk } from '../../rooms/resources/resource.ts';
import { findTenant } from '../../rooms/tenants/store.ts';
import type { State } from '../../rooms/tenants/tenant.ts';
import type { ListedSession, Sessions } from '../../rooms/users/session.store.ts';

export type HoldingsDeps = {
  db: Db;
  clients: { find(id: string): Promise<Result<Client, unknown>> };
  catalogue: { ready(): Promise<void>; byId(id: string): Resource | undefined };
  sessions: Pick<Sessions, 'list'>;
};

/** What one agent may do for this user at one resource. */
export type Held = { resource: string; tenant: string | undefined; scopes: readonly { title: string; risk: Risk }[]; persistent: boolean };

/** An agent as its user sees it. `client` undefined: its registration is gone, and with it its name. */
export type ActingAgent = {
  id: string;
  name: string;
  address: string;
  verified: boolean;
  state: State;
  lastUsedAt: number | undefined;
  held: readonly Held[];
};
export type Holdings = { agents: readonly ActingAgent[]; sessions: readonly ListedSession[] };

/** More than a person can look through; whoever has more sees the newest of them. */
const MOST = 200;

/** Who acts for this user now, and where they are signed in. Agents to which nothing is allowed any more are history, not holdings. */
export async function holdingsOf(deps: HoldingsDeps, userId: string): Promise<Holdings> {
  await deps.catalogue.ready();
  const [agents, grants, sessions] = await Promise.all([
    listAgents(deps.db, { user: userId }, { limit: MOST }),
    listGrants(deps.db, { user: userId }, { limit: 5 * MOST }),
    deps.sessions.list(userId),
  ]);
  const live = grants.filter((grant) => grant.state !== 'revoked');
  const acting = agents.filter((agent) => agent.state !== 'revoked' && live.some((grant) => grant.agentId === agent.id));
  const tenants = await tenantNames(deps.db, live);
  return { agents: await Promise.all(acting.map((agent) => present(deps, agent, live, tenants))), sessions };
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
    address: addressOf(agent.clientId, client),
    verified: client?.status === 'verified',
    state: agent.state,
    lastUsedAt: agent.lastUsedAt,
    held: grants.filter((grant) => grant.agentId === agent.id).map((grant) => heldBy(deps, grant, tenants)),
  };
}

/** Where it lives: the host of its metadata document or redirect URI. Names are only what it says of itself. */
function addressOf(clientId: string, client: Client | undefined): string {
  const [uri = ''] = [...(client?.registrationType === 'cimd' ? [clientId] : []), ...(client?.redirectUris ?? [])];
  return uri.startsWith('https://') && URL.canParse(uri) ? new URL(uri).host : 'on a computer of yours';
}

function heldBy({ catalogue }: HoldingsDeps, grant: Grant, tenants: TenantNames): Held {
  const resource = catalogue.byId(grant.resourceId);
  const scopes = grant.scopes.map((name) => {
    const known = resource?.scopes.find((scope) => scope.name === name);
    return { title: known?.title ?? IDENTITY[name] ?? name, risk: known?.risk ?? ('low' as const) };
  });
  return { resource: resource?.name ?? grant.resourceId, tenant: tenants.get(grant.tenantId), scopes, persistent: grant.persistent };
}

const IDENTITY: Readonly<Record<string, string>> = {
  openid: 'Know that it is you',
  profile: 'See your name',
  email: 'See your e-mail address',
};
