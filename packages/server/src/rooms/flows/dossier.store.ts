import type { Approval, Proof } from '@writ/flow';
import type { Decision, PolicyRequest } from '@writ/policy';
import type { Db } from '../../base/db.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { findAgentOf } from '../agents/store.ts';
import type { EventData } from '../audit/event.ts';
import type { Client } from '../clients/client.ts';
import type { Grant } from '../consent/grant.ts';
import { findLiveGrant } from '../consent/store.ts';
import { narrowScopes } from '../resources/narrow.ts';
import type { Resource } from '../resources/resource.ts';
import { findRoles } from '../tenants/role.store.ts';
import { findTenant } from '../tenants/store.ts';
import type { Role, Tenant } from '../tenants/tenant.ts';
import { findUser } from '../users/store.ts';
import type { AuthorizationRequest } from './journey.ts';
import { fallen, offerable, permissionsIn, policyRequest, type Parties } from './judge.ts';
import { isEmpty, makeOffer, type Offer } from './offer.ts';
import { settledApproval } from './remembered.ts';

export type DossierDeps = {
  db: Db;
  clients: { find(id: string): Promise<Result<Client, unknown>> };
  catalogue: { ready(): Promise<void>; byId(id: string): Resource | undefined };
  desk: { decide(request: PolicyRequest): { id: string; decision: Decision }; evidence(request: PolicyRequest, decision: Decision): EventData };
};

/** All that bears on one person's consent to one request, as it is now. */
export type Dossier = {
  parties: Parties;
  grant: Grant | undefined;
  offer: Offer;
  /** Needs no page. */
  settled: Approval | undefined;
  decision: { id: string; evidence: EventData } | undefined;
};

/** Why nothing can be allowed; `decision` where policy said so. */
export type Fallen = { reason: string; decision?: string };

/** What the journey knows when it comes to consent. */
export type Question = { request: AuthorizationRequest; proof: Proof; tenant: string | undefined; ip: string | undefined; now: number };

/** Looks everything up afresh: between two pages a policy, a role or an account may have changed. */
export async function loadDossier(deps: DossierDeps, question: Question): Promise<Result<Dossier, Fallen>> {
  const found = await loadParties(deps, question);
  if (!found.ok) return found;
  const parties = found.value;
  const { client, resource } = parties;
  const { request, proof, ip, now } = question;
  const reason = fallen(parties);
  if (reason !== undefined) return fail({ reason });

  const within = narrowScopes(resource, request.scopes, client.scopes).known;
  const named = request.scopes !== undefined;
  // A request for identity alone asks policy nothing: an empty list would mean everything to it.
  const judged = within.length > 0 ? judge(deps, policyRequest(parties, within, proof, { ip, now })) : undefined;
  const grant = await findLiveGrant(
    deps.db,
    { clientId: client.id, userId: parties.user.id, tenantId: parties.tenant?.id, resourceId: resource.id, redirectUri: request.redirectUri },
    now,
  );
  if (grant?.state === 'frozen') return fail({ reason: 'grant_frozen' });
  const offer = makeOffer({
    resource,
    within,
    named,
    identityScopes: request.identityScopes,
    granted: judged?.granted ?? new Set(),
    permissions: permissionsIn(parties).permissions,
    refreshes: client.grants.includes('refresh_token'),
    grant,
  });
  if (isEmpty(offer, { named, within })) return fail({ reason: 'nothing_permitted', ...(judged === undefined ? {} : { decision: judged.id }) });
  const mustAsk = request.ask.consent || judged?.reconsent === true;
  return ok({ parties, grant, offer, settled: settledApproval({ client, redirectUri: request.redirectUri, named, grant, offer, mustAsk }), decision: judged });
}

function judge(deps: DossierDeps, request: PolicyRequest) {
  const { id, decision } = deps.desk.decide(request);
  return { id, evidence: deps.desk.evidence(request, decision), ...offerable(decision) };
}

async function loadParties(deps: DossierDeps, { request, proof, tenant: tenantId }: Question): Promise<Result<Parties, Fallen>> {
  await deps.catalogue.ready();
  const found = await deps.clients.find(request.clientId);
  if (!found.ok) return fail({ reason: 'client_gone' });
  const client = found.value;
  const resource = deps.catalogue.byId(request.resourceId);
  if (resource === undefined) return fail({ reason: 'resource_gone' });
  const [user, tenant, agent, roles]: [Awaited<ReturnType<typeof findUser>>, Tenant | undefined, Parties['agent'], Role[]] = await Promise.all([
    findUser(deps.db, proof.userId),
    tenantId === undefined ? undefined : findTenant(deps.db, tenantId),
    findAgentOf(deps.db, { clientId: client.id, principal: { kind: 'user', id: proof.userId } }),
    findRoles(deps.db),
  ]);
  if (user === undefined) return fail({ reason: 'user_gone' });
  if (tenantId !== undefined && tenant === undefined) return fail({ reason: 'tenant_gone' });
  return ok({ client, user, tenant, agent, resource, roles });
}
