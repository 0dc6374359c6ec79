import type { Db } from '../../base/db.ts';
import { etag, notFound } from '../../base/http/admin.ts';
import { json } from '../../base/http/message.ts';
import { route, type Route } from '../../base/http/route.ts';
import { refusalsOf, scopeUsesOf } from '../../rooms/agents/detail.store.ts';
import { findListedAgent } from '../../rooms/agents/directory.store.ts';
import type { ListedAgent } from '../../rooms/agents/directory.ts';
import { idleSince } from '../../rooms/agents/setting.ts';
import type { AgentSettings } from '../../rooms/agents/setting.store.ts';
import { presentAgent } from '../../rooms/agents/view.ts';
import { findDocument } from '../../rooms/clients/document.store.ts';
import { findClient, registeredFrom } from '../../rooms/clients/store.ts';
import type { RegistrationSettings } from '../../rooms/clients/setting.store.ts';
import type { ConnectionBook } from '../../rooms/connections/book.store.ts';
import { listCredentials } from '../../rooms/connections/credential.store.ts';
import type { Credential } from '../../rooms/connections/credential.ts';
import { listGrants } from '../../rooms/consent/store.ts';
import { usesOfAgent } from '../../rooms/policies/budget.store.ts';
import { findPolicy } from '../../rooms/policies/store.ts';
import type { Policy } from '../../rooms/policies/policy.ts';
import type { Catalogue } from '../../rooms/resources/catalogue.store.ts';
import { accessOf, budgetOf, connectionsOf, evidenceOf } from './directory-detail.ts';
import { agentDetailView, type AgentDetail } from './directory-view.ts';

export type DirectoryDeps = {
  db: Db;
  agentSettings: AgentSettings;
  settings: Pick<RegistrationSettings, 'current'>;
  catalogue: Pick<Catalogue, 'ready' | 'byId'>;
  connections: ConnectionBook;
};

/** More than an agent has by any sensible use; whoever has more sees the oldest of them. */
const MOST = 500;
const WEEK = 7 * 86_400_000;

/** One agent with what several rooms know of it: what it may do and did, what it may be handed, what it used up, where it came from. */
export function directoryRoutes(deps: DirectoryDeps): Route[] {
  return [
    route({
      method: 'GET',
      path: '/admin/v1/agents/:id',
      access: 'admin:agents:read',
      audit: ['admin.read'],
      summary: 'One agent: what it may do by whose word and when it last did, its connections, budgets, evidence and refusals',
      output: { 200: agentDetailView, 404: 'No such id' },
      async handle({ params, now }) {
        const id = params['id'] ?? '';
        const agent = await findListedAgent(deps.db, id, { idleSince: idleSince(deps.agentSettings.current(), now) });
        return agent === undefined ? notFound('agent', id) : json(200, await detailOf(deps, agent, now), etag(agent.version));
      },
    }),
  ];
}

async function detailOf(deps: DirectoryDeps, agent: ListedAgent, now: number): Promise<AgentDetail> {
  const { db, catalogue, connections } = deps;
  await Promise.all([catalogue.ready(), connections.ready()]);
  const [grants, uses, credentials, budgets, refusals, evidence] = await Promise.all([
    listGrants(db, { agent: agent.id }, { limit: MOST }),
    scopeUsesOf(db, agent.id),
    credentialsFor(db, agent),
    usesOfAgent(db, agent.id),
    refusalsOf(db, agent.id, now - WEEK),
    evidenceFor(deps, agent),
  ]);
  const policies = await policiesOf(db, [...new Set(budgets.map(({ rule }) => rule))]);
  return {
    ...presentAgent(agent),
    access: accessOf({ grants, uses, resource: (id) => catalogue.byId(id) }, now),
    connections: connectionsOf(agent, { credentials, uses, name: (id) => connections.byId(id)?.name }),
    budget: budgetOf({ uses: budgets, policy: (id) => policies.get(id) }, now),
    evidence,
    refusals,
  };
}

async function credentialsFor(db: Db, agent: ListedAgent): Promise<Credential[]> {
  const { principal, tenantId } = agent;
  const wanted = [
    { agent: agent.id },
    ...(principal.kind === 'user' ? [{ user: principal.id }] : []),
    ...(principal.kind === 'user' || tenantId === undefined ? [] : [{ tenant: tenantId }]),
  ];
  return (await Promise.all(wanted.map((by) => listCredentials(db, by, { limit: MOST })))).flat();
}

async function policiesOf(db: Db, ids: readonly string[]): Promise<ReadonlyMap<string, Policy>> {
  const found = await Promise.all(ids.map((id) => findPolicy(db, id)));
  return new Map(found.flatMap((policy) => (policy === undefined ? [] : [[policy.id, policy]])));
}

async function evidenceFor({ db, settings }: DirectoryDeps, { clientId }: ListedAgent): Promise<AgentDetail['evidence']> {
  const client = await findClient(db, clientId);
  if (client === undefined) return null;
  const [document, from] = await Promise.all([
    client.registrationType === 'cimd' ? findDocument(db, clientId) : undefined,
    registeredFrom(db, clientId),
  ]);
  return evidenceOf(client, { registeredFrom: from, document, verifiedHosts: settings.current().cimd.verifiedHosts });
}
