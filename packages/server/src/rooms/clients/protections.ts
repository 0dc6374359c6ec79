import { fail, ok, type Result } from '../../base/result.ts';
import { ASSERTION_ALGORITHMS } from '../issuers/jwks.ts';
import type { Members } from './rules.ts';

/**
 * What a client (or its administrator) has the hub insist on, to its own safety: whoever got hold of the rest still lacks this. None of it is
 * a right, so clients that register by themselves may ask for it too.
 */
export type Protections = {
  /** Every token is bound to a key (RFC 9449 §5.2). */
  dpopBoundAccessTokens?: boolean;
  /** Authorization requests are pushed (RFC 9126 §6). */
  requirePushedAuthorizationRequests?: boolean;
  /** Authorization requests are signed (RFC 9101 §10.5). */
  requireSignedRequestObject?: boolean;
  /** They are signed in no other algorithm (RFC 9101 §9). */
  requestObjectSigningAlg?: string;
};

const FLAGS = {
  dpop_bound_access_tokens: 'dpopBoundAccessTokens',
  require_pushed_authorization_requests: 'requirePushedAuthorizationRequests',
  require_signed_request_object: 'requireSignedRequestObject',
} as const;

/** Reads them from registration metadata. An algorithm that is not ours is left out like any member we do not know: nothing signed in it is taken. */
export function readProtections(members: Members): Result<Protections, string> {
  const said: Protections = {};
  for (const [member, field] of Object.entries(FLAGS)) {
    const value = members[member];
    if (value === undefined || value === null) continue;
    if (typeof value !== 'boolean') return fail(`${member} is true or false`);
    if (value) said[field] = true;
  }
  const algorithm = members['request_object_signing_alg'];
  if (typeof algorithm === 'string' && ASSERTION_ALGORITHMS.includes(algorithm)) said.requestObjectSigningAlg = algorithm;
  return ok(said);
}

/** The same in the words of the RFCs, as the client reads them back. */
export function protectionMembers(of: Protections): Record<string, unknown> {
  const flags = Object.entries(FLAGS).flatMap(([member, field]) => (of[field] === true ? [[member, true]] : []));
  return {
    ...Object.fromEntries(flags),
    ...(of.requestObjectSigningAlg === undefined ? {} : { request_object_signing_alg: of.requestObjectSigningAlg }),
  };
}

/** Those among a client's settings. */
export function protectionsOf(settings: Protections): Protections {
  const { dpopBoundAccessTokens, requirePushedAuthorizationRequests, requireSignedRequestObject, requestObjectSigningAlg } = settings;
  return {
    ...(dpopBoundAccessTokens === undefined ? {} : { dpopBoundAccessTokens }),
    ...(requirePushedAuthorizationRequests === undefined ? {} : { requirePushedAuthorizationRequests }),
    ...(requireSignedRequestObject === undefined ? {} : { requireSignedRequestObject }),
    ...(requestObjectSigningAlg === undefined ? {} : { requestObjectSigningAlg }),
  };
}
