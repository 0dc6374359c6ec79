import type { Inbound } from '../../base/http/message.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { Client } from '../../rooms/clients/client.ts';
import type { Resource } from '../../rooms/resources/resource.ts';
import type { DpopProofs, Possession } from '../../rooms/tokens/dpop.store.ts';
import type { ProtectionSetting } from '../../rooms/tokens/protection.ts';

export type DpopDeps = {
  issuer: string;
  proofs: DpopProofs;
  protection: { current(): ProtectionSetting };
  catalogue: { match(requested: string): { resource: Resource } | undefined };
};

/** A key that the client proved, and what the answer must carry whatever becomes of the request. */
export type ProvenKey = { key: Possession | undefined; headers: Readonly<Record<string, string>> };
export type ProofRefusal = {
  error: 'invalid_request' | 'invalid_dpop_proof' | 'use_dpop_nonce';
  reason: string;
  description: string;
  headers: Readonly<Record<string, string>>;
};

/** Where the proof was sent to: an endpoint of ours, by its path. `targets`: the resources that the request names. */
export type Proving = { path: string; client: Client; targets: readonly string[]; now: number };

/**
 * The DPoP proof of a request from a client (RFC 9449 §5, §10.1). Not called for a request without the header whose client need not bring
 * one: most requests pay for one look at their headers.
 */
export async function proveKey(deps: DpopDeps, request: Inbound, of: Proving): Promise<Result<ProvenKey, ProofRefusal>> {
  const { client, now } = of;
  const proof = request.header('dpop');
  if (proof === undefined) {
    if (client.settings.dpopBoundAccessTokens !== true) return ok({ key: undefined, headers: {} });
    // §5.2: the client registered that it always does.
    return fail({ error: 'invalid_request', reason: 'proof_missing', description: 'The DPoP proof is missing.', headers: {} });
  }
  const needsNonce = deps.protection.current().dpop.nonce || client.settings.dpopNonce === true || asksForNonce(deps, of.targets);
  const url = `${deps.issuer}${of.path}`;
  const proved = await deps.proofs.prove(proof, { method: request.method, url, now, needsNonce });
  const nonce = { 'dpop-nonce': deps.proofs.nonce(now) };
  // §8.2: the next nonce comes with the answer, so that the next request needs no second try.
  if (proved.ok) return ok({ key: proved.value, headers: proved.value.withNonce ? nonce : {} });
  const { kind, reason } = proved.error;
  if (kind === 'nonce')
    return fail({ error: 'use_dpop_nonce', reason, description: 'The DPoP proof needs the nonce of this answer.', headers: nonce });
  return fail({
    error: 'invalid_dpop_proof',
    reason,
    description: 'The DPoP proof does not fit this request.',
    headers: needsNonce ? nonce : {},
  });
}

function asksForNonce({ catalogue }: DpopDeps, targets: readonly string[]): boolean {
  return targets.some((target) => catalogue.match(target)?.resource.settings.dpop === 'nonce');
}
