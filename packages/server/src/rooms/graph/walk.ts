import { compilePolicies, rulesFor, type GrantName, type PolicyRule, type Who } from '@writ/policy';
import type { Principal } from '../agents/agent.ts';
import type { Client } from '../clients/client.ts';
import { resourcePart } from '../policies/who.ts';
import type { HubFacts } from './facts.ts';

/** Whose households may have to do with what is asked: walked phase by phase, each in the order of a key. */
export type Walk = {
  /** Known at once. */
  named?: readonly Principal[] | undefined;
  /** Of agents: of these clients, or in this tenant. */
  agents?: { clients: readonly string[] } | { tenant: string } | undefined;
  /** Users with a yes for one of these resources; `all`: for any. */
  grants?: readonly string[] | 'all' | undefined;
  /** What follows from a tenant's yes. */
  under?: string | undefined;
  /** Clients for themselves and for tenants: all, or these. */
  selves?: 'all' | readonly string[] | undefined;
  /** Members with this role. */
  role?: string | undefined;
};

/** The tag by which a client stands for a resource (rooms/clients/serves.ts). */
const SERVER_TAG = 'resource-server:';

function servedBy(clients: readonly Client[]): string[] {
  return [
    ...new Set(clients.flatMap(({ tags }) => tags.flatMap((tag) => (tag.startsWith(SERVER_TAG) ? [tag.slice(SERVER_TAG.length)] : [])))),
  ];
}

/** Whoever's tokens come into the hands of these clients: their own agents, and users with a yes for what they serve. */
export function ofClients(hub: HubFacts, ids: readonly string[]): Walk {
  const served = servedBy(hub.exchangers.filter(({ id }) => ids.includes(id)));
  return { agents: { clients: ids }, selves: ids, ...(served.length === 0 ? {} : { grants: served }) };
}

export function ofTenant(id: string): Walk {
  return { named: [{ kind: 'tenant', id }], agents: { tenant: id } };
}

export function ofPrincipal(principal: Principal): Walk {
  return { named: [principal] };
}

/** Allow rules that could let somebody at it by one of these ways. */
function allowing(hub: HubFacts, target: Who['target'], grants: readonly GrantName[]): PolicyRule[] {
  if (target === undefined) return [];
  const rules = hub.book.rules.filter(
    (rule) => rule.effect === 'allow' && rule.state === 'enforce' && grants.some((grant) => rule.grants?.includes(grant) !== false),
  );
  const possible = new Set(
    rulesFor(compilePolicies(rules.map(({ grants: _, ...rule }) => rule)), { target })
      .filter(({ covers }) => covers !== 'no')
      .map(({ rule }) => rule),
  );
  return rules.filter(({ id }) => possible.has(id));
}

/** The clients that these rules name; undefined: it may be any. */
function namedIn(rules: readonly PolicyRule[]): string[] | undefined {
  const named: string[] = [];
  for (const { subject } of rules) {
    if (!('clients' in subject)) return undefined;
    named.push(...subject.clients);
  }
  return [...new Set(named)];
}

/** Everybody who may reach one of these resources: by their yes, clients for themselves, and whoever exchanges what others bring. */
export function ofResources(hub: HubFacts, ids: readonly string[]): Walk {
  const targets = hub.resources.filter(({ id }) => ids.includes(id)).map(resourcePart);
  const selfRules = targets.flatMap((target) => allowing(hub, target, ['client_credentials', 'jwt_bearer']));
  const exchangeRules = targets.flatMap((target) => allowing(hub, target, ['token_exchange']));
  const selves = selfRules.length === 0 ? [] : (namedIn(selfRules) ?? 'all');
  const named = namedIn(exchangeRules);
  const exchangers = exchangeRules.length === 0 ? [] : hub.exchangers.filter(({ id }) => named?.includes(id) !== false);
  // Whoever exchanges a token that a client has for itself acts for that client or its tenant.
  const everySelf = exchangers.length > 0 ? 'all' : selves;
  return {
    ...(exchangers.length === 0 ? {} : { agents: { clients: exchangers.map(({ id }) => id) } }),
    grants: [...new Set([...ids, ...servedBy(exchangers)])],
    ...(everySelf.length === 0 ? {} : { selves: everySelf }),
  };
}

/** Everybody who may have a credential of one of these connections, or a call with it. Any client with a token may call, where a rule lets it. */
export function ofConnections(hub: HubFacts, ids: readonly string[]): Walk {
  const rules = hub.connections
    .filter(({ id }) => ids.includes(id))
    .flatMap(({ id, type, tags }) => allowing(hub, { kind: 'connection', id, type, tags }, ['token_exchange']));
  if (rules.length === 0) return {};
  const named = namedIn(rules);
  if (named === undefined) return { agents: { clients: hub.exchangers.map(({ id }) => id) }, grants: 'all', selves: 'all' };
  const walk = ofClients(hub, named);
  return hub.exchangers.some(({ id }) => named.includes(id)) ? { ...walk, selves: 'all' } : walk;
}

/** Everybody whom a rule may be about. */
export function ofRule(hub: HubFacts, { subject, target }: PolicyRule): Walk {
  if ('clients' in subject)
    return {
      ...ofClients(hub, subject.clients),
      ...(hub.exchangers.some(({ id }) => subject.clients.includes(id)) ? { selves: 'all' as const } : {}),
    };
  if ('resources' in target && Array.isArray(target.resources)) return ofResources(hub, target.resources);
  if ('connections' in target) {
    const { connections } = target;
    return ofConnections(hub, Array.isArray(connections) ? connections : hub.connections.map(({ id }) => id));
  }
  return { agents: { clients: hub.exchangers.map(({ id }) => id) }, grants: 'all', selves: 'all' };
}
