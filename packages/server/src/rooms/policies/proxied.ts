import type { Decision, Requirement } from '@writ/policy';
import type { Resource } from '../resources/resource.ts';

/**
 * A decision about a connection, heard by whoever asked for a token to its proxy: who may have anything there may call. What is required for the
 * use itself (an approval, a budget, a stronger sign-in) is asked at each call; only what a token must be like is asked now.
 */
export function heardFor({ proxied, scopes }: Pick<Resource, 'proxied' | 'scopes'>, decision: Decision): Decision {
  if (proxied === undefined) return decision;
  const names = scopes.map(({ name }) => name);
  const may = decision.granted.length > 0;
  const [why] = decision.refused;
  return {
    ...decision,
    outcome: may ? 'allow' : 'deny',
    granted: may ? names : [],
    refused: may || why === undefined ? [] : names.map((scope) => ({ ...why, scope })),
    requirements: decision.requirements.flatMap(({ rule, require }) => {
      const ofToken = onlyOfTokens(require);
      return Object.keys(ofToken).length === 0 ? [] : [{ rule, scopes: names, require: ofToken }];
    }),
  };
}

function onlyOfTokens({ maxLifetime, proofOfPossession }: Requirement): Requirement {
  return {
    ...(maxLifetime === undefined ? {} : { maxLifetime }),
    ...(proofOfPossession === undefined ? {} : { proofOfPossession }),
  };
}
