import type { JourneyApproval, JourneyDenial, JourneyEnd, JourneyProof } from '@writ/flow';
import type { Tx } from '../../base/db.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { Agent } from '../agents/agent.ts';
import { agentCreated, ensureAgent } from '../agents/store.ts';
import { allowPending, isPending } from '../approvals/pending.store.ts';
import type { Done } from '../audit/deed.store.ts';
import type { EventDraft } from '../audit/event.ts';
import { spendRequest } from '../clients/request-object.store.ts';
import { markConsented } from '../clients/store.ts';
import { consentDenied, consentGiven } from '../consent/events.ts';
import { covers, type Grant } from '../consent/grant.ts';
import { endOverdue, grantExpired, OVER, type Overdue } from '../consent/expire.store.ts';
import { saveGrant } from '../consent/store.ts';
import { holdTenantGrant } from '../consent/tenant.store.ts';
import { endAfter } from '../consent/until.ts';
import { revokeFamilies } from '../tokens/family.store.ts';
import { consumePar } from '../tokens/par.store.ts';
import { lookAtConsent } from './consent.store.ts';
import type { End, JourneysDeps, Visit } from './deps.store.ts';
import { nothingOf, type Dossier } from './dossier.store.ts';
import { journeyFinished, journeyRefused, type Known } from './events.ts';
import { leaveDecoupled, mayTurnDown, turnDown } from './decoupled.store.ts';
import { consentAddress, knownIn, type AuthorizationRequest, type ConsentRequest, type Journey, type JourneyRequest } from './journey.ts';
import { stillOffered } from './offer.ts';
import { responseLocation, type AuthorizationResponse } from './response.ts';
import { finishJourney } from './store.ts';

/** `stored`: the journey has a row; one that never showed a page has none, and nobody else can end it. */
export type Ending = { journey: Journey; stored: boolean; visit: Visit };
type Finishing = Ending & { request: ConsentRequest; end: JourneyEnd; dossier: Dossier | undefined };
type Authorization = Ending & {
  request: ConsentRequest;
  end: JourneyEnd;
  proof: JourneyProof;
  approval: JourneyApproval;
  dossier: Dossier;
};
/** `over`: what was allowed before and had come to its end. */
type Settled = { agent: Agent; created: boolean; grant: Grant; over: readonly Overdue[] };

/**
 * A last look at consent and policy, with everything that the flow has settled: between the page and the end there may have been others, and
 * a claim that was set on the way is something that policy judges by.
 */
export async function finishAuthorization(deps: JourneysDeps, of: Finishing): Promise<End> {
  const { end, journey, visit } = of;
  const { proof, approval: approved } = end;
  if (proof === undefined || approved === undefined) throw new Error('a flow let an authorization through without sign-in or consent');
  const known = of.dossier !== undefined && isAbout(of.dossier, end) ? of.dossier : undefined;
  const found = known === undefined ? await lookAtConsent(deps, journey, visit) : { ok: true as const, value: known };
  if (!found.ok) return refuseJourney(deps, of, denialOf(nothingOf(found.error)));
  const approval = stillOffered(found.value.offer, approved);
  if (approval === undefined) return refuseJourney(deps, of, denialOf(nothingOf({ reason: 'nothing_permitted' })));
  return grantAuthorization(deps, { ...of, proof, approval, dossier: found.value });
}

/** The tenant may have been chosen after what was looked up. */
function isAbout({ parties }: Dossier, { proof, tenantId }: JourneyEnd): boolean {
  return parties.user.id === proof?.userId && parties.tenant?.id === tenantId;
}

function denialOf(verdict: ReturnType<typeof nothingOf>): JourneyDenial {
  const { reason, error = 'access_denied', decision } = verdict;
  return { error, reason, ...(decision === undefined ? {} : { decision }) };
}

/**
 * The end that everything was for: one commit takes the journey, spends the pushed request, makes sure of the agent, writes the grant
 * and the code. Of twenty pages sent at once, one gets here; the others hear `gone`.
 */
