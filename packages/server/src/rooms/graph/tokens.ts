import { GRANT_TYPES } from '@writ/protocol';
import type { GrantName } from '@writ/policy';
import type { Agent, Principal } from '../agents/agent.ts';
import type { Client } from '../clients/client.ts';
import { actsIn, serves } from '../clients/serves.ts';
import type { Grant } from '../consent/grant.ts';
import { narrowScopes } from '../resources/narrow.ts';
import type { Resource } from '../resources/resource.ts';
import { chainAfter, hopsOf } from '../tokens/lineage.ts';
import type { Tenant } from '../tenants/tenant.ts';
import { comparisonsIn, consentCauses } from './causes.ts';
import type { HubFacts, Household } from './facts.ts';
import type { Cause, Condition, Stopped } from './graph.ts';
import type { Judge, Unknown } from './judge.ts';
import { reached } from './reach.ts';
import { firstStop } from './stopped.ts';

/** An access token that somebody could have: who holds it, for what it is good, and all that it took. */
export type Token = {
  way: GrantName;
  client: Client;
  /** Absent: the first one makes the agent. */
  agent: Agent | undefined;
  tenant: Tenant | undefined;
  resource: Resource;
  scopes: readonly string[];
  /** As the claim `act` would say it, nearest first; empty while nobody exchanged. */
  actors: readonly { readonly sub: string }[];
  /** The user's yes that it goes back to. */
  grant: Grant | undefined;
  causes: readonly Cause[];
  conditions: readonly Condition[];
  stopped: Stopped | undefined;
  unknown: Unknown;
};

export type Limits = {
  /** Targets of an exchange that are worth looking at, beside those from where it goes on. */
  wants(resource: Resource): boolean;
  /** Tokens of one household at most; more is said to be cut. */
  most: number;
};

export type Held = { tokens: readonly Token[]; cut: boolean };

/** Every access token that can be had for this principal: first by consent and by clients for themselves, then by exchange of those, and so on. */
export function tokensFor(hub: HubFacts, judge: Judge, of: Household, limits: Limits): Held {
  const tokens: Token[] = [...byConsent(hub, judge, of), ...bySelf(hub, judge, of)];
  const chains = chainsIn(hub.book);
  const seen = new Set(tokens.map((token) => keyOfToken(token, chains)));
  for (let at = 0; at < tokens.length; at += 1) {
    if (tokens.length > limits.most) return { tokens: tokens.slice(0, limits.most), cut: true };
    const from = tokens[at];
    if (from === undefined) continue;
    for (const next of exchanged(hub, judge, of, { from, limits })) {
      const key = keyOfToken(next, chains);
      if (seen.has(key)) continue;
      seen.add(key);
      tokens.push(next);
    }
  }
  return { tokens, cut: of.cut };
}

/**
 * What tells tokens apart: who holds them, where they are good, for which tenant, what they hold, and who had the first. Of chains that differ only
 * between these the shortest stands for all, unless a rule looks at chains: nothing else could come of the others.
 */
function keyOfToken({ way, client, resource, tenant, actors, grant, scopes, stopped }: Token, chains: Chains): string {
  const first = actors.at(-1)?.sub ?? '';
  const chain = [
    chains.depth ? actors.length : 0,
    chains.actors
      ? actors
          .map(({ sub }) => sub)
          .toSorted()
          .join(' ')
      : '',
  ];
  const consent = actors.length === 0 ? (grant?.id ?? '') : '';
  return [way, client.id, resource.id, tenant?.id ?? '', first, ...chain, consent, scopes.join(' '), stopped?.what ?? ''].join('\n');
}

/** `depth`: chains longer than this are the same to every rule. */
type Chains = { depth: number; actors: boolean };

function chainsIn({ rules }: HubFacts['book']): Chains {
  const comparisons = rules.flatMap(({ subject }) => comparisonsIn(subject));
  const numbers = comparisons.flatMap(({ key, value }) =>
    key === 'delegation.depth' ? [value].flat().filter((one) => typeof one === 'number') : [],
  );
  const bounds = rules.flatMap(({ require }) => require?.maxDelegationDepth ?? []);
  const depths = [...numbers, ...bounds];
  return {
    depth: depths.length === 0 ? 0 : Math.ceil(Math.max(...depths)) + 1,
    actors: comparisons.some(({ key }) => key === 'delegation.actors'),
  };
}

function wireOf(grant: GrantName): string {
  return GRANT_TYPES[grant];
}

