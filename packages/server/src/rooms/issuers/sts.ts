import { isObject } from '../../base/json.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { Obstacle } from './issuer.ts';
import { shown } from './patterns.ts';

/** A GetCallerIdentity request that a workload signed with its AWS credentials, for us to send: AWS tells whose they are. */
export type SignedRequest = { url: string; headers: Readonly<Record<string, string>>; signature: string };

export const STS_BODY = 'Action=GetCallerIdentity&Version=2011-06-15';
/** Signed along, so that a request that was meant for another server cannot be brought here. */
export const SERVER_ID_HEADER = 'x-writ-server-id';

/** What may be sent. Nothing that could turn the request into another one or bring back another answer. */
const HEADERS = new Set([
  'authorization',
  'content-type',
  'content-length',
  'host',
  'x-amz-date',
  'x-amz-security-token',
  SERVER_ID_HEADER,
]);
const TYPE = 'application/x-www-form-urlencoded';
const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=[A-Z0-9]{16,128}\/(\d{8})\/[a-z0-9-]{4,30}\/sts\/aws4_request, ?SignedHeaders=([a-z0-9;-]{1,400}), ?Signature=([0-9a-f]{64})$/;
const SKEW = 300_000;

const refuse = (reason: string, sentence: string): Result<never, Obstacle> => fail({ reason, sentence });

/** Reads and judges the request before anything is sent. `endpoint`: the one that is trusted. */
export function readSignedRequest(
  input: unknown,
  { endpoint, serverId, now }: { endpoint: string; serverId: string; now: number },
): Result<SignedRequest, Obstacle> {
  if (!isObject(input) || !isObject(input['headers'])) return refuse('sts_malformed', 'It is no JSON object with url, headers and body.');
  const { url, body, method = 'POST' } = input;
  if (url !== endpoint && url !== `${endpoint}/`) return refuse('sts_endpoint', `The request is for ${shown(url)}, not for ${endpoint}/.`);
  if (method !== 'POST' || body !== STS_BODY) return refuse('sts_request', `The request is no POST of ${STS_BODY}.`);
  const headers = new Map<string, string>();
  for (const [name, value] of Object.entries(input['headers'])) {
    const lower = name.toLowerCase();
    if (!HEADERS.has(lower) || typeof value !== 'string' || headers.has(lower) || !/^[ -~]{1,4096}$/.test(value))
      return refuse('sts_header', `The header ${shown(name)} is not one that such a request has, or stands twice.`);
    headers.set(lower, value);
  }
  if (headers.get(SERVER_ID_HEADER) !== serverId)
    return refuse('sts_server_id', `The header ${SERVER_ID_HEADER} is ${shown(headers.get(SERVER_ID_HEADER))}, not ${shown(serverId)}.`);
  if (headers.get('host') !== undefined && headers.get('host') !== new URL(endpoint).host)
    return refuse('sts_header', 'The header host is another’s.');
  if (headers.get('content-type')?.startsWith(TYPE) === false) return refuse('sts_header', `The content-type is ${TYPE}.`);
  return judgeSignature(headers, now);

  function judgeSignature(of: ReadonlyMap<string, string>, at: number): Result<SignedRequest, Obstacle> {
    const found = AUTHORIZATION.exec(of.get('authorization') ?? '');
    const signed = found?.[2]?.split(';') ?? [];
    if (found === null || !['host', 'x-amz-date', SERVER_ID_HEADER].every((name) => signed.includes(name)))
      return refuse(
        'sts_signature',
        `The signature (AWS4-HMAC-SHA256, service sts) does not cover host, x-amz-date and ${SERVER_ID_HEADER}.`,
      );
    const date = dateOf(of.get('x-amz-date'));
    if (date === undefined || Math.abs(at - date) > SKEW)
      return refuse('sts_date', 'The request was signed more than five minutes ago, or lies ahead.');
    const sent = [...of].filter(([name]) => name !== 'host' && name !== 'content-length');
    return ok({ url: `${endpoint}/`, headers: { 'content-type': TYPE, ...Object.fromEntries(sent) }, signature: found[3] ?? '' });
  }
}

/** `20261109T120000Z` in milliseconds. */
function dateOf(text: string | undefined): number | undefined {
  const [, y, mo, d, h, mi, s] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text ?? '') ?? [];
  const at = y === undefined ? Number.NaN : Date.parse(`${y}-${mo}-${d}T${h}:${mi}:${s}Z`);
  return Number.isNaN(at) ? undefined : at;
}

/** Whose credentials signed, as claims. `sub` of an assumed role is the role's own ARN: the session name is chosen by whoever assumes it. */
export type Caller = { sub: string; arn: string; account: string; userId: string };

const ARN = /^arn:(aws|aws-cn|aws-us-gov):(iam|sts)::(\d{12}):(.{1,500})$/;

/** Reads the answer of AWS, which is XML; three elements of plain text are all that is looked at. */
export function readCaller(xml: string): Caller | undefined {
  const text = (name: string): string | undefined => {
    const found = [...xml.matchAll(new RegExp(`<${name}>([^<&]{1,2048})</${name}>`, 'g'))];
    return found.length === 1 ? found[0]?.[1]?.trim() : undefined;
  };
  if (!xml.includes('<GetCallerIdentityResult>')) return undefined;
  const [arn, account, userId] = [text('Arn'), text('Account'), text('UserId')];
  const parts = ARN.exec(arn ?? '');
  if (arn === undefined || account === undefined || userId === undefined || parts?.[3] !== account) return undefined;
  const [, partition = '', service = '', , resource = ''] = parts;
  const role = service === 'sts' ? /^assumed-role\/([^/]+)\/[^/]+$/.exec(resource)?.[1] : undefined;
  return { sub: role === undefined ? arn : `arn:${partition}:iam::${account}:role/${role}`, arn, account, userId };
}
