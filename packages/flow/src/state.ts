import type { AuthorizationErrorCode } from '@writ/protocol';
import type { Method } from './flow.ts';

/** Who the browser has proven to be. `authTime` in milliseconds since the epoch; `amr` and `acr` as in OIDC. */
export type Proof = {
  readonly userId: string;
  readonly sessionId: string;
  readonly authTime: number;
  readonly amr: readonly string[];
  readonly acr: string;
};

/** What the authorization request asks of the flow; frozen when the journey begins. */
export type Ask = {
  /** `prompt=none`: whatever would need a page is an error instead. */
  readonly silent: boolean;
  /** `prompt=login`: an older session is not good enough. */
  readonly login: boolean;
  /** `prompt=consent`: remembered consent is not good enough. */
  readonly consent: boolean;
  /** `prompt=select_account`. */
  readonly chooseAccount: boolean;
  /** `max_age`, seconds. */
  readonly maxAge?: number;
  /** `acr_values`: levels of sign-in, of which any one will do. */
  readonly acr?: readonly string[];
  /** `login_hint`; fills the first field, proves nothing. */
  readonly email?: string;
  /** Preselected tenant; used only when the user belongs to it. */
  readonly tenant?: string;
};

/**
 * How somebody is signing in right now: which page of `authenticate` they are on. `second`: the first factor is proven, the second asked for;
 * `enrol`: there is none yet, and one is set up now; `recovery`: it was, and the codes for the day it is lost are shown.
 */
export type Mode = 'password' | 'code' | 'join' | 'join_code' | 'second' | 'enrol' | 'recovery';

/** A first factor that was proven, while the second is still to come: nobody is signed in by it. `at` in milliseconds. */
export type First = { readonly userId: string; readonly amr: readonly string[]; readonly at: number; readonly by?: readonly string[] };

/** A sentence for the next page, by name; the pages know the words. */
export type Notice =
  | 'wrong_credentials'
  | 'wrong_code'
  | 'locked'
  | 'busy'
  | 'frozen'
  | 'bad_email'
  | 'nothing_chosen'
  | 'session_ended'
  | 'unknown_tenant'
  | 'reset_sent'
  | 'password_refused'
  | 'join_closed'
  | 'step_up_password'
  | 'step_up_code'
  | 'step_up_second'
  | 'step_up_enrol'
  | 'step_up_fresh'
  | 'wrong_second'
  | 'code_used'
  | 'passkey_failed'
  | 'enrolment_over'
  | 'second_wanted'
  | 'provider_unavailable'
  | 'provider_failed'
  | 'provider_denied'
  | 'provider_unknown'
  | 'provider_email'
  | 'provider_taken'
  | 'sso_wanted'
  | 'sso_unknown';

/** What the user allowed. */
export type Approval = {
  readonly scopes: readonly string[];
  readonly identityScopes: readonly string[];
  readonly persistent: boolean;
  readonly how: 'asked' | 'remembered' | 'first_party';
};

/** Where a journey stands. Plain data, kept in its row. */
export type FlowState = {
  readonly at: string;
  readonly ask: Ask;
  readonly proof?: Proof;
  /** The proof was given in this very journey, not by an older session. */
  readonly provenHere: boolean;
  readonly accountKept: boolean;
  /** A sign-in of another kind was asked for in this journey, because what is asked for needs it. Asked once: who cannot goes on without. */
  readonly steppedUp?: true;
  /** The session of which the person said that it is not theirs: the browser still holds it, and it must not come back by itself. */
  readonly shunned?: string;
  readonly email?: string;
  readonly mode: Mode;
  readonly first?: First;
  readonly tenant?: string;
  readonly approval?: Approval;
  readonly denial?: Denial;
  readonly notice?: Notice;
  /** Words that only whoever judged could know (what is wrong with a password). */
  readonly detail?: string;
};

