/** `typ` of the header of an access token (RFC 9068 §2.1). It keeps an id_token from being taken for one (RFC 8725 §3.11). */
export const ACCESS_TOKEN_TYP = 'at+jwt';
/** `typ` of an id_token, as OIDC libraries expect it. */
export const ID_TOKEN_TYP = 'JWT';
