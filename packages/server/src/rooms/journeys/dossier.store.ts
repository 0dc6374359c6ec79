import type { ConsentVerdict, Json, JourneyApproval, JourneyProof } from '@writ/flow';
import type { Decision, PolicyRequest } from '@writ/policy';
import type { Db } from '../../base/db.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { findAgentOf } from '../agents/store.ts';
import type { EventData } from '../audit/event.ts';
import type { Client } from '../clients/client.ts';
import type { Grant } from '../consent/grant.ts';
import { findLiveGrant, holdsNext } from '../consent/store.ts';
import type { GrantSetting } from '../consent/until.ts';
import { grantable, type Grantable } from '../policies/grantable.ts';
import { heardFor } from '../policies/proxied.ts';
import { policyRequest } from '../policies/question.ts';
import { withScopeStepUps, type Unmet } from '../policies/requirements.ts';
import { staysOpen } from '../resources/built-in.ts';
import { narrowScopes } from '../resources/narrow.ts';
import { isBehind } from '../resources/proxied.ts';
import type { Resource } from '../resources/resource.ts';
import { rolesInForce } from '../tenants/role.store.ts';
import { findTenant } from '../tenants/store.ts';
import type { Role, Tenant } from '../tenants/tenant.ts';
import { boundTenant } from '../users/bound.ts';
import { findUser } from '../users/store.ts';
import { consentAddress, grantOf, type ConsentRequest } from './journey.ts';
import { fallen, permissionsIn, questionOf, type Parties } from './judge.ts';
import { hiddenFrom, isEmpty, makeOffer, type Hidden, type Offer, type OfferFacts } from './offer.ts';
import { settledApproval } from './remembered.ts';
import type { TenantDeps } from './tenants.store.ts';

export type DossierDeps = Pick<TenantDeps, 'requiresSso'> & {
  db: Db;
  clients: { find(id: string): Promise<Result<Client, unknown>> };
  catalogue: { ready(): Promise<void>; byId(id: string): Resource | undefined };
  /** Until when people may allow, as set at this moment. */
  ends(): GrantSetting;
  /** Whether every agent of every tenant is stopped. */
  hubStopped(): boolean;
  desk: {
    decide(request: PolicyRequest): { id: string; decision: Decision };
    evidence(request: PolicyRequest, decision: Decision): EventData;
  };
};

/** All that bears on one person's consent to one request, as it is now. */
export type Dossier = {
  parties: Parties;
  grant: Grant | undefined;
  offer: Offer;
  /** Needs no page. */
  settled: JourneyApproval | undefined;
  decision: { id: string; evidence: EventData } | undefined;
  /** What requirements of policy keep from being offered. */
  withheld: readonly Unmet[];
  /** Scopes for which policy takes nobody's yes but the person's own, given lately. */
  personal: readonly string[];
  /** Everything that was asked for and is not offered, and why. */
  hidden: readonly Hidden[];
};

/** Why nothing can be allowed; `decision` and `withheld` where policy said so. */
export type Fallen = { reason: string; decision?: string; withheld?: readonly Unmet[] };

/** The same, as the flow hears it. */
export function nothingOf({ reason, decision }: Fallen): Extract<ConsentVerdict, { verdict: 'nothing' }> {
  return {
    verdict: 'nothing',
    reason,
    ...(decision === undefined ? {} : { decision }),
    ...(reason === 'step_up_required' || reason === 'sso_required' ? { error: 'unmet_authentication_requirements' } : {}),
  };
}

/**
 * Whether the sign-in is good for the tenant, however the flow is drawn: the provider of one tenant vouches for nobody in another, nor outside
 * of all; and where a tenant demands its own provider, nothing else will do.
 */
function waysObstacle({ requiresSso }: DossierDeps, { by = [] }: JourneyProof, { user, tenant }: Parties): string | undefined {
  const bound = boundTenant(by);
  if (bound !== undefined && bound !== tenant?.id) return 'sign_in_of_one_tenant';
  return tenant !== undefined && requiresSso(tenant.id, user) && !by.includes(`sso:${tenant.id}`) ? 'sso_required' : undefined;
}

/** What the journey knows when it comes to consent. */
export type Occasion = {
  request: ConsentRequest;
  proof: JourneyProof;
  tenant: string | undefined;
  /** What the flow has set for the token; policy judges by it too. */
  claims: Readonly<Record<string, Json>>;
  /** What the flow lets pass without a page. Left out: everything that may. */
  without?: { firstParty: boolean; remembered: boolean };
  ip: string | undefined;
  now: number;
};

