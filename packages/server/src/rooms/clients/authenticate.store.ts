import { GRANT_TYPES, type AuthMethod } from '@writ/protocol';
import type { Clock } from '../../base/clock.ts';
import { digest, sameDigest } from '../../base/digest.ts';
import type { Outbound } from '../../base/outbound/outbound.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { acceptsMethod, isUsable, type Client } from './client.ts';
import {
  readCredentials,
  refused,
  showsNone,
  type AuthenticationFault,
  type CredentialForm,
  type GrantFault,
  type Presented,
} from './credentials.ts';
import type { ClientDirectory } from './directory.store.ts';
import { isStranger, namedBy } from './knock.ts';
import type { Knocks } from './knocks.store.ts';
import type { Vouched } from '../issuers/issuer.ts';
import { createRemoteKeys } from '../issuers/remote-keys.store.ts';
import type { Replay } from '../issuers/replay.store.ts';
import { readJws } from '../issuers/signature.store.ts';
import type { Trust } from '../issuers/trust.store.ts';
import type { OpenedRequest } from './request-object.ts';
import { openRequest } from './request-object.store.ts';
import { proveAssertion, readAssertion, type ProofDeps } from './proof.store.ts';
import { byGrantAssertion, byPlatform, isOfPlatform, type PlatformDeps } from './platform.store.ts';
import type { Workloads } from './workloads.store.ts';

/** `vouched`: who of a trusted issuer stands behind it, where the client has no credentials of its own. */
export type Authenticated = { client: Client; method: AuthMethod; vouched?: Vouched | undefined };
type Outcome = Result<Authenticated, AuthenticationFault>;

/** Who a request comes from. Judges the credentials only: whether the client may do anything (its state, its grants) is the caller's next question. */
export type ClientAuthentication = {
  authenticate(request: CredentialRequest): Promise<Outcome>;
  /** At the token endpoint, where an assertion may be the grant and stand for the client too (RFC 7523 §2.1). The grant burns it. */
  forGrant(request: CredentialRequest): Promise<Result<Authenticated, AuthenticationFault | GrantFault>>;
  /** Opens an authorization request that the client signed (RFC 9101). Whether it was sent before is asked when it is followed. */
  openRequest(client: Client, request: string, of: { now: number; requireId: boolean }): Promise<Result<OpenedRequest, string>>;
};

export type CredentialRequest = { form: CredentialForm; authorization?: string | undefined; now: number; ip?: string };

export type ClientAuthenticationDeps = {
  issuer: string;
  trust: Pick<Trust, 'vouch' | 'all'>;
  workloads: Pick<Workloads, 'current'>;
  replay: Pick<Replay, 'burn'>;
  directory: Pick<ClientDirectory, 'find'>;
  outbound: Pick<Outbound, 'get' | 'request'>;
  clock: Clock;
  /** Hears of whoever is not known here. */
  knocks?: Pick<Knocks, 'heard'>;
};

/** RFC 6749 §2.3 and RFC 7523. For a client in the cache that shows a secret nothing is awaited from outside: one digest, one comparison. */
export function createClientAuthentication(deps: ClientAuthenticationDeps): ClientAuthentication {
  const proof: Proof = { ...deps, remoteKeys: createRemoteKeys(deps) };
  const authenticate: ClientAuthentication['authenticate'] = async ({ form, authorization, now, ip }) => {
    const presented = readCredentials(form, authorization);
    const outcome = presented.ok ? await judge(deps.directory, proof, presented.value, now) : presented;
    if (!outcome.ok) hear(deps.knocks, outcome.error, { form, ip, now });
    return outcome;
  };
  return {
    authenticate,
    openRequest: (client, request, of) => openRequest(proof, client, request, of),
    async forGrant(request) {
      const { form, authorization, now } = request;
      const assertion = form.get('grant_type') === GRANT_TYPES.jwt_bearer ? form.get('assertion') : undefined;
      if (assertion === undefined) return authenticate(request);
      if (showsNone(form, authorization)) return byGrantAssertion(deps, assertion, undefined, now);
      const presented = readCredentials(form, authorization);
      if (!presented.ok || presented.value.kind !== 'none') return authenticate(request);
      const named = await deps.directory.find(presented.value.clientId);
      return named.ok && named.value.workload !== undefined
        ? byGrantAssertion(deps, assertion, named.value.id, now)
        : authenticate(request);
    },
  };
}

type Proof = ProofDeps & PlatformDeps;

function hear(
  knocks: Pick<Knocks, 'heard'> | undefined,
  { reason, clientId }: AuthenticationFault,
  { form, ip, now }: CredentialRequest,
): void {
  const named = clientId === undefined || !isStranger(reason) ? undefined : namedBy(clientId);
  if (named === undefined) return;
  const asked = [form.get('resource'), form.get('scope')].filter((word) => word !== undefined);
  knocks?.heard({ ...named, clientId, reason, door: form.get('grant_type') === undefined ? 'other' : 'token', asked, ip, now });
}

function judge(directory: Pick<ClientDirectory, 'find'>, proof: Proof, presented: Presented, now: number): Promise<Outcome> {
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
  proof: Proof,
  presented: Presented & { kind: 'assertion' },
  now: number,
): Promise<Outcome> {
  if (presented.format === 'aws_sts') return byPlatform(proof, presented, undefined, now);
  const jws = readJws(presented.assertion);
  if (!jws.ok) return fail(refused(jws.error, presented.clientId));
  if (presented.format === 'spiffe' || isOfPlatform(jws.value)) return byPlatform(proof, presented, jws.value, now);
  const read = readAssertion(jws.value);
  if (!read.ok) return fail(refused(read.error, presented.clientId));
  const { subject } = read.value;
  if (presented.clientId !== undefined && presented.clientId !== subject) return fail(refused('client_id_mismatch', presented.clientId));
  const found = await directory.find(subject);
  if (!found.ok) return fail(refused(found.error.reason, subject));
  if (!acceptsMethod(found.value, 'private_key_jwt') || found.value.workload !== undefined)
    return fail(refused('method_not_allowed', subject));
  const proved = await proveAssertion(proof, read.value, found.value, now);
  return proved.ok ? ok({ client: found.value, method: 'private_key_jwt' }) : fail(refused(proved.error, subject));
}
