import { matchingRules } from './compile.ts';
import type { CompiledRule, PolicySet } from './compile.ts';
import { outstanding, tooDeep } from './requirement.ts';
import { WHOLE } from './request.ts';
import type { PolicyRequest } from './request.ts';
import type { Effect, Requirement } from './rule.ts';

/** `require`: a requirement that no step of the caller can meet any more, that is, delegation deeper than a rule permits. */
export type Refusal = { readonly scope: string; readonly by: 'no-allow' | 'deny' | 'require'; readonly rule?: string };
export type Outstanding = { readonly rule: string; readonly scopes: readonly string[]; readonly require: Requirement };

export type Decision = {
  /** `narrow`: some of the requested scopes, not all. */
  readonly outcome: 'allow' | 'narrow' | 'deny';
  /** In the order asked for, each once. `['whole']` for a credential as a whole. */
  readonly granted: readonly string[];
  readonly refused: readonly Refusal[];
  /** What must still be met before the granted scopes may be issued, by rule id. Met requirements are left out. */
  readonly requirements: readonly Outstanding[];
  /** Enforced rules that matched and cover at least one requested scope, sorted. */
  readonly rules: readonly string[];
  /** True when some enforced allow matches this caller, grant and target, whatever its scopes. */
  readonly reach: boolean;
  /** Shadow rules that matched and cover at least one requested scope. They changed nothing. */
  readonly shadow: readonly { readonly rule: string; readonly effect: Effect; readonly scopes: readonly string[] }[];
};

/** Whether the rule speaks about a scope of this request. */
export function covers(rule: CompiledRule, scope: string, request: PolicyRequest): boolean {
  if (!rule.scopes) return true;
  // A credential handed out whole can do whatever a scope of its connection names: a rule that restricts one restricts it.
  if (request.scopes.length === 0) return rule.source.effect !== 'allow' && request.target.kind === 'connection';
  return rule.scopes.has(scope);
}

/** The scopes to decide on: those asked for, each once, or the whole. */
export function scopesOf(request: PolicyRequest): readonly string[] {
  const { scopes } = request;
  if (scopes.length === 0) return [WHOLE];
  return scopes.length === 1 ? scopes : [...new Set(scopes)];
}

function byId(a: { readonly rule: string }, b: { readonly rule: string }): number {
  return a.rule < b.rule ? -1 : 1;
}

/** The verdict on one scope; undefined is yes. With several reasons the smallest id is named, so that order never shows. */
function refusalOf(scope: string, enforced: readonly CompiledRule[], request: PolicyRequest): Refusal | undefined {
  let allowed = false;
  let deny: string | undefined;
  let deep: string | undefined;
  for (const rule of enforced) {
    const { id, effect } = rule.source;
    if (!covers(rule, scope, request)) continue;
    if (effect === 'allow') allowed = true;
    else if (effect === 'deny') deny = deny === undefined || id < deny ? id : deny;
    else if (tooDeep(rule, request)) deep = deep === undefined || id < deep ? id : deep;
  }
  if (deny !== undefined) return { scope, by: 'deny', rule: deny };
  if (!allowed) return { scope, by: 'no-allow' };
  return deep === undefined ? undefined : { scope, by: 'require', rule: deep };
}

function outcomeOf(granted: number, refused: number): Decision['outcome'] {
  if (refused === 0) return 'allow';
  return granted === 0 ? 'deny' : 'narrow';
}

function requirementsOf(enforced: readonly CompiledRule[], granted: readonly string[], request: PolicyRequest): Outstanding[] {
  const found: Outstanding[] = [];
  for (const rule of enforced) {
    if (rule.source.effect !== 'require') continue;
    const scopes = granted.filter((scope) => covers(rule, scope, request));
    const require = scopes.length > 0 ? outstanding(rule, request) : undefined;
    if (require) found.push({ rule: rule.source.id, scopes, require });
  }
  return found.sort(byId);
}

function shadowOf(matched: readonly CompiledRule[], scopes: readonly string[], request: PolicyRequest): Decision['shadow'] {
  const found = matched
    .filter((rule) => rule.source.state === 'shadow')
    .map((rule) => ({ rule: rule.source.id, effect: rule.source.effect, scopes: scopes.filter((scope) => covers(rule, scope, request)) }));
  return found.filter((one) => one.scopes.length > 0).sort(byId);
}

function weigh(matched: readonly CompiledRule[], request: PolicyRequest, withShadow: boolean): Decision {
  const scopes = scopesOf(request);
  const enforced = withShadow ? matched : matched.filter((rule) => rule.source.state === 'enforce');
  const granted: string[] = [];
  const refused: Refusal[] = [];
  for (const scope of scopes) {
    const refusal = refusalOf(scope, enforced, request);
    if (refusal) refused.push(refusal);
    else granted.push(scope);
  }
  const speaking = enforced.filter((rule) => scopes.some((scope) => covers(rule, scope, request)));
  return {
    outcome: outcomeOf(granted.length, refused.length),
    granted,
    refused,
    requirements: requirementsOf(enforced, granted, request),
    rules: speaking.map((rule) => rule.source.id).sort(),
    reach: enforced.some((rule) => rule.source.effect === 'allow'),
    shadow: shadowOf(matched, scopes, request),
  };
}

/**
 * Decides one request. Nothing is granted unless an enforced allow covers it, an enforced deny always wins, and what
 * enforced `require` rules still ask for comes back in `requirements`: the caller must meet them before it issues anything.
 */
export function decide(set: PolicySet, request: PolicyRequest): Decision {
  return weigh(matchingRules(set, request), request, false);
}

/** The decision as it would be if every shadow rule were enforced. Worth asking only when `decide` reported shadow rules. */
export function decideWithShadow(set: PolicySet, request: PolicyRequest): Decision {
  return weigh(matchingRules(set, request), request, true);
}
