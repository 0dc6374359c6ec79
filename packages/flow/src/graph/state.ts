import type { AuthorizationErrorCode } from '@writ/protocol';
import type { Ask } from './ask.ts';
import type { Facts } from './facts.ts';
import type { Json } from './json.ts';
import type { Notice } from './notice.ts';

/**
 * Who the browser has proven to be. `authTime` in milliseconds since the epoch; `amr` and `acr` as in OIDC. `by`: words of METHODS, with a
 * provider's id (`oidc:google`) or the tenant's (`sso:acme`); without it, a node that wants one of its own methods asks anew.
 */
export type JourneyProof = {
  readonly userId: string;
  readonly sessionId: string;
  readonly authTime: number;
  readonly amr: readonly string[];
  readonly acr: string;
  readonly by?: readonly string[];
};

/** A first factor that was proven, while the second is still to come: nobody is signed in by it. `at` in milliseconds. */
export type First = { readonly userId: string; readonly amr: readonly string[]; readonly at: number; readonly by?: readonly string[] };

/** What was allowed. `tenant`: an administrator allowed it for everybody in the tenant. */
export type JourneyApproval = {
  readonly scopes: readonly string[];
  readonly identityScopes: readonly string[];
  readonly persistent: boolean;
  /** For how many days; absent: without end. */
  readonly days?: number;
  readonly how: 'asked' | 'remembered' | 'first_party' | 'tenant';
};

/** The errors of RFC 6749 §4.1.2.1 and OIDC that a flow may end with. */
export const DENIAL_ERRORS = [
  'access_denied',
  'login_required',
  'consent_required',
  'interaction_required',
  'account_selection_required',
  'unmet_authentication_requirements',
  'invalid_scope',
  'temporarily_unavailable',
  'server_error',
] as const satisfies readonly AuthorizationErrorCode[];

/** Why a journey ends without a code. `message`: a sentence for the user; `reason`: for auditors, `decision`: of the policy behind it. */
export type JourneyDenial = {
  readonly error: (typeof DENIAL_ERRORS)[number];
  readonly reason: string;
  readonly message?: string;
  readonly decision?: string;
};

/** A stronger or newer sign-in that policy, or the client, wants before consent: any of `acr`, all of `amr`, `fresh`: given in this journey. */
export type Demand = { readonly acr?: readonly string[]; readonly amr?: readonly string[]; readonly fresh?: true };

/** A node that was left, by which branch. */
export type Passage = { readonly node: string; readonly branch: string };

/** What nodes gave, by node and name. What a node of a subflow gave is under `<subflow>/<node>`. */
export type Outputs = Readonly<Record<string, Readonly<Record<string, Json>>>>;

/** Where a journey stands: plain data, the whole of it, kept in its row. */
export type JourneyState = {
  readonly at: string;
  /** Grows with every node that is entered. A page and a look-up carry it, so that an old answer is known as such. */
  readonly turn: number;
  readonly ask: Ask;
  readonly facts: Facts;
  readonly outputs: Outputs;
  /** Claims for the token, set on the way; policy sees them as `jwtClaims`. */
  readonly claims: Readonly<Record<string, Json>>;
  readonly trail: readonly Passage[];
  readonly proof?: JourneyProof;
  /** The proof was given in this very journey, not by an older session. */
  readonly provenHere: boolean;
  readonly accountKept: boolean;
  /** The session of which the person said that it is not theirs. */
  readonly shunned?: string;
  readonly first?: First;
  /** What was allowed, by the node that asked. What holds is what all of them have in common (approvalOf). */
  readonly approvals: Readonly<Record<string, JourneyApproval>>;
  /** Policy asked for a stronger sign-in, and the graph has a way there. Asked once: who cannot goes on without. */
  readonly demand?: Demand;
  readonly demanded?: true;
  /** Which of the node's own pages is open: a word of the page's, as `code` while signing in. */
  readonly page?: string;
  readonly email?: string;
  /** A sentence for the next page, by name, and words that only whoever judged could know. */
  readonly notice?: Notice;
  readonly detail?: string;
  /** The sentence of this denial is on the screen. */
  readonly denial?: JourneyDenial;
  readonly over?: 'finished' | 'refused';
};

/** The state of a journey that has not begun; its first event is `arrived`. */
export function beginJourney(start: string, ask: Ask, facts: Facts): JourneyState {
  return {
    at: start,
    turn: 0,
    ask,
    facts,
    outputs: {},
    claims: {},
    trail: [],
    approvals: {},
    provenHere: false,
    accountKept: false,
    ...(ask.email === undefined ? {} : { email: ask.email }),
  };
}

/** The state without what was said on the last page. */
export function quiet(state: JourneyState): JourneyState {
  const { notice: _notice, detail: _detail, page: _page, ...rest } = state;
  return rest;
}

/** Does this proof give what was demanded? A demand for a new sign-in is met by the event that brings one. */
export function meets(proof: JourneyProof, { acr, amr, fresh }: Demand): boolean {
  return fresh !== true && (acr === undefined || acr.includes(proof.acr)) && (amr ?? []).every((one) => proof.amr.includes(one));
}

/** What was allowed in the end: where several were asked, what each of them allowed. */
export function approvalOf({ approvals }: JourneyState): JourneyApproval | undefined {
  const [first, ...others] = Object.values(approvals);
  return first === undefined ? undefined : others.reduce(common, first);
}

function common(one: JourneyApproval, other: JourneyApproval): JourneyApproval {
  const days = Math.min(one.days ?? Number.POSITIVE_INFINITY, other.days ?? Number.POSITIVE_INFINITY);
  return {
    scopes: one.scopes.filter((scope) => other.scopes.includes(scope)),
    identityScopes: one.identityScopes.filter((scope) => other.identityScopes.includes(scope)),
    persistent: one.persistent && other.persistent,
    ...(Number.isFinite(days) ? { days } : {}),
    // What rests on an administrator's yes ends with it, whoever else said yes too.
    how: one.how === 'tenant' ? 'tenant' : other.how,
  };
}
