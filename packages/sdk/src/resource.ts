import type { Caller, Refused, Verified } from './caller.ts';
import { lacking } from './caller.ts';
import type { AuthenticationDemand, Challenge } from './challenge.ts';
import { insufficientAuthentication, insufficientScope, isAuthenticatedAs, refusal } from './challenge.ts';
import type { ResourceOptions } from './config.ts';
import { settle } from './config.ts';
import type { CredentialSource } from './credential-request.ts';
import { createCredentialSource } from './credential-request.ts';
import type { Shown } from './dpop.ts';
import { createProofs } from './dpop.ts';
import { createKeys } from './keys.ts';
import type { ProtectedResourceMetadata } from './metadata.ts';
import { addressed, describe, metadataPathOf, metadataPaths, metadataUrlOf, wellKnownResponse } from './metadata.ts';
import type { Signals } from './signals.ts';
import { createSignals } from './signals.ts';
import { asBearer, presentedToken, verifyToken } from './verify.ts';

/** A protected API or MCP server. Where a method takes `url`, it is the address the request came to; only aliases make a difference. */
export type Resource = {
  readonly identifier: string;
  readonly issuer: string;
  readonly scopes: readonly string[];
  /** Path of the RFC 9728 document of the identifier. */
  readonly metadataPath: string;
  /** Every path that must answer with the document. */
  readonly metadataPaths: ReadonlySet<string>;
  metadata(url?: string): ProtectedResourceMetadata;
  /** The answer to a request for the metadata document, or undefined when it asks for something else. */
  wellKnown(request: Request): Response | undefined;
  /** Verifies one access token offline, as a bearer token: one that is bound to a key is refused. */
  verify(token: string): Promise<Verified>;
  /**
   * Verifies the token of an `Authorization` header. `shown` is the request it came with, for tokens that are bound to a key (RFC 9449):
   * without it they are refused.
   */
  authenticate(authorization: string | null | undefined, shown?: Shown): Promise<Verified>;
  /** What to answer when `verify` or `authenticate` refused. */
  refuse(refused: Refused, url?: string): Challenge;
  /** What to answer when the caller lacks one of the scopes the operation needs. */
  insufficientScope(needed: readonly string[], url?: string): Challenge;
  /** What to answer when the user behind the caller must log in again, or more strongly (RFC 9470). */
  stepUp(demand: AuthenticationDemand, url?: string): Challenge;
  /** The challenge for a caller who lacks one of the scopes, or undefined when nothing is lacking. */
  requireScope(caller: Caller, needed: readonly string[], url?: string): Challenge | undefined;
  /** The challenge for a caller whose user was not authenticated as demanded, or undefined. A caller without a user never is. */
  requireAuthentication(caller: Caller, demand: AuthenticationDemand, url?: string): Challenge | undefined;
  /** Whether a caller verified earlier is dead by now: ask it in long-lived streams. */
  isRevoked(caller: Caller): boolean;
  /**
   * A credential of a connection for whoever the caller's token speaks for: the token is exchanged (RFC 8693). Needs `credentials` of a client.
   * @throws ResourceConfigError without them
   */
  readonly credential: CredentialSource;
  readonly signals: Signals;
  /** Ends the signal stream. Verifying goes on, without news. */
  close(): void;
};

const NOT_BOUND: Refused = { ok: false, error: 'invalid_token', reason: 'not_bound' };
const UNSHOWN: Refused = { ok: false, error: 'invalid_token', reason: 'proof_of_possession' };

/**
 * Describes a resource to the world and guards it. Starts to listen for signals when `credentials` are given.
 * @throws ResourceConfigError when an option is wrong
 */
export function createResource(options: ResourceOptions): Resource {
  const settings = settle(options);
  const keys = createKeys(settings);
  const signals = createSignals(settings);
  const paths = metadataPaths(settings);
  const metadata = (url?: string): ProtectedResourceMetadata => describe(addressed(settings, url), settings);
  const documentUrl = (url?: string): string => metadataUrlOf(addressed(settings, url));
  const proofs = createProofs(settings);
  const open = (token: string): Promise<Verified> => verifyToken(token, settings, keys, signals);
  const authenticate: Resource['authenticate'] = async (authorization, shown) => {
    const presented = presentedToken(authorization);
    if ('ok' in presented) return presented;
    const { scheme, token } = presented;
    const verified = await open(token);
    if (!verified.ok) return verified;
    const { jkt } = verified.caller;
    if (scheme === 'bearer') return settings.dpop.required && jkt === undefined ? NOT_BOUND : asBearer(verified);
    if (jkt === undefined) return NOT_BOUND;
    const refused = shown === undefined ? UNSHOWN : await proofs.refuse(token, jkt, shown, settings.clock());
    return refused ?? verified;
  };

  const stepUp = (demand: AuthenticationDemand, url?: string): Challenge => insufficientAuthentication(demand, documentUrl(url));

  return {
    identifier: settings.resource,
    issuer: settings.issuer,
    scopes: settings.scopes,
    metadataPath: metadataPathOf(settings.resource),
    metadataPaths: paths,
    metadata,
    wellKnown: (request) => wellKnownResponse(request, paths, () => metadata(request.url)),
    verify: async (token) => asBearer(await open(token)),
    authenticate,
    refuse: (refused, url) =>
      refusal(refused, { scopes: settings.initialScopes, resourceMetadata: documentUrl(url), dpopOnly: settings.dpop.required }),
    insufficientScope: (needed, url) => insufficientScope(needed, documentUrl(url)),
    stepUp,
    requireScope: (caller, needed, url) => (lacking(caller, needed).length === 0 ? undefined : insufficientScope(needed, documentUrl(url))),
    requireAuthentication: (caller, demand, url) => (isAuthenticatedAs(caller, demand, settings.clock()) ? undefined : stepUp(demand, url)),
    isRevoked: (caller) => signals.kills(caller, settings.clock()),
    credential: createCredentialSource(settings),
    signals,
    close: signals.close,
  };
}
