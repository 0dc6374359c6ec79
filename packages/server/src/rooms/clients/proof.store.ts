import { compactVerify, decodeJwt, decodeProtectedHeader, errors } from 'jose';
import { sql } from 'kysely';
import { touched, type Db } from '../../base/db.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { candidateKeys, judgeClaims, readHeader } from './assertion.ts';
import type { Client } from './client.ts';
import type { PublicJwk, PublicJwks } from '../issuers/jwks.ts';
import type { RemoteKeys } from '../issuers/remote-keys.store.ts';

/** Header and claims as the sender wrote them: nothing is believed yet. `subject` is who it claims to be. */
export type UnverifiedAssertion = { token: string; header: { alg: string; kid?: string }; subject: string };

/** Reads an assertion far enough to know whom to ask for keys. */
export function readAssertion(token: string): Result<UnverifiedAssertion, string> {
  try {
    const header = readHeader(decodeProtectedHeader(token));
    if (!header.ok) return header;
    const { sub } = decodeJwt(token);
    return typeof sub === 'string' ? ok({ token, header: header.value, subject: sub }) : fail('assertion_subject');
  } catch {
    return fail('assertion_malformed');
  }
}

export type ProofDeps = { db: Db; issuer: string; remoteKeys: RemoteKeys };

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
  const claims = await verified(deps, assertion, client);
  if (!claims.ok) return claims;
  const judged = judgeClaims(claims.value, { clientId: client.id, issuer: deps.issuer, now });
  if (!judged.ok) return judged;
  return (await burn(deps.db, client.id, judged.value)) ? ok(undefined) : fail('assertion_replayed');
}

async function verified(deps: ProofDeps, { token, header }: UnverifiedAssertion, client: Client): Promise<Result<unknown, string>> {
  const first = await keysOf(deps, client, false);
  if (!first.ok) return first;
  const claims = await verifyWith(candidateKeys(first.value, header), token, header.alg);
  if (claims !== undefined) return ok(claims);
  const knows = first.value.keys.some((key) => key.kid !== undefined && key.kid === header.kid);
  if (client.jwksUri === undefined || knows) return fail('assertion_signature');
  // The client may have rotated its keys since we last looked.
  const again = await keysOf(deps, client, true);
  const second = again.ok ? await verifyWith(candidateKeys(again.value, header), token, header.alg) : undefined;
  return second === undefined ? fail('assertion_signature') : ok(second);
}

async function keysOf({ remoteKeys }: ProofDeps, client: Client, missing: boolean): Promise<Result<PublicJwks, string>> {
  if (client.jwks !== undefined) return ok(client.jwks);
  return client.jwksUri === undefined ? fail('assertion_keys_unavailable') : remoteKeys.find(client.jwksUri, { missing });
}

async function verifyWith(keys: readonly PublicJwk[], token: string, alg: string): Promise<unknown> {
  for (const key of keys) {
    try {
      const { payload } = await compactVerify(token, { ...key, alg }, { algorithms: [alg] });
      return JSON.parse(new TextDecoder().decode(payload));
    } catch (error) {
      // Any error of jose or of a key that cannot be used means "not by this key"; the next may fit.
      if (
        !(error instanceof errors.JOSEError || error instanceof DOMException || error instanceof TypeError || error instanceof SyntaxError)
      )
        throw error;
    }
  }
  return undefined;
}

/** One INSERT decides, whichever node it arrives at (security: reading first lost every race). The row outlives the assertion. */
async function burn(db: Db, clientId: string, { jti, expiresAt }: { jti: string; expiresAt: number }): Promise<boolean> {
  return (
    (await touched(
      db,
      sql`INSERT INTO assertion_ids (issuer, jti, expires_at) VALUES (${clientId}, ${jti}, ${new Date(expiresAt)}) ON CONFLICT DO NOTHING`,
    )) === 1
  );
}
