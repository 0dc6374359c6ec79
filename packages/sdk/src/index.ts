export type { Actor, Caller, ChainLink, Reason, Refused, Verified } from './caller.ts';
export { lacking } from './caller.ts';
export type { AuthenticationDemand, Challenge, ChallengeParts } from './challenge.ts';
export { challengeHeader, challengeResponse, isAuthenticatedAs } from './challenge.ts';
export type { Clock } from './clock.ts';
export type { Algorithm, Credentials, DpopOptions, ResourceOptions } from './config.ts';
export { ResourceConfigError } from './config.ts';
export type { ConnectionRequired, Credential, CredentialOutcome, CredentialRefused, CredentialUse, CredentialWish } from './credential.ts';
export {
  ConnectionRequiredError,
  CredentialRefusedError,
  credentialForm,
  credentialIn,
  credentialOrThrow,
  readCredential,
  withCredential,
} from './credential.ts';
export type { CredentialSource } from './credential-request.ts';
export type { Shown } from './dpop.ts';
export type { ProtectedResourceMetadata } from './metadata.ts';
export { METADATA_HEADERS } from './metadata.ts';
export type { Resource } from './resource.ts';
export { createResource } from './resource.ts';
export type { Signal, SignalKind, SignalState } from './signal.ts';
export type { Signals, SignalsEvent, SignalsState } from './signals.ts';
export type { Watch, WatchOptions } from './watch.ts';
export { watchSignals } from './watch.ts';
