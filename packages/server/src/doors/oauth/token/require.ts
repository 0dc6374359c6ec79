import type { Decision, Requirement } from '@writ/policy';
import type { Db, Tx } from '../../../base/db.ts';
import type { EventData } from '../../../rooms/audit/event.ts';
import type { TakeBudget } from '../../../rooms/policies/budget.store.ts';
import { weigh, without, type ApprovalWanted, type BudgetWanted, type Need, type Unmet } from '../../../rooms/policies/requirements.ts';
import { retryIn, soonest, stepUpChallenge } from '../../../rooms/policies/unmet.ts';
import type { Approvals, ClientRequest, Proof } from './grant.ts';
import { refusal, type Refusal } from './refusal.ts';

export type RequireDeps = {
  db: Db;
  takeBudget: TakeBudget;
  /** As takeBudget, but takes nothing. */
  seeBudget: TakeBudget;
  /** Absent: there is nobody to ask. */
  approvals?: Approvals | undefined;
  /** Counts for the metrics what stood in the way. */
  unmet(needs: Need): void;
};

/** `strict`: all of it or nothing (onExcess: reject). */
export type Asked = { request: ClientRequest; proof: Proof; decision: Decision; strict: boolean; tx: Tx | undefined };

/** What is left of a decision when its requirements were held against the request. `unmet`: what held back the scopes that are missing. */
export type Met = { readonly unmet: readonly Unmet[] } & (
  | { readonly ok: true; readonly scopes: readonly string[]; readonly approvalId?: string }
  | { readonly ok: false; readonly refusal: Refusal }
);

/**
 * Requirements as outcomes: what is not met narrows, and when nothing is left the answer says what would help. Only counting and asking wait;
 * counting comes last, so that an answer which still waits for a person uses nothing up.
 */
export function meet(deps: RequireDeps, asked: Asked): Met | Promise<Met> {
  const { request, proof, decision } = asked;
  const weighed = weigh(decision, circumstancesOf(request, proof), proof.judgedAs === 'token_exchange');
  const { open, approvals, budgets } = weighed;
  if (asked.strict && weighed.unmet.length > 0) return conclude(deps, asked, [], weighed.unmet);
  const free = without(open, approvals);
  // Who names a scope waits for its approval; who takes what there is goes on with the rest.
  const waits = asked.strict || isNamed(request, proof) || free.length === 0;
  const ask = approvals.length > 0 && deps.approvals !== undefined && !proof.identityOnly && waits;
  if (ask && deps.approvals !== undefined) return askThenCount(deps, deps.approvals, asked, weighed);
  const unmet = [...weighed.unmet, ...unmetApprovals(asked, approvals)];
  if (free.length === 0 || budgets.length === 0) return conclude(deps, asked, free, unmet);
  return count(deps, asked, { scopes: free, unmet, budgets });
}

function circumstancesOf({ now, confirmation }: ClientRequest, { login, consentedAt, consentedHere, approved }: Proof) {
  return { now, acr: login?.acr, consentedAt, consentedHere, keyProved: confirmation !== undefined, approved };
}

function isNamed({ scope }: ClientRequest, { openEnded }: Proof): boolean {
  return scope !== undefined && openEnded !== true;
}

function unmetApprovals({ decision }: Asked, approvals: readonly ApprovalWanted[]): Unmet[] {
  return approvals.map(({ rule, scopes }) => unmetOf(decision, 'approval', rule, scopes));
}

function unmetOf(decision: Decision, needs: Need, rule: string, scopes: readonly string[]): Unmet {
  const require: Requirement = decision.requirements.find((one) => one.rule === rule)?.require ?? {};
  return { needs, rule, scopes, require };
}

type Weighing = {
  open: readonly string[];
  unmet: readonly Unmet[];
  approvals: readonly ApprovalWanted[];
  budgets: readonly BudgetWanted[];
};

async function askThenCount(deps: RequireDeps, desk: Approvals, asked: Asked, of: Weighing): Promise<Met> {
  // An approval is spent by its answer, and people's patience by each question: neither for what the budget does not have.
  const seen = await pass(deps.seeBudget, deps, asked, { ...of, scopes: of.open });
  const approvals = of.approvals.filter(({ scopes }) => scopes.some((scope) => seen.scopes.includes(scope)));
  if (asked.strict && seen.unmet.length > 0) return conclude(deps, asked, [], seen.unmet, seen.retryAfter);
  if (approvals.length === 0) return count(deps, asked, seen);
  const answer = await desk.want(asked.request, asked.proof, approvals, asked.tx);
  if ('approved' in answer) {
    const missing = approvals.filter(({ rule }) => !answer.approved.includes(rule));
    const left = { ...seen, scopes: without(seen.scopes, missing), unmet: [...seen.unmet, ...unmetApprovals(asked, missing)] };
    const met = await count(deps, asked, left);
    return met.ok ? { ...met, approvalId: answer.approvalId } : met;
  }
  const waiting = [...seen.unmet, ...unmetApprovals(asked, approvals)];
  tell(deps, waiting);
  return { ok: false, unmet: waiting, refusal: 'pending' in answer ? answer.pending : answer.refusal };
}

