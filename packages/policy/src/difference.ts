import { matchingRules } from './compile.ts';
import type { PolicySet } from './compile.ts';
import { covers } from './decide.ts';
import type { Decision, Outstanding } from './decide.ts';
import type { PolicyRequest } from './request.ts';
import { tooDeep } from './requirement.ts';
import type { Effect } from './rule.ts';

/** A rule asks for something on scopes that are granted before and after: newly, no longer, or something else. */
export type RequirementChange = {
  readonly rule: string;
  readonly change: 'added' | 'dropped' | 'changed';
  readonly scopes: readonly string[];
};

/** How two sets of policies answer one request differently. */
export type Difference = {
  readonly before: Decision['outcome'];
  readonly after: Decision['outcome'];
  readonly gained: readonly string[];
  readonly lost: readonly string[];
  readonly requirements: readonly RequirementChange[];
  /** For each rule that brought it about, the scopes that it gained, lost or put under another requirement. Sorted by rule. */
  readonly causes: readonly { readonly rule: string; readonly scopes: readonly string[] }[];
};

/** Whether two decisions let the caller do the same. Reasons and shadow rules may differ. */
export function sameOutcome(a: Decision, b: Decision): boolean {
  if (a.granted.length !== b.granted.length || a.requirements.length !== b.requirements.length) return false;
  for (let at = 0; at < a.granted.length; at += 1) if (a.granted[at] !== b.granted[at]) return false;
  return a.requirements.length === 0 || JSON.stringify(a.requirements) === JSON.stringify(b.requirements);
}

type Speaking = { readonly id: string; readonly effect: Effect };

/** Rules whose word counts on this scope: allows, denies, and requirements that refuse. */
function speakingOn(set: PolicySet, request: PolicyRequest, scope: string): readonly Speaking[] {
  return matchingRules(set, request)
    .filter((rule) => rule.source.state === 'enforce' && covers(rule, scope, request))
    .filter((rule) => rule.source.effect !== 'require' || tooDeep(rule, request))
    .map((rule) => ({ id: rule.source.id, effect: rule.source.effect }));
}

/** Why `refusing` refuses a scope that `granting` grants: its denies and hard limits, and where it has no allow, the allows of the other. */
function causesOf(scope: string, request: PolicyRequest, granting: PolicySet, refusing: PolicySet): readonly string[] {
  const against = speakingOn(refusing, request, scope);
  const found = against.filter((rule) => rule.effect !== 'allow').map((rule) => rule.id);
  if (against.some((rule) => rule.effect === 'allow')) return found;
  const allows = speakingOn(granting, request, scope).filter((rule) => rule.effect === 'allow');
  return [...found, ...allows.map((rule) => rule.id)];
}

function requirementChanges(before: Decision, after: Decision): RequirementChange[] {
  const kept = new Set(before.granted.filter((scope) => after.granted.includes(scope)));
  const needs = (decision: Decision): Map<string, Outstanding> => new Map(decision.requirements.map((one) => [one.rule, one]));
  const old = needs(before);
  const now = needs(after);
  return [...new Set([...old.keys(), ...now.keys()])].sort().flatMap((rule) => {
    const had = old.get(rule);
    const has = now.get(rule);
    const all = new Set([...(had?.scopes ?? []), ...(has?.scopes ?? [])].filter((scope) => kept.has(scope)));
    const same = had && has && JSON.stringify(had.require) === JSON.stringify(has.require);
    const by = (change: RequirementChange['change'], scopes: readonly string[]): RequirementChange[] =>
      scopes.length === 0 ? [] : [{ rule, change, scopes }];
    const added = [...all].filter((scope) => !had?.scopes.includes(scope));
    const dropped = [...all].filter((scope) => !has?.scopes.includes(scope));
    const both = same ? [] : [...all].filter((scope) => !added.includes(scope) && !dropped.includes(scope));
    return [...by('added', added), ...by('dropped', dropped), ...by('changed', both)];
  });
}

/** What is different about a request, given the decisions of both sets on it; undefined when nothing is. */
export function differenceOf(
  request: PolicyRequest,
  current: { readonly set: PolicySet; readonly decision: Decision },
  draft: { readonly set: PolicySet; readonly decision: Decision },
): Difference | undefined {
  if (sameOutcome(current.decision, draft.decision)) return undefined;
  const before = current.decision.granted;
  const after = draft.decision.granted;
  const gained = after.filter((scope) => !before.includes(scope));
  const lost = before.filter((scope) => !after.includes(scope));
  const requirements = requirementChanges(current.decision, draft.decision);
  if (gained.length === 0 && lost.length === 0 && requirements.length === 0) return undefined;
  const causes = new Map<string, Set<string>>();
  const blame = (rule: string, scope: string): void => void causes.set(rule, (causes.get(rule) ?? new Set()).add(scope));
  for (const scope of gained) for (const rule of causesOf(scope, request, draft.set, current.set)) blame(rule, scope);
  for (const scope of lost) for (const rule of causesOf(scope, request, current.set, draft.set)) blame(rule, scope);
  for (const change of requirements) for (const scope of change.scopes) blame(change.rule, scope);
  return {
    before: current.decision.outcome,
    after: draft.decision.outcome,
    gained,
    lost,
    requirements,
    causes: [...causes].map(([rule, scopes]) => ({ rule, scopes: [...scopes] })).sort((a, b) => (a.rule < b.rule ? -1 : 1)),
  };
}
