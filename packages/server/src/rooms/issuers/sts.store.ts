import { parseJson } from '../../base/json.ts';
import type { Outbound } from '../../base/outbound/outbound.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { Issuer, Obstacle, Vouched } from './issuer.ts';
import { claimObstacle } from './patterns.ts';
import { readCaller, readSignedRequest, STS_BODY } from './sts.ts';
import type { Trust } from './trust.store.ts';

export type StsDeps = { issuer: string; trust: Pick<Trust, 'all'>; outbound: Pick<Outbound, 'request'> };

const BOUNDS = { maxBytes: 16_384, timeoutMs: 4_000 };
const REMEMBERED_MS = 900_000;

/**
 * AWS without OIDC: the workload signs a question about itself, bound to this hub by a signed header, and the hub asks AWS. Only endpoints that
 * an administrator trusts are ever asked, in the words that are expected here and no others; the answer comes from AWS over TLS.
 */
export async function vouchBySts(deps: StsDeps, assertion: string, now: number): Promise<Result<readonly Vouched[], Obstacle>> {
  const parsed = /^[A-Za-z0-9_-]+$/.test(assertion) ? parseJson(Buffer.from(assertion, 'base64url').toString('utf8')) : undefined;
  if (parsed?.ok !== true)
    return fail({ reason: 'sts_malformed', sentence: 'It is no base64url of a JSON object with url, headers and body.' });
  const trusted = deps.trust.all().filter(({ preset, purposes }) => preset === 'aws_sts' && purposes.includes('client_assertion'));
  const judged = trusted.map((issuer) => ({
    issuer,
    read: readSignedRequest(parsed.value, { endpoint: issuer.issuer, serverId: deps.issuer, now }),
  }));
  const first = judged.find(({ read }) => read.ok);
  if (first === undefined || !first.read.ok) return judged.map(({ read }) => read).find((read) => !read.ok) ?? NO_ENDPOINT;
  const { url, headers, signature } = first.read.value;
  const answer = await deps.outbound.request({
    method: 'POST',
    url,
    headers: { ...headers, accept: 'application/xml' },
    body: STS_BODY,
    ...BOUNDS,
  });
  if (!answer.ok) return fail({ reason: 'sts_unavailable', sentence: `AWS STS could not be asked: ${answer.reason}.` });
  const caller = answer.status === 200 ? readCaller(answer.body.toString('utf8')) : undefined;
  if (caller === undefined)
    return fail({ reason: 'sts_refused', sentence: `AWS STS answered ${answer.status} and did not say who signed.` });
  const issuers = judged.filter(({ read }) => read.ok).map(({ issuer }) => issuer);
  const vouched = issuers.flatMap((issuer) => (claimObstacle(issuer.claims, caller) === undefined ? [voucher(issuer)] : []));
  return vouched.length > 0
    ? ok(vouched)
    : fail({ reason: 'assertion_claim', sentence: 'AWS names somebody whom no trust rule of the endpoint covers.' });

  function voucher(issuer: Issuer): Vouched {
    return {
      issuer,
      purpose: 'client_assertion',
      subject: caller?.sub ?? '',
      claims: { ...caller },
      id: signature,
      expiresAt: now + REMEMBERED_MS,
    };
  }
}

const NO_ENDPOINT: Result<never, Obstacle> = fail({ reason: 'untrusted_issuer', sentence: 'No AWS endpoint is trusted.' });