function may(client: Client, grant: GrantName): boolean {
  return client.state !== 'revoked' && client.grants.includes(wireOf(grant));
}

/** How a yes was come by stands where the code went (rooms/journeys/journey.ts, `consentAddress`). */
function wayOf({ redirectUri }: Grant): GrantName {
  return redirectUri === GRANT_TYPES.device_code ? 'device_code' : redirectUri === GRANT_TYPES.ciba ? 'ciba' : 'authorization_code';
}

function* byConsent(hub: HubFacts, judge: Judge, of: Household): Generator<Token> {
  const { user } = of;
  if (of.principal.kind !== 'user' || user === undefined || user.state === 'revoked') return;
  for (const grant of of.grants) {
    const token = ofGrant(hub, judge, of, grant);
    if (token !== undefined) yield token;
  }
}

function ofGrant(hub: HubFacts, judge: Judge, of: Household, grant: Grant): Token | undefined {
  const { user } = of;
  const client = of.clients.get(grant.clientId);
  const agent = of.agents.find(({ id }) => id === grant.agentId);
  const resource = resourceOf(hub, grant.resourceId);
  const tenant = grant.tenantId === undefined ? undefined : of.tenants.get(grant.tenantId);
  const way = wayOf(grant);
  if (user === undefined || client === undefined || agent === undefined || agent.state === 'revoked' || resource === undefined)
    return undefined;
  if (grant.tenantId !== undefined && (tenant === undefined || tenant.state === 'revoked')) return undefined;
  const goesOn = grant.persistent && client.grants.includes(GRANT_TYPES.refresh_token);
  if (client.state === 'revoked' || !(may(client, way) || goesOn)) return undefined;
  const unknown = { login: true, claims: true };
  const got = reached(hub, judge, {
    judgedAs: way,
    client,
    agent: { id: agent.id, state: 'active' },
    user,
    tenant,
    resource,
    scopes: narrowScopes(resource, grant.scopes, client.scopes).known,
    actors: [],
    means: { canConsent: true, consentedAt: grant.consentedAt },
    unknown,
  });
  if (got === undefined) return undefined;
  const names = { user: user.name ?? user.id, client: client.name, target: resource.name };
  const stopped = firstStop({ client, agent, user, tenant, grant });
  return {
    way,
    client,
    agent,
    tenant,
    resource,
    grant,
    actors: [],
    stopped,
    unknown,
    scopes: got.scopes,
    causes: [...consentCauses(grant, names), ...got.causes],
    conditions: got.conditions,
  };
}

/** Clients for themselves, or for the tenant that they serve; and whom a trusted issuer vouches for. */
function* bySelf(hub: HubFacts, judge: Judge, of: Household): Generator<Token> {
  const { principal } = of;
  if (principal.kind === 'user') return;
  const tenant = principal.kind === 'tenant' ? of.tenants.get(principal.id) : undefined;
  if (principal.kind === 'tenant' && (tenant === undefined || tenant.state === 'revoked')) return;
  const targets = [...hub.resources, ...hub.proxies];
  for (const client of of.clients.values()) {
    if (!isSelf(client, principal)) continue;
    const agent = agentOf(of, client);
    if (agent?.state === 'revoked') continue;
    for (const way of ['client_credentials', 'jwt_bearer'] as const) {
      if (!may(client, way) || (way === 'client_credentials' ? client.public : client.workload === undefined)) continue;
      for (const resource of targets) {
        const token = ofSelf(hub, judge, { way, client, agent, tenant, resource });
        if (token !== undefined) yield token;
      }
    }
  }
}

function isSelf(client: Client, principal: Principal): boolean {
  return principal.kind === 'tenant' ? client.tenants.includes(principal.id) : client.id === principal.id && client.tenants.length === 0;
}

type Self = Pick<Token, 'way' | 'client' | 'agent' | 'tenant' | 'resource'>;

function ofSelf(hub: HubFacts, judge: Judge, self: Self): Token | undefined {
  const { way, client, agent, tenant, resource } = self;
  const unknown = { login: false, claims: client.workload !== undefined };
  const got = reached(hub, judge, {
    judgedAs: way,
    client,
    agent: { id: agent?.id ?? NOT_YET, state: 'active' },
    tenant,
    resource,
    scopes: narrowScopes(resource, undefined, client.scopes).known,
    actors: [],
    means: { canConsent: false },
    unknown,
  });
  if (got === undefined) return undefined;
  const vouched: Condition[] =
    client.workload === undefined ? [] : [{ kind: 'assertion', sentence: 'A trusted issuer has to vouch for the workload.' }];
  const stopped = firstStop({ client, agent, tenant });
  return {
    ...self,
    actors: [],
    grant: undefined,
    stopped,
    unknown,
    scopes: got.scopes,
    causes: got.causes,
    conditions: [...vouched, ...got.conditions],
  };
}

