import type { GrantName } from '@writ/policy';
import { registrationFault } from '../clients/admit.ts';
import type { Client } from '../clients/client.ts';
import { policyRequest, type Question } from '../policies/question.ts';
import { heardFor } from '../policies/proxied.ts';
import { withScopeStepUps } from '../policies/requirements.ts';
import { isHeld } from '../resources/held.ts';
import { isBehind } from '../resources/proxied.ts';
import type { Resource } from '../resources/resource.ts';
import { declaredBy } from '../tenants/role.ts';
import { allowsGrant, type Tenant } from '../tenants/tenant.ts';
import { isMember, membershipIn } from '../users/membership.ts';
import type { User } from '../users/user.ts';
import { allowCauses, roleCauses } from './causes.ts';
import { meetable, openConditions, type Means } from './conditions.ts';
import type { HubFacts } from './facts.ts';
import type { Cause, Condition } from './graph.ts';
import type { Judge, Unknown } from './judge.ts';

/** A request for a token that nobody has made: everything that the token endpoint would know of it. */
export type Asking = {
  judgedAs: GrantName;
  client: Client;
  agent: { id: string; state: 'active' };
  user?: User | undefined;
  tenant?: Tenant | undefined;
  resource: Resource;
  /** What may be asked for at most: of the consent, of the client, of what was presented. */
  scopes: readonly string[];
  actors: readonly { readonly sub: string }[];
  means: Pick<Means, 'canConsent' | 'consentedAt'>;
  unknown: Unknown;
};

export type Reached = { scopes: readonly string[]; causes: readonly Cause[]; conditions: readonly Condition[] };

/**
 * What of it would be granted, by the steps of the token endpoint (doors/oauth/token/settle.ts) and the engine that decides there; undefined: nothing.
 * Whoever is frozen is judged as if they were not: what stops them is said beside the edge.
 */
export function reached(hub: HubFacts, judge: Judge, asking: Asking): Reached | undefined {
  const { judgedAs, client, user, tenant, resource } = asking;
  if (user !== undefined && tenant !== undefined && !isMember(user, tenant)) return undefined;
  if (tenant !== undefined && !allowsGrant(tenant, judgedAs)) return undefined;
  if (!isBehind(resource, tenant?.id) || registrationFault(resource.registration, client) !== undefined) return undefined;
  const membership = membershipIn(user, tenant, hub.roles);
  const declared = declaredBy(hub.roles);
  const held = new Set(membership.permissions);
  const shut = new Set(
    user === undefined ? [] : resource.scopes.filter((scope) => !isHeld(scope, { declared, held })).map(({ name }) => name),
  );
  const scopes = asking.scopes.filter((name) => !shut.has(name));
  if (scopes.length === 0) return undefined;
  const request = policyRequest(questionOf(hub, asking), scopes);
  const { decision: decided, open } = judge.ask(request, asking.unknown);
  const heard = heardFor(resource, decided);
  const decision = user === undefined ? heard : withScopeStepUps(heard, resource);
  const met = meetable(decision, { ...asking.means, hasUser: user !== undefined, now: hub.now });
  if (met.scopes.length === 0) return undefined;
  // Of a proxy the rules speak of the connection's scopes, and the token has one of its own.
  const about = resource.proxied === undefined ? met.scopes : decided.granted;
  const waiting = new Set(open.map(({ rule }) => rule.id));
  const allows = allowCauses(judge, decided, about, resource.name);
  const certain = new Set(allows.filter(({ id }) => !waiting.has(id)).flatMap((cause) => cause.scopes ?? []));
  const speaking = decided.rules.flatMap((id) => judge.rule(id) ?? []);
  const roles = roleCauses({ user, tenant, membership, roles: hub.roles, declared }, resource, met.scopes, speaking);
  const conditions = [...met.conditions, ...openConditions(open, about, (name) => certain.has(name)), ...keyCondition(client, resource)];
  return { scopes: met.scopes, causes: [...allows, ...roles], conditions };
}

function questionOf(hub: HubFacts, { judgedAs, client, user, tenant, agent, resource, actors }: Asking): Question {
  return {
    grant: judgedAs,
    client,
    resource,
    user,
    membership: membershipIn(user, tenant, hub.roles),
    tenant,
    agent,
    now: hub.now,
    ...(actors.length === 0 ? {} : { actors }),
  };
}

/** What resource or client ask of every token (RFC 9449). */
function keyCondition({ settings }: Client, resource: Resource): Condition[] {
  return resource.settings.dpop === undefined && settings.dpopBoundAccessTokens !== true
    ? []
    : [{ kind: 'proof_of_possession', sentence: 'The client has to prove a key (DPoP).' }];
}
