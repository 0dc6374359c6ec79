import type { Decision, Requirement, StepUp } from '@writ/policy';
import type { OpenRule } from './judge.ts';
import type { Condition } from './graph.ts';

/** What can be done about requirements in this way. `consentedAt`: of a yes to this very target; milliseconds. `canConsent`: the user could be asked again. */
export type Means = { hasUser: boolean; canConsent: boolean; consentedAt?: number | undefined; now: number };

export type Met = {
  /** What is left when the scopes that nothing can open are gone. */
  scopes: readonly string[];
  conditions: readonly Condition[];
};

/** Requirements of a decision as conditions, or as an end: what nobody could fulfil in this way is not granted (rooms/policies/requirements.ts). */
export function meetable({ granted, requirements }: Pick<Decision, 'granted' | 'requirements'>, means: Means): Met {
  const shut = new Set(requirements.flatMap(({ require, scopes }) => (isMeetable(require, means) ? [] : scopes)));
  const scopes = granted.filter((name) => !shut.has(name));
  const conditions = requirements.flatMap(({ rule, require, scopes: about }) => {
    const left = about.filter((name) => !shut.has(name));
    return left.length === 0
      ? []
      : wordsFor(require, means).map(({ kind, sentence }): Condition => ({ kind, sentence, rule, scopes: left }));
  });
  return { scopes, conditions };
}

function isMeetable({ stepUp, reconsent, proofOfPossession }: Requirement, { hasUser, canConsent, consentedAt, now }: Means): boolean {
  if (stepUp !== undefined && !hasUser) return false;
  if (proofOfPossession === 'mtls') return false;
  return reconsent === undefined || canConsent || (reconsent !== true && isFresh(reconsent.maxAge, consentedAt, now));
}

function isFresh(maxAge: number, consentedAt: number | undefined, now: number): boolean {
  return consentedAt !== undefined && now - consentedAt <= maxAge * 1000;
}

type Words = Pick<Condition, 'kind' | 'sentence'>;

function wordsFor(require: Requirement, { consentedAt, now }: Means): Words[] {
  const { stepUp, reconsent, approval, budget, proofOfPossession, maxLifetime } = require;
  const found: Words[] = [];
  if (stepUp !== undefined) found.push({ kind: 'second_factor', sentence: stepUpWords(stepUp) });
  if (reconsent === true) found.push({ kind: 'reconsent', sentence: 'The user is asked anew each time.' });
  else if (reconsent !== undefined && !isFresh(reconsent.maxAge, consentedAt, now))
    found.push({ kind: 'reconsent', sentence: `The user's yes is older than ${duration(reconsent.maxAge)}: they have to be asked again.` });
  if (approval !== undefined)
    found.push({
      kind: 'approval',
      sentence: approval.count === 1 ? 'Somebody has to approve it.' : `${approval.count} people have to approve it.`,
    });
  if (budget?.calls !== undefined) found.push(budgetWords(budget.calls, 'uses', budget.window));
  if (budget?.exchanges !== undefined) found.push(budgetWords(budget.exchanges, 'exchanges', budget.window));
  if (proofOfPossession !== undefined) found.push({ kind: 'proof_of_possession', sentence: 'The client has to prove a key (DPoP).' });
  if (maxLifetime !== undefined) found.push({ kind: 'lifetime', sentence: `It lasts ${duration(maxLifetime)} at most.` });
  return found;
}

function stepUpWords(need: StepUp): string {
  if (need === true) return 'The user has to sign in with a second factor.';
  const levels = [...(need.acr ?? []), ...(need.amr ?? [])];
  return `The user has to sign in by ${levels.join(', ')}.`;
}

function budgetWords(limit: number, what: string, window: number): Words {
  return { kind: 'budget', sentence: `At most ${limit} ${what} in ${duration(window)}.` };
}

/** Seconds in words. */
export function duration(seconds: number): string {
  for (const [size, name] of [
    [86_400, 'day'],
    [3_600, 'hour'],
    [60, 'minute'],
  ] as const)
    if (seconds >= size && seconds % size === 0)
      return seconds === size ? `a ${name}`.replace('a hour', 'an hour') : `${seconds / size} ${name}s`;
  return seconds === 1 ? 'a second' : `${seconds} seconds`;
}

/** Rules that wait for what is not known yet, as conditions on these scopes. */
export function openConditions(open: readonly OpenRule[], scopes: readonly string[], alsoAllowed: (scope: string) => boolean): Condition[] {
  return open.flatMap(({ rule, depends }): Condition[] => {
    const about = rule.scopes === 'all' ? scopes : scopes.filter((name) => rule.scopes.includes(name));
    const hang = rule.effect === 'allow' ? about.filter((name) => !alsoAllowed(name)) : about;
    if (hang.length === 0) return [];
    const keys = depends.join(', ');
    if (rule.effect === 'deny')
      return [{ kind: 'unless', rule: rule.id, scopes: hang, sentence: `Unless policy ${rule.id} denies it, by ${keys}.` }];
    const sentence =
      rule.effect === 'allow' ? `Only where policy ${rule.id} allows it, by ${keys}.` : `Policy ${rule.id} may require more, by ${keys}.`;
    return [{ kind: 'depends', rule: rule.id, scopes: hang, sentence }];
  });
}
