import type { JourneyApproval, JourneyProof } from '@writ/flow';
import type { Clock } from '../../../base/clock.ts';
import { fail, ok, type Result } from '../../../base/result.ts';
import { agentCreated, ensureAgent, findAgentOf } from '../../agents/store.ts';
import { commitDeed, type Done } from '../../audit/deed.store.ts';
import type { EventOrigin } from '../../audit/event.ts';
import type { Audit } from '../../audit/store.ts';
import { markConsented } from '../../clients/store.ts';
import { consentGiven } from '../../consent/events.ts';
import { MANAGE_CONSENT, type Grant } from '../../consent/grant.ts';
import { endOverdue, grantExpired, OVER } from '../../consent/expire.store.ts';
import { findTenantGrant, saveTenantGrant, type TenantGrantKey } from '../../consent/tenant.store.ts';
import { endAfter } from '../../consent/until.ts';
import { revokeFamilies } from '../../tokens/family.store.ts';
import { permissionsIn } from '../judge.ts';
import { consentAddress, type ConsentRequest, type Journey } from '../journey.ts';
import { loadDossier, type Dossier, type DossierDeps, type Fallen } from '../dossier.store.ts';
import { approve } from '../offer.ts';
import type { AnswerOf, EffectOf, Standing } from '../world.ts';
import { tenantVerdict, type TenantVerdict } from './tenant-verdict.ts';

export type TenantConsentDeps = DossierDeps & { audit: Audit; clock: Clock };

/** Everything that bears on consent for a whole tenant, as it is now. */
export type TenantLook = { dossier: Dossier; standing: Grant | undefined; verdict: TenantVerdict; key: TenantGrantKey };

type Place = { journey: Journey; ip: string | undefined; now: number };

/** Looks everything up afresh: for the answer, for the page, and again when the page comes back. */
export async function lookAtTenant(deps: TenantConsentDeps, { journey, ip, now }: Place): Promise<Result<TenantLook, Fallen>> {
  const { request, state } = journey;
  const { proof, facts, claims } = state;
  const tenantId = facts.tenant?.id;
  if (request.kind === 'sign-in' || request.kind === 'registration' || proof === undefined || tenantId === undefined)
    return fail({ reason: 'nothing_to_allow' });
  const without = { firstParty: false, remembered: false };
  const found = await loadDossier(deps, { request, proof, tenant: tenantId, claims, without, ip, now });
  if (!found.ok) return found;
  const dossier = found.value;
  const { client, resource } = dossier.parties;
  const key = { clientId: client.id, tenantId, resourceId: resource.id, redirectUri: consentAddress(request) };
  const [standing, agent] = await Promise.all([
    findTenantGrant(deps.db, key, now),
    findAgentOf(deps.db, { clientId: client.id, principal: { kind: 'tenant', id: tenantId } }),
  ]);
  if (standing?.state === 'frozen') return fail({ reason: 'grant_frozen' });
  if (agent !== undefined && agent.state !== 'active') return fail({ reason: `agent_${agent.state}` });
  const verdict = tenantVerdict({
    offer: dossier.offer,
    named: request.scopes !== undefined,
    standing,
    administrator: isAdministrator(dossier),
    detailed: request.authorizationDetails !== undefined,
    mustShow: mustShow(request, dossier),
    asksAnew: request.ask.consent,
  });
  return ok({ dossier, standing, verdict, key });
}

/** Who holds `consent.manage` in the tenant of this journey. The role that gives it is the tenant administrator's. */
function isAdministrator({ parties }: Dossier): boolean {
  return permissionsIn(parties).held.has(MANAGE_CONSENT);
}

/**
 * What an administrator allowed settles nothing unseen where any program of the person's computer could have asked in the client's name, or a
 * code that somebody read to them (RFC 8252 §8.6, RFC 8628 §5.4); and what policy takes from the person alone is taken from nobody else.
 */
function mustShow(request: ConsentRequest, { parties, offer, personal }: Dossier): boolean {
  const asksPerson = offer.scopes.some(({ name }) => personal.includes(name));
  return asksPerson || request.kind === 'decoupled' || !(parties.client.firstParty || request.redirectUri.startsWith('https://'));
}

