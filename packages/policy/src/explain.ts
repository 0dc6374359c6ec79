import { reachesTarget } from './compile.ts';
import type { CompiledRule, PolicySet } from './compile.ts';
import { covers, decide, scopesOf } from './decide.ts';
import type { Decision } from './decide.ts';
import { quote } from './faults.ts';
import { obstacleOf } from './obstacle.ts';
import type { Obstacle } from './obstacle.ts';
import type { PolicyRequest } from './request.ts';
import type { Effect, Requirement, State } from './rule.ts';

export type RuleExplanation = {
  readonly rule: string;
  readonly name?: string;
  readonly state: State;
  readonly effect: Effect;
  /** Matched and covers a requested scope. A shadow rule can match too; it changes nothing. */
  readonly matched: boolean;
  /** Requested scopes that the rule covers, were nothing else in its way. */
  readonly scopes: readonly string[];
  /** Absent exactly when it matched. */
  readonly obstacle?: Obstacle;
};

export type ScopeExplanation = { readonly scope: string; readonly granted: boolean; readonly sentence: string };

export type Explanation = {
  /** The very decision that `decide` returns. */
  readonly decision: Decision;
  readonly scopes: readonly ScopeExplanation[];
  /** Every rule for this target, also rules that are off, by id. */
  readonly rules: readonly RuleExplanation[];
  /** Attributes whose absence kept some rule from matching, sorted. */
  readonly missing: readonly string[];
};

const NEAREST = 3;

function explainRule(rule: CompiledRule, request: PolicyRequest, requested: readonly string[]): RuleExplanation {
  const { id, name, state, effect } = rule.source;
  const obstacle = obstacleOf(rule, request, requested);
  return {
    rule: id,
    ...(name === undefined ? {} : { name }),
    state,
    effect,
    matched: obstacle === undefined,
    scopes: requested.filter((scope) => covers(rule, scope, request)),
    ...(obstacle ? { obstacle } : {}),
  };
}

/** Rule ids in a sentence: all when few, else the first ones and how many more. */
function nameRules(rules: readonly RuleExplanation[]): string {
  const shown = rules.slice(0, NEAREST).map((one) => one.rule);
  const more = rules.length - shown.length;
  return `${rules.length === 1 ? 'rule' : 'rules'} ${shown.join(', ')}${more > 0 ? ` and ${String(more)} more` : ''}`;
}

const NEEDS: Readonly<Record<keyof Requirement, string>> = {
  stepUp: 'a stronger login',
  reconsent: 'fresh consent',
  approval: 'an approval',
  maxLifetime: 'a shorter lifetime',
  proofOfPossession: 'proof of possession',
  maxDelegationDepth: 'fewer delegations',
  budget: 'room in its budget',
};

function needsOf(scope: string, decision: Decision): string {
  const parts = decision.requirements
    .filter((one) => one.scopes.includes(scope))
    .map(
      (one) =>
        `${Object.entries(NEEDS)
          .filter(([name]) => Object.hasOwn(one.require, name))
          .map(([, words]) => words)
          .join(' and ')} (rule ${one.rule})`,
    );
  return parts.length === 0 ? '' : `; it still needs ${parts.join(', ')}`;
}

function whyNoAllow(scope: string, rules: readonly RuleExplanation[], request: PolicyRequest): string {
  const what = request.scopes.length === 0 ? 'the whole credential' : 'this scope';
  const allows = rules.filter((one) => one.effect === 'allow');
  if (allows.length === 0) return `no allow rule is for ${request.target.kind} ${quote(request.target.id)}`;
  const near = allows.filter((one) => one.scopes.includes(scope));
  if (near.length === 0) return `no allow rule for ${request.target.kind} ${quote(request.target.id)} covers ${what}`;
  const tries = near
    .slice(0, NEAREST)
    .map((one) => `rule ${one.rule} does not apply, as ${one.obstacle?.message ?? 'it is in shadow and not enforced'}`);
  const more = near.length - tries.length;
  return `no enforced allow rule covers it: ${tries.join('; ')}${more > 0 ? `; and ${String(more)} more rules do not apply` : ''}`;
}

function sentence(scope: string, decision: Decision, rules: readonly RuleExplanation[], request: PolicyRequest): string {
  const subject = request.scopes.length === 0 ? 'The credential as a whole' : scope;
  const refusal = decision.refused.find((one) => one.scope === scope);
  if (!refusal) {
    const by = rules.filter((one) => one.matched && one.state === 'enforce' && one.effect === 'allow' && one.scopes.includes(scope));
    return `${subject} is granted by ${nameRules(by)}${needsOf(scope, decision)}.`;
  }
  if (refusal.by === 'deny') return `${subject} is refused: rule ${refusal.rule ?? ''} denies it, and a deny always wins.`;
  if (refusal.by === 'no-allow') return `${subject} is refused: ${whyNoAllow(scope, rules, request)}.`;
  return `${subject} is refused: the request was delegated ${String(request.delegation.depth)} times, more often than rule ${refusal.rule ?? ''} permits.`;
}

/**
 * Says why a decision is as it is: every rule for the target with its first obstacle, missing attributes by name, one
 * sentence per scope. Runs the tests that `decide` runs; looks at every rule, so it is not for the hot path.
 */
export function explain(set: PolicySet, request: PolicyRequest): Explanation {
  const decision = decide(set, request);
  const requested = scopesOf(request);
  const rules = set.rules.filter((rule) => reachesTarget(rule, request)).map((rule) => explainRule(rule, request, requested));
  return {
    decision,
    scopes: requested.map((scope) => ({
      scope,
      granted: decision.granted.includes(scope),
      sentence: sentence(scope, decision, rules, request),
    })),
    rules,
    missing: [...new Set(rules.flatMap((rule) => rule.obstacle?.missing ?? []))].sort(),
  };
}
