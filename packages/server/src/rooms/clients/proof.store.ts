import { fail, ok, type Result } from '../../base/result.ts';
import type { PublicJwks } from '../issuers/jwks.ts';
import type { RemoteKeys } from '../issuers/remote-keys.store.ts';
import type { Replay } from '../issuers/replay.store.ts';
import { candidateKeys, isSignedBy, knowsKid, type UnverifiedJws } from '../issuers/signature.store.ts';
import { judgeClaims, readHeader } from './assertion.ts';
import type { Client } from './client.ts';

/** Header and claims as the sender wrote them: nothing is believed yet. `subject` is who it claims to be. */
export type UnverifiedAssertion = { jws: UnverifiedJws; header: { alg: string; kid?: string }; subject: string };

/** Reads an assertion far enough to know whom to ask for keys. */
export function readAssertion(jws: UnverifiedJws): Result<UnverifiedAssertion, string> {
  const header = readHeader(jws.header);
  if (!header.ok) return header;
  const { sub } = jws.claims;
  return typeof sub === 'string' ? ok({ jws, header: header.value, subject: sub }) : fail('assertion_subject');
}

export type ProofDeps = { replay: Pick<Replay, 'burn'>; issuer: string; remoteKeys: RemoteKeys };

/**
 * RFC 7523 client authentication: signature by one of the client's own keys, claims for this hub and this moment, and a jti never seen before.
 * The jti is burnt last, so that a forged assertion cannot spoil the jti of a real one.
 */
export async function proveAssertion(
  deps: ProofDeps,
  assertion: UnverifiedAssertion,
  client: Client,
  now: number,
): Promise<Result<undefined, string>> {
  const fault = await signatureFault(deps, assertion, client);
  if (fault !== undefined) return fail(fault);
  const judged = judgeClaims(assertion.jws.claims, { clientId: client.id, issuer: deps.issuer, now });
  if (!judged.ok) return judged;
  return (await deps.replay.burn({ issuer: client.id, ...judged.value })) ? ok(undefined) : fail('assertion_replayed');
}

/** Why none of the client's own keys made this signature, or undefined when one did. */
export async function signatureFault(
  deps: Pick<ProofDeps, 'remoteKeys'>,
  { jws, header }: Pick<UnverifiedAssertion, 'jws' | 'header'>,
  client: Client,
): Promise<string | undefined> {
  const first = await keysOf(deps, client, false);
  if (!first.ok) return first.error;
  if (isSignedBy(candidateKeys(first.value, header), jws, header.alg)) return undefined;
  if (client.jwksUri === undefined || knowsKid(first.value, header.kid)) return 'assertion_signature';
  // The client may have rotated its keys since we last looked.
  const again = await keysOf(deps, client, true);
  return again.ok && isSignedBy(candidateKeys(again.value, header), jws, header.alg) ? undefined : 'assertion_signature';
}

async function keysOf(
  { remoteKeys }: Pick<ProofDeps, 'remoteKeys'>,
  client: Client,
  missing: boolean,
): Promise<Result<PublicJwks, string>> {
  if (client.jwks !== undefined) return ok(client.jwks);
  return client.jwksUri === undefined ? fail('assertion_keys_unavailable') : remoteKeys.find(client.jwksUri, { missing });
}
