import type { AuthMethod } from '@writ/protocol';
import type { Clock } from '../../base/clock.ts';
import type { Db } from '../../base/db.ts';
import { digest, sameDigest } from '../../base/digest.ts';
import type { Outbound } from '../../base/outbound/outbound.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { acceptsMethod, isUsable, type Client } from './client.ts';
import { readCredentials, refused, type AuthenticationFault, type CredentialForm, type Presented } from './credentials.ts';
import type { ClientDirectory } from './directory.store.ts';
import { createRemoteKeys } from '../issuers/remote-keys.store.ts';
import { proveAssertion, readAssertion, type ProofDeps } from './proof.store.ts';

export type Authenticated = { client: Client; method: AuthMethod };
type Outcome = Result<Authenticated, AuthenticationFault>;

/** Who a request comes from. Judges the credentials only: whether the client may do anything (its state, its grants) is the caller's next question. */
export type ClientAuthentication = {
  authenticate(request: { form: CredentialForm; authorization?: string | undefined; now: number; ip?: string }): Promise<Outcome>;
};

export type ClientAuthenticationDeps = {
  db: Db;
  issuer: string;
  directory: Pick<ClientDirectory, 'find'>;
  outbound: Pick<Outbound, 'get'>;
  clock: Clock;
};

/** RFC 6749 §2.3 and RFC 7523. For a client in the cache that shows a secret nothing is awaited from outside: one digest, one comparison. */
export function createClientAuthentication(deps: ClientAuthenticationDeps): ClientAuthentication {
  const proof: ProofDeps = { db: deps.db, issuer: deps.issuer, remoteKeys: createRemoteKeys(deps) };
  return {
    async authenticate({ form, authorization, now }) {
      const presented = readCredentials(form, authorization);
      if (!presented.ok) return presented;
      return judge(deps.directory, proof, presented.value, now);
    },
  };
}

function judge(directory: Pick<ClientDirectory, 'find'>, proof: ProofDeps, presented: Presented, now: number): Promise<Outcome> {
  switch (presented.kind) {
    case 'none':
      return withoutProof(directory, presented.clientId);
    case 'secret':
      return bySecret(directory, presented, now);
    case 'assertion':
      return byAssertion(directory, proof, presented, now);
  }
}

async function withoutProof(directory: Pick<ClientDirectory, 'find'>, clientId: string): Promise<Outcome> {
  const found = await directory.find(clientId);
  if (!found.ok) return fail(refused(found.error.reason, clientId));
  return acceptsMethod(found.value, 'none') ? ok({ client: found.value, method: 'none' }) : fail(refused('no_credentials', clientId));
}

async function bySecret(
  directory: Pick<ClientDirectory, 'find'>,
  { via, candidates }: Presented & { kind: 'secret' },
  now: number,
): Promise<Outcome> {
  let fault = refused('unknown_client', candidates[0]?.clientId);
  for (const { clientId, secret } of candidates) {
    const presented = digest(secret);
    const found = await directory.find(clientId);
    if (!found.ok) continue;
    const client = found.value;
    if (!acceptsMethod(client, via)) {
      fault = refused('method_not_allowed', clientId);
      continue;
    }
    // Every secret is compared, so that the time says nothing about which one was near.
    const matching = client.secrets.filter((known) => sameDigest(known.digest, presented));
    if (matching.some((known) => isUsable(known, now))) return ok({ client, method: via });
    fault = refused(matching.length === 0 ? 'wrong_secret' : 'secret_expired_or_revoked', clientId);
  }
  return fail(fault);
}

async function byAssertion(
  directory: Pick<ClientDirectory, 'find'>,
  proof: ProofDeps,
  presented: Presented & { kind: 'assertion' },
  now: number,
): Promise<Outcome> {
  const read = readAssertion(presented.assertion);
  if (!read.ok) return fail(refused(read.error, presented.clientId));
  const { subject } = read.value;
  if (presented.clientId !== undefined && presented.clientId !== subject) return fail(refused('client_id_mismatch', presented.clientId));
  const found = await directory.find(subject);
  if (!found.ok) return fail(refused(found.error.reason, subject));
  if (!acceptsMethod(found.value, 'private_key_jwt')) return fail(refused('method_not_allowed', subject));
  const proved = await proveAssertion(proof, read.value, found.value, now);
  return proved.ok ? ok({ client: found.value, method: 'private_key_jwt' }) : fail(refused(proved.error, subject));
}
