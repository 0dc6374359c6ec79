import type { Db } from '../../base/db.ts';
import { fail, type Result } from '../../base/result.ts';
import { burnWithin } from '../issuers/replay.store.ts';
import { readJws } from '../issuers/signature.store.ts';
import type { Client } from './client.ts';
import { signatureFault, type ProofDeps } from './proof.store.ts';
import { judgeRequest, readRequestHeader, type OpenedRequest } from './request-object.ts';

/** Header, signature by one of the client's own keys, claims. The error is the reason for the audit entry. */
export async function openRequest(
  deps: Pick<ProofDeps, 'remoteKeys' | 'issuer'>,
  client: Client,
  request: string,
  of: { now: number; requireId: boolean },
): Promise<Result<OpenedRequest, string>> {
  const jws = readJws(request);
  if (!jws.ok) return fail('request_object_malformed');
  const header = readRequestHeader(jws.value.header, client);
  if (!header.ok) return header;
  const fault = await signatureFault(deps, { jws: jws.value, header: header.value }, client);
  if (fault !== undefined) return fail(fault.replace('assertion', 'request_object'));
  return judgeRequest(jws.value.claims, { ...of, clientId: client.id, issuer: deps.issuer });
}

/** Longer than a journey that was begun in time may take to spend it. */
const KEPT_MS = 3_600_000;

/**
 * The gate of a signed request: true once for each id of a client, on whichever node (RFC 9101 §10.4 leaves replay to us). In the caller's
 * transaction, so that a request whose code could not be made is not spent.
 */
export function spendRequest(db: Db, clientId: string, of: { jti: string; expiresAt: number }, now: number): Promise<boolean> {
  return burnWithin(db, { issuer: `request ${clientId}`, jti: of.jti, expiresAt: Math.max(of.expiresAt, now + KEPT_MS) });
}
