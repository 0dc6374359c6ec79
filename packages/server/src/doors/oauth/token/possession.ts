import type { ClientRequest, Proof } from './grant.ts';
import { refusal, type Refusal } from './refusal.ts';

/**
 * Whether the request proved the key that it must: the one that what was presented is bound to (RFC 9449 §5, §10), and any at all where the
 * resource takes no other tokens.
 */
export function keyFault({ confirmation }: ClientRequest, { boundTo, resource }: Proof): Refusal | undefined {
  if (boundTo !== undefined && confirmation?.jkt !== boundTo.jkt)
    return refusal(
      'invalid_grant',
      confirmation === undefined ? 'bound_to_a_key' : 'bound_to_another_key',
      'The grant is bound to another key.',
    );
  const { dpop } = resource.settings;
  if (dpop === undefined) return undefined;
  if (confirmation === undefined)
    return refusal('invalid_dpop_proof', 'resource_wants_proof', 'This resource takes only tokens that are bound to a key (RFC 9449).');
  if (dpop === 'nonce' && confirmation.withNonce !== true)
    return refusal(
      'use_dpop_nonce',
      'resource_wants_nonce',
      'This resource asks for a nonce in the DPoP proof: name it with the parameter resource.',
    );
  return undefined;
}
