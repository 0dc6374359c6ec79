import { authorizeFlow, initialState, signInFlow, type Ask, type Flow, type FlowState } from '@writ/flow';

/** An authorization request that has passed every check; kept as it was at first sight and never read from a page again. */
export type AuthorizationRequest = {
  kind: 'authorize';
  clientId: string;
  redirectUri: string;
  state?: string;
  codeChallenge: string;
  nonce?: string;
  resourceId: string;
  /** Scopes of the resource asked for; absent: the client named none, so all may be offered. */
  scopes?: readonly string[];
  /** openid, profile, email. */
  identityScopes: readonly string[];
  ask: Ask;
  /** Digest of the pushed request this came from; spent when the code is issued. */
  pushed?: string;
  /** False for the rare client that rejects a response which carries `iss`. */
  withIss: boolean;
  txn: string;
};

/** Somebody signs in at the hub itself, to go on to one of its own pages. */
export type SignInRequest = { kind: 'sign-in'; returnTo: '/account'; ask: Ask; txn: string };

export type JourneyRequest = AuthorizationRequest | SignInRequest;

/** One run of a flow. The row is the whole of it; the browser holds a secret that opens it and nothing else. */
export type Journey = {
  id: string;
  /** Digest of the secret in the cookie of the browser that began it. */
  browserDigest: string;
  request: JourneyRequest;
  state: FlowState;
  /** Grows with every step; a step that was decided on an older state does not take effect. */
  version: number;
  createdAt: number;
  expiresAt: number;
  finishedAt?: number;
};

/** A person may look for a password or a mail; nobody comes back after half an hour. */
export const JOURNEY_MS = 30 * 60_000;

export function flowOf(request: JourneyRequest): Flow {
  return request.kind === 'authorize' ? authorizeFlow : signInFlow;
}

export function beginState(request: JourneyRequest): FlowState {
  return initialState(flowOf(request).start, request.ask);
}

/** The client id that entries name; signing in at the hub itself has none. */
export function clientOf(request: JourneyRequest): string | undefined {
  return request.kind === 'authorize' ? request.clientId : undefined;
}
