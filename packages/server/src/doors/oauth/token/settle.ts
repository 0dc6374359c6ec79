import type { Decision, PolicyRequest } from '@writ/policy';
import { ACCESS_TOKEN_TYP, ID_TOKEN_TYP } from '@writ/protocol';
import { newId } from '../../../base/ids.ts';
import type { EventData, EventDraft } from '../../../rooms/audit/event.ts';
import { heardFor } from '../../../rooms/policies/proxied.ts';
import { policyRequest, type Question } from '../../../rooms/policies/question.ts';
import { lifetimeBound, withScopeStepUps } from '../../../rooms/policies/requirements.ts';
import { registrationFault } from '../../../rooms/clients/admit.ts';
import { staysOpen } from '../../../rooms/resources/built-in.ts';
import { isHeld } from '../../../rooms/resources/held.ts';
import { isBehind } from '../../../rooms/resources/proxied.ts';
import type { ResourceSettings } from '../../../rooms/resources/resource.ts';
import { declaredBy } from '../../../rooms/tenants/role.ts';
import { allowsGrant, type Role } from '../../../rooms/tenants/tenant.ts';
import { lifetimesOf } from '../../../rooms/tokens/lifetimes.ts';
import { standing } from '../../../rooms/tokens/standing.ts';
import { isMember, membershipIn, type Membership } from '../../../rooms/users/membership.ts';
import { accessClaims, idClaims } from './claims.ts';
import type { ClientRequest, Issue, Proof, Refuse, Settle, Verdict } from './grant.ts';
import { NOT_APPROVED, proposedDetails } from './details.ts';
import { keyFault } from './possession.ts';
import { refusal, type Refusal } from './refusal.ts';
import { UNKNOWN_TARGET } from './target.ts';
import { meet, requirementEvidence, type Met, type RequireDeps } from './require.ts';

export type Signer = { kid: string; sign(typ: string, payload: object): string };

export type SettleDeps = {
  issuer: string;
  desk: {
    decide(request: PolicyRequest): { id: string; decision: Decision };
    evidence(request: PolicyRequest, decision: Decision): EventData;
  };
  roles(): readonly Role[];
  signer(alg?: ResourceSettings['signingAlg']): Signer;
  /** Whether every agent of every tenant is stopped. */
  hubStopped(): boolean;
  require: RequireDeps;
};

/**
 * Phases 6 (policy) and 7 (sign) of the pipeline. Synchronous, so that between the decision and the signature nothing can change, unless the
 * decision requires something that must be counted or asked of a person.
 */
export function createSettle(deps: SettleDeps): { settle: Settle; refuse: Refuse } {
  const settle: Settle = (request, proof, as, tx) => {
    const membership = membershipIn(proof.user, proof.tenant, deps.roles());
    const about = aboutOf(proof);
    const fallen =
      proof.fallen ??
      standing({ client: request.client.state, agent: proof.agent.state, user: proof.user?.state, tenant: proof.tenant?.state });
    if (fallen !== undefined) return refused(request, standingRefusal(proof, fallen), about);
    if (deps.hubStopped() && !staysOpen(proof.resource)) return refused(request, standingRefusal(proof, 'hub_frozen'), about);
    if (proof.user !== undefined && proof.tenant !== undefined && !isMember(proof.user, proof.tenant)) {
      return refused(request, refusal('invalid_grant', 'user_left_tenant', 'The grant is no longer good.'), about);
    }
    const barred = barredByTenant(proof) ?? nothingBehind(proof) ?? barredByResource(request, proof) ?? keyFault(request, proof);
    if (barred !== undefined) return refused(request, barred, about);
    // Identity alone is asked of a resource too, for its token names it as audience: whoever could have nothing there gets no token at all.
    const { identityOnly } = proof;
    const scopes = heldOf(proof, identityOnly ? proof.resource.scopes.map(({ name }) => name) : proof.scopes, membership, deps.roles());
    if (scopes.length === 0)
      return refused(request, refusal('invalid_scope', 'nothing_left', 'None of the scopes may be granted any more.'), about);
    const question = policyRequest(questionOf(request, proof, membership), scopes);
    const { id, decision: decided } = deps.desk.decide(question);
    const heard = heardFor(proof.resource, decided);
    const decision = proof.user === undefined ? heard : withScopeStepUps(heard, proof.resource);
    const evidence = deps.desk.evidence(question, heard === decided ? decision : decided);
    // Who exchanges asks for what one call needs: less would fail later, and nobody is there to be asked again.
    const strict =
      !identityOnly && proof.openEnded !== true && (proof.judgedAs === 'token_exchange' || proof.resource.settings.onExcess === 'reject');
    const excess = strict && decision.granted.length < proof.scopes.length;
    if (decision.granted.length === 0 || excess) return refused(request, { ...policyRefusal(decision), decision: id, evidence }, about);
    const of: Granting = { as, membership, granted: decision.granted, bound: undefined, decision: id, evidence };
    const proposed = proposedDetails(request, proof);
    if (!proposed.ok) return refused(request, { ...proposed.error, decision: id, evidence }, about);
    if (decision.requirements.length === 0) {
      if (proposed.value !== undefined) return refused(request, { ...NOT_APPROVED, decision: id, evidence }, about);
      return issued(deps, request, proof, of);
    }
    const asked = proposed.value === undefined ? proof : { ...proof, authorizationDetails: proposed.value };
    const met = meet(deps.require, { request, proof: asked, decision, strict, tx });
    const conclude = (one: Met): Verdict => required(deps, request, asked, of, decision, one);
    return met instanceof Promise ? met.then(conclude) : conclude(met);
  };
  return { settle, refuse: refusedEntry };
}

