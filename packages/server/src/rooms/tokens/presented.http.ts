import type { Inbound, Reply } from '../../base/http/message.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { DpopProofs, ProofFault } from './dpop.store.ts';
import { DPOP_ALGORITHMS } from './proof.ts';
import type { ProtectionSetting } from './protection.ts';

/** An access token as a request brings it. */
export type Presented = { scheme: 'Bearer' | 'DPoP'; token: string };

/** The token of an Authorization header that is exactly a scheme and one token (RFC 6750 §2.1, RFC 9449 §7.1). */
export function presentedIn(request: Inbound): Presented | undefined {
  const [, scheme, token] = /^(Bearer|DPoP) +([A-Za-z0-9\-._~+/]+=*)$/i.exec(request.header('authorization') ?? '') ?? [];
  return scheme === undefined || token === undefined ? undefined : { scheme: scheme.length === 4 ? 'DPoP' : 'Bearer', token };
}

/** Why a good token is not taken from whoever brings it. `bound`: it came without what binds it, or as if it were bound. */
export type HolderFault = ProofFault | { kind: 'bound'; reason: string };

/** Whether the one who brings a token is the one it was issued to, as far as the token says so (`cnf`). */
export type Holding = (
  request: Inbound,
  presented: Presented,
  claims: Readonly<Record<string, unknown>>,
  now: number,
) => Promise<Result<undefined, HolderFault>>;

export type HoldingDeps = { issuer: string; proofs: DpopProofs; protection: { current(): ProtectionSetting } };

/** RFC 9449 §7.1, for the hub's own resources: a bound token needs its scheme, its proof and its key; one that is not bound is no DPoP token. */
export function createHolding({ issuer, proofs, protection }: HoldingDeps): Holding {
  return async (request, { scheme, token }, claims, now) => {
    const { cnf } = claims;
    if (cnf === undefined) return scheme === 'Bearer' ? ok(undefined) : fail({ kind: 'bound', reason: 'token_is_not_bound' });
    if (scheme === 'Bearer') return fail({ kind: 'bound', reason: 'bound_token_as_bearer' });
    const proof = request.header('dpop');
    if (proof === undefined) return fail({ kind: 'invalid', reason: 'proof_missing' });
    const proved = await proofs.prove(proof, {
      method: request.method,
      url: `${issuer}${request.path}`,
      now,
      accessToken: token,
      needsNonce: protection.current().dpop.nonce,
    });
    if (!proved.ok) return proved;
    const jkt: unknown = typeof cnf === 'object' && cnf !== null && 'jkt' in cnf ? cnf.jkt : undefined;
    return jkt === proved.value.jkt ? ok(undefined) : fail({ kind: 'invalid', reason: 'proof_of_another_key' });
  };
}

/** What the challenge of RFC 9449 §7.1 says, and the nonce of §9 where one is asked for. */
export function holderChallenge(
  fault: HolderFault,
  nonce: string,
): { error: 'invalid_token' | 'invalid_dpop_proof' | 'use_dpop_nonce'; description: string; headers: Reply['headers'] } {
  const { error, description } = WORDS[fault.kind];
  const challenge = `DPoP error="${error}", error_description="${description}", algs="${DPOP_ALGORITHMS.join(' ')}"`;
  return {
    error,
    description,
    headers: { 'www-authenticate': challenge, ...(fault.kind === 'nonce' ? { 'dpop-nonce': nonce } : {}) },
  };
}

const WORDS = {
  bound: { error: 'invalid_token', description: 'A token that is bound to a key comes as DPoP with a proof, and no other does.' },
  invalid: { error: 'invalid_dpop_proof', description: 'The DPoP proof does not fit the token and this request.' },
  nonce: { error: 'use_dpop_nonce', description: 'The DPoP proof needs the nonce of this answer.' },
} as const;
