import type { ApprovalNeed, Decision, Requirement, StepUp } from '@writ/policy';
import { MULTI_FACTOR } from '../users/events.ts';

/** What a `require` rule can ask for beyond a bound (`maxLifetime`, `maxDelegationDepth`), which is met by keeping to it. */
export type Need = 'stepUp' | 'reconsent' | 'proofOfPossession' | 'approval' | 'budget';

/** What is known of a request beside the question: against this its requirements are held. */
export type Circumstances = {
  now: number;
  /** `acr` of the login behind it, if there is one. */
  acr?: string | undefined;
  /** Milliseconds since the epoch. */
  consentedAt?: number | undefined;
  /** The user was asked in this very journey. */
  consentedHere?: boolean | undefined;
  /** The request proved that it holds a key (RFC 9449). */
  keyProved: boolean;
  /** Rules whose approval was given for exactly this request. */
  approved?: readonly string[] | undefined;
};

/** A requirement that stands between the request and these scopes. */
export type Unmet = { readonly needs: Need; readonly rule: string; readonly scopes: readonly string[]; readonly require: Requirement };
/** A `require` rule that wants a person's decision, and the scopes that hang on it: all of them are about to be issued. */
export type ApprovalWanted = { readonly rule: string; readonly scopes: readonly string[]; readonly need: ApprovalNeed };
/** At most `limit` uses in any window of `window` seconds, counted for each agent. */
export type BudgetWanted = {
  readonly rule: string;
  readonly scopes: readonly string[];
  readonly kind: 'calls' | 'exchanges';
  readonly limit: number;
  readonly window: number;
};

/** What came out: `open` can be had at once but for `approvals` and `budgets`, which must be asked and counted first. */
export type Weighed = {
  readonly open: readonly string[];
  readonly unmet: readonly Unmet[];
  readonly approvals: readonly ApprovalWanted[];
  readonly budgets: readonly BudgetWanted[];
};

/** Holds what a decision still asks for against what is known. Unmet is not granted; the order of rules does not matter. */
export function weigh(decision: Pick<Decision, 'granted' | 'requirements'>, of: Circumstances, exchange: boolean): Weighed {
  const unmet = decision.requirements.flatMap(({ rule, scopes, require }) =>
    missing(require, of).map((needs): Unmet => ({ needs, rule, scopes, require })),
  );
  const open = without(decision.granted, unmet);
  const about = decision.requirements.flatMap(({ rule, scopes, require }) => {
    const left = scopes.filter((scope) => open.includes(scope));
    return left.length === 0 ? [] : [{ rule, scopes: left, require }];
  });
  return {
    open,
    unmet,
    approvals: about.flatMap(({ rule, scopes, require: { approval } }) =>
      approval === undefined || of.approved?.includes(rule) === true ? [] : [{ rule, scopes, need: approval }],
    ),
    budgets: about.flatMap(({ rule, scopes, require: { budget } }) => {
      if (budget === undefined) return [];
      const { calls, exchanges, window } = budget;
      const counted: BudgetWanted[] = [];
      if (calls !== undefined) counted.push({ rule, scopes, kind: 'calls', limit: calls, window });
      if (exchanges !== undefined && exchange) counted.push({ rule, scopes, kind: 'exchanges', limit: exchanges, window });
      return counted;
    }),
  };
}

/**
 * What the resource itself asks for, as if a rule said it: its scopes with `stepUp` want two factors of the person behind the request,
 * whatever policy says. A client that acts for itself has nobody to ask.
 */
export function withScopeStepUps<T extends Pick<Decision, 'granted' | 'requirements'>>(decision: T, resource: StepUpScopes): T {
  const scopes = resource.scopes.filter(({ name, stepUp }) => stepUp && decision.granted.includes(name)).map(({ name }) => name);
  if (scopes.length === 0) return decision;
  return { ...decision, requirements: [...decision.requirements, { rule: `resource:${resource.id}`, scopes, require: { stepUp: true } }] };
}

type StepUpScopes = { readonly id: string; readonly scopes: readonly { readonly name: string; readonly stepUp: boolean }[] };

/** The scopes that none of these hold back. */
export function without(scopes: readonly string[], held: readonly { readonly scopes: readonly string[] }[]): readonly string[] {
  if (held.length === 0) return scopes;
  const shut = new Set(held.flatMap((one) => one.scopes));
  return scopes.filter((scope) => !shut.has(scope));
}

/** The shortest lifetime among the rules that cover one of these scopes. Seconds; undefined: none bounds it. */
export function lifetimeBound({ requirements }: Pick<Decision, 'requirements'>, scopes: readonly string[]): number | undefined {
  const bounds = requirements.flatMap(({ require: { maxLifetime }, scopes: covered }) =>
    maxLifetime !== undefined && covered.some((scope) => scopes.includes(scope)) ? [maxLifetime] : [],
  );
  return bounds.length === 0 ? undefined : Math.min(...bounds);
}

/** What cannot be mended by asking somebody or counting now. */
function missing({ stepUp, reconsent, proofOfPossession }: Requirement, of: Circumstances): Need[] {
  const needs: Need[] = [];
  if (stepUp !== undefined && !isSteppedUp(stepUp, of.acr)) needs.push('stepUp');
  if (reconsent !== undefined && !isConsented(reconsent, of)) needs.push('reconsent');
  // RFC 8705 is not spoken here, so a rule that insists on it is met by nobody.
  if (proofOfPossession !== undefined && (!of.keyProved || proofOfPossession === 'mtls')) needs.push('proofOfPossession');
  return needs;
}

/** The engine has judged named levels already and leaves out what was reached. `true` is the hub's own level: more than one factor. */
function isSteppedUp(need: StepUp, acr: string | undefined): boolean {
  return need === true && acr === MULTI_FACTOR;
}

/** `true` is good for the journey that asked; an age counts from the page on which the user said yes. */
function isConsented(need: true | { readonly maxAge: number }, { now, consentedAt, consentedHere }: Circumstances): boolean {
  if (consentedHere === true) return true;
  return need !== true && consentedAt !== undefined && now - consentedAt <= need.maxAge * 1000;
}
