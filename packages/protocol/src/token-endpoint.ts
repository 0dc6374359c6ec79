/**
 * Values of `grant_type` on the wire, by the short name that policies and people use (RFC 6749 §4, RFC 8693 §2.1, RFC 7523 §2.1, RFC 8628 §3.4,
 * CIBA Core §4). A key is also its own value where the RFC gave the grant a short name.
 */
export const GRANT_TYPES = {
  authorization_code: 'authorization_code',
  refresh_token: 'refresh_token',
  client_credentials: 'client_credentials',
  token_exchange: 'urn:ietf:params:oauth:grant-type:token-exchange',
  jwt_bearer: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
  device_code: 'urn:ietf:params:oauth:grant-type:device_code',
  ciba: 'urn:openid:params:grant-type:ciba',
} as const;

/** How a client proves itself (`token_endpoint_auth_method`, RFC 7591 §2, OIDC Core §9). */
export const AUTH_METHODS = ['none', 'client_secret_basic', 'client_secret_post', 'private_key_jwt'] as const;
export type AuthMethod = (typeof AUTH_METHODS)[number];

/** The value of `client_assertion_type` that RFC 7523 §2.2 gives. */
export const CLIENT_ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
/** All that are taken: a JWT, a SPIFFE JWT-SVID (draft-ietf-oauth-spiffe-client-auth §3), and our own for a request signed for AWS STS. */
export const CLIENT_ASSERTION_TYPES = {
  jwt: CLIENT_ASSERTION_TYPE,
  spiffe: 'urn:ietf:params:oauth:client-assertion-type:jwt-spiffe',
  aws_sts: 'urn:writ:params:oauth:client-assertion-type:aws-sts',
} as const;
