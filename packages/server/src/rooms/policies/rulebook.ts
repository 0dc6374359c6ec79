import { compilePolicies, GRANTS, type PolicyRequest, type PolicyRule, type PolicySet } from '@writ/policy';
import { IDENTITY_RESOURCE_ID } from '../resources/built-in.ts';

/** Every rule, compiled as this hub decides by them. */
export type Rulebook = { rules: readonly PolicyRule[]; everywhere: PolicySet; ownApi: PolicySet; builtIn: ReadonlySet<string> };

/** `builtIn`: ids of the hub's own resources, which an allow rule reaches only by their name. */
export function bookOf(rules: readonly PolicyRule[], builtIn: ReadonlySet<string>): Rulebook {
  const ownApi = [...rules.filter(mayReachBuiltIn).map(atFirstHand), SIGN_IN].filter(
    ({ id }, index, all) => all.findIndex((other) => other.id === id) === index,
  );
  return { rules, everywhere: compilePolicies(rules), ownApi: compilePolicies(ownApi), builtIn };
}

/**
 * The one rule that nobody wrote: a client may be told who its user is, when the user lets it. A rule of the same id stands in its place, and one
 * that denies wins as everywhere.
 */
const SIGN_IN: PolicyRule = {
  id: 'writ:sign-in',
  name: 'Sign-in',
  state: 'enforce',
  effect: 'allow',
  subject: { any: true },
  target: { resources: [IDENTITY_RESOURCE_ID] },
  grants: ['authorization_code', 'device_code', 'ciba'],
  scopes: 'all',
};

/**
 * A rule that lets people or clients at the hub's own API and says nothing of grants means them, not whoever they called: the server of any
 * resource could otherwise exchange the token that an administrator came with, and administer. Who wants that names the grant.
 */
function atFirstHand(rule: PolicyRule): PolicyRule {
  return rule.effect === 'allow' && rule.grants === undefined ? { ...rule, grants: FIRST_HAND } : rule;
}

const FIRST_HAND = GRANTS.filter((grant) => grant !== 'token_exchange');

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
