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
