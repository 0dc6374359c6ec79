import type { Decision } from '@writ/policy';

/**
 * What of a decision can be had: granted, less what hangs on a requirement that neither a page of a journey nor the token endpoint can meet
 * (a second factor, an approval). Unmet is not granted; a lifetime and a depth of delegation are bounds, and met by keeping to them.
 */
export function grantable(decision: Pick<Decision, 'granted' | 'requirements'>): readonly string[] {
  const open = decision.requirements.filter(({ require }) =>
    Object.keys(require).some((name) => name !== 'maxLifetime' && name !== 'maxDelegationDepth'),
  );
  if (open.length === 0) return decision.granted;
  const shut = new Set(open.flatMap(({ scopes }) => scopes));
  return decision.granted.filter((scope) => !shut.has(scope));
}
