/** What the sign-in page says when somebody comes back without having signed in; the pages know the words. */
export type FederationNotice =
  | 'provider_unavailable'
  | 'provider_failed'
  | 'provider_denied'
  | 'provider_unknown'
  | 'provider_email'
  | 'provider_taken'
  | 'sso_unknown'
  | 'frozen';

/** What may be told of an obstacle: never of which account it is. */
export function noticeOf(reason: string): FederationNotice {
  switch (reason) {
    case 'assertion_email':
    case 'email_unproven':
    case 'email_foreign':
      return 'provider_email';
    case 'user_address_taken':
    case 'user_obstacle':
      return 'provider_taken';
    default:
      return 'provider_unknown';
  }
}
