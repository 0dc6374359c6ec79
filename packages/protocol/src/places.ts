/** Where metadata is found (RFC 8414 §3, OIDC Discovery §4, RFC 9728 §3). For an identifier with a path the RFCs put these before that path. */
export const WELL_KNOWN = {
  authorizationServer: '/.well-known/oauth-authorization-server',
  openidConfiguration: '/.well-known/openid-configuration',
  protectedResource: '/.well-known/oauth-protected-resource',
} as const;

/** Begins the `request_uri` of a pushed authorization request (RFC 9126 §2.2). */
export const PUSHED_REQUEST_URI = 'urn:ietf:params:oauth:request_uri:';