/** Looks everything up afresh: between two pages a policy, a role or an account may have changed. */
export async function loadDossier(deps: DossierDeps, occasion: Occasion): Promise<Result<Dossier, Fallen>> {
  const found = await loadParties(deps, occasion);
  if (!found.ok) return found;
  const parties = found.value;
  const { client, resource } = parties;
  const { request, without = { firstParty: true, remembered: true } } = occasion;
  // CIBA: whoever else opens the link, or signs in as somebody else on the way, is not who was asked.
  const bound = request.kind === 'decoupled' ? request.userId : undefined;
  if (bound !== undefined && bound !== parties.user.id) return fail({ reason: 'another_account' });
  const stopped = deps.hubStopped() && !staysOpen(resource) ? 'hub_frozen' : undefined;
  const reason = stopped ?? fallen(parties, grantOf(request));
  if (reason !== undefined) return fail({ reason });
  const unproven = waysObstacle(deps, occasion.proof, parties);
  if (unproven !== undefined) return fail({ reason: unproven });

  const named = request.scopes !== undefined;
  const within = narrowScopes(resource, request.scopes, client.scopes).known;
  const key = {
    clientId: client.id,
    userId: parties.user.id,
    tenantId: parties.tenant?.id,
    resourceId: resource.id,
    redirectUri: consentAddress(request),
  };
  const grant = await findLiveGrant(deps.db, key, occasion.now);
  if (grant?.state === 'frozen' || (grant === undefined && (await holdsNext(deps.db, key)))) return fail({ reason: 'grant_frozen' });
  const asked = within.length > 0 || !named ? within : resource.scopes.map(({ name }) => name);
  const { grantable: can, ...decided } = judge(deps, parties, asked, grant, occasion);
  const refreshes = client.grants.includes('refresh_token');
  const offered: OfferFacts = {
    resource,
    within,
    named,
    identityScopes: request.identityScopes,
    details: request.authorizationDetails,
    granted: can,
    permissions: permissionsIn(parties),
    refreshes,
    grant,
    ends: deps.ends(),
  };
  const offer = makeOffer(offered);
  const { withheld } = can;
  if (isEmpty(offer, { named, within }) || can.scopes.length === 0) {
    const reason = withheld.some(({ needs }) => needs === 'stepUp') ? 'step_up_required' : 'nothing_permitted';
    return fail({ reason, withheld, ...(decided.id === undefined ? {} : { decision: decided.id }) });
  }
  // What a client asks for elsewhere is always shown: this page is the only place where a person sees whom a code from a mail or a phone
  // call really serves (RFC 8628 §5.4).
  const settled =
    request.kind === 'decoupled'
      ? undefined
      : settledApproval({
          client,
          redirectUri: request.redirectUri,
          named,
          grant,
          offer,
          details: request.authorizationDetails,
          mustAsk: request.ask.consent,
          without,
          ...can,
        });
  return ok({
    parties,
    grant,
    offer,
    settled,
    decision: decided.id === undefined ? undefined : { id: decided.id, evidence: decided.evidence },
    withheld,
    personal: [...can.personal, ...can.stale],
    hidden: hiddenFrom(offer, offered),
  });
}

/** A flow that set nothing leaves the question as it was: an empty object is not the absence of claims. */
function claimsOf(claims: Occasion['claims']): Occasion['claims'] | undefined {
  return Object.keys(claims).length === 0 ? undefined : claims;
}

type Judged = { grantable: Grantable } & ({ id: string; evidence: EventData } | { id?: undefined });

/**
 * Asks policy. A request for identity alone is asked about everything the resource has: its token names the resource too, and whoever could
 * have nothing there gets none. Nothing at all is not asked, because an empty list means everything to policy.
 */
function judge(
  deps: DossierDeps,
  parties: Parties,
  scopes: readonly string[],
  grant: Grant | undefined,
  { request: asked, proof, claims, ip, now }: Occasion,
): Judged {
  const of = { acr: proof.acr, consentedAt: grant?.consentedAt, now };
  if (scopes.length === 0) return { grantable: grantable({ granted: [], requirements: [] }, of) };
  const request = policyRequest(questionOf(parties, proof, { grant: grantOf(asked), jwtClaims: claimsOf(claims), ip, now }), scopes);
  const { id, decision: decided } = deps.desk.decide(request);
  const heard = heardFor(parties.resource, decided);
  const decision = withScopeStepUps(heard, parties.resource);
  return { grantable: grantable(decision, of), id, evidence: deps.desk.evidence(request, heard === decided ? decision : decided) };
}

async function loadParties(deps: DossierDeps, { request, proof, tenant: tenantId }: Occasion): Promise<Result<Parties, Fallen>> {
  await deps.catalogue.ready();
  const found = await deps.clients.find(request.clientId);
  if (!found.ok) return fail({ reason: 'client_gone' });
  const client = found.value;
  const resource = deps.catalogue.byId(request.resourceId);
  if (resource === undefined || !isBehind(resource, tenantId)) return fail({ reason: 'resource_gone' });
  const [user, tenant, agent, roles]: [Awaited<ReturnType<typeof findUser>>, Tenant | undefined, Parties['agent'], Role[]] =
    await Promise.all([
      findUser(deps.db, proof.userId),
      tenantId === undefined ? undefined : findTenant(deps.db, tenantId),
      findAgentOf(deps.db, { clientId: client.id, principal: { kind: 'user', id: proof.userId } }),
      rolesInForce(deps.db),
    ]);
  if (user === undefined) return fail({ reason: 'user_gone' });
  if (tenantId !== undefined && tenant === undefined) return fail({ reason: 'tenant_gone' });
  return ok({ client, user, tenant, agent, resource, roles });
}
