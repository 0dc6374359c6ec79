export type { AuthorizationErrorCode, BearerErrorCode, OAuthErrorCode, RegistrationErrorCode, TokenErrorCode } from './errors.ts';
export { PUSHED_REQUEST_URI, WELL_KNOWN } from './places.ts';
export { IDENTITY_SCOPES, isIdentityScope } from './scopes.ts';
export { AUTH_METHODS, CLIENT_ASSERTION_TYPE, CLIENT_ASSERTION_TYPES, GRANT_TYPES, type AuthMethod } from './token-endpoint.ts';
export { ACCESS_TOKEN_TYP, DPOP_TYP, ID_TOKEN_TYP, INTROSPECTION_TYP, TOKEN_TYPES } from './tokens.ts';
