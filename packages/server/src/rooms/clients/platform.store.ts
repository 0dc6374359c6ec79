import type { AuthMethod } from '@writ/protocol';
import type { Outbound } from '../../base/outbound/outbound.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { Obstacle, Vouched } from '../issuers/issuer.ts';
import { namesIn } from '../issuers/judge.ts';
import type { Replay } from '../issuers/replay.store.ts';
import { readJws, type UnverifiedJws } from '../issuers/signature.store.ts';
import { vouchBySts } from '../issuers/sts.store.ts';
import { MALFORMED, type Trust } from '../issuers/trust.store.ts';
import type { Client } from './client.ts';
import { refused, type AuthenticationFault, type GrantFault, type Presented } from './credentials.ts';
import type { ClientDirectory } from './directory.store.ts';
import { meantBy } from './workload.ts';
import type { Workloads } from './workloads.store.ts';

type Proven = { client: Client; method: AuthMethod; vouched: Vouched };
type ByPlatform = Result<Proven, AuthenticationFault>;

export type PlatformDeps = {
  issuer: string;
  directory: Pick<ClientDirectory, 'find'>;
  trust: Pick<Trust, 'vouch' | 'all'>;
  workloads: Pick<Workloads, 'current'>;
  replay: Pick<Replay, 'burn'>;
  outbound: Pick<Outbound, 'request'>;
};

/** A client that signs for itself names itself twice (RFC 7523 §3: `iss` and `sub` are the client). Everything else is said by somebody else of it. */
export function isOfPlatform({ claims }: UnverifiedJws): boolean {
  const { iss, sub } = namesIn(claims);
  return sub !== undefined && iss !== sub;
}

/** A workload that shows what its platform says of it, as its client authentication: no secret, no key. Without `jws` it is a request for AWS. */
export async function byPlatform(
  deps: PlatformDeps,
  presented: Presented & { kind: 'assertion' },
  jws: UnverifiedJws | undefined,
  now: number,
): Promise<ByPlatform> {
  const { format, assertion, clientId } = presented;
  const vouchers = jws === undefined ? await vouchBySts(deps, assertion, now) : await deps.trust.vouch(jws, 'client_assertion', now);
  const refuse = ({ reason, sentence }: Obstacle): ByPlatform => fail({ ...refused(reason, clientId), detail: sentence });
  if (!vouchers.ok) return refuse(vouchers.error);
  const spiffe = vouchers.value.filter(({ issuer }) => format !== 'spiffe' || issuer.preset === 'spiffe');
  const found = await clientOf(deps, spiffe, clientId);
  if (!found.ok) return refuse(found.error);
  const { vouched } = found.value;
  if (!vouched.issuer.reusable.includes('client_assertion') && !(await burnt(deps, vouched))) return refuse(REPLAYED);
  return ok({ ...found.value, method: 'private_key_jwt' });
}

/**
 * The assertion is the grant and the authentication in one. Whether it came before is asked by the grant, when everything else is right. A fault
 * is one of the grant: nobody tried to authenticate by anything else.
 */
export async function byGrantAssertion(
  deps: PlatformDeps,
  assertion: string,
  only: string | undefined,
  now: number,
): Promise<Result<Proven, GrantFault>> {
  const jws = readJws(assertion);
  const vouchers = jws.ok ? await deps.trust.vouch(jws.value, 'jwt_bearer', now) : fail(MALFORMED[jws.error]);
  const found = vouchers.ok ? await clientOf(deps, vouchers.value, only) : vouchers;
  if (found.ok) return ok({ ...found.value, method: 'none' });
  const { reason, sentence } = found.error;
  return fail({
    status: 400,
    error: 'invalid_grant',
    reason,
    detail: sentence,
    challenge: false,
    ...(only === undefined ? {} : { clientId: only }),
  });
}

async function clientOf(
  { directory, workloads }: PlatformDeps,
  vouchers: readonly Vouched[],
  only: string | undefined,
): Promise<Result<{ client: Client; vouched: Vouched }, Obstacle>> {
  const meant = meantBy(workloads.current().index, vouchers, only);
  if (!meant.ok) return meant;
  const { clientId, vouched } = meant.value;
  const found = await directory.find(clientId);
  // Removed a moment ago: the rules in memory are read again just now.
  return found.ok ? ok({ client: found.value, vouched }) : fail({ reason: found.error.reason, sentence: 'The client is gone.' });
}

const REPLAYED: Obstacle = { reason: 'assertion_replayed', sentence: 'This assertion was used before, and it is good once.' };

/** By the name of the issuer, not by the trust: two trusts in one issuer do not make one assertion good twice. */
export function burnt({ replay }: Pick<PlatformDeps, 'replay'>, { issuer, id, expiresAt }: Vouched): Promise<boolean> {
  return replay.burn({ issuer: `trust ${issuer.issuer}`, jti: id, expiresAt });
}