export async function judgeTenantConsent(
  deps: TenantConsentDeps,
  of: EffectOf<'judgeTenantConsent'>,
  { journey, origin, user, now }: Standing,
): Promise<AnswerOf<'tenantConsentJudged'>> {
  const { proof, facts } = journey.state;
  if (proof?.userId !== of.userId || user?.id !== of.userId || facts.tenant?.id !== of.tenantId)
    return { kind: 'tenantConsentJudged', verdict: 'nothing', reason: 'another_person' };
  const found = await lookAtTenant(deps, { journey, ip: origin.ip, now });
  if (!found.ok) {
    const { reason, decision } = found.error;
    return { kind: 'tenantConsentJudged', verdict: 'nothing', reason, ...(decision === undefined ? {} : { decision }) };
  }
  const { verdict } = found.value;
  switch (verdict.kind) {
    case 'settled':
      return { kind: 'tenantConsentJudged', verdict: 'settled', approval: verdict.approval };
    case 'not_admin':
      return { kind: 'tenantConsentJudged', verdict: 'not_admin' };
    case 'decide':
    case 'confirm':
      return { kind: 'tenantConsentJudged', verdict: 'ask' };
  }
}

/** What a page of tenant consent came back with: a word when no page of ours could have sent it. */
export type TenantAnswer =
  | { kind: 'allowed'; approval: JourneyApproval; dossier: Dossier }
  | { kind: 'nothing_chosen' }
  | { kind: 'impossible'; reason: string };

type Answering = Place & {
  proof: JourneyProof;
  origin: EventOrigin;
  posted: { scopes: readonly string[]; persistent: boolean; until?: string | undefined };
};

/**
 * The boxes are judged against what may be offered now. An administrator's yes is kept at once, whatever becomes of their own way: it is a decision
 * for the tenant, and they may have come for nothing else.
 */
export async function answerForTenant(deps: TenantConsentDeps, of: Answering): Promise<TenantAnswer> {
  const found = await lookAtTenant(deps, of);
  if (!found.ok) return { kind: 'impossible', reason: found.error.reason };
  const { verdict, dossier, key } = found.value;
  if (verdict.kind === 'confirm' || verdict.kind === 'settled') return { kind: 'allowed', approval: verdict.approval, dossier };
  if (verdict.kind === 'not_admin') return { kind: 'impossible', reason: 'not_tenant_admin' };
  const approval = approve(dossier.offer, of.posted);
  if (approval === undefined) return { kind: 'impossible', reason: 'scope_not_offered' };
  if (approval === 'nothing') return { kind: 'nothing_chosen' };
  const { proof, origin, journey, now } = of;
  const kept = await commitDeed<Done, string>(deps.audit, async (tx) => {
    if (!(await markConsented(tx, key.clientId, now))) return fail('client_gone');
    const principal = { kind: 'tenant' as const, id: key.tenantId };
    const { agent, created } = await ensureAgent(tx, { clientId: key.clientId, principal, tenantId: key.tenantId, now });
    const scopes = [...approval.scopes, ...approval.identityScopes];
    const over = await endOverdue(tx, { now, limit: 20, of: { ...key, userId: null } });
    for (const { id } of over) await revokeFamilies(tx, { grantId: id }, OVER, now);
    const expiresAt = endAfter(approval.days, now);
    const grant = await saveTenantGrant(tx, { ...key, agentId: agent.id, scopes, persistent: approval.persistent, expiresAt, now });
    const given = consentGiven(grant, offeredNames(dossier), origin, journey.request.txn, proof.userId);
    const ended = over.map((one) => grantExpired(one, { initiator: 'hub', actor: {}, origin }));
    const entries = [...ended, given, ...(created ? [agentCreated(agent, origin, proof.userId)] : [])];
    return ok({ entries, changed: [{ kind: 'grant', key: grant.id }] });
  });
  if (!kept.ok) return { kind: 'impossible', reason: kept.error };
  return { kind: 'allowed', approval: { ...approval, how: 'tenant' }, dossier };
}

function offeredNames({ offer }: Dossier): readonly string[] {
  return [...offer.scopes, ...offer.identity].map(({ name }) => name);
}