/** The end of a decision that required something: its entry says what was met and what held scopes back. */
function required(deps: SettleDeps, request: ClientRequest, proof: Proof, of: Granting, decision: Decision, met: Met): Verdict {
  const both = { ...of.evidence, ...requirementEvidence(decision, met.unmet) };
  // In the order of the canonical text, which is written three times as fast.
  const evidence: EventData = Object.fromEntries(Object.entries(both).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  if (!met.ok) return refused(request, { ...met.refusal, decision: of.decision, evidence }, aboutOf(proof));
  if (met.approvalId === undefined && proof.mayPropose === true && proof.authorizationDetails !== undefined)
    return refused(request, { ...NOT_APPROVED, decision: of.decision, evidence }, aboutOf(proof));
  const spent = met.approvalId === undefined ? proof : { ...proof, approvalId: met.approvalId };
  return issued(deps, request, spent, { ...of, granted: met.scopes, bound: lifetimeBound(decision, met.scopes), evidence });
}

function questionOf({ client, ip, now, vouched }: ClientRequest, proof: Proof, membership: Membership): Question {
  // Of a workload that authenticated by its platform, what the platform says of it: the repository, the branch, the namespace.
  const { judgedAs, resource, user, tenant, agent, login, claims, jwtClaims = both(vouched?.claims, claims), actors } = proof;
  return { grant: judgedAs, client, resource, user, membership, tenant, agent, login, ip, now, jwtClaims, actors };
}

/** What a flow set is the newest word; absent is not the same as empty to policy. */
function both(vouched: Proof['claims'], set: Proof['claims']): Proof['claims'] {
  return vouched === undefined ? set : set === undefined ? vouched : { ...vouched, ...set };
}

/** A refresh counts as the grant it came from. */
function barredByTenant({ tenant, judgedAs }: Proof): Refusal | undefined {
  if (tenant === undefined || allowsGrant(tenant, judgedAs)) return undefined;
  return refusal('unauthorized_client', 'grant_not_allowed_in_tenant', 'The tenant does not allow this grant.');
}

/** The proxy of a connection that is not there, or not for this tenant: as for a resource that nobody knows (attack 178). */
function nothingBehind({ resource, tenant }: Proof): Refusal | undefined {
  return isBehind(resource, tenant?.id) ? undefined : UNKNOWN_TARGET;
}

/** A resource that no longer lets in clients of this kind takes back what they hold, not only what they may ask for from now on. */
function barredByResource({ client }: ClientRequest, { resource }: Proof): Refusal | undefined {
  const fault = registrationFault(resource.registration, client);
  return fault && refusal('unauthorized_client', fault, 'The resource does not accept clients that registered this way.');
}

/** Less what needs a permission that the user does not (or no longer) have; a client that acts for itself has none to lose. */
function heldOf({ user, resource }: Proof, scopes: readonly string[], membership: Membership, roles: readonly Role[]): readonly string[] {
  if (user === undefined) return scopes;
  const permissions = { declared: declaredBy(roles), held: new Set(membership.permissions) };
  const lacking = new Set(resource.scopes.filter((scope) => !isHeld(scope, permissions)).map((scope) => scope.name));
  return lacking.size === 0 ? scopes : scopes.filter((name) => !lacking.has(name));
}

/** As long as the consent page told the user, and never longer than policy allows. Seconds. */
function ttlOf({ now }: ClientRequest, { resource, tenant, notAfter }: Proof, bound: number | undefined): number {
  const said = lifetimesOf(resource, tenant).accessToken;
  const ttl = bound === undefined ? said : Math.min(said, bound);
  // From the second in which it is issued: a token that follows from another must not outlive it by a fraction.
  return notAfter === undefined ? ttl : Math.min(ttl, Math.floor(notAfter / 1000) - Math.floor(now / 1000));
}

/** `invalid_target` when no rule reaches the target at all, `invalid_scope` when the scopes are what fails. */
function policyRefusal(decision: Decision): Refusal {
  if (!decision.reach) return refusal('invalid_target', 'policy_no_reach', 'No policy lets this client reach the resource.');
  // The request as such is what cannot be: neither another target nor other scopes would mend it (RFC 8693 §2.2.2).
  if (decision.granted.length === 0 && decision.refused.every(({ by }) => by === 'require'))
    return refusal('invalid_request', 'policy_delegation_too_deep', 'Policy does not let a token be handed on so often.');
  return refusal('invalid_scope', 'policy_refused', 'Policy does not grant the requested scopes.');
}

/** A frozen service is a client that may not authenticate; behind a user's grant it is the grant that is no longer good. */
function standingRefusal(proof: Proof, reason: string): Refusal {
  return proof.user === undefined
    ? refusal('invalid_client', reason, 'Client authentication failed.')
    : refusal('invalid_grant', reason, 'The grant is no longer good.');
}

type About = { agent?: string; user?: string; tenant?: string; txn?: string };

function aboutOf({ agent, user, tenant, txn }: Proof): About {
  return { agent: agent.id, txn, ...(user === undefined ? {} : { user: user.id }), ...(tenant === undefined ? {} : { tenant: tenant.id }) };
}

function refused(request: ClientRequest, why: Refusal, about: About): Verdict {
  return { ok: false, refusal: why, entry: refusedEntry(request, why, about) };
}

const refusedEntry: Refuse = ({ client, origin, grantType, scope, targets }, why, about = {}) => {
  const entry: EventDraft = {
    tenant: about.tenant ?? (client.tenants.length === 1 ? client.tenants[0] : undefined),
    type: 'token.refused',
    initiator: about.user === undefined ? 'agent' : 'agent-for-human',
    actor: { user: about.user, agent: about.agent, client: client.id },
    target: { type: 'client', id: client.id },
    outcome: 'refused',
    reason: why.reason,
    decision: why.decision,
    txn: about.txn,
    origin,
    data: {
      error: why.error,
      grant: grantType.slice(0, 100),
      scope: scope?.slice(0, 50),
      targets: targets.slice(0, 5).map((one) => one.slice(0, 512)),
      ...(why.evidence === undefined ? {} : { policy: why.evidence }),
    },
  };
  return entry;
};

type Granting = {
  as: 'token.issued' | 'token.refreshed' | 'token.exchanged';
  membership: Membership;
  granted: readonly string[];
  /** Seconds: no longer than this, says policy. */
  bound: number | undefined;
  decision: string;
  evidence: EventData;
};

function issued(deps: SettleDeps, request: ClientRequest, proof: Proof, of: Granting): Verdict {
  const signer = deps.signer(proof.resource.settings.signingAlg);
  const ttl = ttlOf(request, proof, of.bound);
  const scopes = proof.identityOnly ? [] : of.granted;
  const iat = Math.floor(request.now / 1000);
  const jti = newId('tok', request.now);
  const subject = { issuer: deps.issuer, request, proof, membership: of.membership, scopes, iat, exp: iat + ttl, jti };
  const { form } = proof;
  const accessToken =
    form === undefined ? signer.sign(ACCESS_TOKEN_TYP, accessClaims(subject)) : signer.sign(form.typ, form.claims(subject));
  const identified = proof.user !== undefined && proof.identityScopes.includes('openid');
  const issue: Issue = {
    jti,
    accessToken,
    expiresIn: ttl,
    expiresAt: (iat + ttl) * 1000,
    scopes,
    identityScopes: proof.identityScopes,
    tokenType: form !== undefined ? 'N_A' : request.confirmation === undefined ? 'Bearer' : 'DPoP',
    issuedTokenType: form?.issuedTokenType,
    authorizationDetails: proof.authorizationDetails,
    idToken: identified ? signer.sign(ID_TOKEN_TYP, idClaims(subject, accessToken)) : undefined,
  };
  return { ok: true, issue, entry: issuedEntry(request, proof, of, issue, signer.kid) };
}

/** The clients of the chain, nearest first. */
function chainOf({ actors }: Proof): { chain?: readonly string[] } {
  return actors === undefined || actors.length === 0 ? {} : { chain: actors.map(({ sub }) => sub) };
}

function issuedEntry(
  { client, origin, grantType, vouched }: ClientRequest,
  proof: Proof,
  of: Granting,
  issue: Issue,
  kid: string,
): EventDraft {
  const { user, tenant, agent, resource } = proof;
  return {
    tenant: tenant?.id,
    type: of.as,
    initiator: user === undefined ? 'agent' : 'agent-for-human',
    actor: { user: user?.id, agent: agent.id, client: client.id, ...chainOf(proof) },
    target: { type: 'resource', id: resource.id },
    outcome: 'success',
    decision: of.decision,
    txn: proof.txn,
    origin,
    // Names in the order of the canonical text, as in the evidence.
    data: {
      expiresAt: issue.expiresAt,
      grant: grantType,
      grantId: proof.grantId,
      identityScopes: proof.identityScopes.length === 0 ? undefined : proof.identityScopes,
      jti: issue.jti,
      kid,
      lineage: proof.lineage,
      matchedByAlias: proof.matchedByAlias ? true : undefined,
      policy: of.evidence,
      scopes: issue.scopes,
      vouched: vouched && { issuer: vouched.issuer.id, purpose: vouched.purpose, subject: vouched.subject },
    },
  };
}
