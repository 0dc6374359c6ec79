import type { Ask, JourneyState } from '@writ/flow';
import type { GrantName } from '@writ/policy';
import { GRANT_TYPES } from '@writ/protocol';
import type { Pending } from '../approvals/pending.ts';
import type { AuthorizationDetail } from '../tokens/facts.ts';

/** An authorization request that has passed every check; kept as it was at first sight and never read from a page again. */
export type AuthorizationRequest = {
  kind: 'authorize';
  clientId: string;
  redirectUri: string;
  state?: string;
  codeChallenge: string;
  nonce?: string;
  /** Thumbprint of the key that the code is bound to (RFC 9449 §10). */
  jkt?: string;
  resourceId: string;
  /** Scopes of the resource asked for; absent: the client named none, so all may be offered. */
  scopes?: readonly string[];
  /** openid, profile, email. */
  identityScopes: readonly string[];
  authorizationDetails?: readonly AuthorizationDetail[];
  ask: Ask;
  /** Digest of the pushed request this came from; spent when the code is issued. */
  pushed?: string;
  /** The id of the signed request this is (RFC 9101); spent likewise. `expiresAt`: milliseconds. */
  once?: { jti: string; expiresAt: number };
  /** False for the rare client that rejects a response which carries `iss`. */
  withIss: boolean;
  txn: string;
};

/**
 * A client that has no browser of its own asked elsewhere (RFC 8628, CIBA). Its user answers in this one, and the client fetches the outcome
 * by polling: no address to go back to, no code.
 */
export type DecoupledRequest = {
  kind: 'decoupled';
  /** As which grant policy judges it. */
  grant: 'device_code' | 'ciba';
  /** The pending authorization (rooms/approvals) that the end of this journey answers. */
  pendingId: string;
  /** CIBA: nobody else may answer. */
  userId?: string;
  clientId: string;
  resourceId: string;
  scopes?: readonly string[];
  identityScopes: readonly string[];
  authorizationDetails?: readonly AuthorizationDetail[];
  ask: Ask;
  /** Where the client asked from, as the person should see it. */
  from: { ip?: string; userAgent?: string; at: number };
  bindingMessage?: string;
  txn: string;
};

/** Somebody signs in at the hub itself, to go on to one of its own pages. `returnTo`: a path that the hub itself put together. */
export type SignInRequest = { kind: 'sign-in'; returnTo: `/${'account' | 'device' | 'connect'}${string}`; ask: Ask; txn: string };

/**
 * A client registers itself, or is seen for the first time by its metadata document: nobody is there to be shown a page, and what comes of it
 * is told to whoever runs it.
 */
export type RegistrationRequest = { kind: 'registration'; clientId: string; redirectUris: readonly string[]; ask: Ask; txn: string };

/** A request that ends in consent or in none. */
export type ConsentRequest = AuthorizationRequest | DecoupledRequest;

export type JourneyRequest = ConsentRequest | SignInRequest | RegistrationRequest;

/** One run of a flow. The row is the whole of it; the browser holds a secret that opens it and nothing else. */
export type Journey = {
  id: string;
  /** Digest of the secret in the cookie of the browser that began it. */
  browserDigest: string;
  request: JourneyRequest;
  /** Digest of the version that it began with and keeps, whatever is published meanwhile. */
  flow: string;
  state: JourneyState;
  /** What calls brought for later nodes, sealed (safe.store.ts); absent: nothing. */
  secrets?: string;
  /** Grows with every step; a step that was decided on an older state does not take effect. */
  version: number;
  /** A request is at work on the next step, and calls somebody else's system for it. */
  busyUntil?: number;
  createdAt: number;
  expiresAt: number;
  finishedAt?: number;
};

/** A person may look for a password or a mail; nobody comes back after half an hour. */
export const JOURNEY_MS = 30 * 60_000;

/** The journey's view of a request that waits elsewhere. */
export function decoupledRequest({ id, kind, userId, request, createdAt }: Pending): DecoupledRequest {
  const { from, ...asked } = request;
  return {
    kind: 'decoupled',
    grant: kind,
    pendingId: id,
    ...(userId === undefined ? {} : { userId }),
    ...asked,
    from: { ...from, at: createdAt },
  };
}

/** As which grant policy judges what comes of it. */
export function grantOf(request: ConsentRequest): GrantName {
  return request.kind === 'authorize' ? 'authorization_code' : request.grant;
}

/** What stands for the redirect URI in the grant's key: consent given to a device never opens a redirect, nor the other way round. */
export function consentAddress(request: ConsentRequest): string {
  return request.kind === 'authorize' ? request.redirectUri : GRANT_TYPES[request.grant];
}

/** The client id that entries name; signing in at the hub itself has none. */
export function clientOf(request: JourneyRequest): string | undefined {
  return request.kind === 'sign-in' ? undefined : request.clientId;
}

/** Who a journey's entries are about, as far as it has come to know. */
export function knownIn({ state }: Pick<Journey, 'state'>): { user: string | undefined; tenant: string | undefined } {
  return { user: state.proof?.userId, tenant: state.facts.tenant?.id };
}
