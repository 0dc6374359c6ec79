import type { ConsentVerdict, JourneyApproval, JourneyEffect, JourneyState, Membership, NodeEvent, UserFacts } from '@writ/flow';
import { MULTI_FACTOR } from '../users/events.ts';
import type { OfferedScope } from './run-offer.ts';
import { proofOf } from './run-session.ts';
import type { RunAnswer, RunFacts } from './run-input.ts';

/** What stands around a made-up journey: who there is, what they are members of, what the world answers where nobody says. */
export type RunWorld = {
  user: UserFacts | undefined;
  memberships: readonly Membership[];
  /** By e-mail domain, the tenant it leads to. */
  domains: Readonly<Record<string, string>>;
  factors: readonly string[];
  connected: readonly string[];
  calls: NonNullable<RunFacts['calls']>;
  approvals: NonNullable<RunFacts['approvals']>;
};

/** Which answers an effect takes; `show` takes what a person does. */
const TAKES: Readonly<Partial<Record<JourneyEffect['kind'], readonly RunAnswer['kind'][]>>> = {
  findTenants: ['tenantsFound'],
  judgeConsent: ['consentJudged'],
  judgeTenantConsent: ['tenantConsentJudged'],
  findFactors: ['factorsFound'],
  callHttp: ['answered', 'failed'],
  findConnection: ['connectionFound'],
  storeCredential: ['done', 'failed'],
  updateUser: ['done', 'failed'],
  recordEvent: ['done', 'failed'],
  requestApproval: ['approvalStands', 'failed'],
};

export function takes(effect: JourneyEffect, answer: RunAnswer): boolean {
  return TAKES[effect.kind]?.includes(answer.kind) ?? false;
}

/** What the world says where the caller does not. Undefined: nobody can know, and the caller is asked. */
export function worldSays(
  effect: JourneyEffect,
  state: JourneyState,
  { world, offers }: Pick<Known, 'world' | 'offers'>,
): NodeEvent | undefined {
  const { at, facts } = state;
  switch (effect.kind) {
    case 'findTenants':
      return tenantsFound(world, effect.byDomain ? world.domains[facts.user?.emailDomain ?? ''] : undefined);
    case 'judgeConsent':
      return { kind: 'consentJudged', ...consentSays(effect, state, { world, offers }) };
    case 'judgeTenantConsent':
      return { kind: 'tenantConsentJudged', verdict: 'ask' };
    case 'findFactors':
      return { kind: 'factorsFound', methods: world.factors };
    case 'findConnection':
      return { kind: 'connectionFound', connected: world.connected.includes(effect.connection) };
    case 'callHttp': {
      const answer = world.calls[at];
      if (answer === undefined) return undefined;
      return 'failed' in answer ? { kind: 'failed', reason: answer.failed } : { kind: 'answered', headers: {}, body: null, ...answer };
    }
    case 'requestApproval': {
      const state = world.approvals[at];
      return state === undefined ? undefined : { kind: 'approvalStands', state };
    }
    case 'storeCredential':
    case 'updateUser':
    case 'recordEvent':
      return { kind: 'done' };
    case 'show':
    case 'finish':
    case 'refuse':
    case 'misplaced':
      return undefined;
  }
}

function tenantsFound({ memberships }: RunWorld, byDomain: string | undefined): NodeEvent {
  const preferred = memberships.some(({ tenant }) => tenant.id === byDomain) ? byDomain : undefined;
  return { kind: 'tenantsFound', memberships, required: false, ...(preferred === undefined ? {} : { preferred }) };
}

type JudgeConsent = Extract<JourneyEffect, { kind: 'judgeConsent' }>;