async function grantAuthorization(deps: JourneysDeps, of: Authorization): Promise<End> {
  const { origin } = of.visit;
  const outcome = await deps.audit.commit<End>(async (tx) => {
    const late = await takeJourney(tx, of, deps.clock.now());
    if (late !== undefined)
      return { value: { kind: 'gone', reason: late }, entries: [journeyRefused(of.journey, knownOf(of), late, origin)] };
    const settled = await settle(tx, of, deps.clock.now());
    if (!settled.ok) {
      const { reason, made } = settled.error;
      const told = await turnDown(tx, of.request, { userId: of.proof.userId, reason, origin, now: deps.clock.now() });
      return {
        value: refusedEnd(deps, of.request, 'access_denied', of.proof.userId),
        entries: [denied(of, reason), ...made, ...told.entries],
        changed: told.changed,
      };
    }
    const answered = await answer(tx, deps, of, settled.value);
    const changed = [
      { kind: 'grant', key: settled.value.grant.id },
      ...(settled.value.created ? [{ kind: 'agent', key: settled.value.agent.id }] : []),
    ];
    return {
      value: answered.end,
      entries: [...entriesOf(of, settled.value), ...answered.entries],
      changed: [...changed, ...answered.changed],
    };
  });
  const { how } = of.approval;
  if (outcome.kind === 'left') deps.observe(how === 'asked' ? (isNarrowed(of) ? 'narrowed' : 'granted') : how);
  return outcome;
}

/** A code for the client's redirect URI; or the yes to the request that waits elsewhere. */
async function answer(tx: Tx, deps: JourneysDeps, of: Authorization, settled: Settled): Promise<Done & { end: End }> {
  const { request, approval } = of;
  const { origin } = of.visit;
  const now = deps.clock.now();
  const facts = factsOf(of, settled);
  if (request.kind === 'decoupled') {
    const done = await allowPending(tx, { id: request.pendingId, facts, by: { user: facts.userId, origin }, now });
    return { end: leaveDecoupled(request, 'allowed'), ...done };
  }
  const { clientId, redirectUri, codeChallenge, nonce, jkt } = request;
  const asked = approval.how === 'asked';
  const binding = {
    clientId,
    redirectUri,
    codeChallenge,
    ...(nonce === undefined ? {} : { nonce }),
    ...(jkt === undefined ? {} : { jkt }),
    ...(asked ? { asked } : {}),
  };
  const code = await deps.issueCode(tx, { ...facts, ...binding }, now);
  return { end: leave(deps, request, { code }), entries: [], changed: [] };
}

/** The gates, in the primary. Undefined: this one may go on. */
async function takeJourney(tx: Tx, { journey, stored, request }: Authorization, now: number): Promise<string | undefined> {
  if (stored && !(await finishJourney(tx, journey, now))) return 'already_finished';
  if (request.kind === 'decoupled' && !(await isPending(tx, request.pendingId, now))) return 'request_over';
  if (request.kind === 'authorize' && request.pushed !== undefined && !(await consumePar(tx, request.pushed, now)))
    return 'pushed_request_spent';
  if (request.kind === 'authorize' && request.once !== undefined && !(await spendRequest(tx, request.clientId, request.once, now)))
    return 'signed_request_spent';
  if (!(await markConsented(tx, request.clientId, now))) return 'client_gone';
  return undefined;
}

/** `reason`: a word for auditors; one of them was stopped, or what an administrator allowed was taken back. `made`: an agent that is there now all the same. */
type NotSettled = { reason: string; made: readonly EventDraft[] };

