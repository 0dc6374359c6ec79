/** The rule language as data: the exact form of the config file and of the admin API. */

export const STATES = ['off', 'shadow', 'enforce'] as const;
export const EFFECTS = ['allow', 'deny', 'require'] as const;
/** The grants a rule may name. Refresh has no name of its own: it is judged as the grant that it came from. */
export const GRANTS = ['authorization_code', 'client_credentials', 'token_exchange', 'jwt_bearer', 'device_code', 'ciba'] as const;
export const OPERATORS = [
  'equals',
  'notEquals',
  'in',
  'notIn',
  'contains',
  'notContains',
  'exists',
  'matches',
  'greaterThan',
  'lessThan',
  'cidr',
  'between',
] as const;

export type State = (typeof STATES)[number];
export type Effect = (typeof EFFECTS)[number];
export type GrantName = (typeof GRANTS)[number];
export type Operator = (typeof OPERATORS)[number];

export type Scalar = string | number | boolean;
export type Comparison = { readonly key: string; readonly operator: Operator; readonly value: Scalar | readonly Scalar[] };
export type Condition =
  | Comparison
  | { readonly any: readonly Condition[] }
  | { readonly all: readonly Condition[] }
  | { readonly not: Condition };

export type Subject = { readonly any: true } | { readonly clients: readonly string[] } | { readonly conditions: readonly Condition[] };

/** Which things of one kind: every one, these ids, those with any of these tags, those of any of these types. */
export type Selection = 'all' | readonly string[] | { readonly tags: readonly string[] } | { readonly types: readonly string[] };
export type Target = { readonly resources: Selection } | { readonly connections: Selection };

/** `true` leaves the level to the server; with `acr`, any one of them will do; with `amr`, all of them are needed. */
export type StepUp = true | { readonly acr?: readonly string[]; readonly amr?: readonly string[] };
/** `from` says who may decide (any of them); `count` how many must agree; `expiresIn` how many seconds the request stays open. */
export type ApprovalNeed = {
  readonly from: { readonly users?: readonly string[]; readonly roles?: readonly string[]; readonly owner?: true };
  readonly count: number;
  readonly expiresIn: number;
};
/** At most so many `calls` or `exchanges` in any window of `window` seconds. */
export type Budget = { readonly calls?: number; readonly exchanges?: number; readonly window: number };

/** What a `require` rule asks for. Every member that is present must be met. */
export type Requirement = {
  readonly stepUp?: StepUp;
  /** `true`: consent in this very journey; `maxAge`: consent not older than so many seconds. */
  readonly reconsent?: true | { readonly maxAge: number };
  readonly approval?: ApprovalNeed;
  /** Seconds. */
  readonly maxLifetime?: number;
  /** `true`: any sender-constrained token (RFC 9449 or RFC 8705). */
  readonly proofOfPossession?: true | 'dpop' | 'mtls';
  /** 0: no delegation at all. */
  readonly maxDelegationDepth?: number;
  readonly budget?: Budget;
};

export type PolicyRule = {
  readonly id: string;
  readonly name?: string;
  readonly description?: string;
  readonly state: State;
  readonly effect: Effect;
  readonly subject: Subject;
  readonly target: Target;
  /** Absent: every grant. */
  readonly grants?: readonly GrantName[];
  readonly scopes: 'all' | readonly string[];
  /** Present exactly when `effect` is `require`. */
  readonly require?: Requirement;
};

/** True for a group or comparison that is a comparison. */
export function isComparison(condition: Condition): condition is Comparison {
  return 'key' in condition;
}
