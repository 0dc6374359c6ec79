import type { Decision } from '@writ/policy';
import { weigh, type Unmet } from './requirements.ts';

/** What of a decision a person may say yes to on a consent page. */
export type Grantable = {
  /** Granted, less what `withheld` holds back. */
  scopes: readonly string[];
  /** What no click on this page can mend: a stronger sign-in, a kind of key that is not spoken here. */
  withheld: readonly Unmet[];
  /** Scopes that want somebody's approval as well, each time they are used. */
  approvals: readonly string[];
  /** Scopes for which what was allowed before is not good enough: the page must be shown. */
  stale: readonly string[];
  /** Scopes for which the person must have been asked at all, not an administrator for them. */
  personal: readonly string[];
};

/**
 * Requirements as a consent page sees them. Consent is given here, and a key is proved and a budget counted where the token is issued;
 * what else is required must be there already.
 */
export function grantable(
  decision: Pick<Decision, 'granted' | 'requirements'>,
  of: { acr: string; consentedAt: number | undefined; now: number },
): Grantable {
  if (decision.requirements.length === 0) return { scopes: decision.granted, withheld: [], approvals: [], stale: [], personal: [] };
  const here = weigh(decision, { ...of, consentedHere: true, keyProved: true }, false);
  const before = weigh(decision, { ...of, keyProved: true }, false);
  return {
    scopes: here.open,
    withheld: here.unmet,
    approvals: here.approvals.flatMap(({ scopes }) => scopes),
    stale: before.unmet.filter(({ needs }) => needs === 'reconsent').flatMap(({ scopes }) => scopes),
    personal: decision.requirements.filter(({ require }) => require.reconsent !== undefined).flatMap(({ scopes }) => scopes),
  };
}
