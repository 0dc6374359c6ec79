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
  | 'wrong_password'
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
