import { compilePolicies, type PolicyRequest, type PolicyRule, type PolicySet } from '@writ/policy';

/** Every rule, compiled as this hub decides by them. */
export type Rulebook = { rules: readonly PolicyRule[]; everywhere: PolicySet; ownApi: PolicySet; builtIn: ReadonlySet<string> };

/** `builtIn`: ids of the hub's own resources, which an allow rule reaches only by their name. */
export function bookOf(rules: readonly PolicyRule[], builtIn: ReadonlySet<string>): Rulebook {
  return { rules, everywhere: compilePolicies(rules), ownApi: compilePolicies(rules.filter(mayReachBuiltIn)), builtIn };
}

/** The rules that judge this request. */
export function setFor({ everywhere, ownApi, builtIn }: Rulebook, { target }: Pick<PolicyRequest, 'target'>): PolicySet {
  return target.kind === 'resource' && builtIn.has(target.id) ? ownApi : everywhere;
}

/** Rules as they would be: those of the draft put in the place of, or beside, those that are; those it removes left out. */
export type Draft = { put: readonly PolicyRule[]; remove: readonly string[] };

export function drafted(rules: readonly PolicyRule[], { put, remove }: Draft): PolicyRule[] {
  const gone = new Set([...remove, ...put.map((rule) => rule.id)]);
  return [...rules.filter((rule) => !gone.has(rule.id)), ...put];
}

/**
 * "All resources" means those that were put here, not the hub's own administration: an allow rule that was written for the first must not
 * hand out the second. Rules that restrict keep their full reach.
 */
function mayReachBuiltIn({ effect, target }: PolicyRule): boolean {
  return effect !== 'allow' || ('resources' in target && Array.isArray(target.resources));
}