/** Why a journey ends without a code: the word for the client, the rich reason for auditors. */
export type Denial = {
  readonly error: Extract<
    AuthorizationErrorCode,
    | 'access_denied'
    | 'login_required'
    | 'consent_required'
    | 'interaction_required'
    | 'account_selection_required'
    | 'unmet_authentication_requirements'
  >;
  readonly reason: string;
  /** Id of the policy decision behind it. */
  readonly decision?: string;
};

export type Screen =
  | 'account'
  | 'sign_in'
  | 'code'
  | 'join'
  | 'join_code'
  | 'second'
  | 'enrol'
  | 'recovery'
  | 'tenant'
  | 'consent'
  | 'denied';

/** What consent came to when it was looked up: ask the person, take what they allowed before, skip, or there is nothing to allow. */
export type Verdict =
  | { readonly verdict: 'ask' }
  | { readonly verdict: 'settled'; readonly approval: Approval }
  | { readonly verdict: 'nothing'; readonly reason: string; readonly decision?: string; readonly error?: Denial['error'] }
  /**
   * A sign-in of another kind would open more. `email`: of who is signed in. `mode`: a second factor on top of what is proven, or setting one
   * up; absent: sign in anew. `again`: that is only the way to the question, which may be asked afterwards.
   */
  | {
      readonly verdict: 'stepUp';
      readonly notice: Notice;
      readonly email?: string;
      readonly mode?: 'second' | 'enrol';
      readonly again?: true;
    };

export type FlowEvent =
  /** The journey starts, or is looked at again, with the session that the browser holds now. */
  | { readonly kind: 'arrived'; readonly proof?: Proof }
  /** `recovery`: a factor was set up on the way, and its recovery codes are to be shown first. */
  | { readonly kind: 'signedIn'; readonly proof: Proof; readonly mode?: 'recovery' }
  | {
      readonly kind: 'firstProven';
      readonly first: First;
      readonly mode: 'second' | 'enrol';
      readonly email?: string;
      readonly notice?: Notice;
    }
  /** "Go on without": only where somebody is signed in already and more was asked for. */
  | { readonly kind: 'secondSkipped' }
  | { readonly kind: 'recoveryKept' }
  | { readonly kind: 'notSignedIn'; readonly email?: string; readonly notice: Notice; readonly detail?: string }
  /** Another page of signing in: a code was sent, an account is to be made, a password after all. */
  | { readonly kind: 'modeChosen'; readonly mode: Mode; readonly email?: string }
  /** "Use another account". */
  | { readonly kind: 'startOver' }
  | { readonly kind: 'accountKept' }
  /** `required`: somebody (the user, or the client) belongs to tenants, so going on without one would step out of them. */
  | { readonly kind: 'tenantsFound'; readonly tenants: readonly string[]; readonly required: boolean }
  | { readonly kind: 'tenantChosen'; readonly tenant: string; readonly known: boolean }
  | ({ readonly kind: 'consentJudged' } & Verdict)
  | { readonly kind: 'allowed'; readonly approval: Approval }
  | { readonly kind: 'nothingChosen' }
  /** "Deny" on the consent page, "Cancel" anywhere. */
  | { readonly kind: 'refused' }
  /** The sentence of a denial has been read. */
  | { readonly kind: 'acknowledged' };

/** What the dispatcher has to do now. It answers `findTenants` and `judgeConsent` with an event; the other three end its turn. */
export type Effect =
  | { readonly kind: 'show'; readonly screen: Screen; readonly methods: readonly Method[] }
  | { readonly kind: 'findTenants'; readonly userId: string }
  | { readonly kind: 'judgeConsent'; readonly userId: string }
  | { readonly kind: 'finish'; readonly proof: Proof }
  | { readonly kind: 'refuse'; readonly denial: Denial }
  /** The event does not belong to where the journey stands: an old page was sent again. Nothing has changed. */
  | { readonly kind: 'misplaced' };

export type Step = { readonly state: FlowState; readonly effects: readonly [Effect] };

/** The state of a journey that has not begun. */
export function initialState(start: string, ask: Ask): FlowState {
  return {
    at: start,
    ask,
    provenHere: false,
    accountKept: false,
    mode: 'password',
    ...(ask.email === undefined ? {} : { email: ask.email }),
  };
}
