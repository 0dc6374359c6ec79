import { hasScopes } from '../connections/connection.ts';
import { ownerWords } from '../connections/credential.ts';
import { nodeKindOf } from './entry.ts';
import type { HubFacts, Household } from './facts.ts';
import { highest, keyOf, principalKey, type Cause, type Edge, type Node, type NodeKind } from './graph.ts';

const KIND_OF_CAUSE: Partial<Record<Cause['kind'], NodeKind>> = {
  policy: 'policy',
  consent: 'grant',
  'tenant-consent': 'grant',
  credential: 'credential',
  role: 'role',
};

/** The node of a cause, as key; undefined for what is none. */
export function nodeOfCause({ kind, id }: Cause): string | undefined {
  const node = KIND_OF_CAUSE[kind];
  return node === undefined ? undefined : keyOf(node, id);
}

/** Everything that these edges name, each once, with its name and state. */
export function nodesOf(hub: HubFacts, households: readonly Household[], edges: readonly Edge[], also: readonly string[] = []): Node[] {
  const keys = new Set(also);
  for (const edge of edges) {
    for (const key of [edge.from, edge.to, edge.for]) if (key !== undefined) keys.add(key);
    for (const cause of edge.by) {
      const key = nodeOfCause(cause);
      if (key !== undefined) keys.add(key);
    }
    for (const id of edge.through ?? []) keys.add(keyOf('client', id));
    if (edge.tenant !== undefined) keys.add(keyOf('tenant', edge.tenant));
  }
  const risks = risksOf(edges);
  return [...keys].flatMap((key) => {
    const of = nodeKindOf(key);
    return of === undefined ? [] : [nodeOf(hub, households, { key, ...of, risk: risks.get(key) })];
  });
}

function risksOf(edges: readonly Edge[]): ReadonlyMap<string, Node['risk']> {
  const risks = new Map<string, Node['risk']>();
  for (const { from, risk, refused } of edges) if (refused === undefined) risks.set(from, highest([risks.get(from), risk]));
  return risks;
}

type Bare = Pick<Node, 'key' | 'kind' | 'id' | 'risk'>;
type Said = { name: string; state?: string | undefined; scopes?: readonly string[] };

function nodeOf(hub: HubFacts, households: readonly Household[], { risk, ...bare }: Bare): Node {
  const said = SAY[bare.kind](bare.id, hub, households) ?? { name: bare.id };
  return { ...bare, ...said, ...(risk === undefined ? {} : { risk }) };
}

const SAY: Record<NodeKind, (id: string, hub: HubFacts, households: readonly Household[]) => Said | undefined> = {
  agent(id, hub, households) {
    for (const of of households) {
      const agent = of.agents.find((one) => one.id === id);
      if (agent !== undefined)
        return { name: `${clientName(agent.clientId, hub, households)} for ${principalName(of)}`, state: agent.state };
    }
    return undefined;
  },
  client(id, hub, households) {
    const found =
      households.map(({ clients }) => clients.get(id)).find((one) => one !== undefined) ?? hub.exchangers.find((one) => one.id === id);
    return found && { name: found.name, state: found.state };
  },
  user(id, _hub, households) {
    const found = households.find(({ user }) => user?.id === id)?.user;
    return found && { name: found.name ?? found.email, state: found.state };
  },
  tenant(id, _hub, households) {
    const found = households.map(({ tenants }) => tenants.get(id)).find((one) => one !== undefined);
    return found && { name: found.name, state: found.state };
  },
  role: (id) => ({ name: id }),
  resource(id, { resources, proxies }) {
    const found = resources.find((one) => one.id === id) ?? proxies.find((one) => one.id === id);
    return found && { name: found.name, scopes: found.scopes.map(({ name }) => name) };
  },
  connection(id, { connections }) {
    const found = connections.find((one) => one.id === id);
    return found && { name: found.name ?? id, state: found.state, ...(hasScopes(found) ? { scopes: found.scopes } : {}) };
  },
  credential(id, _hub, households) {
    const found = households.flatMap(({ credentials }) => credentials).find((one) => one.id === id);
    return found && { name: `${ownerWords(found.owner)}${found.label === '' ? '' : `, ${found.label}`}`, state: found.state };
  },
  policy(id, { book }) {
    const found = book.rules.find((rule) => rule.id === id);
    return found && { name: found.name ?? id, state: found.state };
  },
  grant(id, hub, households) {
    const found = households.flatMap(({ grants }) => grants).find((one) => one.id === id);
    if (found === undefined) return { name: 'a tenant’s consent' };
    return { name: `consent to ${clientName(found.clientId, hub, households)}`, state: found.state };
  },
};

function clientName(id: string, hub: HubFacts, households: readonly Household[]): string {
  return SAY.client(id, hub, households)?.name ?? id;
}

function principalName({ principal, user, tenants }: Household): string {
  if (principal.kind === 'user') return user?.name ?? user?.email ?? principal.id;
  return principal.kind === 'tenant' ? (tenants.get(principal.id)?.name ?? principal.id) : 'itself';
}

/** What binds together those whom reaching edges name: whose agents they are, of which client, in which tenant, with which role. */
export function bonds(hub: HubFacts, households: readonly Household[], edges: readonly Edge[]): Edge[] {
  const found = new Map<string, Edge>();
  const put = (edge: Omit<Edge, 'id' | 'conditions'>): void => {
    const id = `${edge.from}|${edge.kind}|${edge.to}`;
    found.set(id, { id, conditions: [], ...edge });
  };
  const starting = new Set(edges.map(({ from }) => from));
  const roles = new Set(edges.flatMap(({ by }) => by.flatMap((cause) => (cause.kind === 'role' ? [cause.id] : []))));
  for (const of of households) {
    const principal = principalKey(of.principal);
    if (!edges.some((edge) => edge.for === principal)) continue;
    const name = principalName(of);
    for (const agent of of.agents) {
      const key = keyOf('agent', agent.id);
      if (!starting.has(key)) continue;
      const client = clientName(agent.clientId, hub, households);
      const sentence = of.principal.kind === 'client' ? `${client} acts for itself.` : `${client} acts for ${name}.`;
      if (of.principal.kind !== 'client')
        put({ from: principal, to: key, kind: 'acts_for', by: [{ kind: 'record', id: agent.id, sentence }] });
      put({ from: keyOf('client', agent.clientId), to: key, kind: 'runs', by: [{ kind: 'record', id: agent.id, sentence }] });
    }
    for (const { id, roles: held } of of.user?.tenants ?? []) {
      if (!edges.some((edge) => edge.tenant === id && edge.for === principal)) continue;
      const words = held.length === 0 ? '' : `, with ${held.join(', ')}`;
      const membership: Cause = { kind: 'membership', id: `${of.principal.id}@${id}`, sentence: `${name} belongs to ${id}${words}.` };
      put({ from: keyOf('tenant', id), to: principal, kind: 'belongs', by: [membership] });
      for (const role of held)
        if (roles.has(role)) put({ from: keyOf('role', role), to: principal, kind: 'holds', tenant: id, by: [membership] });
    }
  }
  return [...found.values()];
}
