import type { JourneyState, Purpose } from '@writ/flow';
import { decide, type PolicyRequest } from '@writ/policy';
import { grantable } from '../policies/grantable.ts';
import { policyRequest } from '../policies/question.ts';
import { withScopeStepUps, type Need } from '../policies/requirements.ts';
import { setFor, type Rulebook } from '../policies/rulebook.ts';
import { isHeld } from '../resources/held.ts';
import type { Resource } from '../resources/resource.ts';
import { declaredBy } from '../tenants/role.ts';
import type { Role } from '../tenants/tenant.ts';

/** A scope as the consent page would show it, or why it would not: for whoever administers, never for the page. */
export type OfferedScope = {
  name: string;
  title: string;
  description: string;
  risk: string;
  required: boolean;
  offered: boolean;
  because: 'policy' | 'permission_missing' | `policy_requires_${Need}` | null;
};

export type Judging = { resource: Resource | undefined; book: Rulebook; roles: readonly Role[]; purpose: Purpose; now: number };

/**
 * What a consent page would offer: by the rules in force and the roles of this person, with the claims that the flow has set. Of what the real page looks
 * up too (older consent, the agent's state), nothing is known of a made-up request; a resource that is made up has no rules, and all of it is offered.
 */
export function offeredScopes(state: JourneyState, judging: Judging): OfferedScope[] {
  const { request } = state.facts;
  const { resource } = judging;
  const described = new Map(resource?.scopes.map((scope) => [scope.name, scope]));
  const hidden = resource === undefined ? new Map<string, OfferedScope['because']>() : hiddenScopes(state, resource, judging);
  return request.scopes.map((name) => {
    const { title = name, description = '', risk = request.risks[name] ?? 'low', required = false } = described.get(name) ?? {};
    const because = hidden.get(name) ?? null;
    return { name, title, description, risk, required, offered: because === null, because };
  });
}

function hiddenScopes(state: JourneyState, resource: Resource, judging: Judging): Map<string, OfferedScope['because']> {
  const { facts, proof } = state;
  const { roles, now } = judging;
  const question = questionOf(state, resource, judging);
  const decision = withScopeStepUps(decide(setFor(judging.book, question), question), resource);
  const can = grantable(decision, { acr: proof?.acr ?? '0', consentedAt: undefined, now });
  const permissions = { declared: declaredBy(roles), held: new Set(facts.user?.permissions ?? []) };
  const described = new Map(resource.scopes.map((scope) => [scope.name, scope]));
  const why = (name: string): OfferedScope['because'] => {
    const scope = described.get(name);
    if (scope !== undefined && !isHeld(scope, permissions)) return 'permission_missing';
    if (can.scopes.includes(name)) return null;
    const needs = can.withheld.find(({ scopes }) => scopes.includes(name))?.needs;
    return needs === undefined ? 'policy' : `policy_requires_${needs}`;
  };
  return new Map(facts.request.scopes.map((name) => [name, why(name)]));
}

/** As which grant policy judges what comes of a flow. */
const GRANT: Readonly<Record<Purpose, PolicyRequest['grant']>> = {
  authorize: 'authorization_code',
  connect: 'authorization_code',
  registration: 'authorization_code',
  sign_in: 'authorization_code',
  device: 'device_code',
  ciba: 'ciba',
};

function questionOf({ facts, claims, proof }: JourneyState, resource: Resource, { purpose, now }: Judging): PolicyRequest {
  const { user, request } = facts;
  const { owner, ...client } = facts.client;
  return policyRequest(
    {
      grant: GRANT[purpose],
      resource,
      client: { ...client, ...(owner === '' ? {} : { owner }) },
      user: user === undefined ? undefined : { ...user, tenants: user.tenantIds.map((id) => ({ id })) },
      membership: { roles: user?.roles ?? [], permissions: user?.permissions ?? [] },
      tenant: facts.tenant,
      login: proof,
      ip: request.ip,
      now,
      jwtClaims: Object.keys(claims).length === 0 ? undefined : claims,
    },
    request.scopes,
  );
}
