/** `typ` of the header of an access token (RFC 9068 §2.1). It keeps an id_token from being taken for one (RFC 8725 §3.11). */
export const ACCESS_TOKEN_TYP = 'at+jwt';
/** `typ` of an id_token, as OIDC libraries expect it. */
export const ID_TOKEN_TYP = 'JWT';

/** `*_token_type` of RFC 8693 §3, and of the Identity Assertion JWT Authorization Grant (ID-JAG). */
export const TOKEN_TYPES = {
  access_token: 'urn:ietf:params:oauth:token-type:access_token',
  refresh_token: 'urn:ietf:params:oauth:token-type:refresh_token',
  id_token: 'urn:ietf:params:oauth:token-type:id_token',
  jwt: 'urn:ietf:params:oauth:token-type:jwt',
  saml2: 'urn:ietf:params:oauth:token-type:saml2',
  id_jag: 'urn:ietf:params:oauth:token-type:id-jag',
  /** A secret of a connected service that is no access token: a key, a password, a certificate. */
  credential: 'urn:writ:params:oauth:token-type:credential',
} as const;

/** `typ` of a DPoP proof (RFC 9449 §4.2). */
export const DPOP_TYP = 'dpop+jwt';

/** `typ` of a JWT introspection response (RFC 9701 §5), and its media type without `application/`. */
export const INTROSPECTION_TYP = 'token-introspection+jwt';