/** Stands for the id of an agent that the first token makes. */
const NOT_YET = 'agt_new';

/** The agent of this client for whom the household is. */
export function agentOf(of: Household, client: Client): Agent | undefined {
  return of.agents.find(({ clientId }) => clientId === client.id);
}

export function resourceOf(hub: HubFacts, id: string): Resource | undefined {
  return hub.resources.find((resource) => resource.id === id) ?? hub.proxies.find((resource) => resource.id === id);
}

/** Who may exchange this token, and who then acted. */
export function* exchangersOf(hub: HubFacts, from: Token): Generator<{ client: Client; actors: Token['actors'] }> {
  for (const client of hub.exchangers) {
    if (client.public || !may(client, 'token_exchange') || !actsIn(client, from.tenant?.id)) continue;
    // What it got by exchange already leads it nowhere that the token before would not: it is in the chain, and only shrinks.
    if (from.client.id === client.id && from.way === 'token_exchange') continue;
    // A token that is bound to a key is exchanged by whoever has the key.
    if (from.client.id !== client.id && (!serves(client, from.resource.id) || isBound(from))) continue;
    const actors = chainAfter({ clientId: from.client.id, actors: from.actors }, { sub: client.id });
    if (hopsOf(actors) <= hub.maxDepth) yield { client, actors };
  }
}

export function isBound({ conditions }: Pick<Token, 'conditions'>): boolean {
  return conditions.some(({ kind }) => kind === 'proof_of_possession');
}

/** Of whoever exchanged `from`: the condition that there is one to exchange, and what stops either. */
export function afterExchange(
  of: Household,
  from: Token,
  client: Client,
): { agent: Agent | undefined; conditions: Condition[]; stopped: Stopped | undefined } | undefined {
  const agent = agentOf(of, client);
  if (agent?.state === 'revoked') return undefined;
  const whose = from.client.id === client.id ? 'its own token' : `a token of ${from.client.name}`;
  return {
    agent,
    conditions: [{ kind: 'subject_token', sentence: `It presents ${whose} for ${from.resource.name}.` }],
    stopped: firstStop({ client, agent, user: of.user, tenant: from.tenant }) ?? from.stopped,
  };
}

function* exchanged(hub: HubFacts, judge: Judge, of: Household, { from, limits }: { from: Token; limits: Limits }): Generator<Token> {
  for (const { client, actors } of exchangersOf(hub, from)) {
    const after = afterExchange(of, from, client);
    if (after === undefined) continue;
    const { agent, conditions, stopped } = after;
    for (const resource of [...hub.resources, ...hub.proxies]) {
      if (!limits.wants(resource) && !hub.exchangers.some((one) => serves(one, resource.id))) continue;
      const got = reached(hub, judge, {
        judgedAs: 'token_exchange',
        client,
        agent: { id: agent?.id ?? NOT_YET, state: 'active' },
        user: of.user,
        tenant: from.tenant,
        resource,
        scopes: exchangeable(resource, client, from),
        actors,
        means: from.grant?.resourceId === resource.id ? { canConsent: false, consentedAt: from.grant.consentedAt } : { canConsent: false },
        unknown: { ...from.unknown, claims: true },
      });
      if (got === undefined) continue;
      const { tenant, grant } = from;
      const made = { way: 'token_exchange' as const, client, agent, tenant, resource, grant, actors, stopped };
      yield {
        ...made,
        unknown: { ...from.unknown, claims: true },
        scopes: got.scopes,
        causes: got.causes,
        conditions: [...conditions, ...got.conditions],
      };
    }
  }
}

/** Scopes of the same resource only shrink; of another one policy gives them, or none (doors/oauth/token/token-exchange.ts). */
function exchangeable(resource: Resource, client: Client, from: Token): readonly string[] {
  const bounds = [
    ...(from.resource.id === resource.id ? [new Set(from.scopes)] : []),
    ...(from.grant?.resourceId === resource.id ? [new Set(from.grant.scopes)] : []),
  ];
  return narrowScopes(resource, undefined, client.scopes).known.filter((name) => bounds.every((bound) => bound.has(name)));
}