/** Agent and grant. */
async function settle(tx: Tx, of: Authorization, now: number): Promise<Result<Settled, NotSettled>> {
  const { request, approval, dossier, proof } = of;
  const { parties, grant: before } = dossier;
  const tenantId = parties.tenant?.id;
  const key = { clientId: request.clientId, resourceId: parties.resource.id, redirectUri: consentAddress(request) };
  const scopes = [...approval.scopes, ...approval.identityScopes];
  // Held until the commit: whoever takes it back now waits, and then finds the grant that it made.
  const under = approval.how === 'tenant' && tenantId !== undefined ? await holdTenantGrant(tx, { ...key, tenantId }, now) : undefined;
  if (approval.how === 'tenant' && (under?.state !== 'active' || !covers(under, scopes)))
    return fail({ reason: 'tenant_consent_gone', made: [] });
  const { agent, created } = await ensureAgent(tx, {
    clientId: request.clientId,
    principal: { kind: 'user', id: proof.userId },
    tenantId,
    now,
  });
  const made = created ? [agentCreated(agent, of.visit.origin, proof.userId)] : [];
  if (agent.state !== 'active') return fail({ reason: `agent_${agent.state}`, made });
  if (approval.how === 'remembered' && before !== undefined)
    return before.state === 'active' ? ok({ agent, created, grant: before, over: [] }) : fail({ reason: `grant_${before.state}`, made });
  const over = await endOverdue(tx, { now, limit: 20, of: { ...key, userId: proof.userId } });
  for (const { id } of over) await revokeFamilies(tx, { grantId: id }, OVER, now);
  const grant = await saveGrant(tx, {
    ...key,
    userId: proof.userId,
    tenantId,
    agentId: agent.id,
    scopes,
    authorizationDetails: request.authorizationDetails,
    persistent: approval.persistent,
    expiresAt: endAfter(approval.days, now),
    under,
    now,
  });
  return grant.state === 'active' ? ok({ agent, created, grant, over }) : fail({ reason: `grant_${grant.state}`, made });
}

function factsOf({ request, end, approval, proof, dossier }: Authorization, { agent, grant }: Settled) {
  const { parties } = dossier;
  return {
    userId: proof.userId,
    ...(parties.tenant === undefined ? {} : { tenantId: parties.tenant.id }),
    agentId: agent.id,
    grantId: grant.id,
    resourceId: parties.resource.id,
    scopes: approval.scopes,
    identityScopes: approval.identityScopes,
    ...(request.authorizationDetails === undefined ? {} : { authorizationDetails: request.authorizationDetails }),
    persistent: approval.persistent,
    sessionId: proof.sessionId,
    authTime: Math.floor(proof.authTime / 1000),
    acr: proof.acr,
    amr: proof.amr,
    txn: request.txn,
    ...(Object.keys(end.claims).length === 0 ? {} : { claims: end.claims }),
  };
}

/** The scopes that the person was asked about. */
function offeredNames({ dossier }: Authorization): readonly string[] {
  return [...dossier.offer.scopes, ...dossier.offer.identity].map((scope) => scope.name);
}

function isNarrowed(of: Authorization): boolean {
  const { scopes, identityScopes } = of.approval;
  return scopes.length + identityScopes.length < offeredNames(of).length;
}

function entriesOf(of: Authorization, { agent, created, grant, over }: Settled): [EventDraft, ...EventDraft[]] {
  const { journey, approval, dossier, proof, request, end } = of;
  const { origin } = of.visit;
  const { decision } = dossier;
  const finished = journeyFinished(
    journey,
    { ...knownOf(of), agent: agent.id },
    { how: approval.how, grant: grant.id, decision: decision?.id, policy: decision?.evidence, trail: end.trail, hidden: dossier.hidden },
    origin,
  );
  const agreed = approval.how === 'remembered' ? [] : [consentGiven(grant, offeredNames(of), origin, request.txn)];
  const ended = over.map((one) => grantExpired(one, { initiator: 'hub', actor: {}, origin }));
  return [finished, ...ended, ...agreed, ...(created ? [agentCreated(agent, origin, proof.userId)] : [])];
}

function knownOf({ proof, dossier }: Authorization): Known {
  return { user: proof.userId, tenant: dossier.parties.tenant?.id };
}

