import type { Decision } from '@writ/policy';
import type { Db } from '../../base/db.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { TakeBudget } from '../policies/budget.store.ts';
import { weigh, type ApprovalWanted, type BudgetWanted, type Need, type Unmet } from '../policies/requirements.ts';
import type { HandOutAsk } from './hand-out.ts';
import { unmetRefusal, type HandOutRefusal } from './hand-out-refusal.ts';

/** Asks people, or spends what they gave; a refusal says that it is waited for or was refused. */
export type WantApproval = (
  ask: HandOutAsk,
  scopes: readonly string[],
  wanted: readonly ApprovalWanted[],
) => Promise<Result<undefined, HandOutRefusal>>;

export type MeetDeps = {
  db: Db;
  takeBudget: TakeBudget;
  /** Takes nothing. */
  seeBudget: TakeBudget;
  approvals: WantApproval;
  /** For the metrics: what stood in the way. */
  unmet(needs: Need): void;
};

export type NotMet = { refusal: HandOutRefusal; unmet: readonly Unmet[] };

/** What can be said of a decision's requirements without asking or counting; before it is known whether there is a credential at all. */
export function openRequirements(ask: HandOutAsk, decision: Decision): Result<ReturnType<typeof weigh>, NotMet> {
  const { now, login, consentedAt, keyProved } = ask;
  const weighed = weigh(decision, { now, acr: login?.acr, consentedAt, keyProved }, true);
  return weighed.unmet.length === 0 ? ok(weighed) : fail({ refusal: unmetRefusal(weighed.unmet), unmet: weighed.unmet });
}

/**
 * Asks people and counts: all of it is met, or nothing is handed out. Budgets are looked at before anybody is asked and taken last, so that what is
 * still waited for uses nothing up.
 */
export async function meet(
  deps: MeetDeps,
  ask: HandOutAsk,
  decision: Decision,
  weighed: ReturnType<typeof weigh>,
): Promise<Result<undefined, NotMet>> {
  const { approvals, budgets } = weighed;
  if (approvals.length > 0) {
    const seen = await pass(deps.seeBudget, deps, ask, budgets, decision);
    if (!seen.ok) return seen;
    const answer = await deps.approvals(ask, decision.granted, approvals);
    if (!answer.ok) return fail({ refusal: answer.error, unmet: approvals.map((one) => unmetOf(decision, 'approval', one)) });
  }
  return pass(deps.takeBudget, deps, ask, budgets, decision);
}

/** One use of each budget, always in the order of rules, so that no two requests wait for each other. */
async function pass(
  use: TakeBudget,
  deps: MeetDeps,
  { agent, now }: HandOutAsk,
  budgets: readonly BudgetWanted[],
  decision: Decision,
): Promise<Result<undefined, NotMet>> {
  for (const { rule, kind, limit, window, scopes } of budgets) {
    const used = await use(deps.db, { rule, kind, limit, window, agent: agent.id, now });
    if (used.ok) continue;
    const unmet = [unmetOf(decision, 'budget', { rule, scopes })];
    return fail({ refusal: unmetRefusal(unmet, used.retryAfter), unmet });
  }
  return ok(undefined);
}

function unmetOf({ requirements }: Decision, needs: Need, { rule, scopes }: { rule: string; scopes: readonly string[] }): Unmet {
  return { needs, rule, scopes, require: requirements.find((one) => one.rule === rule)?.require ?? {} };
}
