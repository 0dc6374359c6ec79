/**
 * What the token endpoint may say: RFC 6749 §5.2, RFC 8707 §2, RFC 8628 §3.5 and CIBA §11 (polling), RFC 9449 §5 and §8, RFC 9396 §5,
 * RFC 9470 §3; `access_denied` where somebody or a policy said no, `interaction_required` where somebody must be asked, `connection_required`
 * where a credential is missing, `temporarily_unavailable` where its service does not renew it now.
 */
export type TokenErrorCode =
  | 'invalid_request'
  | 'invalid_client'
  | 'invalid_grant'
  | 'unauthorized_client'
  | 'unsupported_grant_type'
  | 'invalid_scope'
  | 'invalid_target'
  | 'access_denied'
  | 'authorization_pending'
  | 'slow_down'
  | 'expired_token'
  | 'invalid_dpop_proof'
  | 'use_dpop_nonce'
  | 'invalid_authorization_details'
  | 'insufficient_user_authentication'
  | 'interaction_required'
  | 'connection_required'
  | 'temporarily_unavailable';

/**
 * What an authorization response or a pushed request may say: RFC 6749 §4.1.2.1, RFC 8707 §2, RFC 9126 §2.3, OIDC Core §3.1.2.6, RFC 9101 §6.3,
 * RFC 9396 §5, RFC 9470 §5. The last ones are only ever shown to the person or told to who pushed: with them the redirect URI is not known to
 * be good, or (RFC 9449 §10.1) there is a proof, which only a push can carry.
 */
export type AuthorizationErrorCode =
  | 'invalid_request'
  | 'unauthorized_client'
  | 'access_denied'
  | 'unsupported_response_type'
  | 'invalid_scope'
  | 'invalid_target'
  | 'server_error'
  | 'temporarily_unavailable'
  | 'login_required'
  | 'consent_required'
  | 'interaction_required'
  | 'account_selection_required'
  | 'unmet_authentication_requirements'
  | 'request_not_supported'
  | 'request_uri_not_supported'
  | 'invalid_request_object'
  | 'invalid_authorization_details'
  | 'invalid_dpop_proof'
  | 'use_dpop_nonce'
  | 'invalid_client'
  | 'invalid_request_uri'
  | 'invalid_redirect_uri';

/** What registration may say: RFC 7591 §3.2.2; `invalid_token` for its management (RFC 7592), `temporarily_unavailable` for too many. */
export type RegistrationErrorCode = 'invalid_redirect_uri' | 'invalid_client_metadata' | 'invalid_token' | 'temporarily_unavailable';

/** What a protected resource may say in its challenge: RFC 6750 §3.1, RFC 9449 §7.1. */
export type BearerErrorCode = 'invalid_request' | 'invalid_token' | 'insufficient_scope' | 'invalid_dpop_proof' | 'use_dpop_nonce';

/** What the backchannel authentication endpoint may say beside RFC 6749 §5.2: CIBA Core §13. */
export type BackchannelErrorCode = 'unknown_user_id' | 'invalid_binding_message';

/** Any word that may stand in `error`. */
export type OAuthErrorCode = BackchannelErrorCode | TokenErrorCode | AuthorizationErrorCode | RegistrationErrorCode | BearerErrorCode;