/** As a hub would judge that remembers no older consent: a stronger sign-in where it would open more, nothing to ask where nothing can be offered. */
function consentSays(
  { mayStepUp, skipFirstParty }: JudgeConsent,
  state: JourneyState,
  { world, offers }: Pick<Known, 'world' | 'offers'>,
): ConsentVerdict {
  const offered = offers(state);
  const wantsMore = offered.some(({ because }) => because === 'policy_requires_stepUp');
  if (mayStepUp && wantsMore && world.factors.length > 0)
    return { verdict: 'stepUp', demand: { acr: [MULTI_FACTOR] }, notice: 'step_up_second' };
  if (offered.length > 0 && offered.every((one) => !one.offered))
    return wantsMore
      ? { verdict: 'nothing', reason: 'step_up_required', error: 'unmet_authentication_requirements' }
      : { verdict: 'nothing', reason: 'nothing_permitted' };
  if (!skipFirstParty || !state.facts.client.firstParty || state.ask.consent) return { verdict: 'ask' };
  return { verdict: 'settled', approval: { ...approvalIn(state, offered, {}), how: 'first_party' } };
}

type Known = {
  state: JourneyState;
  world: RunWorld;
  now: number;
  offers(state: JourneyState): readonly OfferedScope[];
  userOf(answer: RunAnswer): UserFacts | undefined;
};

/** The event of an answer, with what only the hub knows filled in. Undefined: it makes no sense here (somebody signs in, and nobody was described). */
export function eventOf(
  answer: Exclude<RunAnswer, { kind: 'arrived' }>,
  { state, world, now, userOf, offers }: Known,
): NodeEvent | undefined {
  switch (answer.kind) {
    case 'signedIn': {
      const user = userOf(answer) ?? world.user;
      return user === undefined ? undefined : { kind: 'signedIn', proof: proofOf(user.id, answer, now), user };
    }
    case 'tenantChosen':
      return { ...answer, memberships: world.memberships };
    case 'allowed':
      return { kind: 'allowed', approval: approvalIn(state, offers(state), answer) };
    case 'submitted':
      return { ...answer, values: answer.values ?? {} };
    case 'tenantsFound':
      return {
        kind: 'tenantsFound',
        memberships: world.memberships,
        required: answer.required ?? false,
        ...(answer.preferred === undefined ? {} : { preferred: answer.preferred }),
      };
    case 'consentJudged':
      return { kind: 'consentJudged', ...verdictOf(state, offers(state), answer) };
    case 'tenantConsentJudged':
      return answer.verdict === 'settled'
        ? { kind: 'tenantConsentJudged', verdict: 'settled', approval: { ...approvalIn(state, offers(state), {}), how: 'tenant' } }
        : { kind: 'tenantConsentJudged', verdict: answer.verdict };
    case 'answered':
      return { kind: 'answered', status: answer.status, headers: answer.headers ?? {}, body: answer.body ?? null };
    case 'failed':
      return { kind: 'failed', reason: answer.reason ?? 'unreachable' };
    default:
      return answer;
  }
}

/** What is offered is allowed whole, unless the answer says less; what is not offered cannot be allowed. */
function approvalIn(
  { facts: { request } }: JourneyState,
  offers: readonly OfferedScope[],
  given: Partial<Extract<RunAnswer, { kind: 'allowed' }>>,
): JourneyApproval {
  const offered = offers.filter((one) => one.offered).map(({ name }) => name);
  const { scopes: wanted = offered, identityScopes = request.identityScopes, persistent = true } = given;
  return { scopes: wanted.filter((name) => offered.includes(name)), identityScopes, persistent, how: 'asked' };
}

function verdictOf(
  state: JourneyState,
  offers: readonly OfferedScope[],
  { verdict, demand }: Extract<RunAnswer, { kind: 'consentJudged' }>,
): ConsentVerdict {
  switch (verdict) {
    case 'ask':
      return { verdict };
    case 'settled':
      return { verdict, approval: { ...approvalIn(state, offers, {}), how: 'remembered' } };
    case 'nothing':
      return { verdict, reason: 'nothing_to_offer' };
    case 'stepUp':
      return { verdict, demand: demandOf(demand ?? { acr: [MULTI_FACTOR] }), notice: 'step_up_second' };
  }
}

function demandOf({ acr, amr, fresh }: NonNullable<Extract<RunAnswer, { kind: 'consentJudged' }>['demand']>) {
  return { ...(acr === undefined ? {} : { acr }), ...(amr === undefined ? {} : { amr }), ...(fresh === undefined ? {} : { fresh }) };
}