type Left = { scopes: readonly string[]; unmet: readonly Unmet[]; budgets: readonly BudgetWanted[]; retryAfter?: number | undefined };

async function count(deps: RequireDeps, asked: Asked, left: Left): Promise<Met> {
  const { scopes, unmet, retryAfter } = await pass(deps.takeBudget, deps, asked, left);
  return conclude(deps, asked, scopes, unmet, retryAfter);
}

/** One use of each budget that still matters, always in the order of rules, so that no two requests wait for each other. */
async function pass(use: TakeBudget, { db }: RequireDeps, { request, proof, decision, tx }: Asked, left: Left): Promise<Left> {
  let { scopes, retryAfter } = left;
  const unmet = [...left.unmet];
  for (const budget of left.budgets) {
    if (!budget.scopes.some((scope) => scopes.includes(scope))) continue;
    const { rule, kind, limit, window } = budget;
    const used = await use(tx ?? db, { rule, kind, limit, window, agent: proof.agent.id, now: request.now });
    if (used.ok) continue;
    scopes = without(scopes, [budget]);
    unmet.push(unmetOf(decision, 'budget', rule, budget.scopes));
    retryAfter = Math.max(retryAfter ?? 0, used.retryAfter);
  }
  return { scopes, unmet, budgets: left.budgets, retryAfter };
}

function conclude(deps: RequireDeps, { strict }: Asked, scopes: readonly string[], unmet: readonly Unmet[], retryAfter?: number): Met {
  tell(deps, unmet);
  return scopes.length > 0 && (!strict || unmet.length === 0)
    ? { ok: true, scopes, unmet }
    : { ok: false, unmet, refusal: unmetRefusal(unmet, retryAfter) };
}

function tell(deps: RequireDeps, unmet: readonly Unmet[]): void {
  for (const { needs } of unmet) deps.unmet(needs);
}

/** The word for a request of which requirements leave nothing, or less than the resource lets go on. */
function unmetRefusal(unmet: readonly Unmet[], retryAfter?: number): Refusal {
  const first = soonest(unmet);
  return WORDS[first.needs](first.require, retryAfter);
}

const WORDS: Readonly<Record<Need, (require: Requirement, retryAfter: number | undefined) => Refusal>> = {
  proofOfPossession: () =>
    refusal(
      'invalid_request',
      'dpop_proof_required',
      'Policy wants a sender-constrained token: send a DPoP proof (RFC 9449) with the request.',
    ),
  stepUp: ({ stepUp }) => ({
    ...refusal('insufficient_user_authentication', 'step_up_required', 'Policy wants a stronger sign-in of the user (RFC 9470).'),
    extra: stepUpChallenge(stepUp),
  }),
  reconsent: () =>
    refusal('interaction_required', 'consent_too_old', 'Policy wants the user to be asked again: send them to the authorization endpoint.'),
  approval: () => refusal('interaction_required', 'approval_required', 'Policy wants an approval, and there is nobody to ask for it here.'),
  budget: (_, retryAfter = 1) => ({
    ...refusal('access_denied', 'budget_spent', 'The budget that policy sets is spent. Try again later.'),
    ...retryIn(retryAfter),
  }),
};

/** What the entry says of the requirements of its decision: by rule, which were met and which held scopes back. */
export function requirementEvidence({ requirements }: Decision, unmet: readonly Unmet[]): EventData {
  const open = new Set(unmet.map(({ needs, rule }) => `${needs} ${rule}`));
  const met = requirements.flatMap(({ rule, require }) =>
    Object.keys(require).flatMap((needs) => (open.has(`${needs} ${rule}`) ? [] : [{ needs, rule }])),
  );
  return {
    ...(met.length === 0 ? {} : { met }),
    ...(unmet.length === 0 ? {} : { unmet: unmet.map(({ needs, rule, scopes }) => ({ needs, rule, scopes })) }),
  };
}
