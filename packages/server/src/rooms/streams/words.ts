/** `typ` of a security event token (RFC 8417 §2.3): it can be taken for no other token, and no other for it. */
export const SET_TYP = 'secevent+jwt';

/** How SETs leave (RFC 8935, RFC 8936), as SSF calls it. */
export const PUSH = 'urn:ietf:rfc:8935';
export const POLL = 'urn:ietf:rfc:8936';

const SSF = 'https://schemas.openid.net/secevent/ssf/event-type/';
const CAEP = 'https://schemas.openid.net/secevent/caep/event-type/';
const RISC = 'https://schemas.openid.net/secevent/risc/event-type/';

/** Event types by the word that we use for them (SSF 1.0 §8.1, CAEP 1.0 §3, RISC 1.0 §2). */
export const EVENT = {
  verification: `${SSF}verification`,
  streamUpdated: `${SSF}stream-updated`,
  sessionRevoked: `${CAEP}session-revoked`,
  tokenClaimsChange: `${CAEP}token-claims-change`,
  credentialChange: `${CAEP}credential-change`,
  accountDisabled: `${RISC}account-disabled`,
  accountEnabled: `${RISC}account-enabled`,
  accountPurged: `${RISC}account-purged`,
  /** What others send, and what it means here. */
  sessionsRevoked: `${RISC}sessions-revoked`,
  credentialCompromise: `${RISC}credential-compromise`,
} as const;

/** What a receiver may ask a stream of this hub for. */
export const SUPPORTED: readonly string[] = [
  EVENT.sessionRevoked,
  EVENT.tokenClaimsChange,
  EVENT.credentialChange,
  EVENT.accountDisabled,
  EVENT.accountEnabled,
  EVENT.accountPurged,
];