function denied(of: Authorization, reason: string): EventDraft {
  const { request, proof, dossier, visit } = of;
  const about = {
    userId: proof.userId,
    clientId: request.clientId,
    tenantId: dossier.parties.tenant?.id,
    resourceId: request.resourceId,
    asked: offeredNames(of),
  };
  return consentDenied(about, reason, visit.origin, request.txn);
}

/** Somebody signed in at the hub itself and goes on to its page. */
export async function finishSignIn(
  deps: JourneysDeps,
  { journey, stored, visit: { origin } }: Ending,
  { trail }: JourneyEnd,
): Promise<End> {
  const { request, state } = journey;
  if (request.kind !== 'sign-in') throw new Error('not a sign-in');
  if (!stored) return { kind: 'left', location: request.returnTo };
  return deps.audit.commit<End>(async (tx) => {
    const known = { user: state.proof?.userId };
    if (!(await finishJourney(tx, journey, deps.clock.now()))) {
      return { value: { kind: 'gone', reason: 'already_finished' }, entries: [journeyRefused(journey, known, 'already_finished', origin)] };
    }
    return {
      value: { kind: 'left', location: request.returnTo },
      entries: [journeyFinished(journey, known, { how: 'sign-in', trail }, origin)],
    };
  });
}

/** Ends a journey without a code and tells the client the poor word for why; the rich one stays here. */
export async function refuseJourney(
  deps: JourneysDeps,
  { journey, stored, visit: { origin } }: Ending,
  denial: JourneyDenial,
): Promise<End> {
  const { request } = journey;
  const known = knownIn(journey);
  const end = refusedEnd(deps, request, denial.error, known.user);
  const entry = refusalEntry(journey, denial, known, origin);
  deps.observe('denied');
  if (!stored && request.kind !== 'decoupled') {
    await deps.audit.record(entry);
    return end;
  }
  return deps.audit.commit<End>(async (tx) => {
    const now = deps.clock.now();
    if (stored && !(await finishJourney(tx, journey, now)))
      return { value: { kind: 'gone', reason: 'already_finished' }, entries: [journeyRefused(journey, known, 'already_finished', origin)] };
    const told = await turnDown(tx, request, { userId: known.user, reason: denial.reason, origin, now });
    return { value: end, entries: [entry, ...told.entries], changed: told.changed };
  });
}

/** Where a journey leads that ends without consent. */
function refusedEnd(deps: JourneysDeps, request: JourneyRequest, error: JourneyDenial['error'], userId: string | undefined): End {
  if (request.kind === 'authorize') return leave(deps, request, { error });
  if (request.kind === 'decoupled') return leaveDecoupled(request, mayTurnDown(request, userId) ? 'refused' : 'left');
  if (request.kind === 'registration') throw new Error('a registration has no page to leave');
  return { kind: 'left', location: request.returnTo };
}

/** A known person who said no, or had nothing to say yes to, is an answer to the question of consent; all else is a journey that failed. */
function refusalEntry(journey: Journey, denial: JourneyDenial, known: Known, origin: Visit['origin']): EventDraft {
  const { request } = journey;
  const { decision } = denial;
  if (request.kind === 'sign-in' || request.kind === 'registration' || known.user === undefined || denial.error !== 'access_denied')
    return journeyRefused(journey, known, denial.reason, origin, decision);
  const about = {
    userId: known.user,
    clientId: request.clientId,
    tenantId: known.tenant,
    resourceId: request.resourceId,
    asked: request.scopes ?? [],
  };
  return { ...consentDenied(about, denial.reason, origin, request.txn), decision };
}

function leave(deps: JourneysDeps, request: AuthorizationRequest, response: AuthorizationResponse): End {
  const iss = request.withIss ? deps.issuer : undefined;
  return { kind: 'left', location: responseLocation({ redirectUri: request.redirectUri, state: request.state, iss }, response) };
}
